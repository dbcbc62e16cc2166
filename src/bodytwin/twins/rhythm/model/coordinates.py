"""Where in the ventricles does a voxel lie: how high, how deep, on which side, in which segment?

The long axis runs from the middle of the base of the left cavity to the apex. Height is 0 at
the apex and 1 at the base, along that axis. The angle around it is 0 towards
the middle of the septum and grows towards the anterior wall. Depth is one minus
the larger of two Laplace fields that are 1 on one endocardium and 0 on every other
surface (Bayer et al. 2012, doi 10.1007/s10439-012-0593-5, use these fields). The 17 segments are
those of Cerqueira et al. 2002, doi 10.1161/hc0402.102975.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.numerics.grid.laplace import Laplace

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
APEX_MM = 3.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Surfaces:
    """Which of n voxels of muscle lie at each surface, (n,) each."""

    left: Mask
    right: Mask
    outer: Mask
    base: Mask


@dataclass(frozen=True, kw_only=True, eq=False)
class Axes:
    """Unit vectors to apex, right ventricle and anterior wall, from an origin at the base."""

    origin_mm: Array
    apex: Array
    septal: Array
    anterior: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Fields:
    """Laplace fields (n,): 1 on the named surface, 0 on the other ones; `along` 0 apex, 1 base."""

    left: Array
    right: Array
    outer: Array
    along: Array


def axes_of(base_left_mm: Array, cavity_left_mm: Array, cavity_right_mm: Array) -> Axes:
    """The axes, from the opening of the left cavity (b, 3) and the points of both cavities.

    Anterior is such that, seen from the apex with anterior above, the septum lies on
    the left of the beholder.
    """
    origin = base_left_mm.mean(axis=0)
    apex = cavity_left_mm.mean(axis=0) - origin
    apex /= np.linalg.norm(apex)
    septal = cavity_right_mm.mean(axis=0) - cavity_left_mm.mean(axis=0)
    septal -= (septal @ apex) * apex
    septal /= np.linalg.norm(septal)
    return Axes(origin_mm=origin, apex=apex, septal=septal, anterior=np.cross(septal, apex))


def fields_of(laplace: Laplace, at: Surfaces, axes: Axes) -> Fields:
    """The four fields."""
    n = laplace.voxels.count
    walls = at.left | at.right | at.outer

    def one_on(surface: Mask) -> Array:
        return laplace.solve(walls, np.where(surface, 1.0, 0.0))

    down = (laplace.voxels.positions_mm - axes.origin_mm) @ axes.apex
    tip = at.outer & (down > down[at.outer].max() - APEX_MM)
    ends = np.zeros(n)
    ends[at.base] = 1.0
    return Fields(
        left=one_on(at.left),
        right=one_on(at.right),
        outer=one_on(at.outer & ~at.left & ~at.right),
        along=laplace.solve(tip | at.base, ends),
    )


def height(positions_mm: Array, axes: Axes) -> Array:
    """0 at the apex, 1 at the base, (n,)."""
    down = (positions_mm - axes.origin_mm) @ axes.apex
    top = min(0.0, float(np.quantile(down, 0.001)))
    return np.clip(1.0 - (down - top) / (down.max() - top), 0.0, 1.0)


def angle_rad(positions_mm: Array, axes: Axes) -> Array:
    """Around the long axis: 0 at the middle of the septum, positive towards anterior, (n,)."""
    away = positions_mm - axes.origin_mm
    return np.arctan2(away @ axes.anterior, away @ axes.septal)


def segment(height: Array, angle: Array, left: Mask) -> NDArray[np.uint8]:
    """The segment, 1 to 17, of each voxel of the left ventricle, else 0, (n,)."""
    degrees = np.degrees(angle)
    sixth = np.floor((degrees % 360.0) / 60.0).astype(int)
    ring = np.array([2, 1, 6, 5, 4, 3])[sixth]
    quarter = np.floor(((degrees + 45.0) % 360.0) / 90.0).astype(int)
    tip = np.array([14, 13, 16, 15])[quarter]
    found = np.select(
        [height < 0.10, height < 0.40, height < 0.70], [np.full(len(ring), 17), tip, ring + 6], ring
    )
    return np.where(left, found, 0).astype(np.uint8)
