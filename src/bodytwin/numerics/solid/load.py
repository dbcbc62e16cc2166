r"""What presses, pulls and holds a body?

.. math::
    R_a = p \int N_a\, \frac{\partial x}{\partial\xi} \times \frac{\partial x}{\partial\eta}
          \, d\xi\, d\eta                                                     \tag{1: Pressure}
.. math::
    R_a = -\int N_a\, t\, dA                                                  \tag{2: Traction}
.. math::
    R_a = k \int N_a\, u\, dA                                                 \tag{3: Support}

Pressure (1) follows the deformed surface x and pushes against its outward normal; its
stiffness is not symmetric where the surface has a free edge. Traction (2) and Support (3) are
per undeformed area. Signs are those of a residual: what the body bears less what is applied.

Not for: contact.
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
    """What acts on faces (f, 9)."""

    @property
    def faces(self) -> Ints:
        """Nodes of the faces, ordered for an outward normal."""
        ...

    def answer(self, x: Array, u: Array, share: float) -> tuple[Array, Array]:
        """Residual (f, 9, 3) in mN and its derivative (f, 27, 27) in mN/mm.

        `x` (f, 9, 3) is where the nodes were and `u` their displacement, in mm; `share` of
        the load is applied.
        """
        ...


@dataclass(frozen=True, eq=False)
class Pressure:
    """Equation (1)."""

    faces: Ints
    pressure_kpa: float

    def __post_init__(self) -> None:
        _require_faces(self.faces)

    def answer(self, x: Array, u: Array, share: float) -> tuple[Array, Array]:
        """Of `Load`."""
        p, now = share * self.pressure_kpa, x + u
        first, second = _tangents(now)
        weight = p * element.FACE_WEIGHT
        value, slope = element.FACE_VALUE, element.FACE_SLOPE
        force = np.einsum("q,qa,fqi->fai", weight, value, np.cross(first, second))
        by_first = np.einsum("ilk,fqk->fqil", _TURN, second)
        by_second = np.einsum("ijl,fqj->fqil", _TURN, first)
        one = np.einsum("qa,qb,fqil->faibl", weight[:, None] * value, slope[:, 0], by_first)
        two = np.einsum("qa,qb,fqil->faibl", weight[:, None] * value, slope[:, 1], by_second)
        return force, (one + two).reshape(-1, 27, 27)


@dataclass(frozen=True, eq=False)
class Traction:
    """Equation (2), with t = `traction_kpa` (3,), which keeps its direction."""

    faces: Ints
    traction_kpa: tuple[float, float, float]

    def __post_init__(self) -> None:
        _require_faces(self.faces)

    def answer(self, x: Array, u: Array, share: float) -> tuple[Array, Array]:  # noqa: ARG002
        """Of `Load`."""
        t = share * np.asarray(self.traction_kpa)
        force = -np.einsum("qa,fq->fa", element.FACE_VALUE, _areas(x))[..., None] * t
        return force, np.zeros((len(x), 27, 27))


@dataclass(frozen=True, eq=False)
class Support:
    """Equation (3): springs of stiffness `stiffness_kpa_per_mm` that hold the faces in place.

    The share of the load does not act on it.
    """

    faces: Ints
    stiffness_kpa_per_mm: float

    def __post_init__(self) -> None:
        _require_faces(self.faces)

    def answer(self, x: Array, u: Array, share: float) -> tuple[Array, Array]:  # noqa: ARG002
        """Of `Load`."""
        value = element.FACE_VALUE
        mass = self.stiffness_kpa_per_mm * np.einsum("qa,qb,fq->fab", value, value, _areas(x))
        whole = np.einsum("fab,il->faibl", mass, _AXES).reshape(-1, 27, 27)
        return np.einsum("fab,fbi->fai", mass, u), whole


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


def _require_faces(faces: Ints) -> None:
    if faces.ndim != 2 or faces.shape[1] != 9 or len(faces) == 0:
        raise InvalidInputError(
            f"A load acts on faces (f, 9), at least one; got {faces.shape}. Check what chose them."
        )


def _tangents(x: Array) -> tuple[Array, Array]:
    both = np.einsum("qda,fai->dfqi", element.FACE_SLOPE, x)
    return both[0], both[1]


def _areas(x: Array) -> Array:
    return np.linalg.norm(np.cross(*_tangents(x)), axis=2) * element.FACE_WEIGHT
