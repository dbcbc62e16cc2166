r"""How many times do surviving cells multiply while treatment goes on?

.. math::
    \ln \frac{N}{N_0} = \frac{\ln 2}{T_d} \max(0, T - T_k)                         \tag{1}

after the kick-off time :math:`T_k`, with the doubling time :math:`T_d` of clonogenic cells.
Days are counted from the first fraction.

Source: Travis & Tucker 1987, Int J Radiat Oncol Biol Phys 13:283,
doi 10.1016/0360-3016(87)90139-8.

Not for: regrowth after treatment has ended, or growth that slows as cells fill a space.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.laws.possible import not_negative, positive

Array = NDArray[np.float64]
Numbers = float | Array


def log_regrowth(time_d: Numbers, *, kick_off_d: Numbers, doubling_d: Numbers) -> Array:
    """Logarithm of the factor by which cells have multiplied, equation (1).

    A `doubling_d` of infinity is no regrowth.

    Raises:
        InvalidInputError: a negative time, or a doubling time that is not above zero.

    """
    t, start = not_negative(time_d=time_d, kick_off_d=kick_off_d)
    (doubling,) = positive(doubling_d=doubling_d)
    return np.log(2.0) / doubling * np.maximum(0.0, t - start)
