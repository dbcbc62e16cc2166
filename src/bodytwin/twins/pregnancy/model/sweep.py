r"""Where in space is a point of the solid that has coordinates angle, r and w?

Straight lines lead through the wall from the inner surface I to the outer surface O,

.. math::
    X(\theta, r, w) = I(\theta, r) + w\, (O(\theta, r) - I(\theta, r)).                  \tag{1}

`shape` says what the coordinates and the surfaces are.

Source: made for this twin.
Not for: measures that `shape` refuses.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.twins.pregnancy.model.shape import CAP_RAD, OUTER_SHARES, Junction, Shape

Array = NDArray[np.float64]
LAST = 7
"""The coordinate r of the external os."""


def placed(shape: Shape, *, angle: Array, r: Array, w: Array) -> Array:
    """Equation (1) at coordinates (n,) each, in mm (n, 3)."""
    inner, outer = np.empty((len(r), 3)), np.empty((len(r), 3))
    body = r <= 3.0
    inner[body], outer[body] = _body(shape, angle[body], r[body])
    inner[~body], outer[~body] = _neck(shape, angle[~body], r[~body])
    return inner + w[:, None] * (outer - inner)


def _body(shape: Shape, angle: Array, r: Array) -> tuple[Array, Array]:
    wall = shape.junction(angle).wall / shape.half_mm
    end, turned = np.arccos(wall[:, 2]), np.arctan2(wall[:, 0], wall[:, 1])
    below = np.clip(r - 2, 0.0, 1.0)
    middle = np.pi / 2
    upper = np.where(r <= 1, r * CAP_RAD, CAP_RAD + (r - 1) * (middle - CAP_RAD))
    phi = np.where(r <= 2, upper, middle + (end - middle) * below * (1.4 - 0.4 * below))
    psi = angle + (turned - angle) * below**2
    unit = np.stack([np.sin(phi) * np.sin(psi), np.sin(phi) * np.cos(psi), np.cos(phi)], axis=1)
    inner = unit * shape.half_mm
    return inner, inner + shape.thickness_mm(inner)[:, None] * shape.normal(inner)


def _neck(shape: Shape, angle: Array, r: Array) -> tuple[Array, Array]:
    m, meet = shape.measures, shape.junction(angle)
    inner, outer = np.empty((len(r), 3)), np.empty((len(r), 3))
    end_mm = m.cervix_length_mm
    low = r > 6
    depth = meet.depth + np.maximum(r - 6, 0) * (end_mm - meet.depth)
    inner[:] = shape.along(angle, depth, m.canal_mm / 2)
    outer[:] = shape.along(angle, depth, m.cervix_outer_mm / 2)
    rounded = _outer_round(shape, meet, angle, _outer_share(r))
    outer[~low] = rounded[~low]
    for first, made in enumerate((_floor, _os, _throat), start=3):
        here = (r > first) & (r <= first + 1)
        inner[here] = made(shape, meet, angle, r - first)[here]
    return inner, outer


def _outer_share(r: Array) -> Array:
    return np.interp(r, [3.0, 4.0, 5.0, 6.0], [0.0, *OUTER_SHARES, 1.0])


def _outer_round(shape: Shape, meet: Junction, angle: Array, v: Array) -> Array:
    first = meet.wall + shape.thickness_mm(meet.wall)[:, None] * meet.normal
    last = shape.along(angle, meet.depth, shape.measures.cervix_outer_mm / 2)
    return _curve(first, last, meet.normal, meet.crotch, shape.canal, v)


def _floor(shape: Shape, meet: Junction, angle: Array, v: Array) -> Array:  # noqa: ARG001
    flat = meet.wall + v[:, None] * (meet.floor - meet.wall)
    return shape.on_floor(flat[:, :2])


def _os(shape: Shape, meet: Junction, angle: Array, v: Array) -> Array:  # noqa: ARG001
    return _curve(meet.floor, meet.canal, shape.normal(meet.floor), meet.edge, shape.canal, v)


def _throat(shape: Shape, meet: Junction, angle: Array, v: Array) -> Array:
    end = shape.along(angle, meet.depth, shape.measures.canal_mm / 2)
    return meet.canal + v[:, None] * (end - meet.canal)


def _curve(first: Array, last: Array, normal: Array, edge: Array, way: Array, v: Array) -> Array:
    """A cubic from `first`, tangent to the surface with `normal` there, to `last` along `way`."""
    ahead = edge - first
    flat = ahead - (ahead * normal).sum(axis=1, keepdims=True) * normal
    back = ((last - edge) @ way)[:, None] * way
    v = v[:, None]
    second, third = first + 2 / 3 * flat, last - 2 / 3 * back
    return (
        (1 - v) ** 3 * first
        + 3 * v * (1 - v) ** 2 * second
        + 3 * v * v * (1 - v) * third
        + v**3 * last
    )
