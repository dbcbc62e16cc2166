# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Where does the size of one lesion go, when treatment acts and what drives it cannot be seen?

With d the longest diameter and t the years since treatment began, :math:`x = \ln(d + d_0)` moves
as

.. math::
    x(t) = x_0 + a\, h_b(t) - k\, h_\lambda(t) + \sigma v W(t), \qquad
    h_r(t) = \frac{1 - e^{-r t}}{r},                                              \tag{1}
.. math::
    (x_0, a, k) = \mu + \mathrm{diag}(1, v^\gamma, v^\gamma)\, L \zeta, \qquad
    \zeta \sim N(0, I), \quad \ln v \sim N(0, \omega^2),                          \tag{2}
.. math::
    \ln(d_{read} + d_0) \sim N(x, s^2).                                           \tag{3}

W is Brownian motion: the part of the course that no covariate foretells, which makes a reading
wider of the mark the longer it lies ahead. v is how restless one patient's tumour is; given v all
is jointly Gaussian, so that the likelihood and every conditional are exact, and v itself is
summed over nodes. With :math:`\sigma` alone (1) is the last value, smoothed; with
:math:`\sigma = 0` it is Gompertz's law, growth that slows at rate b, under a response that wears
off. :math:`d_0` lets errors of small lesions be absolute and those of large ones relative. Before
the start of treatment t counts as 0.

After the last reading the next one is foretold by `model.step`, which needs of (1) where the lesion
stands and v; what a plan changes is the drift of (1) under it less that of going on.

A reading below the limit of measuring is taken as one at half the limit with the variance of
an even spread below it (moment matching), which keeps (3) Gaussian.

Source: own combination of known parts: growth and regression rates of Stein WD et al., Clin
Cancer Res 2011;17:907, doi 10.1158/1078-0432.CCR-10-1762; Gaussian processes conditioned as in
Rasmussen and Williams 2006, chapter 2. It is no law of biology.

Not for: doses (treatment is on or off), several lesions of one patient, treatments other than
those of the patients from whom the numbers were learned.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST = 64
"""Readings of one patient that a kernel takes; the latest are kept where there are more."""
LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathNumbers:
    """The constants of (1) to (3); `lower` is L, (3, 3); rates are per year, d_0 in mm.

    `largest_mm` bounds what a course can reach, which is beyond every lesion that was measured.
    """

    offset_mm: float
    largest_mm: float
    slowing_per_a: float
    waning_per_a: float
    wander_per_root_a: float
    restlessness_log_sd: float
    trend_power: float
    error_log_sd: float
    mean: tuple[float, float, float]
    lower: tuple[tuple[float, float, float], ...]

    def packed(self) -> Array:
        """All numbers in the order of the kernels, (16,)."""
        flat = [v for i, row in enumerate(self.lower) for v in row[: i + 1]]
        return np.array(
            [
                self.offset_mm, self.waning_per_a, self.wander_per_root_a,
                self.restlessness_log_sd, self.trend_power, self.error_log_sd,
                *self.mean, *flat, self.slowing_per_a,
            ]
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Courses:
    """Readings of many patients, one after another: those of i from `start[i]` to `start[i + 1]`.

    `time_a` years since treatment, `diameter_mm`, and `spread_mm`, the sd of what
    stands in for a reading below the limit (0 for a real one).
    """

    time_a: Array
    diameter_mm: Array
    spread_mm: Array
    start: NDArray[np.int64]


def faded_a(time_a: Array | float, rate_per_a: float) -> Array:
    """h_r(t) of (1) in years, 0 before treatment."""
    t = np.maximum(time_a, 0.0)
    return -np.expm1(-rate_per_a * t) / rate_per_a


def nodes_of(count: int) -> tuple[Array, Array]:
    """Gauss-Hermite nodes of a standard normal and the logarithms of their weights, (count,)."""
    points: Any = np.polynomial.hermite_e.hermegauss(count)
    x, w = points
    return x, np.log(w) - math.log(float(w.sum()))


EFFECTS = 7
"""Columns of a patient before the steps of the path: size, trend, response, the next response,
restlessness, and two of the step ahead: whether it repeats, and how far it goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """When treatment acts, in years: the first from 0 to `stop_a`, another from `next_a` on."""

    stop_a: float = math.inf
    next_a: float = math.inf
    next_stop_a: float = math.inf


def loadings(numbers: PathNumbers, time_a: Array, restlessness: Array) -> tuple[Array, Array]:
    """Mean of x (time,) and its weights on zeta, (draw, time, 3), treatment going on."""
    t = np.maximum(time_a, 0.0)
    growth = faded_a(t, numbers.slowing_per_a)
    basis = np.column_stack([np.ones_like(t), growth, -faded_a(t, numbers.waning_per_a)])
    scale: Array = np.exp(numbers.trend_power * np.log(restlessness))[:, None]
    lower = np.array(numbers.lower, dtype=np.float64)
    own: Array = basis[:, 1:] @ lower[1:]
    start: Array = np.asarray(basis[:, :1] * lower[:1], dtype=np.float64)
    whole = start[None] + scale[:, :, None] * own[None]
    return basis @ np.array(numbers.mean), whole


def wandered(knot_a: Array, time_a: Array) -> Array:
    """W at `time_a` as weights on one standard normal step for each knot, (time, knot).

    Between two knots the next step enters by the root of its share, so that the variance of W(t)
    is t at every t; after the last knot its step goes on.
    """
    if not len(knot_a):
        return np.zeros((len(time_a), 0))
    knots = np.concatenate([[0.0], knot_a])
    t = np.maximum(time_a, 0.0)
    width = np.sqrt(np.diff(knots))
    done: Array = np.where(knots[None, 1:] <= t[:, None], width, 0.0)
    at = np.minimum(np.searchsorted(knot_a, t, side="right"), len(knot_a) - 1)
    partial = np.sqrt(np.maximum(t - knots[at], 0.0))
    done[np.arange(len(t)), at] = partial
    return done


def course(
    numbers: PathNumbers, effects: Array, knot_a: Array, exposure: Exposure, time_a: Array
) -> Array:
    """The x of (1) at `time_a` for patients (draw, 7 + knot), shape (draw, time)."""
    path = effects[:, EFFECTS:] @ wandered(knot_a, time_a).T
    moved = drift(numbers, effects, exposure, time_a)
    return moved + numbers.wander_per_root_a * effects[:, 4:5] * path


def drift(numbers: PathNumbers, effects: Array, exposure: Exposure, time_a: Array) -> Array:
    """The x of (1) without W, (draw, time).

    The response to another treatment is a new draw of the population, independent of the first.
    """
    scale = np.power(effects[:, 4:5], numbers.trend_power)
    lower, mean = np.array(numbers.lower), np.array(numbers.mean)
    random = effects[:, :3] @ lower.T
    start = mean[0] + random[:, :1]
    trend, response = mean[1] + scale * random[:, 1:2], mean[2] + scale * random[:, 2:3]
    following = mean[2] + scale * float(np.linalg.norm(lower[2])) * effects[:, 3:4]
    t = np.maximum(time_a, 0.0)
    first = faded_a(np.minimum(t, exposure.stop_a), numbers.waning_per_a)
    later = np.zeros_like(t)
    if math.isfinite(exposure.next_a):
        later = faded_a(np.minimum(t, exposure.next_stop_a) - exposure.next_a,
                           numbers.waning_per_a)  # fmt: skip
    growth = faded_a(t, numbers.slowing_per_a)
    return start + trend * growth - response * first - following * later


def diameter_of(numbers: PathNumbers, x: Array) -> Array:
    """Diameter in mm that x stands for, from a hundredth of a millimetre to the largest."""
    highest = np.log(numbers.largest_mm + numbers.offset_mm)
    return np.maximum(np.exp(np.minimum(x, highest)) - numbers.offset_mm, 0.01)


@njit(cache=True)
def _basis(t, slowing, waning):
    """The weights of a and k at t."""
    t = max(t, 0.0)
    return (1.0 - math.exp(-slowing * t)) / slowing, -(1.0 - math.exp(-waning * t)) / waning


@njit(cache=True)
def _rows(time, start, stop, p, v, rows):
    """Rows of B diag(1, v^g, v^g) L, (reading, 3), and the mean; returns the means in column 3."""
    scale = v ** p[4]
    for j in range(stop - start):
        t, h = _basis(time[start + j], p[15], p[1])
        rows[j, 3] = p[6] + t * p[7] + h * p[8]
        rows[j, 0] = p[9] + scale * (t * p[10] + h * p[12])
        rows[j, 1] = scale * (t * p[11] + h * p[13])
        rows[j, 2] = scale * h * p[14]


@njit(cache=True)
def _factor(  # noqa: PLR0913
    time, diameter, spread, start, stop, p, v, rows, lower, gap
):
    """Cholesky factor of the covariance of the readings, and the log density of `gap`."""
    n = stop - start
    _rows(time, start, stop, p, v, rows)
    wander = (p[2] * v) ** 2
    total = 0.0
    for i in range(n):
        y = diameter[start + i] + p[0]
        gap[i] = math.log(y) - rows[i, 3]
        for j in range(i + 1):
            shared = min(max(time[start + i], 0.0), max(time[start + j], 0.0))
            c = (
                rows[i, 0] * rows[j, 0] + rows[i, 1] * rows[j, 1] + rows[i, 2] * rows[j, 2]
                + wander * shared
            )  # fmt: skip
            if i == j:
                c += p[5] ** 2 + (spread[start + i] / y) ** 2
            for k in range(j):
                c -= lower[i, k] * lower[j, k]
            if i == j:
                lower[i, i] = math.sqrt(max(c, 1e-12))
            else:
                lower[i, j] = c / lower[j, j]
        for k in range(i):
            gap[i] -= lower[i, k] * gap[k]
        gap[i] /= lower[i, i]
        total -= 0.5 * gap[i] ** 2 + math.log(lower[i, i] * y) + 0.5 * LOG_2PI
    return total


@njit(cache=True)
def log_likelihoods(time, diameter, spread, start, p, node, log_weight):
    """Log density of the diameters of each patient and node, (patient, node), weights included."""
    count = len(start) - 1
    out = np.empty((count, len(node)))
    rows, lower, gap = np.empty((MOST, 4)), np.zeros((MOST, MOST)), np.empty(MOST)
    for i in range(count):
        for q in range(len(node)):
            v = math.exp(p[3] * node[q])
            out[i, q] = log_weight[q] + _factor(
                time, diameter, spread, start[i], start[i + 1], p, v, rows, lower, gap
            )
    return out


@njit(cache=True)
def log_likelihood(time, diameter, spread, start, p, node, log_weight):
    """Log density of all diameters, restlessness summed over the nodes."""
    each = log_likelihoods(time, diameter, spread, start, p, node, log_weight)
    total = 0.0
    for i in range(len(each)):
        top = each[i].max()
        total += top + math.log(np.exp(each[i] - top).sum())
    return total


@njit(cache=True)
def ahead(  # noqa: PLR0913
    time, diameter, spread, start, p, node, log_weight, target, target_start
):
    """What will be read: weights (patient, node); means and sds of x (target, node).

    Targets of patient i run from `target_start[i]`; each is taken by itself.
    """
    weight = log_likelihoods(time, diameter, spread, start, p, node, log_weight)
    mean, sd = np.empty((len(target), len(node))), np.empty((len(target), len(node)))
    rows, lower, gap = np.empty((MOST, 4)), np.zeros((MOST, MOST)), np.empty(MOST)
    one, c = np.empty((1, 4)), np.empty(MOST)
    for i in range(len(start) - 1):
        a, b = start[i], start[i + 1]
        top = weight[i].max()
        weight[i] = np.exp(weight[i] - top)
        weight[i] /= weight[i].sum()
        for q in range(len(node)):
            v = math.exp(p[3] * node[q])
            _factor(time, diameter, spread, a, b, p, v, rows, lower, gap)
            wander = (p[2] * v) ** 2
            for j in range(target_start[i], target_start[i + 1]):
                _rows(target, j, j + 1, p, v, one)
                m, own = one[0, 3], p[5] ** 2 + wander * max(target[j], 0.0)
                own += one[0, 0] ** 2 + one[0, 1] ** 2 + one[0, 2] ** 2
                for k in range(b - a):
                    s = (
                        one[0, 0] * rows[k, 0] + one[0, 1] * rows[k, 1] + one[0, 2] * rows[k, 2]
                        + wander * min(max(target[j], 0.0), max(time[a + k], 0.0))
                    )  # fmt: skip
                    for o in range(k):
                        s -= lower[k, o] * c[o]
                    c[k] = s / lower[k, k]
                    m += c[k] * gap[k]
                    own -= c[k] ** 2
                mean[j, q], sd[j, q] = m, math.sqrt(max(own, 1e-12))
    return weight, mean, sd
