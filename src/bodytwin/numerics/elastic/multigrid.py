r"""An approximate inverse of the stiffness of a body of bricks: one V-cycle over its levels.

On each level the error is smoothed by Chebyshev's polynomial of degree three in
:math:`D^{-1} K`, with D the blocks of K at the nodes (Adams, Brezina, Hu and Tuminaro 2003, *J
Comput Phys* 188:593), the remaining force is passed down, and what comes back up is smoothed again.
The cycle is symmetric, so that conjugate gradients may use it. The coarsest level is solved.

All numbers have double precision: with single, slender bones do not converge.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import pinvh
from scipy.sparse import csr_matrix

from bodytwin.numerics.elastic import product
from bodytwin.numerics.elastic.bricks import Bricks
from bodytwin.numerics.elastic.levels import Bools, Level, coarser, finest, layers

Array = NDArray[np.float64]
COARSEST = 200
"""Nodes of a level that is solved directly."""
DEGREE = 3
TURNS = 12
"""Of the power iteration that finds the largest eigenvalue."""
SAFE = 1.1
SMOOTHED = 10.0
"""The part of the spectrum, from its upper end, that is smoothed: largest over smallest."""


class Multigrid:
    """Levels of one body whose nodes are `free` (n, 3)."""

    def __init__(self, of: Bricks, free: Bools) -> None:
        levels, weights = [finest(of, free)], list[csr_matrix]()
        while len(levels[-1].nodes) > COARSEST:
            level, weight = coarser(levels[-1])
            levels.append(level)
            weights.append(weight)
        self.levels = levels
        self._of, self._free = of, free
        self._up = weights
        self._down = [w.T.tocsr() for w in weights]
        self._smoothers = [Smoother(level) for level in levels[:-1]]
        self._coarsest = _direct(levels[-1])

    def times(self, x: Array) -> Array:
        """The stiffness times x (n, 3)."""
        out = np.empty_like(x)
        self.levels[0].times(x, out)
        return out

    def whole(self, x: Array) -> Array:
        """The forces (n, 3) at all nodes, held ones too, when they move by x (n, 3)."""
        out = np.empty_like(x)
        product.of_one(
            self._of.corners, layers(self._of.cells), self._of.moduli_mpa, self._of.stiffness,
            x, np.ones(x.shape, dtype=bool), out,
        )  # fmt: skip
        return out

    def cycle(self, force: Array) -> Array:
        """About the displacement (n, 3) under `force` (n, 3), from none."""
        return self._below(0, force)

    def _below(self, depth: int, force: Array) -> Array:
        if depth == len(self._smoothers):
            return self._coarsest(force)
        smoother, level = self._smoothers[depth], self.levels[depth]
        x = np.zeros_like(force)
        smoother.smooth(x, force, begun=False)
        left = np.empty_like(force)
        level.times(x, left)
        np.subtract(force, left, out=left)
        back = self._up[depth] @ self._below(depth + 1, self._down[depth] @ left)
        if depth == 0:
            back *= self._free
        x += back
        smoother.smooth(x, force, begun=True)
        return x


class Smoother:
    """Chebyshev's iteration on one level."""

    def __init__(self, level: Level) -> None:
        self._times = level.times
        self._inverse = _inverse(level.blocks)
        top = SAFE * self._largest(len(level.nodes))
        self._middle, self._reach = (top + top / SMOOTHED) / 2, (top - top / SMOOTHED) / 2

    def smooth(self, x: Array, force: Array, *, begun: bool) -> None:
        """Brings x (n, 3) nearer to the answer; where it has not `begun` it is nought."""
        residual, product_, direction = force.copy(), np.empty_like(force), np.zeros_like(force)
        ratio = self._reach / self._middle
        carry, rho = 0.0, ratio
        share = 1 / self._middle
        for turn in range(DEGREE):
            if turn or begun:
                self._times(x, product_)
                np.subtract(force, product_, out=residual)
            if turn:
                after = 1 / (2 / ratio - rho)
                carry, share, rho = rho * after, 2 * after / self._reach, after
            product.swept(self._inverse, residual, direction, x, carry, share)

    def _largest(self, count: int) -> float:
        x = np.random.default_rng(0).standard_normal((count, 3))
        y, out = np.empty_like(x), np.zeros_like(x)
        for _ in range(TURNS):
            x /= np.sqrt(product.along(x, x))
            self._times(x, y)
            out[:] = 0.0
            product.swept(self._inverse, y, out, np.zeros_like(x), 0.0, 1.0)
            x[:] = out
        return float(np.sqrt(product.along(x, x)))


def _inverse(blocks: Array) -> Array:
    """Of each block (n, 3, 3); nought in the directions that have no stiffness."""
    stiff = np.diagonal(blocks, axis1=1, axis2=2) > 0
    return np.linalg.inv(np.where(stiff[:, :, None], blocks, np.eye(3))) * stiff[:, None, :]


def _direct(level: Level) -> Callable[[Array], Array]:
    """The answer on the coarsest level."""
    kept = np.flatnonzero(np.diagonal(level.blocks, axis1=1, axis2=2).reshape(-1) > 0)
    inverse = pinvh(_matrix(level)[kept][:, kept].toarray())

    def answer(force: Array) -> Array:
        out = np.zeros(force.size)
        out[kept] = inverse @ force.reshape(-1)[kept]
        return out.reshape(force.shape)

    return answer


def _matrix(level: Level) -> csr_matrix:
    at = (3 * level.corners[:, :, None] + np.arange(3)).reshape(-1, 24)
    rows, columns = np.repeat(at, 24, axis=1), np.tile(at, (1, 24))
    size = 3 * len(level.nodes)
    entries = level.stiffness().reshape(-1)
    return csr_matrix((entries, (rows.reshape(-1), columns.reshape(-1))), shape=(size, size))
