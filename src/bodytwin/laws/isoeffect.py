r"""Which dose does the same to a tissue when it is given in other fractions?

.. math::
    BED = D \left(1 + (1 + H_m) \frac{D/n}{\alpha/\beta}\right)
          - \frac{\ln 2\,(T - T_k)^+}{\alpha T_d},                                 \tag{1}
    \qquad EQD_x = \frac{BED}{1 + x / (\alpha/\beta)}.                             \tag{2}

Biologically effective doses of one tissue add up, and so do equivalent doses; every function takes
a number or a map of doses.

Source: Barendsen 1982, Int J Radiat Oncol Biol Phys 8:1981, doi 10.1016/0360-3016(82)90459-X;
Fowler 1989, Br J Radiol 62:679, doi 10.1259/0007-1285-62-740-679; for incomplete repair
`bodytwin.laws.repair`.

Not for: fractions above about 10 Gy without a thought to `cell_survival` (2), and not for adding
doses to different tissues.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.laws.possible import not_negative, positive
from bodytwin.laws.repopulation import log_regrowth

Array = NDArray[np.float64]
Numbers = float | Array
STANDARD_FRACTION_GY = 2.0


def bed_gy(
    dose_gy: Numbers,
    *,
    fractions: Numbers,
    alpha_beta_gy: Numbers,
    incomplete_repair: Numbers = 0.0,
) -> Array:
    """Biologically effective dose of a total dose in equal fractions, (1) without regrowth.

    Raises:
        InvalidInputError: a negative dose, no fractions, or a ratio that is not above zero.

    """
    d, h = not_negative(dose_gy=dose_gy, incomplete_repair=incomplete_repair)
    n, ratio = positive(fractions=fractions, alpha_beta_gy=alpha_beta_gy)
    return d * (1.0 + (1.0 + h) * d / (n * ratio))


def lost_to_regrowth_gy(
    time_d: Numbers, *, kick_off_d: Numbers, doubling_d: Numbers, alpha_per_gy: Numbers
) -> Array:
    """What regrowth takes from the biologically effective dose, the last term of (1)."""
    (alpha,) = positive(alpha_per_gy=alpha_per_gy)
    return log_regrowth(time_d, kick_off_d=kick_off_d, doubling_d=doubling_d) / alpha


def eqd_gy(
    bed_gy: Numbers, *, alpha_beta_gy: Numbers, fraction_gy: Numbers = STANDARD_FRACTION_GY
) -> Array:
    """The dose in fractions of `fraction_gy` that has this biologically effective dose, (2)."""
    (ratio,) = positive(alpha_beta_gy=alpha_beta_gy)
    (each,) = not_negative(fraction_gy=fraction_gy)
    return np.asarray(bed_gy, dtype=np.float64) / (1.0 + each / ratio)


def eqd2_gy(dose_gy: Numbers, *, fractions: Numbers, alpha_beta_gy: Numbers) -> Array:
    """The dose in 2 Gy fractions that does what this total dose in equal fractions does."""
    whole = bed_gy(dose_gy, fractions=fractions, alpha_beta_gy=alpha_beta_gy)
    return eqd_gy(whole, alpha_beta_gy=alpha_beta_gy)


def dose_gy(bed_gy: Numbers, *, fractions: Numbers, alpha_beta_gy: Numbers) -> Array:
    """The total dose in equal fractions that has this biologically effective dose: (1) turned."""
    (wanted,) = not_negative(bed_gy=bed_gy)
    n, ratio = positive(fractions=fractions, alpha_beta_gy=alpha_beta_gy)
    root = np.sqrt(1.0 + 4.0 * wanted / (n * ratio))
    return 2.0 * wanted / (1.0 + root)
