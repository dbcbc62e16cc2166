# pyright: reportUnknownParameterType=false, reportMissingParameterType=false
r"""The stiffness of all bricks times a displacement, and one sweep of the smoother.

Layers of bricks across the first axis touch only those beside them: even layers are worked on at
once, then odd ones.
"""

import numpy as np
from numba import njit, prange

TOGETHER = 32
"""Bricks whose numbers lie side by side, so that one instruction works on several."""


@njit(cache=True, nogil=True, parallel=True, fastmath={"contract"})
def of_one(corners, rows, moduli, stiffness, x, free, out):
    """K x where all bricks are multiples of `stiffness` (24, 24); nought where not `free`."""
    out[:] = 0.0
    for parity in range(2):
        for half in prange((len(rows) - parity) // 2):
            layer = 2 * half + parity
            local, force = np.empty((24, TOGETHER)), np.empty((24, TOGETHER))
            for first in range(rows[layer], rows[layer + 1], TOGETHER):
                count = min(TOGETHER, rows[layer + 1] - first)
                _taken(corners, moduli, x, first, count, local)
                _times(stiffness, local, force)
                _given(corners, force, first, count, out)
    for n in prange(len(out)):
        for i in range(3):
            if not free[n, i]:
                out[n, i] = 0.0


@njit(cache=True, nogil=True)
def _taken(corners, moduli, x, first, count, local):
    for lane in range(count):
        value = moduli[first + lane]
        for a in range(8):
            node = corners[first + lane, a]
            for i in range(3):
                local[3 * a + i, lane] = value * x[node, i]


@njit(cache=True, nogil=True)
def _given(corners, force, first, count, out):
    for lane in range(count):
        for a in range(8):
            node = corners[first + lane, a]
            for i in range(3):
                out[node, i] += force[3 * a + i, lane]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _times(stiffness, local, force):
    """`stiffness` (24, 24) times `local` (24, lanes), three rows at once."""
    for a in range(0, 24, 3):
        force[a : a + 3] = 0.0
        for b in range(24):
            p, q, r = stiffness[a, b], stiffness[a + 1, b], stiffness[a + 2, b]
            for lane in range(TOGETHER):
                value = local[b, lane]
                force[a, lane] += p * value
                force[a + 1, lane] += q * value
                force[a + 2, lane] += r * value


@njit(cache=True, nogil=True, parallel=True, fastmath={"contract"})
def of_each(corners, rows, stiffness, x, out):
    """K x where each brick has a `stiffness` (m, 24, 24) of its own."""
    out[:] = 0.0
    for parity in range(2):
        for half in prange((len(rows) - parity) // 2):
            layer = 2 * half + parity
            force = np.empty(24)
            for e in range(rows[layer], rows[layer + 1]):
                force[:] = 0.0
                for b in range(8):
                    node = corners[e, b]
                    u, v, w = x[node, 0], x[node, 1], x[node, 2]
                    for a in range(24):
                        force[a] += (
                            stiffness[e, 3 * b, a] * u
                            + stiffness[e, 3 * b + 1, a] * v
                            + stiffness[e, 3 * b + 2, a] * w
                        )
                for a in range(8):
                    node = corners[e, a]
                    for i in range(3):
                        out[node, i] += force[3 * a + i]


@njit(cache=True, nogil=True, parallel=True)
def swept(inverse, residual, direction, x, carry, share):
    """Sets direction to carry direction + share D^-1 residual, and adds it to x."""
    for n in prange(len(x)):
        for i in range(3):
            value = 0.0
            for j in range(3):
                value += inverse[n, i, j] * residual[n, j]
            direction[n, i] = carry * direction[n, i] + share * value
            x[n, i] += direction[n, i]


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def along(x, y):
    """Sum of x times y: BLAS would wake threads of its own beside those that sweep."""
    total = 0.0
    for n in range(len(x)):
        for i in range(3):
            total += x[n, i] * y[n, i]
    return total


@njit(cache=True, nogil=True)
def diagonal(corners, moduli, stiffness, out):
    """Adds the blocks (3, 3) of K at each node to `out` (n, 3, 3): bricks alike."""
    for e in range(len(corners)):
        for a in range(8):
            for i in range(3):
                for j in range(3):
                    out[corners[e, a], i, j] += moduli[e] * stiffness[3 * a + i, 3 * a + j]


@njit(cache=True, nogil=True)
def diagonal_of_each(corners, stiffness, out):
    """Adds the blocks (3, 3) of K at each node to `out` (n, 3, 3): each brick its own."""
    for e in range(len(corners)):
        for a in range(8):
            for i in range(3):
                for j in range(3):
                    out[corners[e, a], i, j] += stiffness[e, 3 * a + i, 3 * a + j]


@njit(cache=True, nogil=True)
def gathered(parent, place, moduli, shared, out):
    """Adds to each parent (M, 24, 24) the `shared` matrix (8, 24, 24) of a child at its place."""
    for e in range(len(parent)):
        p, c, value = parent[e], place[e], moduli[e]
        for a in range(24):
            for b in range(24):
                out[p, a, b] += value * shared[c, a, b]


@njit(cache=True, nogil=True)
def projected(parent, place, stiffness, weight, out):
    """Adds P^T K P of each child (m, 24, 24) to its parent; P is `weight` (8, 8, 8) by place."""
    half = np.empty((24, 24))
    for e in range(len(parent)):
        p, w = parent[e], weight[place[e]]
        half[:] = 0.0
        for a in range(8):
            for c in range(8):
                if w[a, c] != 0.0:
                    for i in range(3):
                        for b in range(24):
                            half[3 * c + i, b] += w[a, c] * stiffness[e, 3 * a + i, b]
        for b in range(8):
            for c in range(8):
                if w[b, c] != 0.0:
                    for a in range(24):
                        for j in range(3):
                            out[p, a, 3 * c + j] += w[b, c] * half[a, 3 * b + j]
