r"""Which coarser bodies stand for a body of bricks?

Two by two by two bricks make one of the next level. Its stiffness is what the finer ones answer to
displacements that are linear along its edges,

.. math:: K_{l+1} = P^T K_l P                                                           \tag{1}

with :math:`P` the interpolation, brick by brick and not averaged: half a brick that is full of bone
stays half a brick. Where a node is held its rows of :math:`P` are nought.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bodytwin.numerics.elastic import product
from bodytwin.numerics.elastic.bricks import CORNERS, Bricks, numbered, numbers_at

Array = NDArray[np.float64]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]
CHILD = np.array(
    [
        [
            [np.prod(np.where(c, at, 1 - at)) for c in CORNERS]
            for at in (CORNERS + place) / 2
        ]
        for place in CORNERS
    ]
)  # fmt: skip
"""Of a child at each of eight places: the weights of its parent's corners at its own, (8, 8, 8)."""


@dataclass(frozen=True, eq=False)
class Level:
    """Bricks and nodes of one fineness: places (m, 3) and (n, 3) in a box, `corners` (m, 8).

    `times` writes K x to its second argument, `blocks` (n, 3, 3) are those of K at each node,
    `stiffness` says the matrices (m, 24, 24) of the bricks, and `lump` adds their P^T K P to those
    of their parents.
    """

    cells: Ints
    nodes: Ints
    corners: Ints
    times: Callable[[Array, Array], None]
    blocks: Array
    stiffness: Callable[[], Array]
    lump: Callable[[Ints, Ints, Array], None]


def finest(of: Bricks, free: Bools) -> Level:
    """The body itself, its nodes free in the directions of `free` (n, 3)."""
    corners, moduli, stiffness = of.corners, of.moduli_mpa, of.stiffness
    rows = layers(of.cells)
    tied = np.asarray(~free[corners].reshape(-1, 24).all(axis=1))
    shared = np.stack([_projected(p, stiffness) for p in range(8)])

    def own(which: Bools | slice) -> Array:
        part = free[corners[which]].reshape(-1, 24)
        return moduli[which, None, None] * stiffness * part[:, :, None] * part[:, None, :]

    def times(x: Array, out: Array) -> None:
        product.of_one(corners, rows, moduli, stiffness, x, free, out)

    def lump(parent: Ints, place: Ints, out: Array) -> None:
        product.gathered(parent[~tied], place[~tied], moduli[~tied], shared, out)
        product.projected(parent[tied], place[tied], own(tied), CHILD, out)

    blocks = np.zeros((len(of.nodes), 3, 3))
    product.diagonal(corners, moduli, stiffness, blocks)
    blocks *= free[:, :, None] & free[:, None, :]
    return Level(of.cells, of.nodes, corners, times, blocks, lambda: own(slice(None)), lump)


def coarser(than: Level) -> tuple[Level, csr_matrix]:
    """The next level, and the weights (n of the finer, n of the coarser) of its nodes."""
    box = tuple(than.cells.max(axis=0) // 2 + 1)
    keys, parent = np.unique(
        np.ravel_multi_index(tuple((than.cells // 2).T), box), return_inverse=True
    )
    cells = np.stack(np.unravel_index(keys, box), axis=1).astype(np.int32)
    place = ((than.cells % 2) @ [4, 2, 1]).astype(np.int32)
    used = np.zeros(np.array(box) + 1, dtype=bool)
    for c in CORNERS:
        used[tuple((cells + c).T)] = True
    number = numbered(used)
    corners, nodes = numbers_at(number, cells), np.argwhere(used).astype(np.int32)
    stiffness = np.zeros((len(cells), 24, 24))
    than.lump(parent.astype(np.int32), place, stiffness)
    rows = layers(cells)

    def times(x: Array, out: Array) -> None:
        product.of_each(corners, rows, stiffness, x, out)

    def lump(above: Ints, at: Ints, out: Array) -> None:
        product.projected(above, at, stiffness, CHILD, out)

    blocks = np.zeros((len(nodes), 3, 3))
    product.diagonal_of_each(corners, stiffness, blocks)
    made = Level(cells, nodes, corners, times, blocks, lambda: stiffness, lump)
    return made, _weights(than.nodes, number)


def layers(cells: Ints) -> NDArray[np.int64]:
    """Where the bricks of each layer across the first axis begin, and the end."""
    return np.searchsorted(cells[:, 0], np.arange(cells[-1, 0] + 2))


def _projected(place: int, stiffness: Array) -> Array:
    p = np.kron(CHILD[place], np.eye(3))
    return p.T @ stiffness @ p


def _weights(nodes: Ints, number: Ints) -> csr_matrix:
    """Of each coarse node at each fine one: 1, a half, a quarter or an eighth."""
    rows, columns, weights = [], [], []
    for c in CORNERS:
        odd = nodes % 2
        share = np.where(odd, 0.5, 1.0 - c).prod(axis=1)
        touched = np.flatnonzero(share)
        rows.append(touched)
        columns.append(number[tuple((nodes[touched] // 2 + c).T)])
        weights.append(share[touched])
    return csr_matrix(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))),
        shape=(len(nodes), int(number.max()) + 1),
    )
