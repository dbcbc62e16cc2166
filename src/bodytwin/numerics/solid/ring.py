r"""With what force does a suture that is tied round a tissue constrict it?

A closed cable runs straight from point to point through the tissue and is fast at each. With the
length l of a part and :math:`\ell` what it was when the cable was tied,

.. math::
    T = \max\left( 0,\; T_0 + k \left( \frac{l}{\ell} - 1 \right) \right)                \tag{1}
.. math::
    R_2 = -R_1 = T\, n, \qquad
    \frac{\partial R_2}{\partial x_2} = \frac{dT}{dl}\, n n^T + \frac{T}{l} (1 - n n^T)  \tag{2}

n leads from the first point to the second. A cable pulls and never pushes. A polygon of c sides
round a circle presses like the circle with a line load of T over the radius, within one
part in :math:`c^2`. In half a body, cut where both sides are alike, half the cable runs openly from
cut to cut.

Not for: a thread that slips through the tissue or cuts into it; its knot.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, InvalidParameterError
from bodytwin.numerics.solid.embedding import Embedded

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ring:
    """Equations (1) and (2): T0 in `tension_mn`, k in `stiffness_mn` (Young's modulus times area).

    The cable runs through `points` in their order and, unless it is `half` of a ring, back to the
    first. `tied_mm` are the lengths of its parts at which the tension is T0, (p,) or of half a ring
    (p - 1,). A share of the load is a share of T.
    """

    points: Embedded
    tied_mm: Array
    tension_mn: float
    stiffness_mn: float = 0.0
    half: bool = False

    def __post_init__(self) -> None:
        if len(self.points.nodes) < 3:
            raise InvalidInputError(f"A ring needs 3 points, got {len(self.points.nodes)}.")
        if (
            self.tied_mm.shape != (len(self.points.nodes) - self.half,)
            or not (self.tied_mm > 0).all()
        ):
            raise InvalidInputError(
                "tied_mm must be a positive length for each part of the ring; two points of it may "
                "lie in one place."
            )
        for name, value in (("tension_mn", self.tension_mn), ("stiffness_mn", self.stiffness_mn)):
            if not (np.isfinite(value) and value >= 0):
                raise InvalidParameterError(f"{name} must be zero or more, got {value}.")

    @property
    def groups(self) -> Ints:
        """Of `Load`: the nodes of both ends of each part."""
        return np.concatenate(_parts(self.points.nodes, half=self.half), axis=1)

    def force_mn(self, x: Array, u: Array, share: float) -> Array:
        """Of `Load`."""
        along, _, tension, _ = self._pulled(x + u)
        return np.einsum("g,gk,gi->gki", share * tension, self._ends(), along)

    def stiffness_mn_per_mm(self, x: Array, u: Array, share: float) -> Array:
        """Of `Load`."""
        along, length, tension, rise = self._pulled(x + u)
        straight = np.einsum("gi,gj->gij", along, along)
        whole = (rise - tension / length)[:, None, None] * straight
        whole += (tension / length)[:, None, None] * np.eye(3)
        ends = self._ends()
        made = np.einsum("ga,gb,gij->gaibj", share * ends, ends, whole)
        return made.reshape(len(ends), 3 * ends.shape[1], -1)

    def energy_uj(self, positions_mm: Array) -> float:
        """What it takes to bring the nodes to `positions_mm` (n, 3) from where no part is taut."""
        _, length, tension, _ = self._pulled(positions_mm[self.groups])
        if self.stiffness_mn == 0:
            return float((tension * length).sum())
        return float((tension**2 * self.tied_mm).sum() / (2 * self.stiffness_mn))

    def tensions_mn(self, positions_mm: Array) -> Array:
        """Of each part when the nodes are at `positions_mm` (n, 3), (p,)."""
        return self._pulled(positions_mm[self.groups])[2]

    def length_mm(self, positions_mm: Array) -> float:
        """All round when the nodes are at `positions_mm` (n, 3)."""
        return float(self._pulled(positions_mm[self.groups])[1].sum())

    def _ends(self) -> Array:
        first, second = _parts(self.points.shares, half=self.half)
        return np.concatenate([-first, second], axis=1)

    def _pulled(self, x: Array) -> tuple[Array, Array, Array, Array]:
        """Direction, length, tension and its rise per mm of each part."""
        step = np.einsum("gk,gki->gi", self._ends(), x)
        length = np.linalg.norm(step, axis=1)
        tension = self.tension_mn + self.stiffness_mn * (length / self.tied_mm - 1)
        rise = np.where(tension > 0, self.stiffness_mn / self.tied_mm, 0.0)
        return step / length[:, None], length, np.maximum(tension, 0.0), rise


def tied(
    points: Embedded,
    positions_mm: Array,
    *,
    tension_mn: float,
    stiffness_mn: float = 0.0,
    half: bool = False,
) -> Ring:
    """A ring that had the tension given while the nodes were at `positions_mm` (n, 3)."""
    first, second = _parts(points.at(positions_mm), half=half)
    lengths = np.linalg.norm(second - first, axis=1)
    return Ring(points, lengths, tension_mn, stiffness_mn, half)


def _parts(of: NDArray[Any], *, half: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both ends of each part, of values at the points (p, ...)."""
    if half:
        return of[:-1], of[1:]
    return of, np.roll(of, -1, axis=0)
