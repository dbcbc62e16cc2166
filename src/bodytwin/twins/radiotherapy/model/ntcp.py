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

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from bodytwin.twins.radiotherapy.model.dvh import Dvh

Array = NDArray[np.float64]
Draws = float | Array


class Complication(ABC):
    """A relation from the doses of an organ to a probability."""

    @abstractmethod
    def across(self, dose_gy: Array, share: Array) -> Array:
        """One probability for each draw (draws,) of parameters and of doses (draws, levels).

        `share` (levels,) is the share of the volume at each level. There may be one draw of
        the doses for all of the parameters.
        """
        ...

    def probability(self, dvh: Dvh) -> Array:
        """One probability for each draw of the parameters, (draws,)."""
        return self.across(dvh.dose_gy[None], dvh.volume_cm3 / dvh.total_cm3)


@dataclass(frozen=True, eq=False, kw_only=True)
class Lyman(Complication):
    """Equation (1): n weighs volume, m is the width of the tolerance over `td50_gy`."""

    td50_gy: Draws
    m: Draws
    n: Draws

    def across(self, dose_gy: Array, share: Array) -> Array:
        """(draws,)."""
        td50, m, n = _draws(self.td50_gy, self.m, self.n)
        return np.asarray(ndtr((uniform_gy(dose_gy, share, n) - td50) / (m * td50)))


@dataclass(frozen=True, eq=False, kw_only=True)
class Logistic(Complication):
    """Equation (2), in the mean dose."""

    td50_gy: Draws
    gamma50: Draws

    def across(self, dose_gy: Array, share: Array) -> Array:
        """(draws,)."""
        td50, gamma = _draws(self.td50_gy, self.gamma50)
        return np.asarray(expit(4.0 * gamma * (dose_gy @ share / td50 - 1.0)))


@dataclass(frozen=True, eq=False, kw_only=True)
class LogLogistic(Complication):
    """Equation (3), in the gEUD."""

    td50_gy: Draws
    gamma50: Draws
    n: Draws

    def across(self, dose_gy: Array, share: Array) -> Array:
        """(draws,)."""
        td50, gamma, n = _draws(self.td50_gy, self.gamma50, self.n)
        with np.errstate(divide="ignore"):
            return np.asarray(expit(4.0 * gamma * np.log(uniform_gy(dose_gy, share, n) / td50)))


@dataclass(frozen=True, eq=False, kw_only=True)
class RelativeSeriality(Complication):
    """Equation (4): s from near 0 (parallel) to 1 (serial), `gamma` the greatest relative slope."""

    td50_gy: Draws
    gamma: Draws
    s: Draws

    def across(self, dose_gy: Array, share: Array) -> Array:
        """(draws,)."""
        td50, gamma, s = _draws(self.td50_gy, self.gamma, self.s)
        each = -np.log(2.0) * np.exp(np.e * gamma[:, None] * (1.0 - dose_gy / td50[:, None]))
        with np.errstate(divide="ignore"):
            log_left = np.log(-np.expm1(s[:, None] * each)) @ share
        return (-np.expm1(log_left)) ** (1.0 / s)


def uniform_gy(dose_gy: Array, share: Array, n: Array) -> Array:
    """GEUD of doses (draws or 1, levels) for volume exponents n (draws,); zero is the greatest."""
    top = dose_gy.max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(top[:, None] > 0.0, dose_gy / top[:, None], 0.0)
        power = np.where(n > 0.0, n, 1.0)
        found = top * (relative ** (1.0 / power)[:, None] @ share) ** power
    return np.where(n > 0.0, found, top)


def _draws(*given: Draws) -> list[Array]:
    return [np.array(x, dtype=np.float64) for x in np.broadcast_arrays(*map(np.atleast_1d, given))]
