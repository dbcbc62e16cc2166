# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""How much water is as thick as what lies between the source and a point?

Rays through a grid of the plane of the isocentre are followed once for each beam, in steps along
the axis, through relative densities read linearly between voxels:

.. math::
    r(x, z, g) = \sqrt{1 + \frac{x^2 + z^2}{\mathrm{SAD}^2}} \int_0^{g} \rho \, dg'     \tag{1}

by the trapezoidal rule, and read linearly between rays and steps. Outside of the image is nothing.

Not for: scatter, which sees densities to the side as well.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.model.geometry import Beam

Array = NDArray[np.float64]
RAYS_MM, STEP_MM = 2.5, 2.0
SURFACE = 0.1
"""The relative density at which a body begins."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Densities:
    """Relative densities (nx, ny, nz); `affine` (4, 4) takes an index to mm in axes of DICOM."""

    values: NDArray[np.float32]
    affine: Array

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or not np.isfinite(self.values).all() or self.values.min() < 0:
            raise InvalidInputError(
                "Relative densities are finite, not negative, and on three axes. Check the table "
                "that made them from the image."
            )

    @property
    def corners_mm(self) -> Array:
        """The eight outer corners, (8, 3)."""
        ends = [(-0.5, n - 0.5) for n in self.values.shape]
        at = np.array([(a, b, c, 1.0) for a in ends[0] for b in ends[1] for c in ends[2]])
        return (at @ self.affine.T)[:, :3]


@dataclass(frozen=True, kw_only=True, eq=False)
class Depths:
    """Water-equivalent depth in mm (rays, rays, steps) from `first` (x, z, g) on, by `step`."""

    depth_mm: NDArray[np.float32]
    first: Array
    step: Array
    surface_mm: float

    def at(self, seen: Array) -> Array:
        """The depth in mm at points (n, 3) of `Beam.seen`."""
        return _read(self.depth_mm, (np.asarray(seen) - self.first) / self.step)


def traced(beam: Beam, densities: Densities) -> Depths:
    """The depths of a beam through a body.

    `surface_mm` is the distance from the source to the body along the axis, that
    to the isocentre where the axis misses the body.
    """
    inverse = np.linalg.inv(densities.affine)
    seen = beam.seen(densities.corners_mm)
    low, high = seen.min(axis=0), seen.max(axis=0)
    step = np.array([RAYS_MM, RAYS_MM, STEP_MM])
    first = np.floor(low / step) * step
    count = np.ceil((high - first) / step).astype(int) + 1
    depth = np.zeros(tuple(count), dtype=np.float32)
    _follow(
        depth, densities.values, np.ascontiguousarray(inverse[:3]), beam.source_mm, beam.axes,
        beam.axis_distance_mm, first, step,
    )  # fmt: skip
    middle = np.column_stack([np.zeros((count[2], 2)), first[2] + STEP_MM * np.arange(count[2])])
    along = _read(depth, (middle - first) / step)
    inside = np.flatnonzero(along > SURFACE * STEP_MM)
    surface = float(middle[inside[0], 2]) if len(inside) else beam.axis_distance_mm
    return Depths(depth_mm=depth, first=first, step=step, surface_mm=surface)


@njit(cache=True, nogil=True)
def _density(values, i, j, k):
    """Between voxels; nothing outside."""
    nx, ny, nz = values.shape
    if i < -0.5 or j < -0.5 or k < -0.5 or i > nx - 0.5 or j > ny - 0.5 or k > nz - 0.5:
        return 0.0
    i, j, k = min(max(i, 0.0), nx - 1.0), min(max(j, 0.0), ny - 1.0), min(max(k, 0.0), nz - 1.0)
    a, b, c = min(int(i), nx - 1), min(int(j), ny - 1), min(int(k), nz - 1)
    d, e, f = min(a + 1, nx - 1), min(b + 1, ny - 1), min(c + 1, nz - 1)
    p, q, r = i - a, j - b, k - c
    low = (1 - q) * ((1 - p) * values[a, b, c] + p * values[d, b, c]) + q * (
        (1 - p) * values[a, e, c] + p * values[d, e, c]
    )
    high = (1 - q) * ((1 - p) * values[a, b, f] + p * values[d, b, f]) + q * (
        (1 - p) * values[a, e, f] + p * values[d, e, f]
    )
    return (1 - r) * low + r * high


@njit(cache=True, nogil=True, parallel=True)
def _follow(depth, values, inverse, source, axes, sad, first, step):
    for a in prange(depth.shape[0]):
        x = first[0] + a * step[0]
        for b in range(depth.shape[1]):
            z = first[1] + b * step[1]
            longer = np.sqrt(1.0 + (x * x + z * z) / (sad * sad))
            total, before = 0.0, 0.0
            for c in range(depth.shape[2]):
                g = first[2] + c * step[2]
                m, n = x * g / sad, z * g / sad
                p0 = source[0] + m * axes[0, 0] + n * axes[1, 0] + g * axes[2, 0]
                p1 = source[1] + m * axes[0, 1] + n * axes[1, 1] + g * axes[2, 1]
                p2 = source[2] + m * axes[0, 2] + n * axes[1, 2] + g * axes[2, 2]
                now = _density(
                    values,
                    inverse[0, 0] * p0 + inverse[0, 1] * p1 + inverse[0, 2] * p2 + inverse[0, 3],
                    inverse[1, 0] * p0 + inverse[1, 1] * p1 + inverse[1, 2] * p2 + inverse[1, 3],
                    inverse[2, 0] * p0 + inverse[2, 1] * p1 + inverse[2, 2] * p2 + inverse[2, 3],
                )
                if c > 0:
                    total += 0.5 * (before + now) * step[2] * longer
                depth[a, b, c] = total
                before = now


@njit(cache=True, nogil=True, parallel=True)
def _read(depth, at):
    """Depths (n,) at places (n, 3) in steps of the grid."""
    found = np.empty(len(at))
    top = np.array(depth.shape) - 1
    for n in prange(len(at)):
        low = np.empty(3, np.int64)
        part = np.empty(3)
        for k in range(3):
            v = min(max(at[n, k], 0.0), float(top[k]))
            low[k] = min(int(v), max(top[k] - 1, 0))
            part[k] = v - low[k]
        total = 0.0
        for a in range(2):
            for b in range(2):
                for c in range(2):
                    share = (
                        (part[0] if a else 1 - part[0])
                        * (part[1] if b else 1 - part[1])
                        * (part[2] if c else 1 - part[2])
                    )
                    if share > 0.0:
                        total += share * depth[low[0] + a, low[1] + b, low[2] + c]
        found[n] = total
    return found
