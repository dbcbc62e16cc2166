r"""Which share of irradiated cells can still divide without end?

.. math::
    -\ln S = \alpha d + G \beta d^2                                               \tag{1}

after an acute dose d (G = 1), or one given slowly, where :math:`G \le 1` is the
factor of `bodytwin.laws.repair`. Cells of some lines bend less than (1) at large doses, which is
said by a straight line from the dose :math:`d_T` on,

.. math::
    -\ln S = \alpha d_T + \beta d_T^2 + \gamma (d - d_T), \qquad d > d_T,          \tag{2}

with :math:`\gamma = \alpha + 2 \beta d_T` where the line is the tangent of (1).

Source: (1) Fowler 1989, Br J Radiol 62:679, doi 10.1259/0007-1285-62-740-679; (2) Astrahan 2008,
Med Phys 35:4161, doi 10.1118/1.2969065.

Every argument is broadcast against the others, so draws of parameters go along a leading axis.

Not for: doses below about 0.5 Gy (hypersensitivity), heavy ions, effects of one cell on
another.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.laws.possible import not_negative, positive

Array = NDArray[np.float64]
Numbers = float | Array


def log_survival(
    dose_gy: Numbers,
    *,
    alpha_per_gy: Numbers,
    beta_per_gy2: Numbers,
    protraction: Numbers = 1.0,
) -> Array:
    """Logarithm of the surviving share after one dose, equation (1).

    Raises:
        InvalidInputError: a negative number among the arguments.

    """
    d, alpha, beta, g = not_negative(
        dose_gy=dose_gy, alpha_per_gy=alpha_per_gy, beta_per_gy2=beta_per_gy2, G=protraction
    )
    return -(alpha * d + g * beta * d * d)


def log_survival_straight(
    dose_gy: Numbers,
    *,
    alpha_per_gy: Numbers,
    beta_per_gy2: Numbers,
    straight_from_gy: Numbers,
    slope_per_gy: Numbers | None = None,
) -> Array:
    """Logarithm of the surviving share where equation (1) goes over to (2).

    Without `slope_per_gy` the line is the tangent.

    Raises:
        InvalidInputError: a negative number among the arguments.

    """
    d, alpha, beta, start = not_negative(
        dose_gy=dose_gy,
        alpha_per_gy=alpha_per_gy,
        beta_per_gy2=beta_per_gy2,
        straight_from_gy=straight_from_gy,
    )
    gamma = alpha + 2.0 * beta * start
    if slope_per_gy is not None:
        (gamma,) = not_negative(slope_per_gy=slope_per_gy)
    bent = np.minimum(d, start)
    return -(alpha * bent + beta * bent * bent + gamma * (d - bent))


def course_log_survival(
    dose_gy: Numbers, *, fractions: Numbers, alpha_per_gy: Numbers, beta_per_gy2: Numbers
) -> Array:
    """Logarithm of the surviving share after a total dose in equal fractions, fully repaired.

    Raises:
        InvalidInputError: a negative number among the arguments, or no fractions.

    """
    (n,) = positive(fractions=fractions)
    each = np.asarray(dose_gy, dtype=np.float64) / n
    return n * log_survival(each, alpha_per_gy=alpha_per_gy, beta_per_gy2=beta_per_gy2)
