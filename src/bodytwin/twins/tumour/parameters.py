"""The unknowns of one patient: where the tumour stands, where it tends, how restless it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.parameter import Parameter, Prior, Transform
from bodytwin.twins.tumour.model.path import Exposure
from bodytwin.twins.tumour.population import TumourPopulation

Array = NDArray[np.float64]
HOURS_PER_A = 8766.0
AHEAD_WEEKS = (4.0, 9.0, 18.0, 27.0, 53.0)
"""Knots of the path to come, after the last fact."""
SOONEST_A = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What the tumour twin knows besides the readings; times in years from the start of treatment.

    `knots_a` are the times at which the path has a step of its own: readings, and some to come.
    """

    population: TumourPopulation
    exposure: Exposure
    knots_a: tuple[float, ...]


def knots(read_a: Array, now_a: float) -> tuple[float, ...]:
    """Times of readings after the start of treatment, then those ahead of now, rising."""
    past = [t for t in np.unique(read_a) if t > SOONEST_A]
    base = max(now_a, past[-1] if past else 0.0, 0.0)
    return (*map(float, past), *(base + w * 168.0 / HOURS_PER_A for w in AHEAD_WEEKS))


def prior_of(followed: Followed) -> Prior:
    """Independent standard deviates for what (2) correlates, and one for each step of the path."""
    p = followed.population

    def deviate(name: str) -> Parameter:
        return Parameter(
            name=name, unit="1", median=0.0, sd=1.0, transform=Transform.IDENTITY, source=p.source
        )

    parameters = (
        deviate("size"),
        deviate("trend"),
        deviate("response"),
        deviate("next_response"),
        Parameter(
            name="restlessness",
            unit="1",
            median=1.0,
            sd=p.numbers.restlessness_log_sd,
            source=p.source,
        ),
        *(deviate(f"step {k + 1}") for k in range(len(followed.knots_a))),
    )
    return Prior(parameters=parameters, correlation=np.eye(len(parameters)))
