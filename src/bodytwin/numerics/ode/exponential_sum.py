# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""What is the value, and the exact integral, of an input that linear systems make of events?

From the start :math:`t_s` of segment s to that of the next

.. math::
    c(t) = p_s + \sum_j a_{sj}\, e^{-\lambda_j (t - t_s)},                         \tag{1}
.. math::
    \int_{t_s}^{t} c = p_s (t - t_s)
        + \sum_j a_{sj} \frac{1 - e^{-\lambda_j (t - t_s)}}{\lambda_j},            \tag{2}

and nothing before the first. Sums and multiples of such inputs are such inputs.

Not for: rates that change between segments.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]


@njit(cache=True, error_model="numpy")
def sum_at(plateau, coefficient, rate, elapsed):  # pragma: no cover
    """Equation (1) for one row: a number and two arrays (m,), `elapsed` after the start."""
    total = plateau
    for j in range(rate.shape[0]):
        total += coefficient[j] * math.exp(-rate[j] * elapsed)
    return total


@dataclass(frozen=True, kw_only=True, eq=False)
class ExponentialSum:
    """`starts` (s,) of segments, `plateau` (b, s), `coefficient` (b, s, m), `rate` (b, m)."""

    starts: Array
    plateau: Array
    coefficient: Array
    rate: Array

    def __post_init__(self) -> None:
        b, s, m = self.coefficient.shape
        if self.starts.shape != (s,) or self.plateau.shape != (b, s) or self.rate.shape != (b, m):
            raise InvalidInputError(
                f"Segments {self.starts.shape}, plateaus {self.plateau.shape} and rates "
                f"{self.rate.shape} do not fit coefficients {self.coefficient.shape}."
            )
        if s == 0 or np.any(np.diff(self.starts) <= 0):
            raise InvalidInputError("Segments need starts, each later than the one before.")

    @property
    def rows(self) -> int:
        """How many draws."""
        return len(self.rate)

    def at(self, times: Array) -> Array:
        """Equation (1) at `times` (t,), where a segment starts its own value; (b, t)."""
        segment, elapsed = self._place(times)
        decayed = np.exp(-self.rate[:, None, :] * elapsed[:, None])
        value = self.plateau[:, segment] + np.sum(self.coefficient[:, segment] * decayed, axis=-1)
        return np.where(np.asarray(times) < self.starts[0], 0.0, value)

    def integral(self, times: Array) -> Array:
        """Integral from the first start to each of `times` (t,), equation (2); (b, t)."""
        segment, elapsed = self._place(times)
        return self._before[:, segment] + self._within(segment, elapsed)

    def scaled(self, factor: Array | float) -> "ExponentialSum":
        """Each row times `factor` (b,); one row is repeated where there are more factors."""
        by = np.atleast_1d(np.asarray(factor, dtype=np.float64))
        return ExponentialSum(
            starts=self.starts,
            plateau=self.plateau * by[:, None],
            coefficient=self.coefficient * by[:, None, None],
            rate=np.broadcast_to(self.rate, (max(len(by), self.rows), self.rate.shape[1])),
        )

    def plus(self, other: "ExponentialSum") -> "ExponentialSum":
        """The sum of both, on all their segments; one row goes with any number."""
        starts = np.union1d(self.starts, other.starts)
        rows = max(self.rows, other.rows)
        a, b = self._on(starts).repeated(rows), other._on(starts).repeated(rows)
        return ExponentialSum(
            starts=starts,
            plateau=a.plateau + b.plateau,
            coefficient=np.concatenate([a.coefficient, b.coefficient], axis=2),
            rate=np.concatenate([a.rate, b.rate], axis=1),
        )

    def repeated(self, rows: int) -> "ExponentialSum":
        """The same with `rows` rows, in arrays of their own as kernels need them.

        Raises:
            InvalidInputError: there are other than one row or that many.

        """
        if self.rows not in (1, rows):
            raise InvalidInputError(f"{self.rows} rows of input for {rows} draws: give 1 or all.")
        s, m = self.coefficient.shape[1:]
        return ExponentialSum(
            starts=np.ascontiguousarray(self.starts, dtype=np.float64),
            plateau=np.ascontiguousarray(np.broadcast_to(self.plateau, (rows, s))),
            coefficient=np.ascontiguousarray(np.broadcast_to(self.coefficient, (rows, s, m))),
            rate=np.ascontiguousarray(np.broadcast_to(self.rate, (rows, m))),
        )

    @cached_property
    def _before(self) -> Array:
        """Integral up to the start of each segment, (b, s)."""
        whole = self._within(np.arange(len(self.starts) - 1), np.diff(self.starts))
        return np.concatenate([np.zeros((self.rows, 1)), np.cumsum(whole, axis=1)], axis=1)

    def _within(self, segment: NDArray[np.intp], elapsed: Array) -> Array:
        rate = self.rate[:, None, :]
        safe = np.where(rate > 0, rate, 1.0)
        lasting = np.where(rate > 0, -np.expm1(-rate * elapsed[:, None]) / safe, elapsed[:, None])
        ending = np.sum(self.coefficient[:, segment] * lasting, axis=-1)
        return self.plateau[:, segment] * elapsed + ending

    def _place(self, times: Array) -> tuple[NDArray[np.intp], Array]:
        t = np.atleast_1d(np.asarray(times, dtype=np.float64))
        segment = np.maximum(np.searchsorted(self.starts, t, side="right") - 1, 0)
        return segment, np.maximum(t - self.starts[segment], 0.0)

    def _on(self, starts: Array) -> "ExponentialSum":
        """The same on finer segments, nothing where they come before the first."""
        segment, elapsed = self._place(starts)
        begun = starts >= self.starts[0]
        decayed = np.exp(-self.rate[:, None, :] * elapsed[:, None]) * begun[:, None]
        return ExponentialSum(
            starts=starts,
            plateau=self.plateau[:, segment] * begun,
            coefficient=self.coefficient[:, segment] * decayed,
            rate=self.rate,
        )
