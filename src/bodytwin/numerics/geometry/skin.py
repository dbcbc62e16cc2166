"""A smooth closed surface around voxels, to be looked at.

Surface nets (Gibson 1998, MICCAI, LNCS 1496:888): one vertex in every cell of eight
points that the surface passes, each face between a voxel within and one without gives
two triangles, and vertices are drawn to their neighbours within their cells.

Not for: computing on; volumes of thin walls shrink by a part of a voxel.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.numerics.grid.voxels import Voxels

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Skin:
    """Points in mm (v, 3), triangles (t, 3) facing outwards, the voxel at each point (v,)."""

    vertices_mm: Array
    triangles: NDArray[np.int64]
    voxel: NDArray[np.int64]


def skin_of(voxels: Voxels, *, smoothings: int = 8) -> Skin:
    """The surface around all voxels, hollows included."""
    full = np.pad(voxels.index >= 0, 1)
    quads = np.concatenate([_quads(full, axis) for axis in range(3)])
    corners, back = np.unique(quads.reshape(-1), return_inverse=True)
    quads = back.reshape(-1, 4)
    shape = tuple(n + 1 for n in full.shape)
    at = np.stack(np.unravel_index(corners, shape), axis=1).astype(np.float64) - 0.5
    moved = _relaxed(at, quads, smoothings)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    mm = np.asarray(voxels.origin_mm) + voxels.spacing_mm * (moved - 1.0)
    return Skin(vertices_mm=mm, triangles=triangles, voxel=np.asarray(voxels.nearest(mm)))


def _quads(full: NDArray[np.bool_], axis: int) -> NDArray[np.int64]:
    """Corners, by number, of every face across `axis` with a voxel on one side only, (q, 4)."""
    low = np.moveaxis(full, axis, 0)[:-1]
    high = np.moveaxis(full, axis, 0)[1:]
    others = [a for a in range(3) if a != axis]
    shape = tuple(n + 1 for n in full.shape)
    parts: list[NDArray[np.int64]] = []
    for side, facing in ((low & ~high, True), (high & ~low, False)):
        i, j, k = np.nonzero(side)
        corner = []
        for dj, dk in ((0, 0), (1, 0), (1, 1), (0, 1)):
            place = [np.zeros(0, dtype=np.int64)] * 3
            place[axis], place[others[0]], place[others[1]] = i + 1, j + dj, k + dk
            corner.append(np.ravel_multi_index(tuple(place), shape))
        outward = facing if axis != 1 else not facing
        parts.append(np.stack(corner if outward else corner[::-1], axis=1))
    return np.concatenate(parts)


def _relaxed(at: Array, quads: NDArray[np.int64], times: int) -> Array:
    """Points drawn to the mean of their neighbours, none further than half a voxel."""
    a = np.concatenate([quads[:, [0, 1]], quads[:, [1, 2]], quads[:, [2, 3]], quads[:, [3, 0]]])
    pairs = np.concatenate([a, a[:, ::-1]])
    degree = np.bincount(pairs[:, 0], minlength=len(at))[:, None]
    moved = at.copy()
    for _ in range(times):
        mean = np.stack(
            [np.bincount(pairs[:, 0], moved[pairs[:, 1], d], len(at)) for d in range(3)], axis=1
        )
        moved = np.clip(mean / degree, at - 0.5, at + 0.5)
    return moved
