"""The unknowns of one patient: where the tumour stands, where it tends, how restless it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.parameter import Parameter, Prior, Transform
from bodytwin.twins.tumour.model.path import Exposure
from bodytwin.twins.tumour.model.step import Before
from bodytwin.twins.tumour.population import TumourPopulation

Array = NDArray[np.float64]
HOURS_PER_A = 8766.0
SOONEST_A = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What the tumour twin knows besides the readings; times in years from the start of treatment.

    `before` counts the readings, `knots_a` are those at which the path has a step of its own.
    """

    population: TumourPopulation
    exposure: Exposure
    before: Before
    knots_a: tuple[float, ...]


def knots(read_a: Array) -> tuple[float, ...]:
    """Times of readings after the start of treatment, rising."""
    return tuple(float(t) for t in np.unique(read_a) if t > SOONEST_A)


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
        deviate("repeat"),
        deviate("step ahead"),
        *(deviate(f"step {k + 1}") for k in range(len(followed.knots_a))),
    )
    return Prior(parameters=parameters, correlation=np.eye(len(parameters)))
