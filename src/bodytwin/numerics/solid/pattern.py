# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

"""Which entries of the stiffness matrix can differ from zero, and where are they kept?

The pattern depends on the topology alone. It is found once, and values are written straight to
their places. Elements of one colour share no node, so that threads that fill them
never meet and the order of additions, hence the result, is the same for any number of threads.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_COLOURS = 64


@dataclass(frozen=True, eq=False)
class Pattern:
    """Rows of nodes `node_row` (n + 1,), the neighbours `node_column`, and places of the cells.

    `slot` (m, 27, 27) is the place of the second node among the neighbours of the first. Cells
    ordered by colour are `order` (m,), with the colours between consecutive `colour_row`.
    """

    node_row: Ints
    node_column: Ints
    slot: NDArray[np.int32]
    order: Ints
    colour_row: Ints

    @property
    def entries(self) -> int:
        """How many values the matrix keeps."""
        return 9 * len(self.node_column)

    def holds(self, groups: Ints) -> NDArray[np.bool_]:
        """Of groups (g, k), whether all pairs of their nodes have a place, (g,)."""
        row, column = groups[:, :, None], groups[:, None, :]
        keys, wanted = self._keys(), row * (len(self.node_row) - 1) + column
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return (keys[at] == wanted).all(axis=(1, 2))

    def _keys(self) -> Ints:
        n = len(self.node_row) - 1
        return np.repeat(np.arange(n), np.diff(self.node_row)) * n + self.node_column

    def places(self, groups: Ints) -> Ints:
        """Places in the values of all pairs of unknowns of nodes in one group, (g, 3k, 3k)."""
        n = len(self.node_row) - 1
        row, column = groups[:, :, None], groups[:, None, :]
        slot = np.searchsorted(self._keys(), row * n + column) - self.node_row[row]
        degree = (self.node_row[row + 1] - self.node_row[row])[..., None, None]
        axis = np.arange(3)
        start = 9 * self.node_row[row][..., None, None] + 3 * slot[..., None, None]
        found = start + 3 * degree * axis[:, None] + axis[None, :]
        g, k = groups.shape
        return np.swapaxes(found, 2, 3).reshape(g, 3 * k, 3 * k)

    def matrix(self, values: Array) -> csr_matrix:
        """The matrix of `values` (entries,), rows and columns 3 node + axis."""
        degree = np.diff(self.node_row)
        starts = 9 * self.node_row[:-1][:, None] + 3 * degree[:, None] * np.arange(3)
        columns = np.empty(self.entries, dtype=np.int32)
        _columns(self.node_row, self.node_column, columns)
        row = np.append(starts.ravel(), self.entries)
        return csr_matrix((values, columns, row), shape=(3 * len(degree),) * 2)


def pattern(cells: Ints, count: int, groups: Sequence[Ints] = ()) -> Pattern:
    """Of `cells` (m, 27) and `groups` (g, k) that join `count` nodes."""
    pairs = [(g[:, :, None] * count + g[:, None, :]).reshape(-1) for g in (cells, *groups)]
    kept, place = np.unique(np.concatenate(pairs), return_inverse=True)
    row = np.concatenate([[0], np.cumsum(np.bincount(kept // count, minlength=count))])
    slot = place[: len(pairs[0])].reshape(-1, 27, 27) - row[cells][:, :, None]
    colour = _coloured(cells, count)
    if (colour < 0).any():
        raise InvalidInputError(
            f"Element {int(np.argmin(colour))} meets more than {MOST_COLOURS - 1} others. "
            "Mesh without nodes that so many elements share."
        )
    order = np.argsort(colour, kind="stable")
    return Pattern(
        node_row=row.astype(np.int64),
        node_column=kept % count,
        slot=slot.astype(np.int32),
        order=order,
        colour_row=np.concatenate([[0], np.cumsum(np.bincount(colour))]).astype(np.int64),
    )


@njit(cache=True, nogil=True)
def _coloured(cells, count):
    taken = np.zeros(count, dtype=np.uint64)
    colour = np.full(len(cells), -1, dtype=np.int64)
    for e in range(len(cells)):
        met = np.uint64(0)
        for a in range(cells.shape[1]):
            met |= taken[cells[e, a]]
        for k in range(MOST_COLOURS):
            bit = np.uint64(1) << np.uint64(k)
            if met & bit == np.uint64(0):
                colour[e] = k
                for a in range(cells.shape[1]):
                    taken[cells[e, a]] |= bit
                break
    return colour


@njit(cache=True, nogil=True)
def _columns(node_row, node_column, out):
    at = 0
    for node in range(len(node_row) - 1):
        for _ in range(3):
            for k in range(node_row[node], node_row[node + 1]):
                for axis in range(3):
                    out[at] = 3 * node_column[k] + axis
                    at += 1
