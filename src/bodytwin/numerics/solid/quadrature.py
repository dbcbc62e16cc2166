"""Where in [-1, 1] is a polynomial sampled, and with what weight, so that its integral is exact?

Gauss-Legendre points and their products. Three points integrate degree five along each axis.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def line(points: int) -> tuple[Array, Array]:
    """Points (p,) and weights (p,) on [-1, 1], exact for polynomials of degree 2 p - 1."""
    at, weight = np.polynomial.legendre.leggauss(points)
    return np.asarray(at, dtype=np.float64), np.asarray(weight, dtype=np.float64)


def product(points: int, axes: int) -> tuple[Array, Array]:
    """Points (points^axes, axes), the first axis fastest, and weights (points^axes,)."""
    at, weight = line(points)
    grids = np.meshgrid(*([at] * axes), indexing="ij")
    weights = np.meshgrid(*([weight] * axes), indexing="ij")
    where = np.stack([g.ravel(order="F") for g in grids], axis=1)
    return where, np.prod([w.ravel(order="F") for w in weights], axis=0)
