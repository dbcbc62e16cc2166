"""The forecast that needs no model: last time's value, and how others then moved from it.

A twin that does not beat it describes, and forecasts nothing. The spread comes
from the steps other patients took between two measurements, never from the
patient who is judged. Where every value is positive a step is a factor, else a
difference. Steps over a like span of time are used where enough of them exist.

Source: persistence, the usual reference of forecast verification; Murphy,
Weather Forecast 7:692 (1992).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bodytwin.numerics.inference.problem import Censoring
from bodytwin.validity.score import Outcome, Score, point_crps
from bodytwin.validity.scoring import crps

Array = NDArray[np.float64]

ENOUGH_STEPS = 20
"""Fewest steps of other patients that make a distribution."""
LIKE_SPAN = 2.0
"""Spans of time within this factor of each other are alike."""


def carried_forward(scores: Sequence[Score]) -> tuple[Score, ...]:
    """The scores of one quantity with `crps_last` from the steps of all other patients.

    With fewer than 20 such steps the last value stays a single number, which is
    easier to beat.
    """
    last = np.array([s.last_value for s in scores])
    observed = np.array([s.observed for s in scores])
    patient = np.array([s.about.patient for s in scores])
    span = np.array([s.about.horizon_h for s in scores])
    exact = np.array([s.censoring is Censoring.NONE for s in scores]) & ~np.isnan(last)
    factors = bool(np.all(last[exact] > 0) and np.all(observed[exact] > 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        step = observed / last if factors else observed - last
    done: list[Score] = []
    for i, s in enumerate(scores):
        others = exact & (patient != patient[i])
        alike = others & (span <= LIKE_SPAN * span[i]) & (span >= span[i] / LIKE_SPAN)
        used = step[alike if alike.sum() >= ENOUGH_STEPS else others]
        done.append(replace(s, crps_last=_crps(s, used, factors=factors)))
    return tuple(done)


def _crps(s: Score, steps: Array, *, factors: bool) -> float:
    if np.isnan(s.last_value) or len(steps) < ENOUGH_STEPS:
        return point_crps(s.last_value, Outcome(value=s.observed, censoring=s.censoring))
    draws = s.last_value * steps if factors else s.last_value + steps
    return float(crps(draws[:, None], [s.observed], censoring=[s.censoring])[0])
