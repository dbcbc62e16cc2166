r"""How does a field vary within a hexahedron of 27 nodes, and on its faces of nine?

With the quadratic polynomials that are one at -1, 0 or 1 and zero at the two others,

.. math::
    \ell_0 = \xi(\xi-1)/2, \quad \ell_1 = 1-\xi^2, \quad \ell_2 = \xi(\xi+1)/2,          \tag{1}
.. math::
    N_{i+3j+9k}(\xi,\eta,\zeta) = \ell_i(\xi)\,\ell_j(\eta)\,\ell_k(\zeta).              \tag{2}

Node i + 3 j + 9 k lies at (i - 1, j - 1, k - 1). The nodes of a face are ordered so that
its two directions and the outward normal are right-handed.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.numerics.solid import quadrature

Array = NDArray[np.float64]
POINTS = 27
"""Quadrature points of a hexahedron."""


def _quadratic(x: Array) -> tuple[Array, Array]:
    value = np.stack([x * (x - 1) / 2, 1 - x * x, x * (x + 1) / 2])
    slope = np.stack([x - 0.5, -2 * x, x + 0.5])
    return value, slope


def shapes(at: Array) -> tuple[Array, Array]:
    """Of (2), at points (q, d): values (q, 3^d) and derivatives (q, d, 3^d)."""
    axes = at.shape[1]
    values, slopes = zip(*(_quadratic(at[:, d]) for d in range(axes)), strict=True)

    def together(of: int | None) -> Array:
        made = np.ones((1, len(at)))
        for d in range(axes):
            one = slopes[d] if d == of else values[d]
            made = (one[:, None, :] * made[None, :, :]).reshape(-1, len(at))
        return np.ascontiguousarray(made.T)

    return together(None), np.stack([together(d) for d in range(axes)], axis=1)


VOLUME_AT, VOLUME_WEIGHT = quadrature.product(3, 3)
VOLUME_VALUE, VOLUME_SLOPE = shapes(VOLUME_AT)
FACE_AT, FACE_WEIGHT = quadrature.product(3, 2)
FACE_VALUE, FACE_SLOPE = shapes(FACE_AT)


def _face(axis: int, end: int) -> list[int]:
    step = (1, 3, 9)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    if end == 0:
        first, second = second, first
    return [2 * end * step[axis] + i * step[first] + j * step[second] for j in range(3)
            for i in range(3)]  # fmt: skip


FACES = np.array([_face(axis, end) for axis in range(3) for end in (0, 1)])
"""Nodes of the faces at the low and high end of each axis, (6, 9)."""


def to_nodes() -> Array:
    """Takes values at the quadrature points to the nodes, exact for (2), (27, 27)."""
    return np.asarray(np.linalg.inv(VOLUME_VALUE), dtype=np.float64)
