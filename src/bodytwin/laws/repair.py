r"""How much of the quadratic damage is left when a dose is spread over time?

Damage that can pair is repaired at the rate :math:`\mu = \ln 2 / T_{1/2}`. Of a dose given at
the rate :math:`R(t)` the quadratic part is multiplied by (Lea & Catcheside 1942)

.. math::
    G = \frac{2}{D^2} \int R(t) \int_{-\infty}^{t} R(s)\, e^{-\mu (t-s)}\, ds\, dt.  \tag{1}

For acute doses :math:`d_i` at the times :math:`t_i`

.. math::
    G D^2 = \sum_{ij} d_i d_j\, e^{-\mu |t_i - t_j|},                              \tag{2}

for one exposure of even rate over the time T

.. math::
    G = \frac{2}{(\mu T)^2} \left(\mu T - 1 + e^{-\mu T}\right),                   \tag{3}

and for m equal acute fractions at equal intervals :math:`\Delta`, the effect per fraction being
:math:`\alpha d + (1 + H_m) \beta d^2` (Thames 1985),

.. math::
    H_m = \frac{2}{m} \frac{\theta}{1-\theta}
          \left(m - \frac{1-\theta^m}{1-\theta}\right), \qquad \theta = e^{-\mu \Delta}. \tag{4}

Source: Thames 1985, Int J Radiat Biol 47:319, doi 10.1080/09553008514550461; the notation of
Brenner 2008, Semin Radiat Oncol 18:234 (PMC2750078). Several rates of repair: G and
:math:`1 + H_m` are means over them, weighted by their shares.

Not for: repair that saturates.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.laws.possible import not_negative, positive

Array = NDArray[np.float64]
Numbers = float | Array
_SHORT = 1e-3


def repair_rate_per_h(half_time_h: Numbers) -> Array:
    """Rate of repair from its half-time."""
    (half,) = positive(half_time_h=half_time_h)
    return np.log(2.0) / half


def protraction_of_pulses(dose_gy: Array, time_h: Array, *, rate_per_h: float) -> float:
    """G of acute doses (n,) at times (n,), equation (2).

    Raises:
        InvalidInputError: the lengths differ, or a negative number among doses or rate.

    """
    d, mu = not_negative(dose_gy=dose_gy, rate_per_h=rate_per_h)
    t = np.asarray(time_h, dtype=np.float64)
    if d.shape != t.shape or d.ndim != 1 or not d.sum() > 0:
        raise InvalidInputError(
            f"Doses of shape {d.shape} at times of shape {t.shape}: one time for each dose is "
            "needed, and one dose above zero."
        )
    apart = np.abs(t[:, None] - t[None, :])
    return float(d @ np.exp(-mu * apart) @ d / d.sum() ** 2)


def protraction_of_exposure(duration_h: Numbers, *, rate_per_h: Numbers) -> Array:
    """G of one exposure of even rate, equation (3); 1 where it is instantaneous."""
    duration, mu = not_negative(duration_h=duration_h, rate_per_h=rate_per_h)
    x = mu * duration
    series = 1.0 - x / 3.0 + x * x / 12.0 - x**3 / 60.0
    safe = np.where(x < _SHORT, 1.0, x)
    return np.where(x < _SHORT, series, 2.0 / (safe * safe) * (safe + np.expm1(-safe)))


def incomplete_repair(per_day: int, *, interval_h: Numbers, rate_per_h: Numbers) -> Array:
    """H_m of equal fractions on one day, equation (4); none is left overnight.

    Raises:
        InvalidInputError: fewer than one fraction, an interval or a rate that is not above zero.

    """
    if per_day < 1:
        raise InvalidInputError(f"A day has at least one fraction, got {per_day}.")
    interval, mu = positive(interval_h=interval_h, rate_per_h=rate_per_h)
    left = np.exp(-mu * interval)
    lags = np.arange(1, per_day)
    shares = (per_day - lags) / per_day
    return 2.0 * np.tensordot(left[..., None] ** lags, shares, axes=([-1], [0]))
