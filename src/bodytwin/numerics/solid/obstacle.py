r"""How far from a rigid body is a point, and in what direction?

Each body is a signed distance d, positive outside, with its gradient n, which is the outward
normal, and its second derivative. For a body at a distance r from a centre, axis or centre line,
less a radius a,

.. math::
    d = r - a, \qquad n = \nabla r, \qquad \nabla\nabla d = \nabla\nabla r               \tag{1}
.. math::
    \nabla\nabla r = \frac{1}{r} (1 - n n^T) \text{ about a point}, \qquad
    \frac{1}{r} (1 - a a^T - n n^T) \text{ about an axis } a                             \tag{2}

and about a circle of radius R round an axis a, with e outward from that axis and s the distance to
it, d is that of a ring and

.. math::
    \nabla\nabla r = \frac{1}{r} (1 - n n^T - b b^T) + \frac{n \cdot e}{s}\, b b^T,
    \qquad b = a \times e                                                               \tag{3}

Not for: shapes with edges, where the normal jumps.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, require_positive

Array = NDArray[np.float64]
Vector = tuple[float, float, float]


class Obstacle(Protocol):
    """A smooth rigid body."""

    def distance(self, points_mm: Array) -> tuple[Array, Array, Array]:
        """Of points (k, 3): d (k,) in mm, its gradient (k, 3) and second derivative (k, 3, 3)."""
        ...


@dataclass(frozen=True)
class Plane:
    """All behind the plane through `through_mm`, away from `outward`."""

    through_mm: Vector
    outward: Vector

    def __post_init__(self) -> None:
        _unit(self.outward)

    def distance(self, points_mm: Array) -> tuple[Array, Array, Array]:
        """Of `Obstacle`."""
        n = _unit(self.outward)
        gap = (points_mm - np.asarray(self.through_mm)) @ n
        return gap, np.broadcast_to(n, points_mm.shape), np.zeros((len(points_mm), 3, 3))


@dataclass(frozen=True)
class Ball:
    """A sphere."""

    centre_mm: Vector
    radius_mm: float

    def __post_init__(self) -> None:
        require_positive(radius_mm=self.radius_mm)

    def distance(self, points_mm: Array) -> tuple[Array, Array, Array]:
        """Of `Obstacle`, with the first of (2)."""
        r, n = _direction(points_mm - np.asarray(self.centre_mm))
        return r - self.radius_mm, n, (np.eye(3) - _dyad(n)) / r[:, None, None]


@dataclass(frozen=True)
class Cylinder:
    """An endless cylinder about `axis` through `centre_mm`; with `hollow`, all that is not it."""

    centre_mm: Vector
    axis: Vector
    radius_mm: float
    hollow: bool = False

    def __post_init__(self) -> None:
        require_positive(radius_mm=self.radius_mm)
        _unit(self.axis)

    def distance(self, points_mm: Array) -> tuple[Array, Array, Array]:
        """Of `Obstacle`, with the second of (2)."""
        a = _unit(self.axis)
        off = points_mm - np.asarray(self.centre_mm)
        r, n = _direction(off - np.outer(off @ a, a))
        bend = (np.eye(3) - np.outer(a, a) - _dyad(n)) / r[:, None, None]
        sign = -1.0 if self.hollow else 1.0
        return sign * (r - self.radius_mm), sign * n, sign * bend


@dataclass(frozen=True)
class Torus:
    """A ring about `axis`: a tube of `tube_mm` round a circle of `radius_mm`, such as a pessary."""

    centre_mm: Vector
    axis: Vector
    radius_mm: float
    tube_mm: float

    def __post_init__(self) -> None:
        require_positive(radius_mm=self.radius_mm, tube_mm=self.tube_mm)
        _unit(self.axis)
        if self.tube_mm >= self.radius_mm:
            raise InvalidInputError(
                f"tube_mm must be less than radius_mm, {self.radius_mm}, got {self.tube_mm}."
            )

    def distance(self, points_mm: Array) -> tuple[Array, Array, Array]:
        """Of `Obstacle`, with (3)."""
        a = _unit(self.axis)
        off = points_mm - np.asarray(self.centre_mm)
        s, e = _direction(off - np.outer(off @ a, a))
        r, n = _direction(off - self.radius_mm * e)
        round_about = _dyad(np.cross(a, e))
        bend = (np.eye(3) - _dyad(n) - round_about) / r[:, None, None]
        bend += (np.sum(n * e, axis=1) / s)[:, None, None] * round_about
        return r - self.tube_mm, n, bend


def _unit(vector: Vector) -> Array:
    found = np.asarray(vector, dtype=np.float64)
    size = float(np.linalg.norm(found))
    if found.shape != (3,) or not (np.isfinite(size) and size > 0):
        raise InvalidInputError(f"A direction needs three numbers, not all zero, got {vector}.")
    return found / size


def _direction(off: Array) -> tuple[Array, Array]:
    """Lengths and unit vectors; on the centre line, where there is none, a tiny length."""
    r = np.maximum(np.linalg.norm(off, axis=1), 1e-9)
    return r, off / r[:, None]


def _dyad(n: Array) -> Array:
    return np.einsum("ki,kj->kij", n, n)
