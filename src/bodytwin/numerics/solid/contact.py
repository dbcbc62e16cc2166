r"""With what force does a body rest against a rigid one along which it slides freely?

The gap g is the signed distance (`obstacle`) at the quadrature points of the faces that may touch.
With a multiplier :math:`\lambda \ge 0` and a penalty :math:`\epsilon`,

.. math::
    \Pi = \int \frac{p^2 - \lambda^2}{2\epsilon}\, dA, \qquad
    p = \max(0,\; \lambda - \epsilon g)                                                  \tag{1}
.. math::
    R_a = -\int N_a\, p\, n\, dA, \qquad
    K_{ab} = \int N_a N_b \left( \epsilon\, n n^T - p\, \nabla\nabla d \right) dA
      \text{ where } p > 0                                                               \tag{2}

with areas of the undeformed body: p is the contact pressure per such area. Each face is asked at
two by two points: at more it would have to follow the other body more closely than its nine nodes,
of which four are its own, can. Then :math:`\lambda`
becomes p and the body is solved for again, until nothing reaches deeper into the other than is
allowed (augmented Lagrange, Alart and Curnier 1991, *Comput Methods Appl Mech Engrg* 92:353, here
with the method of multipliers of Hestenes and Powell). The answer does not depend on
:math:`\epsilon`, which only tells how many rounds it takes.

Not for: friction, adhesion, two soft bodies, a rigid body that gives way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, NumericalError, require_positive
from bodytwin.numerics.solid import element, quadrature
from bodytwin.numerics.solid.composition import Body
from bodytwin.numerics.solid.load import Held, Load, require_faces
from bodytwin.numerics.solid.newton import Path, Solution, solve
from bodytwin.numerics.solid.obstacle import Obstacle

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
_AT, WEIGHT = quadrature.product(2, 2)
VALUE, SLOPE = element.shapes(_AT)


@dataclass(frozen=True, eq=False)
class Contact:
    """Equations (1) and (2) for `faces` (f, 9) against `obstacle`, with the multiplier (f, 4).

    A penalty of about the shear modulus over the size of an element is found easily; a higher one
    takes fewer rounds, and may stall where faces that are not yet near touch at once.

    As its share of the load grows to one, the obstacle comes to its place from where it is
    shifted by `from_mm`.
    """

    faces: Ints
    obstacle: Obstacle
    penalty_kpa_per_mm: float
    from_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    multiplier_kpa: Array | None = None

    def __post_init__(self) -> None:
        require_faces(self.faces)
        require_positive(penalty_kpa_per_mm=self.penalty_kpa_per_mm)
        wanted = (len(self.faces), 4)
        if self.multiplier_kpa is not None and self.multiplier_kpa.shape != wanted:
            raise InvalidInputError(
                f"multiplier_kpa must be of shape {wanted}, got {self.multiplier_kpa.shape}."
            )

    @property
    def groups(self) -> Ints:
        """Of `Load`."""
        return self.faces

    def force_mn(self, x: Array, u: Array, share: float) -> Array:
        """Of `Load`."""
        p, n, _ = self._touched(x, u, share)
        return -np.einsum("qa,fq,fqi->fai", VALUE, p * _areas(x), n)

    def stiffness_mn_per_mm(self, x: Array, u: Array, share: float) -> Array:
        """Of `Load`."""
        p, n, bend = self._touched(x, u, share)
        value, touched = VALUE, p > 0
        whole = self.penalty_kpa_per_mm * np.einsum("fq,fqi,fqj->fqij", touched, n, n)
        whole -= p[..., None, None] * bend
        whole *= _areas(x)[..., None, None]
        return np.einsum("qa,qb,fqij->faibj", value, value, whole, optimize=True).reshape(
            -1, 27, 27
        )

    def gap_mm(self, positions_mm: Array) -> Array:
        """At the quadrature points when the nodes are at `positions_mm` (n, 3), (f, 4)."""
        return self._distances(positions_mm[self.faces], 1.0)[0]

    def pressure_kpa(self, positions_mm: Array, displacement_mm: Array) -> Array:
        """Of (1) at the quadrature points, per undeformed area, (f, 4)."""
        return self._touched(positions_mm[self.faces], displacement_mm[self.faces], 1.0)[0]

    def energy_uj(self, positions_mm: Array, displacement_mm: Array) -> float:
        """Equation (1), the multiplier being a constant."""
        x = positions_mm[self.faces]
        p, _, _ = self._touched(x, displacement_mm[self.faces], 1.0)
        grown = p**2 - self._multiplier() ** 2
        return float((_areas(x) * grown).sum() / (2 * self.penalty_kpa_per_mm))

    def resultant_mn(self, positions_mm: Array, displacement_mm: Array) -> Array:
        """The force of the body on the obstacle, (3,)."""
        u = displacement_mm[self.faces]
        return self.force_mn(positions_mm[self.faces], u, 1.0).sum(axis=(0, 1))

    def _multiplier(self) -> Array:
        if self.multiplier_kpa is None:
            return np.zeros((len(self.faces), 4))
        return self.multiplier_kpa

    def _distances(self, now: Array, share: float) -> tuple[Array, Array, Array]:
        at = np.einsum("qa,fai->fqi", VALUE, now)
        at -= (1 - share) * np.asarray(self.from_mm)
        gap, n, bend = self.obstacle.distance(at.reshape(-1, 3))
        return gap.reshape(-1, 4), n.reshape(-1, 4, 3), bend.reshape(-1, 4, 3, 3)

    def _touched(self, x: Array, u: Array, share: float) -> tuple[Array, Array, Array]:
        gap, n, bend = self._distances(x + u, share)
        p = np.maximum(0.0, self._multiplier() - self.penalty_kpa_per_mm * gap)
        return p, n, bend


@dataclass(frozen=True, eq=False)
class Rested:
    """The equilibrium, the contacts with their multipliers, and how deep a point still reaches.

    `rounds` tells how often it was solved for.
    """

    solution: Solution
    contacts: tuple[Contact, ...]
    depth_mm: float
    rounds: int


def rest(
    of: Body,
    loads: Sequence[Load],
    held: Sequence[Held],
    contacts: Sequence[Contact],
    *,
    depth_mm: float,
    path: Path | None = None,
    start_mm: Array | None = None,
    most_rounds: int = 30,
) -> Rested:
    """The equilibrium against rigid bodies, into which no point reaches deeper than `depth_mm`.

    Raises NumericalError if `solve` does, or if it takes more than `most_rounds`.
    """
    require_positive(depth_mm=depth_mm)
    at, now, deepest = of.mesh.positions_mm, tuple(contacts), np.inf
    for done in range(1, most_rounds + 1):
        try:
            found = solve(of, [*loads, *now], held, path=path, start_mm=start_mm)
        except NumericalError as cause:
            raise NumericalError(
                f"In round {done} of contact: {cause} A lower penalty_kpa_per_mm makes it easier "
                "and leaves the answer the same."
            ) from None
        start_mm = found.displacement_mm
        there = at + start_mm
        after = tuple(replace(one, multiplier_kpa=one.pressure_kpa(at, start_mm)) for one in now)
        deepest = max((_depth(one, there) for one in after), default=0.0)
        if deepest <= depth_mm:
            return Rested(found, now, deepest, done)
        now = after
    raise NumericalError(
        f"After {most_rounds} rounds a point still reaches {deepest:.3g} mm into an obstacle or "
        f"is pressed from {deepest:.3g} mm away; {depth_mm} mm are allowed. Raise "
        "penalty_kpa_per_mm, or allow more."
    )


def _depth(after: Contact, there: Array) -> float:
    """How deep a point reaches, or from how far away it is still pressed."""
    gap, p = after.gap_mm(there), after.multiplier_kpa
    pressed = np.zeros_like(gap) if p is None else p
    return float(np.maximum(-gap, np.where(pressed > 0, gap, 0.0)).max())


def _areas(x: Array) -> Array:
    first, second = np.einsum("qda,fai->dfqi", SLOPE, x)
    return np.linalg.norm(np.cross(first, second), axis=2) * WEIGHT
