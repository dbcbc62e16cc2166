r"""How does a tumour grow that nothing treats? Five laws in closed form.

With volume V, rate a and carrying capacity K,

.. math::
    \dot V &= a V                                    && \text{exponential}           \tag{1}\\
    \dot V &= a V (1 - V / K)                        && \text{logistic}              \tag{2}\\
    \dot V &= a V \ln(K / V)                         && \text{Gompertz}              \tag{3}\\
    \dot V &= \frac{a}{\theta} V \left(1 - (V/K)^\theta\right)
                                                     && \text{general Bertalanffy}   \tag{4}

(4) is (2) at :math:`\theta = 1` with the same a, tends to (3) as :math:`\theta \to 0`, and is the
classical law of von Bertalanffy at :math:`\theta = 1/3`. The proliferation saturation index is
:math:`\mathrm{PSI} = V_0 / K`, the share of the capacity that is filled before treatment, which
makes (2) with :math:`K = V_0 / \mathrm{PSI}`.                                        (5)

Source: Benzekry S et al., PLoS Comput Biol 2014;10:e1003800, doi 10.1371/journal.pcbi.1003800 for
(1) to (4); Prokopiou S et al., Radiat Oncol 2015;10:159, doi 10.1186/s13014-015-0465-x for (5).

Arguments are broadcast against each other; volumes in any one unit, times and rates in days.

Not for: treatment within the time asked for (go from event to event), spread in space.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.laws.possible import not_negative, positive

Array = NDArray[np.float64]
Numbers = float | Array


def exponential(volume: Numbers, *, days: Numbers, rate_per_d: Numbers) -> Array:
    """Volume after `days` by (1). Raises InvalidInputError for a negative volume or time."""
    v, t = not_negative(volume=volume, days=days)
    return v * np.exp(np.asarray(rate_per_d) * t)


def logistic(volume: Numbers, *, days: Numbers, rate_per_d: Numbers, capacity: Numbers) -> Array:
    """Volume after `days` by (2). Raises InvalidInputError for a capacity that is not positive."""
    v, t = not_negative(volume=volume, days=days)
    (k,) = positive(capacity=capacity)
    faded = np.exp(-np.asarray(rate_per_d) * t)
    return k * v / (v + (k - v) * faded)


def saturated(volume: Numbers, *, days: Numbers, rate_per_d: Numbers, psi: Numbers) -> Array:
    """Volume after `days` by (2) with the capacity of (5)."""
    (share,) = positive(psi=psi)
    return logistic(volume, days=days, rate_per_d=rate_per_d, capacity=volume / share)


def gompertz(volume: Numbers, *, days: Numbers, rate_per_d: Numbers, capacity: Numbers) -> Array:
    """Volume after `days` by (3); a volume of zero stays zero."""
    v, t = not_negative(volume=volume, days=days)
    (k,) = positive(capacity=capacity)
    return k * (v / k) ** np.exp(-np.asarray(rate_per_d) * t)


def bertalanffy(
    volume: Numbers, *, days: Numbers, rate_per_d: Numbers, capacity: Numbers, power: Numbers
) -> Array:
    r"""Volume after `days` by (4); `power` is :math:`\theta`, above 0."""
    v, t = not_negative(volume=volume, days=days)
    k, theta = positive(capacity=capacity, power=power)
    share = (v / k) ** theta
    faded = np.exp(-np.asarray(rate_per_d) * t)
    return k * (share / (share + (1 - share) * faded)) ** (1 / theta)
