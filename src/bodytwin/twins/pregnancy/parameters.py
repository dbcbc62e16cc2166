"""The unknowns of one pregnancy, each a standard normal deviate, and what else is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.parameter import Parameter, Prior, Transform
from bodytwin.twins.pregnancy.model.cohort import RATIOS
from bodytwin.twins.pregnancy.model.findings import Findings

Array = NDArray[np.float64]
HOURS_PER_WK = 168.0
LENGTH, SHARE, TRIAL, LUCK = "length_score", "spontaneous_share", "trial_effect", "own_time"
NAMES = (LENGTH, *RATIOS, SHARE, TRIAL, LUCK)
SOURCE = "data/duration.toml and data/trials.toml of this twin"


@dataclass(frozen=True, kw_only=True)
class Expecting:
    """What the twin knows of a woman besides the length of her cervix as it was measured.

    `found` is of the visit from whose week the forecast runs; `born_wk` is the gestation at birth
    where that is known. `ultrasound` has the names, as in `measures.NAMES`, and last readings of
    the measures of uterus and cervix in the record. Times of a case count from the first day of
    gestation.
    """

    found: Findings
    born_wk: float | None = None
    ultrasound: tuple[tuple[str, float], ...] = ()


def prior_of() -> Prior:
    """Length, published ratios and shares, effect of a trial, her own place among women alike."""
    return Prior(
        parameters=tuple(
            Parameter(
                name=name, unit="1", median=0.0, sd=1.0, transform=Transform.IDENTITY, source=SOURCE
            )
            for name in NAMES
        ),
        correlation=np.eye(len(NAMES)),
    )


def column(parameters: Array, name: str) -> Array:
    """One deviate of every draw (draw,)."""
    return parameters[:, NAMES.index(name)]


def ratio_deviates(parameters: Array) -> Array:
    """Those of the ratios, (draw, 7)."""
    return parameters[:, 1 : 1 + len(RATIOS)]
