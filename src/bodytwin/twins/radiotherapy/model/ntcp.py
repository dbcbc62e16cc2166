r"""How likely is a complication of a tissue, given its dose?

.. math::
    P &= \Phi\Big(\frac{gEUD - TD_{50}}{m\,TD_{50}}\Big), \quad
         gEUD = \Big(\sum_i v_i d_i^{1/n}\Big)^n                                   \tag{1} \\
    P &= \Big[1 + e^{4\gamma_{50}(1 - \bar d / TD_{50})}\Big]^{-1}                \tag{2} \\
    P &= \Big[1 + (TD_{50}/gEUD)^{4\gamma_{50}}\Big]^{-1}                         \tag{3} \\
    P &= \Big[1 - \prod_i (1 - P_i^s)^{v_i}\Big]^{1/s}, \quad
         P_i = 2^{-\exp(e\gamma(1 - d_i/D_{50}))}                                  \tag{4}

Source: (1) Lyman 1985, Radiat Res 104:S13, with the reduction of Kutcher & Burman 1989, Int J
Radiat Oncol Biol Phys 16:1623; (2) and (3) logistic in the mean dose and in the logarithm of
dose, both of steepness :math:`\gamma_{50} = TD_{50}\,dP/dd` at the middle; (4) Källman, Ågren &
Brahme 1992, Int J Radiat Biol 62:249, doi 10.1080/09553009214552071.

Parameters are numbers or draws (draws,), and the result is one for each draw.

Not for: organs, endpoints or fractions other than those a set of parameters was fitted to; those
are with the parameters (`ntcp_sets`).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from bodytwin.twins.radiotherapy.model.dvh import Dvh

Array = NDArray[np.float64]
Draws = float | Array


class Complication(Protocol):
    """A relation from a dose-volume histogram to a probability."""

    def probability(self, dvh: Dvh) -> Array:
        """One probability for each draw of the parameters, (draws,)."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Lyman:
    """Equation (1): n weighs volume, m is the width of the tolerance over `td50_gy`."""

    td50_gy: Draws
    m: Draws
    n: Draws

    def probability(self, dvh: Dvh) -> Array:
        """(draws,)."""
        td50, m, n = _draws(self.td50_gy, self.m, self.n)
        return np.asarray(ndtr((uniform_gy(dvh, n) - td50) / (m * td50)))


@dataclass(frozen=True, eq=False, kw_only=True)
class Logistic:
    """Equation (2), in the mean dose."""

    td50_gy: Draws
    gamma50: Draws

    def probability(self, dvh: Dvh) -> Array:
        """(draws,)."""
        td50, gamma = _draws(self.td50_gy, self.gamma50)
        return np.asarray(expit(4.0 * gamma * (dvh.mean_gy / td50 - 1.0)))


@dataclass(frozen=True, eq=False, kw_only=True)
class LogLogistic:
    """Equation (3), in the gEUD."""

    td50_gy: Draws
    gamma50: Draws
    n: Draws

    def probability(self, dvh: Dvh) -> Array:
        """(draws,)."""
        td50, gamma, n = _draws(self.td50_gy, self.gamma50, self.n)
        with np.errstate(divide="ignore"):
            return np.asarray(expit(4.0 * gamma * np.log(uniform_gy(dvh, n) / td50)))


@dataclass(frozen=True, eq=False, kw_only=True)
class RelativeSeriality:
    """Equation (4): s from near 0 (parallel) to 1 (serial), `gamma` the greatest relative slope."""

    td50_gy: Draws
    gamma: Draws
    s: Draws

    def probability(self, dvh: Dvh) -> Array:
        """(draws,)."""
        share = dvh.volume_cm3 / dvh.total_cm3
        return np.array(
            [
                _serial(dvh.dose_gy, share, *one)
                for one in zip(*_draws(self.td50_gy, self.gamma, self.s), strict=True)
            ]
        )


def uniform_gy(dvh: Dvh, n: Array) -> Array:
    """GEUD for each volume exponent n (draws,); zero is the greatest dose."""
    values, inverse = np.unique(n, return_inverse=True)
    found = np.array([dvh.uniform_gy(1.0 / v if v > 0.0 else np.inf) for v in values])
    return found[inverse]


def _serial(dose: Array, share: Array, td50: float, gamma: float, s: float) -> float:
    log_each = -np.log(2.0) * np.exp(np.e * gamma * (1.0 - dose / td50))
    with np.errstate(divide="ignore"):
        log_left = share @ np.log(-np.expm1(s * log_each))
    return float((-np.expm1(log_left)) ** (1.0 / s))


def _draws(*given: Draws) -> list[Array]:
    return [np.array(x, dtype=np.float64) for x in np.broadcast_arrays(*map(np.atleast_1d, given))]
