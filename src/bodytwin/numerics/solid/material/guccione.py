# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""What energy does it take to stretch heart muscle along and across its fibres?

.. math::
    W = \tfrac{C}{2}(e^Q - 1)                                                            \tag{1}
.. math::
    Q = b_f E_{ff}^2 + b_t (E_{ss}^2 + E_{nn}^2 + 2 E_{sn}^2)
        + b_{fs} (2 E_{fs}^2 + 2 E_{fn}^2)                                               \tag{2}

with :math:`E = (\bar C - 1)/2` in the axes f (fibre), s and n. Guccione, McCulloch and Waldman
1991 (*J Biomech Eng* 113:42), as stated by Land et al. 2015 (*Proc R Soc A* 471:20150641).

Not for: muscle that is much compressed along its fibres, where (2) stiffens as in tension.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from bodytwin.errors import require_positive

KIND = 1


@dataclass(frozen=True)
class Guccione:
    """Equations (1) and (2)."""

    c_kpa: float
    b_fibre: float
    b_across: float
    b_shear: float

    def __post_init__(self) -> None:
        require_positive(
            c_kpa=self.c_kpa,
            b_fibre=self.b_fibre,
            b_across=self.b_across,
            b_shear=self.b_shear,
        )

    def packed(self) -> tuple[int, list[float]]:
        """Number of the kernel and its constants."""
        return KIND, [self.c_kpa, self.b_fibre, self.b_across, self.b_shear]


@njit(cache=True, nogil=True)
def dyad(a, b, out):
    """Write the symmetric part of a b^T to `out` (6,), in the notation of `rubber`."""
    half = np.sqrt(0.5)
    out[0], out[1], out[2] = a[0] * b[0], a[1] * b[1], a[2] * b[2]
    out[3] = half * (a[1] * b[2] + a[2] * b[1])
    out[4] = half * (a[0] * b[2] + a[2] * b[0])
    out[5] = half * (a[0] * b[1] + a[1] * b[0])


@njit(cache=True, nogil=True)
def respond(constants, axes, c, s, t):
    """As `rubber.respond`, with fibre axes in the rows of `axes` (3, 3)."""
    turn = np.empty((6, 6))
    stiff = np.empty(6)
    strain = np.empty(6)
    first = (0, 1, 2, 1, 0, 0)
    then = (0, 1, 2, 2, 2, 1)
    exponent = 0.0
    for k in range(6):
        dyad(axes[first[k]], axes[then[k]], turn[k])
        if k > 2:
            for i in range(6):
                turn[k, i] *= np.sqrt(2.0)
        stiff[k] = constants[1] if k == 0 else (constants[3] if k > 3 else constants[2])
        strain[k] = -0.5 if k < 3 else 0.0
        for i in range(6):
            strain[k] += 0.5 * turn[k, i] * c[i]
        exponent += stiff[k] * strain[k] * strain[k]
    grown = constants[0] * np.exp(exponent)
    for i in range(6):
        s[i] = 0.0
        for k in range(6):
            s[i] += turn[k, i] * stiff[k] * strain[k]
    for i in range(6):
        for j in range(6):
            total = 2.0 * s[i] * s[j]
            for k in range(6):
                total += turn[k, i] * stiff[k] * turn[k, j]
            t[i, j] = grown * total
    for i in range(6):
        s[i] *= grown
    return 0.5 * (grown - constants[0])
