# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

"""Which tetrahedron of a mesh holds each point of a grid?

A point x lies in the tetrahedron of corners a, b, c, d where the three numbers that solve
x - a = u (b - a) + v (c - a) + w (d - a) are at least 0 and sum to at most 1. On a face
that two share, the one that stands first in the mesh has it.

Hexahedra are cut into six tetrahedra around the diagonal from corner 0 to corner 6;
prisms into three and pyramids into two.

Not for: cells with curved faces.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
Corners = NDArray[np.int64]

OF_HEXAHEDRON = np.array(
    [[0, 1, 2, 6], [0, 2, 3, 6], [0, 3, 7, 6], [0, 7, 4, 6], [0, 4, 5, 6], [0, 5, 1, 6]]
)
OF_PRISM = np.array([[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5]])
OF_PYRAMID = np.array([[0, 1, 2, 4], [0, 2, 3, 4]])
SLACK = 1e-9


def cell_of(
    points_mm: Array,
    tetrahedra: Corners,
    *,
    origin_mm: Array,
    spacing_mm: float,
    shape: tuple[int, int, int],
) -> NDArray[np.int32]:
    """Number of the tetrahedron around each point origin + spacing * (i, j, k), or -1."""
    if not spacing_mm > 0 or min(shape) < 1:
        raise InvalidInputError("A grid has a spacing above 0 mm and at least one point per axis.")
    found = np.full(shape, -1, dtype=np.int32)
    placed = (np.asarray(points_mm, dtype=np.float64) - np.asarray(origin_mm)) / spacing_mm
    _filled(placed, np.ascontiguousarray(tetrahedra, dtype=np.int64), found)
    return found


def cut(cells: Corners, pattern: NDArray[np.int_]) -> Corners:
    """The tetrahedra (c * p, 4) of `cells` (c, m), each cut by the same `pattern` (p, 4)."""
    return cells[:, pattern].reshape(-1, 4)


def volumes_mm3(points_mm: Array, tetrahedra: Corners) -> Array:
    """Volume of each tetrahedron; negative where its corners run the other way round."""
    a, b, c, d = (points_mm[tetrahedra[:, k]] for k in range(4))
    return np.einsum("ij,ij->i", np.cross(b - a, c - a), d - a) / 6.0


@njit(cache=True, nogil=True)
def _filled(points, tetrahedra, found):
    """Write the number of each tetrahedron to the free grid points within it; lengths in spacings.

    points (p, 3) float64, tetrahedra (t, 4) int64, found (nx, ny, nz) int32.
    """
    shape = np.array(found.shape)
    low, high = np.empty(3, np.int64), np.empty(3, np.int64)
    for t in range(len(tetrahedra)):
        a, b = points[tetrahedra[t, 0]], points[tetrahedra[t, 1]]
        c, d = points[tetrahedra[t, 2]], points[tetrahedra[t, 3]]
        for axis in range(3):
            least = min(min(a[axis], b[axis]), min(c[axis], d[axis]))
            most = max(max(a[axis], b[axis]), max(c[axis], d[axis]))
            low[axis] = max(0, int(np.ceil(min(least, 1e9) - SLACK)))
            high[axis] = min(shape[axis] - 1, int(np.floor(max(most, -1e9) + SLACK)))
        e, f, g = b - a, c - a, d - a
        fg, ge, ef = _cross(f, g), _cross(g, e), _cross(e, f)
        det = e[0] * fg[0] + e[1] * fg[1] + e[2] * fg[2]
        if det == 0.0:
            continue
        for i in range(low[0], high[0] + 1):
            for j in range(low[1], high[1] + 1):
                for k in range(low[2], high[2] + 1):
                    if found[i, j, k] >= 0:
                        continue
                    x, y, z = i - a[0], j - a[1], k - a[2]
                    u = (x * fg[0] + y * fg[1] + z * fg[2]) / det
                    v = (x * ge[0] + y * ge[1] + z * ge[2]) / det
                    w = (x * ef[0] + y * ef[1] + z * ef[2]) / det
                    if u >= -SLACK and v >= -SLACK and w >= -SLACK and u + v + w <= 1.0 + SLACK:
                        found[i, j, k] = t


@njit(cache=True, nogil=True)
def _cross(p, q):
    """The vector product of two vectors (3,)."""
    return np.array(
        [
            p[1] * q[2] - p[2] * q[1],
            p[2] * q[0] - p[0] * q[2],
            p[0] * q[1] - p[1] * q[0],
        ]
    )
