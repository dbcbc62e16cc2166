# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""What energy does it take to stretch a tissue with two families of dispersed collagen?

.. math::
    W = \tfrac{\mu}{2}(\bar I_1 - 3)
        + \frac{k_1}{2 k_2} \sum_{i=1,2} \left( e^{k_2 \langle E_i \rangle^2} - 1 \right)  \tag{1}
.. math::
    E_i = \kappa (\bar I_1 - 3) + (1 - 3\kappa)(\bar I_{4i} - 1)                           \tag{2}

with :math:`\bar I_{4i} = a_i \cdot \bar C a_i`, :math:`\langle x \rangle = \max(x, 0)` since
collagen carries no compression, and the dispersion :math:`\kappa` from 0 (all parallel) to 1/3
(all directions alike). The families lie at :math:`\pm\theta` from the axis f towards s. Gasser,
Ogden and Holzapfel 2006 (*J R Soc Interface* 3:15).

Not for: tissue that changes its volume much. There fibres should see C, not
:math:`\bar C` (Nolan et al. 2014, *J Mech Behav Biomed Mater* 39:48).
"""

from dataclasses import dataclass
from math import cos, isfinite, sin

import numpy as np
from numba import njit

from bodytwin.errors import InvalidParameterError, require_positive
from bodytwin.numerics.solid.material.guccione import dyad

KIND = 2


@dataclass(frozen=True)
class Holzapfel:
    """Equations (1) and (2); `angle_rad` is the angle theta of the two families."""

    shear_kpa: float
    k1_kpa: float
    k2: float
    dispersion: float
    angle_rad: float

    def __post_init__(self) -> None:
        require_positive(shear_kpa=self.shear_kpa, k1_kpa=self.k1_kpa, k2=self.k2)
        if not 0 <= self.dispersion <= 1 / 3:
            raise InvalidParameterError(f"dispersion must be 0 to 1/3, got {self.dispersion}.")
        if not isfinite(self.angle_rad):
            raise InvalidParameterError(f"angle_rad must be finite, got {self.angle_rad}.")

    def packed(self) -> tuple[int, list[float]]:
        """Number of the kernel and its constants."""
        ground = [self.shear_kpa, self.k1_kpa, self.k2, self.dispersion]
        return KIND, [*ground, cos(self.angle_rad), sin(self.angle_rad)]


@njit(cache=True, nogil=True)
def respond(constants, axes, c, s, t):
    """As `rubber.respond`, with the axes f and s in the first two rows of `axes` (3, 3)."""
    shear, k1, k2, spread = constants[0], constants[1], constants[2], constants[3]
    energy = 0.5 * shear * (c[0] + c[1] + c[2] - 3.0)
    for i in range(6):
        s[i] = shear if i < 3 else 0.0
        for j in range(6):
            t[i, j] = 0.0
    along, h = np.empty(3), np.empty(6)
    for side in (-1.0, 1.0):
        for i in range(3):
            along[i] = constants[4] * axes[0, i] + side * constants[5] * axes[1, i]
        dyad(along, along, h)
        strain = -1.0
        for i in range(6):
            h[i] *= 1.0 - 3.0 * spread
            if i < 3:
                h[i] += spread
            strain += h[i] * c[i]
        if strain > 0.0:
            grown = np.exp(k2 * strain * strain)
            energy += 0.5 * k1 / k2 * (grown - 1.0)
            bend = 4.0 * k1 * grown * (1.0 + 2.0 * k2 * strain * strain)
            for i in range(6):
                s[i] += 2.0 * k1 * strain * grown * h[i]
                for j in range(6):
                    t[i, j] += bend * h[i] * h[j]
    return energy
