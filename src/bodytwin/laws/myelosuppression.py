# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""How far do blood counts fall after a drug that stops cells from dividing, and for how long?

Cells that divide, three stages of maturation and the circulation, with
:math:`k = 4 / MTT`:

.. math::
    P' = k P \left((1 - E)\left(\tfrac{N_0}{N}\right)^{\gamma} - 1\right), \quad
    T_1' = k (P - T_1),\; T_2' = k (T_1 - T_2),\; T_3' = k (T_2 - T_3),\;
    N' = k (T_3 - N),                                                              \tag{1}
.. math::
    E = \frac{s\, C}{1 + C / C_{50}},                                              \tag{2}

linear in the concentration where :math:`C_{50} = \infty`, and otherwise with the maximum
:math:`E_{max} = s\, C_{50}`. At rest all five are :math:`N_0`; under a steady effect below one

.. math::
    N = N_0 (1 - E)^{1/\gamma}.                                                    \tag{3}

Source: Friberg et al. 2002, J Clin Oncol 20:4713, doi 10.1200/JCO.2002.02.140. Solved by
`numerics.ode.dormand_prince` to a local error of 1e-9, restarted where the input changes; a step
that would leave fewer cells than none is taken again, shorter.

Not for: growth factors, cells that are lost other than by age, infiltrated marrow, or a reserve
that shrinks from cycle to cycle.
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
STAGES = 5
CIRCULATING = 4
"""Which of the five states is in the blood."""

_TOLERANCE = 1e-9
_MATTERS = 1e-3
_FIRST_STEP_D = 0.01
_MOST_STEPS = 100_000


@njit(cache=True, error_model="numpy")
def cells_rate(y, d, first, transit, divides, baseline, feedback):  # pragma: no cover
    """Equation (1) of the five states from `first` on into `d`; `divides` is 1 - E."""
    cells = max(y[first + 4], 1e-12)
    d[first] = transit * y[first] * (divides * math.pow(baseline / cells, feedback) - 1.0)
    for j in range(1, 5):
        d[first + j] = transit * (y[first + j - 1] - y[first + j])


@dataclass(frozen=True, kw_only=True, eq=False)
class Marrow:
    """Of each draw (draw,): the system, and how a drug hits it; see (1) and (2).

    `slope_l_per_mg` is in the inverse unit of the concentration. One number stands for all draws.
    """

    baseline_1e9_per_l: Numbers
    mean_transit_d: Numbers
    feedback: Numbers
    slope_l_per_mg: Numbers
    half_mg_per_l: Numbers = np.inf

    def __post_init__(self) -> None:
        positive(
            baseline_1e9_per_l=self.baseline_1e9_per_l,
            mean_transit_d=self.mean_transit_d,
            feedback=self.feedback,
            half_mg_per_l=self.half_mg_per_l,
        )
        not_negative(slope_l_per_mg=self.slope_l_per_mg)

    def table(self) -> Array:
        """A row for each draw, (draw, 5), in the order of the fields."""
        columns = (
            self.baseline_1e9_per_l, self.mean_transit_d, self.feedback,
            self.slope_l_per_mg, self.half_mg_per_l,
        )  # fmt: skip
        whole = np.broadcast_arrays(*(np.atleast_1d(np.asarray(c, float)) for c in columns))
        return np.ascontiguousarray(np.stack(whole, axis=1))


def inhibition(concentration_mg_per_l: Numbers, *, slope: Numbers, half: Numbers = np.inf) -> Array:
    """The effect E on division, equation (2)."""
    c, s = not_negative(concentration_mg_per_l=concentration_mg_per_l, slope=slope)
    (c50,) = positive(half=half)
    return s * c / (1.0 + c / c50)


def steady_1e9_per_l(effect: Numbers, *, baseline_1e9_per_l: Numbers, feedback: Numbers) -> Array:
    """Where the count comes to rest under a lasting effect, (3); nowhere above 0 from 1 on."""
    (e,) = not_negative(effect=effect)
    rest, gamma = positive(baseline_1e9_per_l=baseline_1e9_per_l, feedback=feedback)
    return rest * np.maximum(1.0 - e, 0.0) ** (1.0 / gamma)


def cells_1e9_per_l(
    concentration_mg_per_l: ExponentialSum, times_d: Array, *, marrow: Marrow
) -> Array:
    """All states (draw, time, 5) from rest, at increasing `times_d` (t,); time in days.

    A draw whose integration fails is NaN from there on.

    Raises:
        InvalidInputError: times that do not increase, or rows of the input that do not fit.

    """
    times = np.ascontiguousarray(times_d, dtype=np.float64)
    if times.ndim != 1 or len(times) == 0 or np.any(np.diff(times) <= 0):
        raise InvalidInputError("Counts are computed at increasing times (t,), at least one.")
    table = marrow.table()
    rows = max(len(table), concentration_mg_per_l.rows)
    given = concentration_mg_per_l.repeated(rows)
    table = np.ascontiguousarray(np.broadcast_to(table, (rows, STAGES)))
    out = np.empty((rows, len(times), STAGES))
    _run(table, given.starts, given.plateau, given.coefficient, given.rate, times, out)
    return out


def neutrophils_1e9_per_l(
    concentration_mg_per_l: ExponentialSum, times_d: Array, *, marrow: Marrow
) -> Array:
    """Circulating cells (draw, time), as `cells_1e9_per_l`."""
    return cells_1e9_per_l(concentration_mg_per_l, times_d, marrow=marrow)[:, :, CIRCULATING]


@dataclass(frozen=True, kw_only=True, eq=False)
class Nadir:
    """Of each draw (draw,): the lowest count, when, and when it is back above a threshold."""

    count_1e9_per_l: Array
    day_d: Array
    recovered_d: Array


def nadir(times_d: Array, counts_1e9_per_l: Array, *, recovered_1e9_per_l: float) -> Nadir:
    """Lowest of counts (draw, time), between times by a parabola through its neighbours.

    `recovered_d` is when the count is first at the threshold again after the nadir, by straight
    lines between times; the nadir's own time where it was never below, infinity where
    it does not come back in time.
    """
    t, c = np.asarray(times_d, dtype=np.float64), np.atleast_2d(counts_1e9_per_l)
    lowest = np.argmin(c, axis=1)
    middle = np.clip(lowest, 1, len(t) - 2)
    row = np.arange(len(c))
    t0, t1, t2 = t[middle - 1], t[middle], t[middle + 1]
    c0, c1, c2 = c[row, middle - 1], c[row, middle], c[row, middle + 1]
    first, second = (c1 - c0) / (t1 - t0), (c2 - c1) / (t2 - t1)
    bend = (second - first) / (t2 - t0)
    inside = (bend > 0) & (lowest == middle)
    safe = np.where(inside, bend, 1.0)
    when = np.where(inside, 0.5 * (t0 + t1) - 0.5 * first / safe, t[lowest])
    fitted = c0 + first * (when - t0) + bend * (when - t0) * (when - t1)
    count = np.where(inside, np.maximum(fitted, 0.0), c[row, lowest])
    back = (c >= recovered_1e9_per_l) & (np.arange(len(t)) >= lowest[:, None])
    at = np.argmax(back, axis=1)
    before = np.maximum(at - 1, 0)
    gap = c[row, at] - c[row, before]
    share = (recovered_1e9_per_l - c[row, before]) / np.where(gap > 0, gap, 1.0)
    crossed = t[before] + np.clip(share, 0.0, 1.0) * (t[at] - t[before])
    recovered = np.where(back.any(axis=1), np.maximum(crossed, when), np.inf)
    return Nadir(
        count_1e9_per_l=count,
        day_d=when,
        recovered_d=np.where(count >= recovered_1e9_per_l, when, recovered),
    )


@njit(cache=True, error_model="numpy")
def _rate(p, plateau, coefficient, rate, elapsed, y, d):  # pragma: no cover
    c = sum_at(plateau, coefficient, rate, elapsed)
    effect = p[3] * c / (1.0 + c / p[4])
    cells_rate(y, d, 0, 4.0 / p[1], 1.0 - effect, p[0], p[2])


@njit(cache=True, error_model="numpy")
def _carry(p, plateau, coefficient, rate, elapsed, span, step, work):  # pragma: no cover
    """Carry the state over `span` days from `elapsed` after the segment; the next step or NaN.

    `work` (9, 5) holds the rates of the stages, the trial and the state.
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
    y = work[8]
    for row in range(parameters.shape[0]):
        p = parameters[row]
        y[:] = p[0]
        segment, i, step = -1, 0, _FIRST_STEP_D
        now = min(starts[0], times[0])
        while i < times.shape[0]:
            boundary = starts[segment + 1] if segment + 1 < starts.shape[0] else np.inf
            until = min(boundary, times[i])
            if until > now and segment >= 0:
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
