# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""What energy does it take to stretch a tissue that is alike in all directions?

With the invariants of the right Cauchy-Green tensor freed of its change of volume,
:math:`\bar C = J^{-2/3} F^T F`,

.. math::
    W = \tfrac{\mu}{2}(\bar I_1 - 3)                                        \tag{1: neo-Hookean}
.. math::
    W = c_1(\bar I_1 - 3) + c_2(\bar I_2 - 3)                               \tag{2: Mooney-Rivlin}
.. math::
    W = c_1 x + c_2 x^2 + c_3 x^3, \quad x = \bar I_1 - 3                   \tag{3: Yeoh}

Holzapfel, *Nonlinear Solid Mechanics* (Wiley 2000), section 6.5. Tensors are held as vectors
(11, 22, 33, 23, 13, 12) with the last three times the square root of two, so that the
contraction of two tensors is the product of two vectors.

Not for: the change of volume, which `assemble` adds; time, damage, or direction.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from bodytwin.errors import InvalidParameterError, require_positive

KIND = 0


@dataclass(frozen=True)
class NeoHookean:
    """Equation (1); `shear_kpa` is its stiffness against shear."""

    shear_kpa: float

    def __post_init__(self) -> None:
        require_positive(shear_kpa=self.shear_kpa)

    def packed(self) -> tuple[int, list[float]]:
        """Number of the kernel and its constants."""
        return KIND, [self.shear_kpa / 2, 0.0, 0.0, 0.0]


@dataclass(frozen=True)
class MooneyRivlin:
    """Equation (2); the shear stiffness of small strains is 2 (c1 + c2)."""

    c1_kpa: float
    c2_kpa: float

    def __post_init__(self) -> None:
        require_positive(c1_kpa=self.c1_kpa)
        _require_not_negative(c2_kpa=self.c2_kpa)

    def packed(self) -> tuple[int, list[float]]:
        """Number of the kernel and its constants."""
        return KIND, [self.c1_kpa, 0.0, 0.0, self.c2_kpa]


@dataclass(frozen=True)
class Yeoh:
    """Equation (3); the shear stiffness of small strains is 2 c1."""

    c1_kpa: float
    c2_kpa: float
    c3_kpa: float

    def __post_init__(self) -> None:
        require_positive(c1_kpa=self.c1_kpa)
        _require_not_negative(c2_kpa=self.c2_kpa, c3_kpa=self.c3_kpa)

    def packed(self) -> tuple[int, list[float]]:
        """Number of the kernel and its constants."""
        return KIND, [self.c1_kpa, self.c2_kpa, self.c3_kpa, 0.0]


def _require_not_negative(**values: float) -> None:
    for name, value in values.items():
        if not (np.isfinite(value) and value >= 0):
            raise InvalidParameterError(f"{name} must be zero or more and finite, got {value}.")


@njit(cache=True, nogil=True)
def respond(constants, c, s, t):
    """Energy in kPa at `c` (6,); writes 2 dW/dc to `s` (6,) and 4 d2W/dc2 to `t` (6, 6)."""
    c1, c2, c3, second = constants[0], constants[1], constants[2], constants[3]
    trace = c[0] + c[1] + c[2]
    square = 0.0
    for i in range(6):
        square += c[i] * c[i]
    x = trace - 3.0
    slope = c1 + x * (2.0 * c2 + 3.0 * c3 * x)
    bend = 2.0 * c2 + 6.0 * c3 * x
    for i in range(6):
        one = 1.0 if i < 3 else 0.0
        s[i] = 2.0 * (slope * one + second * (trace * one - c[i]))
        for j in range(6):
            t[i, j] = 4.0 * (bend + second) if i < 3 and j < 3 else 0.0
        t[i, i] -= 4.0 * second
    return x * (c1 + x * (c2 + x * c3)) + second * (0.5 * (trace * trace - square) - 3.0)
