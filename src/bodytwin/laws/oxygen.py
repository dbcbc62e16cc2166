r"""How much dose does a lack of oxygen cost, and what does reoxygenation give back?

The dose that does the same without oxygen is greater by the enhancement ratio, which depends on
the partial pressure p as (Alper & Howard-Flanders 1956)

.. math::
    OER(p) = \frac{m\, p + K}{p + K},                                              \tag{1}

relative to none, so that cells of relative ratio r (fully oxygenated over theirs) have
:math:`\alpha / r` and :math:`\beta / r^2`. Two populations, with oxygen and without,
lose the shares :math:`S_o` and :math:`S_h` at every fraction, and between fractions of the time
:math:`\Delta` apart the share :math:`1 - e^{-k \Delta}` of those without comes to oxygen:

.. math::
    h_{i+1} = S_h h_i e^{-k\Delta}, \qquad
    o_{i+1} = S_o o_i + S_h h_i (1 - e^{-k\Delta}).                                \tag{2}

Source: Alper & Howard-Flanders 1956, Nature 178:978, doi 10.1038/178978a0; (2) is first-order
exchange, exact between fractions.

Not for: pressure that changes within a fraction, and not for cells dying of the lack itself.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.laws.possible import not_negative, positive

Array = NDArray[np.float64]
Numbers = float | Array


def enhancement(pressure_mmhg: Numbers, *, greatest: Numbers, half_mmhg: Numbers) -> Array:
    """Enhancement ratio at a partial pressure relative to none, equation (1); m is `greatest`."""
    p = not_negative(pressure_mmhg=pressure_mmhg)[0]
    m, k = positive(greatest=greatest, half_mmhg=half_mmhg)
    return (m * p + k) / (p + k)


def less_sensitive(
    *, alpha_per_gy: Numbers, beta_per_gy2: Numbers, ratio: Numbers
) -> tuple[Array, Array]:
    """Alpha and beta of cells that need `ratio` times the dose."""
    alpha, beta = not_negative(alpha_per_gy=alpha_per_gy, beta_per_gy2=beta_per_gy2)
    (r,) = positive(ratio=ratio)
    return alpha / r, beta / (r * r)


def log_survival_reoxygenating(
    log_survival_oxygenated: Array,
    log_survival_hypoxic: Array,
    *,
    hypoxic_share: Numbers,
    rate_per_d: Numbers,
    interval_d: Array,
) -> Array:
    """Logarithm of the surviving share of both populations after all fractions, equation (2).

    The first two are (fractions, ...) of one fraction each, `interval_d` is (fractions - 1,).

    Raises:
        InvalidInputError: shapes that do not fit, a share outside 0 to 1, a negative rate or time.

    """
    k, gaps, share = not_negative(
        rate_per_d=rate_per_d, interval_d=interval_d, hypoxic_share=hypoxic_share
    )
    count = len(log_survival_oxygenated)
    if gaps.shape != (count - 1,) or log_survival_hypoxic.shape != log_survival_oxygenated.shape:
        raise InvalidInputError(
            f"{count} fractions need {count - 1} intervals and as many shares of both "
            f"populations, got {gaps.shape} and {log_survival_hypoxic.shape}."
        )
    if np.any(share > 1.0):
        raise InvalidInputError(f"hypoxic_share must be within 0 and 1, got {share.max():g}.")
    with np.errstate(divide="ignore"):
        with_oxygen, without = np.log1p(-share), np.log(share)
        for i in range(count):
            with_oxygen = with_oxygen + log_survival_oxygenated[i]
            without = without + log_survival_hypoxic[i]
            if i < count - 1:
                come = without + np.log(-np.expm1(-k * gaps[i]))
                with_oxygen = np.logaddexp(with_oxygen, come)
                without = without - k * gaps[i]
    return np.logaddexp(with_oxygen, without)
