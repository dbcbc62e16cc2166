r"""How does a body of bricks give way under forces?

Conjugate gradients on :math:`K u = f` with one V-cycle of `multigrid` as preconditioner. No matrix
of the whole is ever made.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, NumericalError
from bodytwin.numerics.elastic.bricks import Bricks, elasticity
from bodytwin.numerics.elastic.multigrid import Multigrid
from bodytwin.numerics.elastic.product import along

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
MOST_ITERATIONS = 300
RIGID_MODES = 6


@dataclass(frozen=True, eq=False)
class Solution:
    """Displacement (n, 3), the forces (n, 3) that hold what is held, and how it was found.

    `residual` is the force that remains in terms of the one that was applied.
    """

    body: Bricks
    displacement_mm: Array
    reaction_n: Array
    iterations: int
    residual: float

    @property
    def energy_n_mm(self) -> Array:
        """Strain energy of each brick, (m,): over all of it, not from its centre."""
        own = self._corners()
        return 0.5 * self.body.moduli_mpa * np.einsum("ma,ab,mb->m", own, self.body.stiffness, own)

    @property
    def stress_mpa(self) -> Array:
        """At the centre of each brick xx, yy, zz, yz, xz, xy, (m, 6)."""
        b = self.body.strain_per_mm(np.full(3, 0.5))
        unit = self._corners() @ (elasticity(self.body.poisson) @ b).T
        return self.body.moduli_mpa[:, None] * unit

    def _corners(self) -> Array:
        return self.displacement_mm[self.body.corners].reshape(-1, 24)


def silent(_iteration: int, _residual: float) -> None:
    """Says nothing of an iteration."""


def solve(
    of: Bricks,
    force_n: Array,
    *,
    held: Bools,
    moved_mm: Array | None = None,
    tolerance: float = 1e-8,
    on_iteration: Callable[[int, float], None] = silent,
) -> Solution:
    """The equilibrium under `force_n` (n, 3), in balance to `tolerance` of what is applied.

    `held` are nodes (n,) or their directions (n, 3), which move by `moved_mm` (n, 3), or stay.
    `on_iteration` hears the count and what force remains; what it raises ends the search. Raises
    InvalidInputError where a part of the body is free to move, NumericalError without balance.
    """
    count = len(of.nodes)
    held = np.broadcast_to(held[:, None] if held.ndim == 1 else held, (count, 3))
    given = np.zeros((count, 3)) if moved_mm is None else np.where(held, moved_mm, 0.0)
    if force_n.shape != (count, 3) or given.shape != (count, 3):
        raise InvalidInputError(f"Forces and moves are ({count}, 3), got {force_n.shape}.")
    if not (np.isfinite(force_n).all() and np.isfinite(given).all()):
        raise InvalidInputError("Forces and moves must be finite; some are not.")
    _refuse_loose(of, held)
    levels = Multigrid(of, ~held)
    force = np.where(held, 0.0, force_n - levels.whole(given))
    u, iterations, residual = _balanced(levels, force, tolerance, on_iteration)
    u += given
    reaction = np.where(held, levels.whole(u) - force_n, 0.0)
    return Solution(of, u, reaction, iterations, residual)


def _balanced(
    levels: Multigrid, force: Array, tolerance: float, on_iteration: Callable[[int, float], None]
) -> tuple[Array, int, float]:
    u, left, scale = np.zeros_like(force), force.copy(), np.sqrt(along(force, force))
    if scale == 0:
        return u, 0, 0.0
    direction, before = np.zeros_like(force), 1.0
    for iteration in range(1, MOST_ITERATIONS + 1):
        smooth = levels.cycle(left)
        now = along(left, smooth)
        direction = smooth + (now / before) * direction if iteration > 1 else smooth
        before = now
        answer = levels.times(direction)
        length = now / along(direction, answer)
        u += length * direction
        left -= length * answer
        residual = float(np.sqrt(along(left, left))) / scale
        on_iteration(iteration, residual)
        if not np.isfinite(residual):
            break
        if residual <= tolerance:
            return u, iteration, residual
    raise NumericalError(
        f"There was no balance after {MOST_ITERATIONS} iterations, or numbers overflowed. Moduli "
        "that differ by more than a million, or parts that hang by single bricks, can cause it."
    )


def _refuse_loose(of: Bricks, held: Bools) -> None:
    """Raises where a part of the body, joined by the faces of its bricks, may move as a whole."""
    sizes = np.bincount(of.parts)
    loose = [p for p in range(len(sizes)) if _modes(of, held, of.parts == p) < RIGID_MODES]
    if loose:
        raise InvalidInputError(
            f"{len(loose)} of {len(sizes)} parts of the body can move as a whole, the largest of "
            f"{sizes[loose].max()} bricks: hold each at three points or more, or take it away "
            "(largest_part). Parts that touch at an edge or corner only count as two."
        )


def _modes(of: Bricks, held: Bools, bricks: Bools) -> int:
    """How many of the six motions of a rigid body are held."""
    nodes = np.unique(of.corners[bricks])
    nodes = nodes[held[nodes].any(axis=1)]
    x = of.positions_mm[nodes]
    x = (x - x.mean(axis=0)) / max(of.spacing_mm) if len(x) else x
    rows = np.concatenate([np.broadcast_to(np.eye(3), (len(x), 3, 3)), _turns(x)], axis=2)
    return int(np.linalg.matrix_rank(rows[held[nodes]])) if len(x) else 0


def _turns(x: Array) -> Array:
    """How points (k, 3) move under turns about the three axes, (k, 3, 3)."""
    return np.stack([np.cross(axis, x) for axis in np.eye(3)], axis=2)
