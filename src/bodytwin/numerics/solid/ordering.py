"""In which order are unknowns best eliminated, so that the factors stay sparse?

Nested dissection: the elements are cut in two halves across the axis where the fewest nodes join
them, the nodes of each half alone are ordered first, in the same way, and those on the cut
last. George 1973 (*SIAM J Numer Anal* 10:345). The centres of the elements tell the halves,
so that nothing needs to be searched, and a cut runs along faces of elements. What joins nodes
of different elements, such as a suture, is cut as an element of its own.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bodytwin.numerics.solid.mesh import Mesh

Ints = NDArray[np.int64]
FEW = 4
"""Elements that are not cut any more: their inner nodes are eliminated together."""


def dissected(mesh: Mesh, groups: Sequence[Ints] = ()) -> list[Ints]:
    """All nodes in the parts in which to eliminate them, where `groups` (g, k) join some."""
    joined = _together(mesh.cells, groups)
    centres = mesh.positions_mm[joined].mean(axis=1)
    open_ = np.ones(mesh.count, dtype=bool)
    side = np.zeros(mesh.count, dtype=np.int8)
    parts: list[Ints] = []

    def shared(touched: Ints, low: Ints, high: Ints) -> Ints:
        side[joined[low]] |= 1
        side[joined[high]] |= 2
        found = touched[(side[touched] == 3) & open_[touched]]
        side[touched] = 0
        return found

    def cut(cells: Ints) -> None:
        touched = np.unique(joined[cells])
        if len(cells) <= FEW:
            parts.append(touched[open_[touched]])
            return
        at = centres[cells] - centres[cells].mean(axis=0)
        axes = np.linalg.eigh(at.T @ at)[1]
        halves = [_halves(cells, at @ axes[:, i]) for i in range(3)]
        cuts = [shared(touched, *both) for both in halves]
        best = int(np.argmin([len(c) for c in cuts]))
        (low, high), between = halves[best], cuts[best]
        open_[between] = False
        cut(low)
        cut(high)
        parts.append(between)

    cut(np.arange(len(joined)))
    alone = np.setdiff1d(np.arange(mesh.count), np.concatenate(parts))
    return [part for part in (*parts, alone) if len(part)]


def _together(cells: Ints, groups: Sequence[Ints]) -> Ints:
    """Cells and groups as rows of one width, the last node repeated."""
    every = [cells, *(g for g in groups if len(g))]
    width = max(g.shape[1] for g in every)
    return np.concatenate([np.pad(g, ((0, 0), (0, width - g.shape[1])), "edge") for g in every])


def _halves(cells: Ints, along: NDArray[np.float64]) -> tuple[Ints, Ints]:
    order = np.argsort(np.round(along, 9), kind="stable")
    return cells[order[: len(cells) // 2]], cells[order[len(cells) // 2 :]]
