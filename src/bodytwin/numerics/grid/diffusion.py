# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Where has a quantity spread after one explicit step?

.. math::
    v^{t+\Delta t} = v^t + \Delta t \,(I - \theta \delta^2) L \, v^t + \Delta t \, s      \tag{1}

with L the weights of `stencil`, :math:`\theta` its blend and :math:`\delta^2` the second
difference over the six nearest. Every voxel is computed by itself from the step before,
so that results do not depend on the number of threads.
"""

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from bodytwin.numerics.grid.stencil import AXIAL, Stencil

Float = NDArray[np.float32]
_FAST = {"reassoc", "contract"}
_NO_FLOAT = np.empty(0, dtype=np.float32)


class Diffusion:
    """Explicit steps of one stencil, each `dt_ms` long."""

    def __init__(self, of: Stencil, *, dt_ms: float) -> None:
        of.check_step(dt_ms)
        self._of = of
        self._dt = np.float32(dt_ms)
        count = of.count if of.blend else 0
        self._rate = np.empty(count, dtype=np.float32)
        self._near = np.ascontiguousarray(of.neighbours[:count, AXIAL])

    def step(self, v: Float, out: Float, source: Float | None = None) -> None:
        """Write `v` (n,) one step later to `out` (n,); `source` (n,) is added per ms."""
        added = _NO_FLOAT if source is None else source
        stencil = self._of
        if stencil.blend:
            _rate(v, self._rate, stencil.neighbours, stencil.weights)
            _sharpened(v, out, self._rate, self._near, np.float32(stencil.blend), self._dt, added)
        else:
            _plain(v, out, stencil.neighbours, stencil.weights, self._dt, added)


@njit(cache=True, nogil=True, fastmath=_FAST, inline="always")
def _at(v, i, neighbours, weights):
    total = np.float32(0.0)
    for k in range(26):
        total += weights[i, k] * (v[neighbours[i, k]] - v[i])
    return total


@njit(cache=True, nogil=True, parallel=True, fastmath=_FAST)
def _plain(v, out, neighbours, weights, dt, source):
    for i in prange(len(weights)):
        total = _at(v, i, neighbours, weights)
        if len(source):
            total += source[i]
        out[i] = v[i] + dt * total


@njit(cache=True, nogil=True, parallel=True, fastmath=_FAST)
def _rate(v, rate, neighbours, weights):
    for i in prange(len(weights)):
        rate[i] = _at(v, i, neighbours, weights)


@njit(cache=True, nogil=True, parallel=True, fastmath=_FAST)
def _sharpened(v, out, rate, near, blend, dt, source):
    for i in prange(len(near)):
        bend = np.float32(0.0)
        for k in range(6):
            bend += rate[near[i, k]] - rate[i]
        total = rate[i] - blend * bend
        if len(source):
            total += source[i]
        out[i] = v[i] + dt * total
