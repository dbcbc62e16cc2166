# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""How is a state carried over one step, and how long may the next one be?

The explicit method of order 5 with an embedded one of order 4,

.. math::
    y_s = y + h \sum_{j<s} a_{sj} k_j, \quad k_s = f(t + c_s h, y_s), \quad
    y(t+h) = y_6, \quad e = h \sum_s e_s k_s,                                      \tag{1}

whose last stage is the first of the next step. A step is kept where

.. math::
    \max_i |e_i| / \left(\epsilon (|y_i| + m)\right) \le 1                         \tag{2}

with a relative tolerance and a size m below which errors do not matter.

Source: Dormand & Prince 1980, J Comput Appl Math 6:19, doi 10.1016/0771-050X(80)90013-3.

A kernel calls `stage` for s = 1 to 6, evaluating its own rate into `k[s]` each time, then
`error`; it owns the loop because numba does not keep compiled functions that take functions.

Not for: stiff systems.
"""

import math

import numpy as np
from numba import njit

LAST = 6
NODE = np.array([0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0])
_WEIGHT = np.array([
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [1 / 5, 0.0, 0.0, 0.0, 0.0, 0.0],
    [3 / 40, 9 / 40, 0.0, 0.0, 0.0, 0.0],
    [44 / 45, -56 / 15, 32 / 9, 0.0, 0.0, 0.0],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0.0, 0.0],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0.0],
    [35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
])  # fmt: skip
_ERROR = np.array(
    [71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40]
)  # fmt: skip


@njit(cache=True, error_model="numpy")
def stage(s, step, y, k, trial):  # pragma: no cover
    """Fill `trial` (n,) with the state at stage `s` of a step from `y`, equation (1)."""
    for i in range(y.shape[0]):
        move = 0.0
        for j in range(s):
            move += _WEIGHT[s, j] * k[j, i]
        trial[i] = y[i] + step * move


@njit(cache=True, error_model="numpy")
def error(step, y, k, tolerance, matters):  # pragma: no cover
    """The error of a step in units of what is allowed, the left of (2), given all `k` (7, n)."""
    worst = 0.0
    for i in range(y.shape[0]):
        miss = 0.0
        for j in range(7):
            miss += _ERROR[j] * k[j, i]
        relative = abs(step * miss) / (tolerance * (abs(y[i]) + matters))
        if not math.isfinite(relative):
            return np.inf
        worst = max(worst, relative)
    return worst


@njit(cache=True, error_model="numpy")
def resized(step, worst):  # pragma: no cover
    """The step to try after one of this error."""
    if not math.isfinite(worst):
        return 0.1 * step
    return step * min(5.0, max(0.2, 0.9 * math.pow(max(worst, 1e-10), -0.2)))
