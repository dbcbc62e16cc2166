"""What would ultrasound measure of a mesh?

Reads the measures from the nodes alone, without knowing how they were put there: the ellipsoid
of the cavity is fitted to its inner nodes, the canal is the line between its sides in the sagittal
section, the internal os is where it meets the ellipsoid.

Not for: meshes that were not made from `template`, or that were deformed far.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.twins.pregnancy.model.measures import LOWER_MM, Measures
from bodytwin.twins.pregnancy.model.meshing import Uterus

Array = NDArray[np.float64]
_SAMPLES = 60


def read(uterus: Uterus) -> Measures:
    """The measures of the mesh."""
    middle, half = _ellipsoid(uterus)
    front, back = _at(uterus, r=7.0, angle=0.0), _at(uterus, r=7.0, angle=np.pi)
    outside, inside = (np.linalg.norm(front[w] - back[w]) for w in (1, 0))
    end = (front[0] + back[0]) / 2
    way = _unit(front[0] - _at(uterus, r=6.0, angle=0.0)[0])
    os = _meet(end, way, middle, half)
    lower, lower_mm = _lower_segment(uterus, os)
    rise = _unit(lower - os)
    return Measures(
        longitudinal_mm=2 * half[2],
        anterior_posterior_mm=2 * half[1],
        transverse_mm=2 * half[0],
        fundus_mm=_thickness(uterus, r=0.0, angle=0.0),
        anterior_mm=_thickness(uterus, r=2.0, angle=0.0),
        posterior_mm=_thickness(uterus, r=2.0, angle=np.pi),
        lower_segment_mm=lower_mm,
        cervix_length_mm=float(np.linalg.norm(end - os)),
        cervix_outer_mm=float(outside),
        canal_mm=float(inside),
        angle_deg=float(np.degrees(np.arccos(rise @ way))),
    )


def _ellipsoid(uterus: Uterus) -> tuple[Array, Array]:
    """Middle and half diameters of an upright ellipsoid through the inner nodes of the cavity."""
    x = uterus.mesh.positions_mm[(uterus.plate.w == 0) & (uterus.plate.r <= 4)]
    terms = np.column_stack([x**2, x[:, 1:]])
    *square, y, z = np.linalg.lstsq(terms, np.ones(len(x)), rcond=None)[0]
    middle = np.array([0.0, -y / (2 * square[1]), -z / (2 * square[2])])
    size = 1 + square @ middle**2
    return middle, np.sqrt(size / np.array(square))


def _meet(start: Array, way: Array, middle: Array, half: Array) -> Array:
    """Where the line up the canal first meets the ellipsoid."""
    at, along = (start - middle) / half, -way / half
    a, b, c = along @ along, at @ along, at @ at - 1
    return start - way * (-b - np.sqrt(b * b - a * c)) / a


def _at(uterus: Uterus, *, r: float, angle: float) -> Array:
    """Inner and outer node at a place, (2, 3)."""
    plate = uterus.plate
    here = (plate.r == r) & ((np.abs(plate.angle - angle) < 1e-9) | (r == 0))
    nodes = np.flatnonzero(here)
    return uterus.mesh.positions_mm[nodes[np.argsort(plate.w[nodes])][[0, -1]]]


def _thickness(uterus: Uterus, *, r: float, angle: float) -> float:
    inner, outer = _at(uterus, r=r, angle=angle)
    return float(np.linalg.norm(outer - inner))


def _lower_segment(uterus: Uterus, os: Array) -> tuple[Array, float]:
    """The inner wall 3 cm in front of the os, and the thickness there or just above the cervix."""
    inner, r = _front(uterus, w=0.0)
    outer, _ = _front(uterus, w=1.0)
    far = np.linalg.norm(inner - os, axis=1)
    low = (r >= 2) & (r <= 4)
    order = np.argsort(far[low])
    lower = np.array([np.interp(LOWER_MM, far[low][order], inner[low, i][order]) for i in range(3)])
    begins = inner[np.argmin(np.abs(r - 3.0))]
    clear = lower if np.linalg.norm(begins - os) <= LOWER_MM else begins
    return lower, float(np.linalg.norm(outer - clear, axis=1).min())


def _front(uterus: Uterus, *, w: float) -> tuple[Array, Array]:
    """The front edge of the sagittal section, sampled along its quadratic elements."""
    plate = uterus.plate
    nodes = np.flatnonzero((np.abs(plate.angle) < 1e-9) & (plate.w == w))
    nodes = nodes[np.argsort(plate.r[nodes])]
    x, r = uterus.mesh.positions_mm[nodes], plate.r[nodes]
    t = np.linspace(0, 1, _SAMPLES)
    shapes = np.stack([(1 - t) * (1 - 2 * t), 4 * t * (1 - t), t * (2 * t - 1)])

    def along(values: Array) -> Array:
        three = np.stack([values[:-2:2], values[1:-1:2], values[2::2]])
        return np.einsum("at,ae...->et...", shapes, three).reshape(-1, *values.shape[1:])

    return along(x), along(r)


def _unit(x: Array) -> Array:
    return x / np.linalg.norm(x)
