r"""What becomes of a quantity that grows up to one while losses act on it that decay?

.. math::
    \dot u = \rho u (1 - u) - k(t) u, \qquad
    k(t) = \sum_j k_j e^{-t / \tau_j}                                              \tag{1}

is an equation of Bernoulli. With :math:`a_j = k_j \tau_j`, the whole of what a loss will do,

.. math::
    u(t) = \frac{G u_0}{1 + \rho I u_0}, \quad
    G = e^{\rho t - \sum_j a_j (1 - e^{-t/\tau_j})}, \quad
    I = \int_0^t e^{\rho s - \sum_j a_j (1 - e^{-s/\tau_j})} ds.                    \tag{2}

As :math:`e^{a e^{-s/\tau}} = \sum_n a^n e^{-ns/\tau} / n!`, the integral is the mean of

.. math::
    \frac{e^{\lambda t} - 1}{\lambda}, \qquad \lambda = \rho - \sum_j n_j / \tau_j   \tag{3}

over numbers :math:`n_j` that follow Poisson's law of mean :math:`a_j`: a sum of terms that are
not negative, which is cut where less than 1e-14 is left. No quadrature: losses that have decayed
long before the end of a step are counted whole.

Not for: losses that depend on u, or a rate of growth that changes with time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
LARGEST_LOSS = 200.0
_LEFT = 1e-14
_GONE = 1e-17


@dataclass(frozen=True, kw_only=True)
class Decay:
    """A loss of `rate_per_d` now, which falls by the factor e every `time_d`."""

    rate_per_d: float
    time_d: float

    def __post_init__(self) -> None:
        if not (isfinite(self.rate_per_d) and self.rate_per_d >= 0 and self.time_d > 0):
            raise InvalidInputError(
                "A loss has a rate of 0 per day or more and a time of decay above 0 days, got "
                f"{self.rate_per_d:g} and {self.time_d:g}."
            )
        if not self.whole <= LARGEST_LOSS:
            raise InvalidInputError(
                f"A loss leaves exp(-{self.whole:g}) of the quantity; at most exp(-200) is "
                "computed. Look whether rate and time have the units named."
            )

    @property
    def whole(self) -> float:
        """By how much it will have lowered the logarithm of what it acts on."""
        return self.rate_per_d * self.time_d

    def later(self, by_d: float) -> "Decay":
        """What it is after some days."""
        return Decay(rate_per_d=self.rate_per_d * exp(-by_d / self.time_d), time_d=self.time_d)


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """u becomes `gain` u / (1 + `crowding` u)."""

    gain: float
    crowding: float


def logistic(rate_per_d: float, duration_d: float, decays: Sequence[Decay] = ()) -> Reaction:
    """Equation (2) over `duration_d` from when `decays` are what they say."""
    acting = _together(decays)
    lost = -sum(d.whole * np.expm1(-duration_d / d.time_d) for d in acting)
    gain = exp(rate_per_d * duration_d - lost)
    if rate_per_d == 0:
        return Reaction(gain=gain, crowding=0.0)
    shares, slower = np.ones(1), np.zeros(1)
    for decay in acting:
        n, share = _terms(decay.whole)
        shares = np.multiply.outer(shares, share).reshape(-1)
        slower = np.add.outer(slower, n / decay.time_d).reshape(-1)
        kept = shares > _GONE
        shares, slower = shares[kept], slower[kept]
    integral = float(shares @ _grown(rate_per_d - slower, duration_d))
    return Reaction(gain=gain, crowding=rate_per_d * integral)


def _together(decays: Sequence[Decay]) -> list[Decay]:
    """The same losses, those that fall alike as one."""
    times = sorted({d.time_d for d in decays})
    rates = [sum(d.rate_per_d for d in decays if d.time_d == t) for t in times]
    return [
        Decay(rate_per_d=r, time_d=t)
        for r, t in zip(rates, times, strict=True)
        if r * t > _GONE
    ]  # fmt: skip


def _terms(mean: float) -> tuple[Array, Array]:
    """Numbers that follow Poisson's law, and their shares."""
    from scipy.stats import poisson  # half a second, which not every command owes

    n = np.arange(int(poisson.isf(_LEFT, mean)) + 2, dtype=np.float64)
    return n, np.asarray(poisson.pmf(n, mean), dtype=np.float64)


def _grown(rates: Array, duration: float) -> Array:
    """Equation (3)."""
    x = rates * duration
    small = np.abs(x) < 1e-8
    safe = np.where(small, 1.0, x)
    return duration * np.where(small, 1.0 + 0.5 * x, np.expm1(safe) / safe)
