# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Which dose do beamlets of given weight leave in each voxel, and what of a slope comes back?

.. math::
    d_i = \sum_j a_{ij} x_j,                                                      \tag{1}
    \qquad g_j = \sum_i a_{ij} \frac{\partial f}{\partial d_i}.                   \tag{2}

The influence a is kept by voxel with short column numbers. Where a penalty is a sum over voxels of
squared distances beyond bounds,

.. math::
    f = \sum_i \sum_k u_{ik} [l_{ik} - d_i]_+^2 + o_{ik} [d_i - l_{ik}]_+^2,        \tag{3}

its slope is known as soon as the voxel's dose is, so (1) and (2) are one pass over a, and a voxel
within its bounds is read once and not again.

Sums over voxels go in a fixed number of parts, so results do not depend on threads.

Not for: making the influence, or choosing which voxels count.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy.sparse import csc_array

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
PARTS = 8


@dataclass(frozen=True, eq=False)
class Bounds:
    """Terms of equation (3): those of row i are `start[i]` to `start[i + 1]`, bounds in Gy."""

    start: NDArray[np.int64]
    bound_gy: Array
    under: Array
    over: Array


@dataclass(frozen=True, eq=False)
class Rows:
    """Influence by voxel: Gy per unit weight `gy` of the beamlets `beamlet`, row after row."""

    start: NDArray[np.int64]
    beamlet: NDArray[Any]
    gy: NDArray[np.float32]
    beamlets: int

    @property
    def count(self) -> int:
        """How many voxels."""
        return len(self.start) - 1

    def dose_gy(self, weight: Array) -> Array:
        """Dose (rows,) of weights (beamlets,), equation (1)."""
        dose = np.empty(self.count)
        _forward(self.start, self.beamlet, self.gy, _fits(weight, self.beamlets), dose)
        return dose

    def pull(self, slope: Array) -> Array:
        """What of slopes by dose (rows,) falls on the beamlets (beamlets,), equation (2)."""
        parts = np.zeros((PARTS, self.beamlets))
        _back(self.start, self.beamlet, self.gy, _fits(slope, self.count), parts)
        return parts.sum(axis=0)

    def pull_squared(self, weight: Array) -> Array:
        """Sum over rows (rows,) of weight times squared influence, for each beamlet."""
        squared = Rows(self.start, self.beamlet, self.gy * self.gy, self.beamlets)
        return squared.pull(weight)

    def beyond(self, weight: Array, bounds: Bounds) -> tuple[float, Array]:
        """Equation (3) and its gradient by weights (beamlets,), in one pass."""
        parts, value = np.zeros((PARTS, self.beamlets)), np.zeros(PARTS)
        terms = (bounds.start, bounds.bound_gy, bounds.under, bounds.over)
        x = _fits(weight, self.beamlets)
        _beyond((self.start, self.beamlet, self.gy), x, terms, parts, value)
        return float(value.sum()), parts.sum(axis=0)

    def taken(self, rows: NDArray[np.int64]) -> "Rows":
        """Only these rows, in this order."""
        length = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        at = np.repeat(self.start[rows] - start[:-1], length) + np.arange(start[-1])
        return Rows(start, self.beamlet[at], self.gy[at], self.beamlets)


def rows_of(matrix: Any) -> Rows:
    """Rows of a SciPy sparse matrix (voxels, beamlets), in any of its formats.

    Raises:
        InvalidInputError: influence that is negative or not a number.

    """
    by_beamlet = csc_array(matrix)
    by_beamlet.sum_duplicates()
    gy = by_beamlet.data.astype(np.float32, copy=False)
    if len(gy) and not (gy.min() >= 0 and np.isfinite(gy.max())):
        raise InvalidInputError(
            "The influence holds numbers that are negative or no numbers. A beamlet gives zero "
            "dose or more; check how the matrix was made."
        )
    voxels, beamlets = (int(n) for n in matrix.shape)
    short = np.uint16 if beamlets <= np.iinfo(np.uint16).max else np.int32
    length = np.bincount(by_beamlet.indices, minlength=voxels)
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    made = Rows(start, np.empty(len(gy), short), np.empty(len(gy), np.float32), beamlets)
    first = by_beamlet.indptr.astype(np.int64)
    _turn((first, by_beamlet.indices, gy), start[:-1].copy(), made.beamlet, made.gy)
    return made


def _fits(vector: Array, length: int) -> Array:
    given = np.ascontiguousarray(vector, dtype=np.float64)
    if given.shape != (length,):
        raise InvalidInputError(f"{length} numbers are needed, got shape {given.shape}.")
    return given


@njit(cache=True, nogil=True)
def _turn(by_beamlet, free, beamlet, gy):
    first, voxel, given = by_beamlet
    for j in range(len(first) - 1):
        for k in range(first[j], first[j + 1]):
            at = free[voxel[k]]
            beamlet[at] = j
            gy[at] = given[k]
            free[voxel[k]] = at + 1


# Four sums at once and slices of the arrays: three times as fast as the plain loop.
@njit(cache=True, nogil=True, inline="always")
def _dot(gy, beamlet, x):
    whole = len(gy) // 4 * 4
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for k in range(0, whole, 4):
        a += gy[k] * x[beamlet[k]]
        b += gy[k + 1] * x[beamlet[k + 1]]
        c += gy[k + 2] * x[beamlet[k + 2]]
        d += gy[k + 3] * x[beamlet[k + 3]]
    for k in range(whole, len(gy)):
        a += gy[k] * x[beamlet[k]]
    return (a + b) + (c + d)


@njit(cache=True, nogil=True, inline="always")
def _add(into, gy, beamlet, slope):
    for k in range(len(gy)):
        into[beamlet[k]] += slope * gy[k]


@njit(cache=True, nogil=True, parallel=True)
def _forward(start, beamlet, gy, x, dose):
    for i in prange(len(dose)):
        row = slice(start[i], start[i + 1])
        dose[i] = _dot(gy[row], beamlet[row], x)


@njit(cache=True, nogil=True, parallel=True)
def _back(start, beamlet, gy, slope, parts):
    rows, count = len(slope), len(parts)
    for p in prange(count):
        for i in range(rows * p // count, rows * (p + 1) // count):
            if slope[i] != 0.0:
                row = slice(start[i], start[i + 1])
                _add(parts[p], gy[row], beamlet[row], slope[i])


@njit(cache=True, nogil=True, parallel=True)
def _beyond(influence, x, terms, parts, value):
    start, beamlet, gy = influence
    first, bound, under, over = terms
    rows, count = len(start) - 1, len(parts)
    for p in prange(count):
        total = 0.0
        for i in range(rows * p // count, rows * (p + 1) // count):
            if first[i] == first[i + 1]:
                continue
            row = slice(start[i], start[i + 1])
            dose = _dot(gy[row], beamlet[row], x)
            slope = 0.0
            for t in range(first[i], first[i + 1]):
                gap = dose - bound[t]
                w = over[t] if gap > 0.0 else under[t]
                total += w * gap * gap
                slope += 2.0 * w * gap
            if slope != 0.0:
                _add(parts[p], gy[row], beamlet[row], slope)
        value[p] = total
