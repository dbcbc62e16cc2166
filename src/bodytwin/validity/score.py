"""What one forecast of one target was worth, once the target had been measured."""

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.inference.problem import Censoring
from bodytwin.validity.scoring import covered, crps, interval, pit

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Who said what of whom: `patient` is a pseudonym, `forecast` the id of what was registered.

    Times are hours from the origin of the case.
    """

    twin: str
    version: str
    variant: str
    patient: str
    quantity: str
    unit: str
    issued_h: float
    time_h: float
    forecast: str = ""

    @property
    def horizon_h(self) -> float:
        """How far ahead was looked."""
        return self.time_h - self.issued_h


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was measured, or the limit beyond which it lay."""

    value: float
    censoring: Censoring = Censoring.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One forecast beside its outcome.

    CRPS is in the unit of the target. `crps_prior` is that of the population,
    `crps_last` that of the last value carried forward: as a point, until the
    steps of other patients are known (`baseline.carried_forward`). NaN where
    there was nothing to carry forward.

    `relative_error` is (median − observed) / observed; NaN for a censored
    outcome and for one that is not positive. `failed_runs` is the share of
    draws left out.
    """

    about: About
    observed: float
    censoring: Censoring
    median: float
    low50: float
    high50: float
    low90: float
    high90: float
    covered50: bool
    covered90: bool
    crps: float
    crps_prior: float
    crps_last: float
    last_value: float
    pit: float
    relative_error: float
    failed_runs: float

    @property
    def words(self) -> str:
        """The score in a sentence."""
        a, bound = self.about, {-1: "below ", 0: "", 1: "above "}[int(self.censoring)]
        said = "inside" if self.covered90 else "OUTSIDE"
        return (
            f"{a.quantity} was {bound}{self.observed:.3g} {a.unit}, {said} the 90 % interval "
            f"{self.low90:.3g} to {self.high90:.3g} {a.unit} (median {self.median:.3g})."
        )


def score(
    about: About,
    outcome: Outcome,
    *,
    draws: Array,
    prior_draws: Array,
    last_value: float = math.nan,
    rng: np.random.Generator,
) -> Score:
    """Compare the draws (draw,) of one target, and those of the population, with its outcome.

    Draws are of what would be measured, with the error of measuring. A forecast
    issued at or after the time it speaks of is refused: it may have seen the outcome.
    """
    if about.issued_h >= about.time_h:
        raise InvalidInputError(
            f"A forecast issued at {about.issued_h:g} h for {about.time_h:g} h is no forecast. "
            "Score only what was said before it was measured."
        )
    x, y, side = draws[:, None], np.array([outcome.value]), np.array([outcome.censoring])
    median = float(np.nanmedian(x)) if not np.isnan(x).all() else math.nan
    (low50,), (high50,) = interval(x, 0.5)
    (low90,), (high90,) = interval(x, 0.9)
    exact = outcome.censoring is Censoring.NONE and outcome.value > 0
    return Score(
        about=about,
        observed=outcome.value,
        censoring=outcome.censoring,
        median=median,
        low50=float(low50),
        high50=float(high50),
        low90=float(low90),
        high90=float(high90),
        covered50=bool(covered(x, y, level=0.5, censoring=side)[0]),
        covered90=bool(covered(x, y, level=0.9, censoring=side)[0]),
        crps=float(crps(x, y, censoring=side)[0]),
        crps_prior=float(crps(prior_draws[:, None], y, censoring=side)[0]),
        crps_last=point_crps(last_value, outcome),
        last_value=last_value,
        pit=float(pit(x, y, censoring=side, rng=rng)[0]),
        relative_error=(median - outcome.value) / outcome.value if exact else math.nan,
        failed_runs=float(np.isnan(draws).mean()),
    )


def point_crps(said: float, outcome: Outcome) -> float:
    """CRPS of a single number: its distance from what was reported."""
    if math.isnan(said):
        return math.nan
    clip = {Censoring.BELOW: max, Censoring.ABOVE: min}.get(outcome.censoring)
    return abs((clip(said, outcome.value) if clip else said) - outcome.value)


def error_in_sd(scores: list[Score]) -> Array:
    """Standard normal scores of the PIT, (forecast,): successive ones are independent if right."""
    from scipy.special import ndtri

    return cast(Array, ndtri(np.clip([s.pit for s in scores], 1e-6, 1 - 1e-6)))
