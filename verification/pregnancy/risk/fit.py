"""How the effect of length was fitted: `python -m verification.pregnancy.risk.fit` prints it.

Seven numbers (four slopes, the steep part, the floor, the share that goes with the cervix) to
twenty: areas of Celik for length alone (to 0.005), detection at 10 % (to 0.04) and the relative
risks of Iams at both visits (to 12 %). Areas with history, Heath, Berghella and the rest are not
used.
"""

from dataclasses import replace

import numpy as np
from scipy.optimize import least_squares

from bodytwin.twins.pregnancy.model.cohort import length_effect, ratios
from verification.pregnancy.risk.studies import (
    PUBLISHED,
    celik,
    found_in_celik,
    iams,
    relative_risks,
)


def misses(x):
    """Differences in units of what is asked."""
    *slopes, steep, floor, share = x
    effect = replace(
        length_effect(), slope_per_mm=tuple(slopes), steep_per_mm=steep, floor_mm=floor
    )
    said, london = PUBLISHED["celik"], found_in_celik(celik(effect))
    risks = [relative_risks(iams(v, effect, related_share=share)) for v in (0, 1)]
    published = [PUBLISHED["iams"][f"relative_risk_{wk}_wk"] for wk in (24, 28)]
    return np.concatenate(
        [
            (london[:, 0] - said["auc_length"]) / 0.005,
            (london[:, 2] - said["detected_at_10_percent"]) / 0.04,
            *[np.log(r / p) / 0.12 for r, p in zip(risks, published, strict=True)],
        ]
    )


def start():
    """The numbers in use."""
    now = length_effect()
    return np.array([*now.slope_per_mm, now.steep_per_mm, now.floor_mm, ratios().related_share[0]])


def main():
    """Print the numbers in use and those of the least squares."""
    bounds = ([0.0] * 5 + [3.0, 0.1], [0.5] * 5 + [20.0, 1.0])
    found = least_squares(misses, start(), bounds=bounds, max_nfev=15, diff_step=1e-3)
    print("in use", start().round(4), "cost", 0.5 * np.sum(misses(start()) ** 2))
    print("fitted", found.x.round(4), "cost", found.cost)


if __name__ == "__main__":
    main()
