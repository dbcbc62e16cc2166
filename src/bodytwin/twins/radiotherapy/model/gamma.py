# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""How near are two doses to each other, where a shift and a difference are both allowed?

.. math::
    \gamma(r) = \min_{s} \sqrt{\frac{|s - r|^2}{\Delta_r^2}
                + \frac{(D_e(s) - D_r(r))^2}{\Delta_D^2}}                          \tag{1}

for every voxel r of the reference above a cut-off, over points s of the other dose within reach,
which is read linearly between its voxels at steps of a tenth of the distance allowed. The dose
difference is a share of one dose (global).

Source: Low, Harms, Mutic & Purdy 1998, Med Phys 25:656, doi 10.1118/1.598248.

Not for: doses on different grids; resample one first.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, MissingDataError

Array = NDArray[np.float64]
STEPS = 10


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """What is allowed: a share of the normal dose, a distance, and which voxels are looked at."""

    dose_percent: float = 3.0
    distance_mm: float = 3.0
    cut_off_percent: float = 10.0
    reach: float = 2.0


def gamma(
    reference_gy: Array,
    other_gy: Array,
    *,
    spacing_mm: tuple[float, float, float],
    criterion: Criterion | None = None,
    normal_gy: float | None = None,
) -> Array:
    """Equation (1) on the grid (nx, ny, nz); not a number below the cut-off, `reach` at most.

    `normal_gy` is the dose that percentages are of, the greatest of the reference if not given.

    Raises:
        InvalidInputError: doses of different shapes, or not of three dimensions.

    """
    if reference_gy.shape != other_gy.shape or reference_gy.ndim != 3:
        raise InvalidInputError(
            f"Two doses on one grid of three axes are needed, got {reference_gy.shape} and "
            f"{other_gy.shape}. Resample one to the other."
        )
    by = criterion or Criterion()
    whole = float(reference_gy.max()) if normal_gy is None else normal_gy
    found = np.full(reference_gy.shape, np.nan)
    looked = np.argwhere(reference_gy >= by.cut_off_percent / 100.0 * whole)
    offset, away = _offsets(by, spacing_mm)
    kept = (np.ascontiguousarray(reference_gy, float), np.ascontiguousarray(other_gy, float))
    values = np.empty(len(looked))
    _search(kept, looked, offset, away, by.dose_percent / 100.0 * whole, by.reach, values)
    found[tuple(looked.T)] = values
    return found


def passing_percent(gamma: Array) -> float:
    """Per cent of the voxels looked at with gamma of one or less.

    Raises:
        MissingDataError: no voxel was above the cut-off.

    """
    looked = gamma[np.isfinite(gamma)]
    if len(looked) == 0:
        raise MissingDataError("No voxel was above the cut-off, so nothing was compared.")
    return 100.0 * float((looked <= 1.0).mean())


def _offsets(by: Criterion, spacing_mm: tuple[float, float, float]) -> tuple[Array, Array]:
    """Points around a voxel in voxels (points, 3), nearest first, and squared distances."""
    step = by.distance_mm / STEPS
    count = int(np.ceil(by.reach * STEPS))
    line = np.arange(-count, count + 1) * step
    at = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)
    away = (at**2).sum(axis=1) / by.distance_mm**2
    order = np.argsort(away, kind="stable")
    order = order[away[order] <= by.reach**2 + 1e-12]
    return np.ascontiguousarray(at[order] / np.array(spacing_mm)), away[order]


@njit(cache=True, nogil=True, parallel=True)
def _search(doses, looked, offset, away, allowed, reach, values):
    reference, other = doses
    nx, ny, nz = other.shape
    for v in prange(len(looked)):
        i, j, k = looked[v]
        wanted, best = reference[i, j, k], reach * reach
        for p in range(len(away)):
            if away[p] >= best:
                break
            x, y, z = i + offset[p, 0], j + offset[p, 1], k + offset[p, 2]
            if x < 0 or y < 0 or z < 0 or x > nx - 1 or y > ny - 1 or z > nz - 1:
                continue
            a, b, c = min(int(x), nx - 2), min(int(y), ny - 2), min(int(z), nz - 2)
            u, w, t = x - a, y - b, z - c
            dose = 0.0
            for da in range(2):
                for db in range(2):
                    for dc in range(2):
                        share = (u if da else 1 - u) * (w if db else 1 - w) * (t if dc else 1 - t)
                        dose += share * other[a + da, b + db, c + dc]
            gap = (dose - wanted) / allowed
            best = min(best, away[p] + gap * gap)
        values[v] = np.sqrt(best)
