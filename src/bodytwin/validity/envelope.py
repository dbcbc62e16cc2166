r"""Is this patient one of those the model was made for, and do the data agree with it?

Two questions. Covariates are compared with the range seen when the model was
made. Measurements are compared with what the population model expected: the
squared Mahalanobis distance :math:`D^2` of what was measured, among those of
draws of the prior predictive,

.. math::
    p = \frac{1 + \#\{D^2_i \ge D^2\}}{n + 1},                                \tag{1}

on the log scale where all values are positive, else on the natural one.

Source: Evans & Moshonov, Bayesian Analysis 1:893 (2006) for checking a prior
against data. Not for: a fit already made to the same measurements.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]

EDGE_SHARE = 0.05
"""Share of a range, at either end, in which few patients were seen."""
WARN_BELOW = 0.01
STOP_BELOW = 0.001
"""Tail probabilities below which data and population disagree: doubtful, and not to be used."""


class Where(IntEnum):
    """Where a patient stands; the larger the worse."""

    INSIDE = 0
    EDGE = 1
    OUTSIDE = 2


@dataclass(frozen=True, slots=True)
class Applicability:
    """Whether a model applies, and why not, one sentence each."""

    where: Where
    reasons: tuple[str, ...] = ()

    def __and__(self, other: "Applicability") -> "Applicability":
        """Both questions together: the worse answer, all reasons."""
        return Applicability(max(self.where, other.where), self.reasons + other.reasons)


@dataclass(frozen=True, slots=True)
class Range:
    """Lowest and highest value seen when the model was made."""

    low: float
    high: float
    unit: str

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InvalidInputError(f"A range runs upwards, got {self.low} to {self.high}.")

    def __str__(self) -> str:
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.low:g} to {self.high:g}{unit}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The ranges in which a model was made or tested, by name of the covariate."""

    ranges: Mapping[str, Range]

    def check(self, values: Mapping[str, float]) -> Applicability:
        """Compare values, in the units of the ranges; others are not looked at.

        A value that is missing or not a number puts the patient at the edge:
        it may be outside.
        """
        result = Applicability(Where.INSIDE)
        for name, allowed in self.ranges.items():
            result &= _place(name, values.get(name, float("nan")), allowed)
        return result


def _place(name: str, value: float, seen: Range) -> Applicability:
    if np.isnan(value):
        return Applicability(Where.EDGE, (f"{name} is not known; the model saw {seen}.",))
    margin = EDGE_SHARE * (seen.high - seen.low)
    said = f"{name} is {value:.4g}" + ("" if seen.unit == "1" else f" {seen.unit}")
    if not seen.low <= value <= seen.high:
        return Applicability(Where.OUTSIDE, (f"{said}; the model saw {seen}.",))
    if not seen.low + margin <= value <= seen.high - margin:
        return Applicability(Where.EDGE, (f"{said}, near the end of what the model saw: {seen}.",))
    return Applicability(Where.INSIDE)


def tail_probability(measured: ArrayLike, predicted: Array) -> float:
    """Equation (1): how rarely the population gives values (n,) as far off as these.

    `predicted` (draw, n) has draws of the prior predictive, error of measuring
    included; rows of NaN are left out. The smallest answer is 1 / (draws + 1).
    """
    y, x = np.asarray(measured, dtype=np.float64), predicted
    x = x[~np.isnan(x).any(axis=1)]
    if x.ndim != 2 or y.shape != x.shape[1:] or not len(y) or len(x) < 10 * len(y):
        raise InvalidInputError(
            f"Give n measured values and at least 10 n draws of them (draw, n), got {y.shape} "
            f"and {x.shape}."
        )
    if (x > 0).all() and (y > 0).all():
        x, y = np.log(x), np.log(y)
    centre = x.mean(axis=0)
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(x, rowvar=False)), hermitian=True)

    def distance(rows: Array) -> Array:
        return np.einsum("bi,ij,bj->b", rows - centre, inverse, rows - centre)

    return float((1 + np.sum(distance(x) >= distance(y[None])[0])) / (len(x) + 1))


def prior_data_conflict(measured: ArrayLike, predicted: Array) -> Applicability:
    """`tail_probability` as an answer: at the edge below 0.01, outside below 0.001."""
    p = tail_probability(measured, predicted)
    if p >= WARN_BELOW:
        return Applicability(Where.INSIDE)
    reason = (
        f"Measurements as far from what the population leads one to expect have probability "
        f"{p:.1g}. Check units, times and treatments, then whether the patient belongs to it."
    )
    return Applicability(Where.OUTSIDE if p < STOP_BELOW else Where.EDGE, (reason,))
