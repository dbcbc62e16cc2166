"""Does what is said of virtual patients happen as often as is said?"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from bodytwin.contract import forecast, personalise
from bodytwin.contract.case import Measurement, Target
from bodytwin.numerics.inference.importance import ImportanceSampling
from bodytwin.twins.chemotherapy import TWIN
from bodytwin.twins.chemotherapy.parameters import column
from tests.twins.chemotherapy.conftest import count, dose, record_of

VARIANT = "docetaxel_any"
PATIENTS, FOLLOWED = 300, 70
AMOUNT_MG, HOUR_D = 130.0, 1.0 / 24.0
SEEN_D = (0.0, 10.0, 17.0)
FIRST_D, SECOND_D = 3.0, 24.0
AHEAD_D = (31.0, 34.0, 38.0)
DAYS = np.arange(0.0, 45.51, 0.25)
NAMES = (
    "clearance_l_per_d", "central_volume_l", "flow_1_l_per_d", "volume_1_l", "flow_2_l_per_d",
    "volume_2_l", "baseline_1e9_per_l", "mean_transit_d", "feedback", "slope_l_per_mg",
)  # fmt: skip


def rates(t, y, p, inflow):
    """Three compartments as amounts, then five of the marrow as logarithms of cells."""
    cl, v, q1, v1, q2, v2, base, transit, gamma, slope = p
    c, c1, c2 = y[0] / v, y[1] / v1, y[2] / v2
    cells = np.exp(y[3:])
    k = 4.0 / transit
    born = k * ((1.0 - slope * c) * (base / cells[4]) ** gamma - 1.0)
    moved = k * (cells[:4] / cells[1:] - 1.0)
    return [
        inflow - cl * c - q1 * (c - c1) - q2 * (c - c2), q1 * (c - c1), q2 * (c - c2), born, *moved,
    ]  # fmt: skip


def truth(p):
    """Counts at DAYS of one patient, from event to event."""
    y = np.concatenate([np.zeros(3), np.full(5, np.log(p[6]))])
    edges = [0.0, FIRST_D, FIRST_D + HOUR_D, SECOND_D, SECOND_D + HOUR_D, DAYS[-1]]
    out = np.empty(len(DAYS))
    for i, (start, end) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        inflow = AMOUNT_MG / HOUR_D if i in (1, 3) else 0.0
        inside = (start <= DAYS) & (end >= DAYS)
        done = solve_ivp(
            rates, (start, end), y, method="LSODA", rtol=1e-8, atol=1e-9, args=(p, inflow),
            t_eval=np.union1d(DAYS[inside], [end]),
        )  # fmt: skip
        out[inside] = np.exp(done.y[7][np.isin(done.t, DAYS[inside])])
        y = done.y[:, -1]
    return out


@pytest.fixture(scope="module")
def patients():
    """The case before the second dose, parameters of the patients, and their counts."""
    record = record_of(
        [count(day - FIRST_D, 4.0) for day in SEEN_D],
        [dose(0.0, AMOUNT_MG), dose(SECOND_D - FIRST_D, AMOUNT_MG)],
    )
    case = TWIN.observe(record, variant=VARIANT)
    theta = TWIN.prior(case).draw(PATIENTS, np.random.default_rng(11))
    full = np.column_stack([column(case.inputs, theta, n) for n in NAMES])
    return case, theta, np.array([truth(p) for p in full])


def at(counts, days):
    return counts[..., np.searchsorted(DAYS, np.array(days) - 1e-9)]


def lowest(counts, start):
    return counts[..., (start <= DAYS) & (start + 21.0 >= DAYS)].min(axis=-1)


def test_the_twin_computes_what_the_independent_integrator_does(patients):
    case, theta, counts = patients
    targets = [Target(quantity="neutrophils", time_h=24.0 * d, unit="10*9/L") for d in DAYS]
    found = TWIN.simulate(case, theta, None, targets)
    assert np.max(np.abs(found - counts) / np.maximum(counts, 0.1)) < 0.01
    assert np.quantile(np.abs(found - counts) / np.maximum(counts, 0.1), 0.99) < 1e-3


def test_grade_4_is_as_frequent_as_is_said_before_treatment(patients):
    case, _, counts = patients
    targets = [Target(quantity="neutrophils", time_h=24.0 * d, unit="10*9/L") for d in DAYS]
    others = TWIN.prior(case).draw(2000, np.random.default_rng(12))
    said = np.mean(lowest(TWIN.simulate(case, others, None, targets), FIRST_D) < 0.5)
    came = np.mean(lowest(counts, FIRST_D) < 0.5)
    print(f"before treatment: said {said:.3f}, came {came:.3f}")
    assert abs(said - came) < 3.0 * np.sqrt(said * (1.0 - said) / PATIENTS)


def test_forecasts_hold_and_probabilities_are_frequencies(patients):
    case, _, counts = patients
    rng = np.random.default_rng(13)
    method = ImportanceSampling(draws=1000, starts=2)
    ahead = [Target(quantity="neutrophils", time_h=24.0 * d, unit="10*9/L") for d in AHEAD_D]
    grid = DAYS[(DAYS >= SECOND_D) & (DAYS <= SECOND_D + 21.0)]
    low = [Target(quantity="neutrophils", time_h=24.0 * d, unit="10*9/L") for d in grid]
    inside, said, came = [], [], []
    for one in counts[:FOLLOWED]:
        noise = np.exp(0.424093 * rng.standard_normal(len(SEEN_D) + len(AHEAD_D)))
        read = at(one, (*SEEN_D, *AHEAD_D)) * noise
        seen = tuple(
            replace(m, value=float(v)) for m, v in zip(case.measurements, read, strict=False)
        )
        assert all(isinstance(m, Measurement) for m in seen)
        posterior = personalise(TWIN, replace(case, measurements=seen), method=method, draws=300)
        foreseen = forecast(TWIN, posterior, ahead)
        for k, value in enumerate(read[len(SEEN_D) :]):
            inside.append(foreseen.band(k).low90 <= value <= foreseen.band(k).high90)
        least = TWIN.simulate(case, posterior.values, None, low).min(axis=1)
        said.append(np.mean(least < 0.5))
        came.append(lowest(one, SECOND_D) < 0.5)
    held, said, came = np.mean(inside), np.array(said), np.array(came)
    print(
        f"90 % intervals held {held:.3f}; second cycle: said {said.mean():.3f}, came", came.mean()
    )
    assert 0.85 <= held <= 0.95
    for group in np.array_split(np.argsort(said), 3):
        doubt = np.sqrt(np.mean(said[group] * (1.0 - said[group])) / len(group))
        print(f"said {said[group].mean():.3f}, came {came[group].mean():.3f}")
        assert abs(said[group].mean() - came[group].mean()) < 3.0 * doubt
    assert np.mean((said - came) ** 2) < np.mean((came.mean() - came) ** 2)
