# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Which voxels far from everything of interest can be seen as one?

Rows of the same block of 3 x 3 x 3 voxels that belong to the same structures become their mean,

.. math::
    \tilde a_{bj} = \frac{1}{|b|} \sum_{i \in b} a_{ij},                          \tag{1}

with the shares of volume of all of them. Rows within a margin of a structure that must be seen
finely stay as they are, and rows in no structure at all go. Of a convex objective the merged value
is not above the true one (Jensen), so a plan is finished and judged on all rows.

Not for: the dose that is reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.model.rows import Rows
from bodytwin.twins.radiotherapy.model.wanted import Structure

Array = NDArray[np.float64]
Index = NDArray[np.int64]
EDGE = 3
MARGIN_MM = 10.0


@dataclass(frozen=True, eq=False)
class Lattice:
    """Where the rows of the influence lie: voxel (rows, 3) of a grid, with its spacing in mm."""

    voxel: Index
    spacing_mm: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Merged:
    """Rows made from groups of rows; `group` (all rows,) is -1 where a row is left out."""

    rows: Rows
    group: Index
    structures: tuple[Structure, ...]

    def seen(self, structure: Structure) -> Structure:
        """The structure in merged rows, its shares of volume added up.

        Raises:
            InvalidInputError: rows were merged without it, so groups may cross its border.

        """
        if not any(structure is s for s in self.structures):
            raise InvalidInputError(
                f"Voxels were merged without {structure.name}, so they may cross its border. "
                "Merge again with every structure that has an aim or a limit."
            )
        group = self.group[structure.rows]
        share = np.bincount(group, weights=structure.share, minlength=self.rows.count)
        held = np.unique(group)
        return replace(structure, rows=held, inside=share[held])


def merged(
    rows: Rows,
    lattice: Lattice,
    structures: Sequence[Structure],
    *,
    margin_mm: float = MARGIN_MM,
    edge: int = EDGE,
) -> Merged:
    """Rows (groups, beamlets) as equation (1) has them.

    Raises:
        InvalidInputError: a lattice of another length than the rows.

    """
    if len(lattice.voxel) != rows.count:
        raise InvalidInputError(
            f"The lattice has {len(lattice.voxel)} voxels and the influence {rows.count} rows; "
            "they must be the same."
        )
    member = np.zeros(rows.count, dtype=np.int64)
    for k, structure in enumerate(structures):
        member[structure.rows] |= 1 << k
    _, kind = np.unique(member, return_inverse=True)
    block = lattice.voxel // edge
    extent = block.max(axis=0) + 1
    key = np.ravel_multi_index(tuple(block.T), tuple(extent)) + extent.prod() * kind
    alone = near(lattice, structures, margin_mm=margin_mm)
    key[alone] = -1 - np.flatnonzero(alone)
    wanted = np.flatnonzero(member)
    _, inverse = np.unique(key[wanted], return_inverse=True)
    group = np.full(rows.count, -1, dtype=np.int64)
    group[wanted] = inverse
    return Merged(rows=grouped(rows, group), group=group, structures=tuple(structures))


def near(
    lattice: Lattice, structures: Sequence[Structure], *, margin_mm: float
) -> NDArray[np.bool_]:
    """Whether each row lies within a margin of a structure that must be seen finely."""
    fine = [s.rows for s in structures if s.fine]
    if not fine:
        return np.zeros(len(lattice.voxel), dtype=bool)
    low = lattice.voxel.min(axis=0)
    at = tuple((lattice.voxel - low).T)
    away = np.ones(lattice.voxel.max(axis=0) - low + 1, dtype=bool)
    rows = np.concatenate(fine)
    away[tuple(index[rows] for index in at)] = False
    distance = np.asarray(distance_transform_edt(away, sampling=lattice.spacing_mm))
    return distance[at] <= margin_mm


def grouped(rows: Rows, group: Index) -> Rows:
    """Mean of the rows of each group (rows,), -1 being none."""
    order = np.argsort(group, kind="stable")
    order = order[np.searchsorted(group[order], 0) :]
    count = int(group.max()) + 1
    first = np.searchsorted(group[order], np.arange(count + 1))
    length = np.zeros(count, dtype=np.int64)
    _lengths(rows.start, rows.beamlet, order, first, rows.beamlets, length)
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    beamlet = np.empty(start[-1], dtype=rows.beamlet.dtype)
    gy = np.empty(start[-1], dtype=np.float32)
    made = Rows(start, beamlet, gy, rows.beamlets)
    _means(_arrays(rows), order, first, rows.beamlets, _arrays(made))
    return made


def _arrays(rows: Rows) -> tuple[Index, NDArray[Any], NDArray[np.float32]]:
    return rows.start, rows.beamlet, rows.gy


@njit(cache=True, nogil=True)
def _lengths(start, beamlet, order, first, beamlets, length):
    seen = np.full(beamlets, -1)
    for g in range(len(length)):
        for m in range(first[g], first[g + 1]):
            i = order[m]
            if first[g + 1] - first[g] == 1:
                length[g] = start[i + 1] - start[i]
                continue
            for k in range(start[i], start[i + 1]):
                if seen[beamlet[k]] != g:
                    seen[beamlet[k]] = g
                    length[g] += 1


@njit(cache=True, nogil=True)
def _means(given, order, first, beamlets, made):
    start, beamlet, gy = given
    into, out_beamlet, out_gy = made
    place = np.full(beamlets, -1)
    for g in range(len(first) - 1):
        share = np.float32(1.0 / (first[g + 1] - first[g]))
        free = into[g]
        for m in range(first[g], first[g + 1]):
            i = order[m]
            for k in range(start[i], start[i + 1]):
                j = beamlet[k]
                if place[j] < into[g]:
                    place[j] = free
                    out_beamlet[free] = j
                    out_gy[free] = np.float32(0.0)
                    free += 1
                out_gy[place[j]] += share * gy[k]
