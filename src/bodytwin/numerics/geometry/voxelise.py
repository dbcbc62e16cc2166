# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

"""Which points of a grid lie within a surface of triangles?

Along each row of the grid the surface is crossed an odd number of times on the way
to a point within it (the rule of parity). It is asked along all three axes and the
majority decides, so that seams that are not welded, through which a ray slips,
do no harm. Rows are shifted by a part of a millionth of the spacing, so that none
runs along an edge.

Not for: surfaces with holes larger than a few spacings.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
Triangles = NDArray[np.int64]


def inside(
    vertices_mm: Array,
    triangles: Triangles,
    *,
    origin_mm: Array,
    spacing_mm: float,
    shape: tuple[int, int, int],
) -> NDArray[np.bool_]:
    """Which points origin + spacing * (i, j, k) of a grid of `shape` lie within the surface."""
    if not spacing_mm > 0 or min(shape) < 1:
        raise InvalidInputError("A grid has a spacing above 0 mm and at least one point per axis.")
    corners = (vertices_mm[triangles] - np.asarray(origin_mm)) / spacing_mm
    votes = np.zeros(shape, dtype=np.uint8)
    for axis in range(3):
        turned = np.ascontiguousarray(np.roll(corners, -axis, axis=2))
        size = tuple(np.roll(shape, -axis))
        odd = np.zeros(size, dtype=np.bool_)
        _crossed(turned, odd)
        votes += np.moveaxis(odd, (0, 1, 2), tuple(np.roll((0, 1, 2), -axis))).astype(np.uint8)
    return votes >= 2


@njit(cache=True, nogil=True)
def _crossed(corners, odd):
    """Flip every point of a row beyond each crossing; rows run along the first axis."""
    nx, ny, nz = odd.shape
    shift_y, shift_z = 1.7e-7, 2.3e-7
    for t in range(len(corners)):
        y0, y1 = corners[t, :, 1].min(), corners[t, :, 1].max()
        z0, z1 = corners[t, :, 2].min(), corners[t, :, 2].max()
        for j in range(max(0, int(np.floor(y0))), min(ny - 1, int(np.ceil(y1))) + 1):
            for k in range(max(0, int(np.floor(z0))), min(nz - 1, int(np.ceil(z1))) + 1):
                y, z = j + shift_y, k + shift_z
                x = _hit(corners[t], y, z)
                if x == x:
                    for i in range(max(0, int(np.ceil(x))), nx):
                        odd[i, j, k] = not odd[i, j, k]


@njit(cache=True, nogil=True)
def _hit(c, y, z):
    """First coordinate at which the row through (y, z) meets the triangle, else NaN."""
    ay, az = c[1, 1] - c[0, 1], c[1, 2] - c[0, 2]
    by, bz = c[2, 1] - c[0, 1], c[2, 2] - c[0, 2]
    det = ay * bz - az * by
    if det == 0.0:
        return np.nan
    py, pz = y - c[0, 1], z - c[0, 2]
    u, v = (py * bz - pz * by) / det, (ay * pz - az * py) / det
    if u < 0.0 or v < 0.0 or u + v > 1.0:
        return np.nan
    return c[0, 0] + u * (c[1, 0] - c[0, 0]) + v * (c[2, 0] - c[0, 0])


def rim_closed(vertices_mm: Array, triangles: Triangles) -> tuple[Array, Triangles]:
    """The surface with every open rim closed by a fan to the middle of the rim."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    ordered = np.sort(edges, axis=1)
    _, back, count = np.unique(ordered, axis=0, return_inverse=True, return_counts=True)
    rim = edges[count[back.ravel()] == 1]
    if not len(rim):
        return vertices_mm, triangles
    middle = vertices_mm[np.unique(rim)].mean(axis=0)
    fan = np.column_stack([rim[:, 1], rim[:, 0], np.full(len(rim), len(vertices_mm))])
    return np.vstack([vertices_mm, middle]), np.vstack([triangles, fan])
