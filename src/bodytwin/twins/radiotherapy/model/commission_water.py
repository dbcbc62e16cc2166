r"""Which dose does an open field leave in a tank of water, for kernels yet to be found?

Let the radial kernels of `pencil` (2) be sums of bells :math:`G_s` of standard deviations s,

.. math::
    W_k(x, z) = \sum_j c_{kj}\, G_{s_j}(x, z), \qquad c_{kj} \ge 0 .                     \tag{1}

A bell folded with the fluence of a square beamlet is that beamlet with a wider penumbra, so that

.. math::
    D = \sum_{kj} c_{kj}\, T_k(r, g) \sum_{b} \varphi_b\,
        f_b\big(x; \sqrt{\sigma_x^2 + s_j^2}\big)\, f_b\big(z; \sqrt{\sigma_z^2 + s_j^2}\big)
                                                                                         \tag{2}

with the depth terms T of `pencil` (1) and its f, over cells b of the field in which the open
fluence :math:`\varphi` is even. The dose is linear in c.

Not for: bodies that are not of water; kernels cut off at the reach of a machine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

Array = NDArray[np.float64]
BELLS_MM = np.array([1.0, 3.0, 7.0, 14.0, 25.0, 40.0])
"""s of equation (1), in the plane of the isocentre."""
CELL_MM = 2.5
KNOTS_MM = np.array([0.0, 25.0, 50.0])
"""Where the open fluence is found; straight between, constant beyond."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """What the dose is not linear in; `open_fluence` is (2,), at all KNOTS_MM but the axis."""

    m_per_mm: float
    betas_per_mm: Array
    sigma_mm: Array
    edge_mm: Array
    open_fluence: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Points:
    """Places in the tank in mm (n,), across in its own planes, below a surface."""

    depth_mm: Array
    x_mm: Array
    z_mm: Array
    surface_mm: float
    axis_distance_mm: float = 1000.0


def terms_of(points: Points, *, sides_mm: tuple[float, float], shape: Shape) -> Array:
    """The factor of each c of equation (2), (n, 3 x bells), for a field of nominal sides."""
    g = points.surface_mm + points.depth_mm
    scale = points.axis_distance_mm / g
    x, z = points.x_mm * scale, points.z_mm * scale
    slant = np.sqrt(1.0 + (x**2 + z**2) / points.axis_distance_mm**2)
    r, beta, m = (points.depth_mm * slant)[:, None], shape.betas_per_mm, shape.m_per_mm
    deep = beta / (beta - m) * (np.exp(-m * r) - np.exp(-beta * r)) * scale[:, None] ** 2
    return (deep[:, :, None] * _across(x, z, sides_mm, shape)[:, None, :]).reshape(len(x), -1)


def _across(x: Array, z: Array, sides_mm: tuple[float, float], shape: Shape) -> Array:
    """The sum over cells of equation (2) for each bell, (n, bells)."""
    half = 0.5 * np.array(sides_mm) + shape.edge_mm
    count = np.maximum(np.rint(2.0 * half / CELL_MM).astype(int), 1)
    size = 2.0 * half / count
    middle = [(np.arange(n) + 0.5) * s - h for n, s, h in zip(count, size, half, strict=True)]
    radius = np.hypot(middle[0][:, None], middle[1][None, :])
    fluence = np.interp(radius, KNOTS_MM, np.append(1.0, shape.open_fluence))
    columns: list[Array] = []
    for bell in BELLS_MM:
        width = np.sqrt(2.0 * (shape.sigma_mm**2 + bell**2))
        along_x = _covered(x, middle[0], size[0], width[0])
        along_z = _covered(z, middle[1], size[1], width[1])
        columns.append(((along_x @ fluence) * along_z).sum(axis=1))
    return np.column_stack(columns)


def _covered(at: Array, middle: Array, size: float, width: float) -> Array:
    """The one f of `pencil` (2) for each cell (m,) at places (n,), (n, m)."""
    off = at[:, None] - middle
    return 0.5 * (erf((off + 0.5 * size) / width) - erf((off - 0.5 * size) / width))
