r"""A smooth field between surfaces held at fixed values, and its slope.

.. math::
    \nabla^2 \phi = 0, \quad \phi \text{ fixed on some voxels}, \quad
    \partial \phi / \partial n = 0 \text{ elsewhere on the boundary}              \tag{1}

by the seven-point stencil on the active voxels, conjugate gradients with a diagonal
preconditioner.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import cg

from bodytwin.errors import InvalidInputError, NumericalError
from bodytwin.numerics.grid.voxels import Voxels

Array = NDArray[np.float64]
FACES = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
TOLERANCE = 1e-7


class Laplace:
    """Equation (1) on one set of voxels, for any number of fixed values."""

    def __init__(self, voxels: Voxels) -> None:
        self.voxels = voxels

    @cached_property
    def neighbours(self) -> NDArray[np.int32]:
        """The six neighbours of each voxel (n, 6), -1 where there is none."""
        return np.stack([self.voxels.neighbours(face) for face in FACES], axis=1)

    @cached_property
    def matrix(self) -> csr_matrix:
        """Number of neighbours on the diagonal, -1 for each, (n, n)."""
        there = self.neighbours >= 0
        row, _ = np.nonzero(there)
        n = self.voxels.count
        off = csr_matrix((np.ones(len(row)), (row, self.neighbours[there])), shape=(n, n))
        diagonal = csr_matrix((there.sum(axis=1).astype(float), (np.arange(n), np.arange(n))))
        return csr_matrix(diagonal - off)

    @cached_property
    def piece(self) -> NDArray[np.int32]:
        """Which connected piece each voxel belongs to, from 0 on, (n,)."""
        return np.asarray(connected_components(self.matrix, directed=False)[1], dtype=np.int32)

    def solve(self, fixed: NDArray[np.bool_], values: Array) -> Array:
        """The field (n,) that equals `values` (n,) wherever `fixed` (n,) holds.

        Raises:
            InvalidInputError: nothing is fixed.
            NumericalError: a part of the voxels hangs on nothing fixed, or no convergence.

        """
        if not fixed.any():
            raise InvalidInputError("A field needs voxels at which its value is known.")
        if len(np.unique(self.piece[fixed])) < self.piece.max() + 1:
            raise NumericalError("Some of the voxels hang on none whose value is known.")
        free = ~fixed
        rows = csr_matrix(self.matrix[free])
        within = csr_matrix(rows[:, free])
        right = -csr_matrix(rows[:, fixed]) @ values[fixed]
        diagonal = np.maximum(within.diagonal(), 1.0)
        scale = diags_array(1.0 / diagonal)
        start = np.full(int(free.sum()), float(values[fixed].mean()))
        found, fault = cg(within, right, x0=start, rtol=TOLERANCE, maxiter=5000, M=scale)
        if fault:
            raise NumericalError("The Laplace problem did not converge: are all voxels connected?")
        field = values.astype(np.float64).copy()
        field[free] = found
        return field

    def gradient(self, field: Array) -> Array:
        """Slope of a field per mm, (n, 3): central where both neighbours exist, else one-sided."""
        slope = np.zeros((len(field), 3))
        for axis in range(3):
            ahead, behind = self.neighbours[:, 2 * axis], self.neighbours[:, 2 * axis + 1]
            up = np.where(ahead >= 0, field[ahead], field)
            down = np.where(behind >= 0, field[behind], field)
            steps = (ahead >= 0).astype(float) + (behind >= 0)
            slope[:, axis] = (up - down) / np.maximum(steps, 1.0)
        return slope / self.voxels.spacing_mm
