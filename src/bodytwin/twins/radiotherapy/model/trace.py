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
from functools import cached_property

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

    @cached_property
    def filled(self) -> Array:
        """The lowest and highest index (2, 3) between which something is; all where nothing is."""
        ends = np.array([np.full(3, -0.5), np.array(self.values.shape) - 0.5])
        for axis in range(3):
            (full,) = np.nonzero(self.values.any(axis=tuple(a for a in range(3) if a != axis)))
            if len(full):
                ends[0, axis] = max(ends[0, axis], full[0] - 1.0)
                ends[1, axis] = min(ends[1, axis], full[-1] + 1.0)
        return ends

    @property
    def corners_mm(self) -> Array:
        """The eight outer corners of what is filled, (8, 3)."""
        ends = self.filled.T
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


def traced(beam: Beam, densities: Densities, *, seen: Array | None = None) -> Depths:
    """The depths of a beam through a body, or as far of it as to the places `seen` (n, 3).

    `surface_mm` is the distance from the source to the body along the axis, that
    to the isocentre where the axis misses the body.
    """
    corners = beam.seen(densities.corners_mm)
    low, high = corners.min(axis=0), corners.max(axis=0)
    if seen is not None and len(seen):
        near, far = seen.min(axis=0), seen.max(axis=0)
        low[:2] = np.clip(np.minimum(near[:2], 0.0), low[:2], high[:2])
        high[:2] = np.clip(np.maximum(far[:2], 0.0), low[:2], high[:2])
        high[2] = np.clip(far[2], low[2], high[2])
    step = np.array([RAYS_MM, RAYS_MM, STEP_MM])
    first = np.floor(low / step) * step
    count = np.ceil((high - first) / step).astype(int) + 1
    depth = np.zeros(tuple(count), dtype=np.float32)
    inverse = np.linalg.inv(densities.affine)[:3]
    source = inverse[:, :3] @ beam.source_mm + inverse[:, 3]
    turn = np.ascontiguousarray(inverse[:, :3] @ beam.axes.T)
    _follow(
        depth, densities.values, densities.filled, source, turn, beam.axis_distance_mm, first, step
    )
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


@njit(cache=True, nogil=True)
def _within(start, along, filled, first, step, count):
    """The steps of a ray from the one before what is filled to the one behind it."""
    near, far = 0.0, first + step * count
    for k in range(3):
        if abs(along[k]) > 1e-12:
            one, two = (filled[0, k] - start[k]) / along[k], (filled[1, k] - start[k]) / along[k]
            near, far = max(near, min(one, two)), min(far, max(one, two))
        elif start[k] < filled[0, k] or start[k] > filled[1, k]:
            return 0, 0
    return max(int((near - first) / step) - 1, 0), min(int((far - first) / step) + 3, count)


@njit(cache=True, nogil=True, parallel=True)
def _follow(depth, values, filled, source, turn, sad, first, step):
    """Depths of all rays; `source` and the columns u, v, w of `turn` are in voxels."""
    count = depth.shape[2]
    for a in prange(depth.shape[0]):
        x = first[0] + a * step[0]
        along = np.empty(3)
        for b in range(depth.shape[1]):
            z = first[1] + b * step[1]
            half = 0.5 * step[2] * np.sqrt(1.0 + (x * x + z * z) / (sad * sad))
            for k in range(3):
                along[k] = turn[k, 0] * x / sad + turn[k, 1] * z / sad + turn[k, 2]
            begin, end = _within(source, along, filled, first[2], step[2], count)
            total, before = 0.0, 0.0
            for c in range(begin, end):
                g = first[2] + c * step[2]
                now = _density(
                    values,
                    source[0] + g * along[0],
                    source[1] + g * along[1],
                    source[2] + g * along[2],
                )
                if c > 0:
                    total += half * (before + now)
                depth[a, b, c] = total
                before = now
            depth[a, b, end:] = total


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
