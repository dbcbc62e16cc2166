r"""What will the next reading of a lesion be, if it is measured again?

With :math:`x = \ln(d + d_0)` at the last reading, a span :math:`\Delta` of years after it and v,
how restless the tumour is (`model.path`),

.. math::
    x(\Delta) = x + \begin{cases}
        0 & \text{with probability } p(\Delta) = \dfrac{a + r}{a + b + n}\, e^{-f \Delta}, \\
        e\, s(\Delta) & \text{else,}\end{cases}                                        \tag{1}
.. math::
    \ln s(\Delta) = c + H \ln \Delta + g \ln v + u\, x.                               \tag{2}

r of the n steps until now were repeats to the millimetre; (1) is the mean of their beta posterior.
After a lesion that could not be seen p is one number, the share that stayed unseen. e has the
shape of other patients' steps, each divided by its own s: a quantile function by even levels. It
is one deviate of a patient for all spans, so that a course fans out and a repeat ends once.

(1) is the last value with others' steps, each scaled by how restless its patient was and yours is.
It has no trend, for none was found that foretells, and speaks of those who are measured again.

Source: own combination of known parts: persistence (Murphy AH, Weather Forecast 1992;7:692), a
hurdle at zero (Cragg JG, Econometrica 1971;39:829, doi 10.2307/1909582), standardised residuals
drawn again as in filtered historical simulation (Barone-Adesi G et al., J Futures Markets
1999;19:583).

Not for: times before the last reading, what a change of treatment does (`model.path`).
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]
LEVELS = 41
SOONEST_A = 1.0 / 365.25
"""A span counts as at least a day."""
SAME_MM = 0.01
LEAST = 1e-9
"""Where no reading repeats, or every one does, the share stays this far from certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepNumbers:
    """The constants of (1) and (2); spans in years.

    `shape` is e at the levels (j + 1/2) / 41; `repeats_for` and `repeats_against` are a and b.
    """

    log_scale: float
    span_power: float
    restless_power: float
    size_power: float
    repeats_for: float
    repeats_against: float
    repeats_fade_per_a: float
    unseen_stays: float
    shape: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What the steps until now were: `repeats` of `steps`, the last reading at `last_a`."""

    last_a: float
    repeats: int
    steps: int
    unseen: bool


def history(time_a: Array, diameter_mm: Array, unseen: NDArray[np.bool_]) -> Before:
    """Counted from readings in order of time, at least one; one unseen holds its limit."""
    same = np.abs(np.diff(diameter_mm)) < SAME_MM
    return Before(
        last_a=float(time_a[-1]),
        repeats=int((same & (unseen[1:] == unseen[:-1])).sum()),
        steps=len(time_a) - 1,
        unseen=bool(unseen[-1]),
    )


def repeat_share(numbers: StepNumbers, before: Before, span_a: Array) -> Array:
    """Probability p of (1), shape of `span_a`."""
    n = numbers
    if before.unseen:
        return np.full_like(span_a, n.unseen_stays)
    share = (n.repeats_for + before.repeats) / (n.repeats_for + n.repeats_against + before.steps)
    return share * np.exp(-n.repeats_fade_per_a * span_a)


def steps_ahead(
    numbers: StepNumbers, before: Before, x: Array, restlessness: Array, deviates: Array,
    time_a: Array,
) -> Array:  # fmt: skip
    """x(t) - x, (draw, time), for x and v (draw,); 0 until the last reading.

    `deviates` (draw, 2) are standard normal: of being a repeat, and of e.
    """
    span = np.maximum(time_a - before.last_a, SOONEST_A)
    base = numbers.restless_power * np.log(restlessness) + numbers.size_power * x
    scale = np.exp(numbers.log_scale + base[:, None] + numbers.span_power * np.log(span))
    moves = cast(Array, ndtr(deviates[:, :1])) >= repeat_share(numbers, before, span)
    step = shaped(numbers, cast(Array, ndtr(deviates[:, 1])))[:, None] * scale
    return np.where(moves & (time_a > before.last_a), step, 0.0)


def shaped(numbers: StepNumbers, level: Array) -> Array:
    """The e of (1) at levels between 0 and 1."""
    at = (np.arange(len(numbers.shape)) + 0.5) / len(numbers.shape)
    return np.interp(level, at, np.array(numbers.shape))


@dataclass(frozen=True, kw_only=True, eq=False)
class Steps:
    """Steps of many patients (step,): from x to x + `gain`, `log_restless` as known before.

    `repeats` of `earlier` steps before were repeats. `seen` is of the reading before a step,
    `known` of that after it.
    """

    span_a: Array
    x: Array
    gain: Array
    log_restless: Array
    repeats: Array
    earlier: Array
    same: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    known: NDArray[np.bool_]


FEWEST = 60
"""Steps other than repeats below which nothing of a step is learned."""


def learned(steps: Steps, numbers: StepNumbers) -> StepNumbers:
    """The numbers of `steps`: (2) by least squares on ln |gain|, the shares by likelihood.

    `numbers` come back where fewer than 60 steps were no repeats.
    """
    moved = steps.seen & steps.known & ~steps.same
    if moved.sum() < FEWEST:
        return numbers
    rows = np.column_stack(
        [np.ones_like(steps.x), np.log(steps.span_a), steps.log_restless, steps.x]
    )
    fit: Any = np.linalg.lstsq(rows[moved], np.log(np.abs(steps.gain[moved])), rcond=None)
    c: Array = fit[0]
    own = steps.gain[moved] / np.exp(rows[moved] @ c)
    shape = np.quantile(own, (np.arange(LEVELS) + 0.5) / LEVELS)
    a, b, fade = _repeating(steps)
    stayed = steps.same[~steps.seen]
    return StepNumbers(
        log_scale=float(c[0]),
        span_power=float(c[1]),
        restless_power=float(c[2]),
        size_power=float(c[3]),
        repeats_for=a,
        repeats_against=b,
        repeats_fade_per_a=fade,
        unseen_stays=float((stayed.sum() + 1) / (len(stayed) + 2)),
        shape=tuple(map(float, shape)),
    )


def _repeating(steps: Steps) -> tuple[float, float, float]:
    from scipy.optimize import minimize

    s = steps.seen

    def loss(log: Array) -> float:
        a, b, fade = np.exp(np.clip(log, -9.0, 9.0))
        p = (a + steps.repeats[s]) / (a + b + steps.earlier[s]) * np.exp(-fade * steps.span_a[s])
        p = np.clip(p, LEAST, 1 - LEAST)
        return -float(np.where(steps.same[s], np.log(p), np.log1p(-p)).mean())

    found: Any = minimize(loss, np.array([0.0, 1.0, 0.0]), method="Nelder-Mead")
    a, b, fade = np.exp(np.clip(found.x, -9.0, 9.0))
    return float(a), float(b), float(fade)
