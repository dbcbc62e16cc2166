# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""How does a tumour grow under a drug whose victims take days to go?

Cells that divide, :math:`x_1`, grow exponentially while the whole, w, is small and
linearly when it is large; a drug at the concentration C damages them, and they pass three
stages before they are gone:

.. math::
    x_1' = \frac{\lambda_0 x_1}{\left[1 + (\lambda_0 w / \lambda_1)^\psi\right]^{1/\psi}}
           - k_2 C x_1, \quad
    x_2' = k_2 C x_1 - k_1 x_2, \quad x_3' = k_1 (x_2 - x_3), \quad
    x_4' = k_1 (x_3 - x_4),                                                        \tag{1}

:math:`w = x_1 + x_2 + x_3 + x_4`, :math:`\psi = 20`. Under a steady concentration above

.. math::
    C_T = \lambda_0 / k_2                                                          \tag{2}

the tumour vanishes.

Source: Simeoni et al. 2004, Cancer Res 64:1094, doi 10.1158/0008-5472.CAN-03-2524; (2) is the
threshold of Magni et al. 2006, Math Biosci 200:127. Solved by `numerics.ode.dormand_prince` to a
local error of 1e-9, restarted at every event, with concentrations in closed form; a step that would
leave fewer cells than none is taken again, shorter.

Not for: tumours with their own blood supply to speak of, or drugs that stop growth without
damage.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.laws.possible import not_negative, positive
from bodytwin.numerics.ode.dormand_prince import LAST, NODE, error, resized, stage
from bodytwin.numerics.ode.exponential_sum import ExponentialSum, sum_at

Array = NDArray[np.float64]
Numbers = float | Array
STAGES = 4
PSI = 20.0

_TOLERANCE = 1e-9
_MATTERS = 1e-9
_LOST = 1e-18
_FIRST_STEP_D = 0.01
_MOST_STEPS = 100_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Growth:
    """Of each draw (draw,) or all, see (1): sizes in one unit, in which `linear_per_d` is too.

    `potency_l_per_mg_d` is :math:`k_2` and `damage_per_d` is :math:`k_1`.
    """

    start: Numbers
    exponential_per_d: Numbers
    linear_per_d: Numbers
    damage_per_d: Numbers
    potency_l_per_mg_d: Numbers

    def __post_init__(self) -> None:
        positive(
            start=self.start,
            exponential_per_d=self.exponential_per_d,
            linear_per_d=self.linear_per_d,
            damage_per_d=self.damage_per_d,
        )
        not_negative(potency_l_per_mg_d=self.potency_l_per_mg_d)

    def table(self) -> Array:
        """A row for each draw, (draw, 5), in the order of the fields."""
        columns = (
            self.start, self.exponential_per_d, self.linear_per_d,
            self.damage_per_d, self.potency_l_per_mg_d,
        )  # fmt: skip
        whole = np.broadcast_arrays(*(np.atleast_1d(np.asarray(c, float)) for c in columns))
        return np.ascontiguousarray(np.stack(whole, axis=1))


def stages(concentration_mg_per_l: ExponentialSum, times_d: Array, *, growth: Growth) -> Array:
    """The four kinds of cells (draw, time, 4), at increasing `times_d` (t,), all alive at day 0.

    A draw whose integration fails is NaN from there on.

    Raises:
        InvalidInputError: times before 0 or that do not increase, or rows that do not fit.

    """
    times = np.ascontiguousarray(times_d, dtype=np.float64)
    if times.ndim != 1 or len(times) == 0 or times[0] < 0 or np.any(np.diff(times) <= 0):
        raise InvalidInputError("Sizes are computed at increasing times (t,) from day 0 on.")
    table = growth.table()
    rows = max(len(table), concentration_mg_per_l.rows)
    given = concentration_mg_per_l.repeated(rows)
    table = np.ascontiguousarray(np.broadcast_to(table, (rows, table.shape[1])))
    out = np.empty((rows, len(times), STAGES))
    _run(table, given.starts, given.plateau, given.coefficient, given.rate, times, out)
    return out


def simeoni(concentration_mg_per_l: ExponentialSum, times_d: Array, *, growth: Growth) -> Array:
    """Size (draw, time) of all cells, as `stages`."""
    return stages(concentration_mg_per_l, times_d, growth=growth).sum(axis=2)


def threshold_mg_per_l(*, exponential_per_d: Numbers, potency_l_per_mg_d: Numbers) -> Array:
    """The steady concentration above which a tumour vanishes, equation (2)."""
    growth, potency = positive(
        exponential_per_d=exponential_per_d, potency_l_per_mg_d=potency_l_per_mg_d
    )
    return growth / potency


@njit(cache=True, error_model="numpy")
def _slowed(exponential, linear, whole):  # pragma: no cover
    """Growth rate per cell; the power of PSI is by products, of the ratio or its inverse."""
    ratio = exponential * whole / linear
    inner = min(ratio, 1.0 / ratio) if ratio > 0.0 else 0.0
    fourth = inner * inner * inner * inner
    sixteenth = fourth * fourth * fourth * fourth
    power = sixteenth * fourth
    slower = math.pow(1.0 + power, -1.0 / PSI) if power > _LOST else 1.0
    return exponential * slower / max(ratio, 1.0)


@njit(cache=True, error_model="numpy")
def _rate(p, plateau, coefficient, rate, elapsed, y, d):  # pragma: no cover
    killed = p[4] * sum_at(plateau, coefficient, rate, elapsed) * y[0]
    d[0] = _slowed(p[1], p[2], y[0] + y[1] + y[2] + y[3]) * y[0] - killed
    d[1] = killed - p[3] * y[1]
    d[2] = p[3] * (y[1] - y[2])
    d[3] = p[3] * (y[2] - y[3])


@njit(cache=True, error_model="numpy")
def _carry(p, plateau, coefficient, rate, elapsed, span, step, work):  # pragma: no cover
    """Carry the state over `span` days from `elapsed` after the segment; the next step or NaN.

    `work` (9, 4) holds the rates of the stages, the trial and the state.
    """
    k, trial, y = work[:7], work[7], work[8]
    done = 0.0
    _rate(p, plateau, coefficient, rate, elapsed, y, k[0])
    for _count in range(_MOST_STEPS):
        if done >= span * (1.0 - 1e-14):
            return step
        h = min(step, span - done)
        for s in range(1, LAST + 1):
            stage(s, h, y, k, trial)
            _rate(p, plateau, coefficient, rate, elapsed + done + NODE[s] * h, trial, k[s])
        worst = error(h, y, k, _TOLERANCE, _MATTERS * p[0])
        if trial.min() < 0.0:
            worst = np.inf
        after = resized(h, worst)
        if worst <= 1.0:
            done += h
            y[:] = trial
            k[0] = k[LAST]
            step = max(step, after) if h < step else after
        else:
            step = after
            if step < 1e-13:
                return np.nan
    return np.nan


@njit(cache=True, error_model="numpy")
def _run(parameters, starts, plateau, coefficient, rate, times, out):  # pragma: no cover
    work = np.empty((9, STAGES))
    y, nothing = work[8], np.zeros(rate.shape[1])
    for row in range(parameters.shape[0]):
        p = parameters[row]
        y[:] = 0.0
        y[0] = p[0]
        segment, i, step, now = -1, 0, _FIRST_STEP_D, 0.0
        while segment + 1 < starts.shape[0] and starts[segment + 1] <= 0.0:
            segment += 1
        while i < times.shape[0]:
            boundary = starts[segment + 1] if segment + 1 < starts.shape[0] else np.inf
            until = min(boundary, times[i])
            if until > now:
                if segment < 0:
                    step = _carry(p, 0.0, nothing, nothing, now, until - now, step, work)
                else:
                    step = _carry(
                        p, plateau[row, segment], coefficient[row, segment], rate[row],
                        now - starts[segment], until - now, step, work,
                    )  # fmt: skip
                if math.isnan(step):
                    out[row, i:] = np.nan
                    break
            now = until
            if boundary <= times[i]:
                segment += 1
                step = min(step, _FIRST_STEP_D)
            else:
                out[row, i] = y
                i += 1
