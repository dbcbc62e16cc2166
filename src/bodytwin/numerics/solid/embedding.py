r"""Which nodes carry a point inside a body, and in what shares?

A point of an element at its own coordinates :math:`\xi` moves as the shapes of `element` say,

.. math::
    x = \sum_a N_a(\xi)\, x_a                                                            \tag{1}

:math:`\xi` is found by Newton's iteration in the elements whose middles are nearest.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.solid import element
from bodytwin.numerics.solid.mesh import Mesh

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
NEAREST = 16
"""Elements in which a point is looked for."""
ROUNDING = 1e-9
"""How far outside a point still counts as inside, in terms of the extent of all points."""


@dataclass(frozen=True, eq=False)
class Embedded:
    """Points carried by `nodes` (p, k) in `shares` (p, k), whose rows add up to one."""

    nodes: Ints
    shares: Array

    def at(self, positions_mm: Array) -> Array:
        """Where the points are when the nodes are at `positions_mm` (n, 3), (p, 3)."""
        return np.einsum("pk,pki->pi", self.shares, positions_mm[self.nodes])


def on_nodes(nodes: Ints) -> Embedded:
    """Points that are nodes (p,)."""
    return Embedded(nodes[:, None], np.ones((len(nodes), 1)))


def embedded(mesh: Mesh, points_mm: Array, *, within_mm: float = 0.0) -> Embedded:
    """Points (p, 3) inside the mesh, or outside by no more than `within_mm`, which are moved to it.

    Raises InvalidInputError for one that no element holds.
    """
    from scipy.spatial import KDTree

    if points_mm.ndim != 2 or points_mm.shape[1] != 3:
        raise InvalidInputError(f"points_mm must be (p, 3), got {points_mm.shape}.")
    tree = KDTree(mesh.positions_mm[mesh.cells].mean(axis=1))
    count = min(NEAREST, len(mesh.cells))
    near = np.asarray(tree.query(points_mm, k=count)[1]).reshape(len(points_mm), count)
    wanted = np.repeat(points_mm[:, None], count, axis=1).reshape(-1, 3)
    found, off = _local(mesh.positions_mm[mesh.cells[near.reshape(-1)]], wanted)
    at, off = found.reshape(-1, count, 3), off.reshape(-1, count)
    row, best = np.arange(len(points_mm)), np.argmin(off, axis=1)
    lost = np.flatnonzero(off[row, best] > max(within_mm, ROUNDING * float(np.ptp(points_mm))))
    if len(lost):
        raise InvalidInputError(
            f"Point {lost[0]} at {np.round(points_mm[lost[0]], 3).tolist()} mm lies in no element "
            f"({len(lost)} of {len(points_mm)} points do not): the nearest is about "
            f"{off[row, best][lost[0]]:.3g} mm away, {within_mm} mm are allowed. Move it."
        )
    return _sparse(mesh.cells[near[row, best]], element.shapes(at[row, best])[0])


def _local(corner: Array, wanted: Array) -> tuple[Array, Array]:
    """Coordinates (k, 3) within elements of nodes (k, 27, 3) nearest to `wanted` (k, 3), or so.

    Also how far from there, (k,).
    """
    at = np.zeros_like(wanted)
    for _ in range(12):
        value, slope = element.shapes(at)
        off = np.einsum("ka,kai->ki", value, corner) - wanted
        jacobian = np.einsum("kda,kai->kid", slope, corner)
        step = np.einsum("kdi,ki->kd", np.linalg.pinv(jacobian), off)
        at = np.clip(at - step, -1.5, 1.5)
    at = np.clip(at, -1.0, 1.0)
    value, _ = element.shapes(at)
    return at, np.linalg.norm(np.einsum("ka,kai->ki", value, corner) - wanted, axis=1)


def _sparse(nodes: Ints, shares: Array) -> Embedded:
    """Without nodes that carry nothing: a point on a face needs nine, on a node one."""
    shares = np.where(np.abs(shares) > 1e-12, shares, 0.0)
    width = int((shares != 0).sum(axis=1).max())
    order = np.argsort(shares == 0, axis=1, kind="stable")[:, :width]
    row = np.arange(len(nodes))[:, None]
    kept, part = nodes[row, order], shares[row, order]
    return Embedded(np.where(part != 0, kept, kept[:, :1]), part / part.sum(axis=1, keepdims=True))
