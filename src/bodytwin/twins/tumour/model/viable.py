r"""How large is a tumour of living and dying cells, fraction after fraction?

Between fractions living cells fill volume v, dying ones n, in mm3:

.. math::
    \dot v = a v (1 - v / K), \qquad \dot n = -\zeta n,                            \tag{1}
.. math::
    v \to S(d) v, \qquad n \to n + (1 - S(d)) v                                    \tag{2}

at a fraction of dose d, with S by the linear-quadratic law of `bodytwin.laws.cell_survival`. What
is seen is v + n. Both parts of (1) are solved in closed form, so that there is no step to choose.
Living cells compete among each other only: dying ones take no part of the capacity.

Source: (1), (2) with :math:`K = V_0 / \mathrm{PSI}`: Prokopiou S et al., Radiat Oncol 2015;10:159,
doi 10.1186/s13014-015-0465-x; dying cells that are cleared at a rate: Browning AP et al., Bull
Math Biol 2024;86:19, doi 10.1007/s11538-023-01246-0.

A size at the very time of a fraction is that before it: images are taken first.

Arguments may carry draws on a leading axis (draw,); times and fractions are shared by all.

Not for: repair between fractions close together, doses that differ over the tumour.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.laws.cell_survival import log_survival
from bodytwin.laws.possible import not_negative
from bodytwin.twins.tumour.model.growth import logistic

Array = NDArray[np.float64]
Numbers = float | Array


def irradiated(  # noqa: PLR0913
    volume: Numbers,
    *,
    days: Array,
    fraction_days: Array,
    dose_gy: Array,
    rate_per_d: Numbers,
    capacity: Numbers,
    clearance_per_d: Numbers,
    alpha_per_gy: Numbers,
    beta_per_gy2: Numbers,
) -> tuple[Array, Array]:
    """Living and dying volume at `days`, each (..., time); all alive on day 0.

    Raises InvalidInputError where fractions are not in order or not as many as doses.
    """
    if len(fraction_days) != len(dose_gy) or np.any(np.diff(fraction_days) < 0):
        raise InvalidInputError("Give each fraction its dose, and fractions in order of time.")
    (when,) = not_negative(days=days)
    (clears,) = not_negative(clearance_per_d=clearance_per_d)
    live = np.asarray(not_negative(volume=volume)[0] * np.ones_like(clears), dtype=np.float64)
    dead = np.zeros_like(live)
    looks = [(float(t), 0, i) for i, t in enumerate(when)]
    events = [(float(t), 1, i) for i, t in enumerate(fraction_days)]
    living, dying = [live] * len(when), [dead] * len(when)
    now = 0.0
    for at, is_fraction, i in sorted([*looks, *events]):
        live = logistic(live, days=at - now, rate_per_d=rate_per_d, capacity=capacity)
        dead = dead * np.exp(-clears * (at - now))
        now = at
        if is_fraction:
            survive = np.exp(
                log_survival(
                    float(dose_gy[i]), alpha_per_gy=alpha_per_gy, beta_per_gy2=beta_per_gy2
                )
            )
            dead = dead + (1 - survive) * live
            live = survive * live
        else:
            living[i], dying[i] = live, dead
    return np.stack(np.broadcast_arrays(*living), axis=-1), np.stack(
        np.broadcast_arrays(*dying), axis=-1
    )
