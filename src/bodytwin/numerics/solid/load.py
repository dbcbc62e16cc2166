r"""What presses, pulls and holds a body?

.. math::
    R_a = p \int N_a\, \frac{\partial x}{\partial\xi} \times \frac{\partial x}{\partial\eta}
          \, d\xi\, d\eta                                                     \tag{1: Pressure}
.. math::
    R_a = -\int N_a\, t\, dA                                                  \tag{2: Traction}
.. math::
    R_a = k \int N_a\, u\, dA                                                 \tag{3: Support}

Pressure (1) follows the deformed surface x and pushes against its outward normal; its
stiffness is not symmetric where the surface has a free edge. Where a fluid is heavy it grows with
the place, :math:`p = p_0 + g \cdot x`. Traction (2) and Support (3) are
per undeformed area. Signs are those of a residual: what the body bears less what is applied.

Not for: contact (`contact`), sutures (`ring`).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.solid import element

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
_AXES = np.eye(3)
_TURN = np.zeros((3, 3, 3))
_TURN[0, 1, 2] = _TURN[1, 2, 0] = _TURN[2, 0, 1] = 1.0
_TURN[0, 2, 1] = _TURN[2, 1, 0] = _TURN[1, 0, 2] = -1.0


class Load(Protocol):
    """What acts on groups of k nodes, such as the nine of a face."""

    @property
    def groups(self) -> Ints:
        """Nodes of the groups, (g, k)."""
        ...

    def force_mn(self, x: Array, u: Array, share: float) -> Array:
        """Residual (g, k, 3).

        `x` (g, k, 3) is where the nodes were and `u` their displacement, in mm; `share` of
        the load is applied.
        """
        ...

    def stiffness_mn_per_mm(self, x: Array, u: Array, share: float) -> Array:
        """Derivative of the residual by the displacement, (g, 3 k, 3 k)."""
        ...


@dataclass(frozen=True, eq=False)
class Pressure:
    """Equation (1), with p0 at the origin and g in `rise_kpa_per_mm` (3,)."""

    faces: Ints
    pressure_kpa: float
    rise_kpa_per_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        require_faces(self.faces)

    @property
    def groups(self) -> Ints:
        """Of `Load`."""
        return self.faces

    def force_mn(self, x: Array, u: Array, share: float) -> Array:
        """Of `Load`."""
        first, second = tangents(x + u)
        p = self._at(x + u, share)
        return np.einsum("fq,qa,fqi->fai", p, element.FACE_VALUE, np.cross(first, second))

    def stiffness_mn_per_mm(self, x: Array, u: Array, share: float) -> Array:
        """Of `Load`."""
        first, second = tangents(x + u)
        p = self._at(x + u, share)
        value, slope = element.FACE_VALUE, element.FACE_SLOPE
        by_first = np.einsum("fq,ilk,fqk->fqil", p, _TURN, second)
        by_second = np.einsum("fq,ijl,fqj->fqil", p, _TURN, first)
        made = np.einsum("qa,qb,fqil->faibl", value, slope[:, 0], by_first)
        made += np.einsum("qa,qb,fqil->faibl", value, slope[:, 1], by_second)
        if any(self.rise_kpa_per_mm):
            rise = share * np.asarray(self.rise_kpa_per_mm)
            push = element.FACE_WEIGHT[:, None] * np.cross(first, second)
            made += np.einsum("qa,qb,fqi,l->faibl", value, value, push, rise)
        return made.reshape(-1, 27, 27)

    def _at(self, now: Array, share: float) -> Array:
        """Of the pressure the share, times the weight of each point, (f, q)."""
        place = np.einsum("qa,fai->fqi", element.FACE_VALUE, now)
        p = self.pressure_kpa + place @ np.asarray(self.rise_kpa_per_mm)
        return share * p * element.FACE_WEIGHT


@dataclass(frozen=True, eq=False)
class Traction:
    """Equation (2), with t = `traction_kpa` (3,), which keeps its direction."""

    faces: Ints
    traction_kpa: tuple[float, float, float]

    def __post_init__(self) -> None:
        require_faces(self.faces)

    @property
    def groups(self) -> Ints:
        """Of `Load`."""
        return self.faces

    def force_mn(self, x: Array, u: Array, share: float) -> Array:  # noqa: ARG002
        """Of `Load`."""
        t = share * np.asarray(self.traction_kpa)
        return -np.einsum("qa,fq->fa", element.FACE_VALUE, areas(x))[..., None] * t

    def stiffness_mn_per_mm(self, x: Array, u: Array, share: float) -> Array:  # noqa: ARG002
        """Of `Load`."""
        return np.zeros((len(x), 27, 27))


@dataclass(frozen=True, eq=False)
class Support:
    """Equation (3): springs of stiffness `stiffness_kpa_per_mm` that hold the faces in place.

    The share of the load does not act on it.
    """

    faces: Ints
    stiffness_kpa_per_mm: float

    def __post_init__(self) -> None:
        require_faces(self.faces)

    @property
    def groups(self) -> Ints:
        """Of `Load`."""
        return self.faces

    def force_mn(self, x: Array, u: Array, share: float) -> Array:  # noqa: ARG002
        """Of `Load`."""
        return np.einsum("fab,fbi->fai", self._mass(x), u)

    def stiffness_mn_per_mm(self, x: Array, u: Array, share: float) -> Array:  # noqa: ARG002
        """Of `Load`."""
        return np.einsum("fab,il->faibl", self._mass(x), _AXES).reshape(-1, 27, 27)

    def _mass(self, x: Array) -> Array:
        value = element.FACE_VALUE
        return self.stiffness_kpa_per_mm * np.einsum("qa,qb,fq->fab", value, value, areas(x))


@dataclass(frozen=True, eq=False)
class Held:
    """Nodes (k,) that are moved by `displacement_mm`, one value or (k,), along `axis` 0 to 2."""

    nodes: Ints
    axis: int
    displacement_mm: float | Array = 0.0

    def __post_init__(self) -> None:
        if self.axis not in (0, 1, 2):
            raise InvalidInputError(f"axis must be 0, 1 or 2, got {self.axis}.")
        if len(self.nodes) == 0:
            raise InvalidInputError("There are no nodes to hold. Check what chose them.")


def held_still(nodes: Ints) -> tuple[Held, Held, Held]:
    """Nodes that cannot move at all."""
    return Held(nodes, 0), Held(nodes, 1), Held(nodes, 2)


def require_faces(faces: Ints) -> None:
    """Raise unless these are faces (f, 9), at least one."""
    if faces.ndim != 2 or faces.shape[1] != 9 or len(faces) == 0:
        raise InvalidInputError(
            f"A load acts on faces (f, 9), at least one; got {faces.shape}. Check what chose them."
        )


def tangents(x: Array) -> tuple[Array, Array]:
    """Along both directions of faces with nodes at `x` (f, 9, 3), two of (f, 9, 3)."""
    both = np.einsum("qda,fai->dfqi", element.FACE_SLOPE, x)
    return both[0], both[1]


def areas(x: Array) -> Array:
    """Of the quadrature points of faces with nodes at `x` (f, 9, 3), (f, 9)."""
    return np.linalg.norm(np.cross(*tangents(x)), axis=2) * element.FACE_WEIGHT
