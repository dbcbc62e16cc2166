"""Hold a forecast against what was then measured."""

import math
from collections.abc import Iterable

import numpy as np

from bodytwin.contract.case import Measurement, Target
from bodytwin.contract.forecast import Forecast
from bodytwin.errors import UnitError
from bodytwin.validity.score import About, Outcome, Score, score

SAME_TIME_H = 1 / 60
"""A measurement belongs to a target if they are at most a minute apart."""


def score_forecast(
    forecast: Forecast, measurements: Iterable[Measurement], *, rng: np.random.Generator
) -> tuple[Score, ...]:
    """Score every target that was measured; targets and measurements without partner are left out.

    `rng` fills in the PIT of censored and tied outcomes only.
    """
    scores: list[Score] = []
    for m in measurements:
        for j, target in enumerate(forecast.targets):
            if _belongs(m, target):
                scores.append(
                    score(
                        _about(forecast, target),
                        Outcome(value=m.value, censoring=m.censoring),
                        draws=forecast.observable[:, j],
                        prior_draws=forecast.prior_observable[:, j],
                        last_value=float(forecast.last_value[j]),
                        rng=rng,
                    )
                )
                break
    return tuple(scores)


def _belongs(m: Measurement, target: Target) -> bool:
    near = math.isclose(m.time_h, target.time_h, rel_tol=0.0, abs_tol=SAME_TIME_H)
    if m.quantity != target.quantity or not near:
        return False
    if m.unit != target.unit:
        raise UnitError(
            f"{m.quantity} was forecast in {target.unit} and measured in {m.unit}. Convert first."
        )
    return True


def _about(forecast: Forecast, target: Target) -> About:
    return About(
        twin=forecast.twin,
        version=forecast.version,
        variant=forecast.variant,
        patient=forecast.patient,
        quantity=target.quantity,
        unit=target.unit,
        issued_h=forecast.issued_h,
        time_h=target.time_h,
        forecast=forecast.id,
    )
