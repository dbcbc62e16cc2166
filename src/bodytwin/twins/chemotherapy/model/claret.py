r"""How does a tumour under treatment shrink, and come back as it becomes resistant?

.. math::
    y' = K_L y - K_D\, E(t)\, e^{-\lambda t} y                                     \tag{1}

with an exposure E that is steady from each of its starts on (a daily dose, an area under the
curve of the cycle), so that

.. math::
    \ln \frac{y(t)}{y_0} = K_L t
        - K_D \sum_s E_s \frac{e^{-\lambda t_s} - e^{-\lambda t_{s+1}}}{\lambda},    \tag{2}

and without an exposure

.. math::
    y = y_0 \left(e^{-d t} + e^{g t} - 1\right).                                   \tag{3}

Of (3) the lowest size and its time are known: :math:`t^* = \ln(d/g) / (g + d)`, where
:math:`d > g`.

Source: (1) Claret et al. 2009, J Clin Oncol 27:4103, doi 10.1200/JCO.2008.21.0807; (3) Stein et
al. 2008, Oncologist 13:1046, doi 10.1634/theoncologist.2008-0075, and 2011, Clin Cancer Res
17:907, doi 10.1158/1078-0432.CCR-10-1762.

Not for: doses within a cycle that differ in timing only ((1) sees what is given, not when its
effect comes), or (3) for a plan other than the one that was given.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.laws.possible import not_negative, positive

Array = NDArray[np.float64]
Numbers = float | Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Steps:
    """An exposure (s,) that is steady from each of `starts_d` (s,) on, and nothing before."""

    starts_d: Array
    exposure: Array

    def __post_init__(self) -> None:
        not_negative(starts_d=self.starts_d, exposure=self.exposure)
        if self.starts_d.shape != self.exposure.shape or np.any(np.diff(self.starts_d) <= 0):
            raise InvalidInputError("Each exposure needs its start, in the order of time.")


def claret(
    times_d: Array,
    steps: Steps,
    *,
    start: Numbers,
    growth_per_d: Numbers,
    kill_per_d: Numbers,
    resistance_per_d: Numbers,
) -> Array:
    """Size (draw, time) by (2); `kill_per_d` is for one unit of exposure, all others (draw,).

    Raises:
        InvalidInputError: a negative number, or a size that is not above zero.

    """
    (t,) = not_negative(times_d=times_d)
    (y0,) = positive(start=start)
    growth, kill, fade = not_negative(
        growth_per_d=growth_per_d, kill_per_d=kill_per_d, resistance_per_d=resistance_per_d
    )
    y0, growth, kill, fade = (
        np.atleast_1d(x)[:, None] for x in np.broadcast_arrays(y0, growth, kill, fade)
    )
    ends = np.append(steps.starts_d[1:], np.inf)
    effect = np.zeros_like(growth * t)
    for begin, end, level in zip(steps.starts_d, ends, steps.exposure, strict=True):
        spent = np.clip(t - begin, 0.0, end - begin)
        effect += level * np.exp(-fade * begin) * _lasting(fade, spent)
    return y0 * np.exp(growth * t - kill * effect)


def stein(
    times_d: Array, *, start: Numbers, growth_per_d: Numbers, regression_per_d: Numbers
) -> Array:
    """Size (draw, time) by (3); the rates are (draw,).

    Raises:
        InvalidInputError: a negative number, or a size that is not above zero.

    """
    (t,) = not_negative(times_d=times_d)
    (y0,) = positive(start=start)
    g, d = not_negative(growth_per_d=growth_per_d, regression_per_d=regression_per_d)
    y0, g, d = (np.atleast_1d(x)[:, None] for x in np.broadcast_arrays(y0, g, d))
    return y0 * (1.0 + np.expm1(-d * t) + np.expm1(g * t))


def stein_nadir(*, growth_per_d: Numbers, regression_per_d: Numbers) -> tuple[Array, Array]:
    """Day of the lowest size of (3), and that size over the first; day 0 without a fall."""
    g, d = positive(growth_per_d=growth_per_d, regression_per_d=regression_per_d)
    day = np.where(d > g, np.log(np.maximum(d / g, 1.0)) / (g + d), 0.0)
    return day, np.exp(-d * day) + np.exp(g * day) - 1.0


def _lasting(rate: Array, spent: Array) -> Array:
    """Integral of exp(-rate t) over `spent`, also where the rate is 0."""
    safe = np.where(rate > 0, rate, 1.0)
    return np.where(rate > 0, -np.expm1(-rate * spent) / safe, spent)
