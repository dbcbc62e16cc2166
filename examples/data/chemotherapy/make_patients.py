"""Make the example table: four women under docetaxel who do not exist.

    python make_patients.py > docetaxel_made_up.csv

Their counts and sizes follow the published equations (Kloft 2006 and Ozawa 2007 for the blood,
Bruno 2012 for the size), integrated here by scipy's LSODA, with deviations of each woman drawn from
the published spread and with the published errors of measuring. No code of the twin takes part.
"""

import numpy as np
from scipy.integrate import odeint

SEED = 20120026
DOSES_D = (0.0, 21.0)
HOUR_D = 1.0 / 24.0
COUNTS_D = (-3.0, 8.0, 14.0, 20.0, 29.0, 35.0)
SIZES_D = (-7.0, 41.0)
BASE, TRANSIT_D, FEEDBACK, SLOPE = 5.21965 * 0.878549, 3.5074625, 0.144543, 19.27116
CLEARANCE, V1, Q2, V2, Q3, V3 = 856.8, 6.94, 133.92, 7.39, 300.0, 225.0
GROWTH, KILL, RELEASE, RESISTANCE = 0.000624286, 0.00128, 0.0142857, 0.00642857


def rates(t, y, own, inflow):
    """Kinetics (3), the place of effect, marrow as logarithms (5), the logarithm of size."""
    base, transit, slope, clearance, growth, kill = own
    c, c2, c3 = y[0] / V1, y[1] / V2, y[2] / V3
    k, cells = 4.0 / transit, np.exp(y[4:9])
    born = k * ((1.0 - slope * c) * (base / cells[4]) ** FEEDBACK - 1.0)
    shrinks = kill * RELEASE * y[3] * np.exp(-RESISTANCE * max(t, 0.0))
    return [
        inflow - clearance * c - Q2 * (c - c2) - Q3 * (c - c3),
        Q2 * (c - c2),
        Q3 * (c - c3),
        -RELEASE * y[3],
        born,
        *(k * (cells[:4] / cells[1:] - 1.0)),
        growth - shrinks,
    ]


def woman(rng, amount_mg):
    """Counts and sizes of one woman on their days, error included."""
    sd = np.sqrt([0.0639703, 0.0191785, 0.128412, 0.14779, 1.60, 1.31])
    own = np.array([BASE, TRANSIT_D, SLOPE, CLEARANCE, GROWTH, KILL]) * np.exp(
        sd * rng.standard_normal(6)
    )
    y = np.concatenate(
        [np.zeros(4), np.full(5, np.log(own[0])), [np.log(rng.uniform(40.0, 110.0))]]
    )
    marks = sorted({*COUNTS_D, *SIZES_D, *DOSES_D, *(d + HOUR_D for d in DOSES_D)})
    seen = {marks[0]: y}
    for start, end in zip(marks[:-1], marks[1:], strict=True):
        if start in DOSES_D:
            y = y + amount_mg * (np.arange(10) == 3)
        inflow = amount_mg / HOUR_D if start in DOSES_D else 0.0
        y = odeint(rates, y, (start, end), args=(own, inflow), tfirst=True, rtol=1e-9, atol=1e-10)[
            -1
        ]
        seen[end] = y
    counts = [np.exp(seen[d][8] + 0.424093 * rng.standard_normal()) for d in COUNTS_D]
    sizes = [np.exp(seen[d][9]) + 10.583 * rng.standard_normal() for d in SIZES_D]
    return counts, [max(s, 5.0) for s in sizes]


def main():
    """Print the table."""
    rng = np.random.default_rng(SEED)
    print("id,time,amt,rate,dv,dvid,evid,ht,wt,age,sex")
    for number in range(1, 5):
        height, weight = rng.normal(164, 6), rng.normal(68, 9)
        age = int(rng.integers(38, 72))
        amount = 5.0 * round(75.0 * np.sqrt(height * weight / 3600.0) / 5.0)
        counts, sizes = woman(rng, amount)
        rows = [(d, f",,{v:.1f},count,0") for d, v in zip(COUNTS_D, counts, strict=True)]
        rows += [(d, f",,{v:.0f},size,0") for d, v in zip(SIZES_D, sizes, strict=True)]
        rows += [(d, f"{amount:g},{amount:g},,,1") for d in DOSES_D]
        for day, text in sorted(rows):
            hours = (day + 7.0) * 24.0
            print(f"{number},{hours:g},{text},{height:.0f},{weight:.0f},{age},female")


if __name__ == "__main__":
    main()
