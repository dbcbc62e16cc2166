# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

"""How are symmetric tensors held as vectors?

As (11, 22, 33, 23, 13, 12) with the last three times the square root of two, so that the
contraction of two tensors is the product of two vectors.
"""

import numpy as np
from numba import njit

FIRST = (0, 1, 2, 1, 0, 0)
THEN = (0, 1, 2, 2, 2, 1)


@njit(cache=True, nogil=True)
def vector(m, out):
    """Write the symmetric `m` (3, 3) to `out` (6,)."""
    root = np.sqrt(2.0)
    for i in range(6):
        out[i] = m[FIRST[i], THEN[i]] * (1.0 if i < 3 else root)


@njit(cache=True, nogil=True)
def tensor(v, out):
    """Write `v` (6,) to the symmetric `out` (3, 3)."""
    half = np.sqrt(0.5)
    for i in range(6):
        out[FIRST[i], THEN[i]] = v[i] * (1.0 if i < 3 else half)
        out[THEN[i], FIRST[i]] = out[FIRST[i], THEN[i]]


@njit(cache=True, nogil=True)
def add_twofold(t, ci, factor):
    """Add `factor` times the symmetric product of `ci` (3, 3) with itself to `t` (6, 6)."""
    root = np.sqrt(2.0)
    for a in range(6):
        i, j = FIRST[a], THEN[a]
        for b in range(6):
            k, m = FIRST[b], THEN[b]
            scale = (1.0 if a < 3 else root) * (1.0 if b < 3 else root)
            t[a, b] += 0.5 * factor * scale * (ci[i, k] * ci[j, m] + ci[i, m] * ci[j, k])
