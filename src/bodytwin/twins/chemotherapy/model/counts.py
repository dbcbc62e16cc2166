# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""How do counts of thousands of draws run over many cycles, within a fraction of a second?

The law of `bodytwin.laws.myelosuppression`, stepped on one grid for all draws. With
:math:`F = (N_0/N)^\gamma` and :math:`I(t) = \int E` from the start of a step, the logarithm
:math:`u` of the dividing cells is followed through

.. math::
    w = u + k I F, \qquad w' = k (F - 1) + k I F',                                 \tag{1}

which has lost the drug's own jump: I is exact (a sum of exponentials), and Runge and Kutta's
fourth order takes steps of hours where the concentration would ask for seconds. Steps are short
after each event and no longer than `LONGEST_D`; between nodes counts are Hermite's cubic.

Source: (1) is integration by parts. Within 2e-3 of the law where counts matter, most of it far
below (`verification/chemotherapy/laws`).

Not for: what the law is not for.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bodytwin.laws.myelosuppression import Marrow
from bodytwin.numerics.ode.exponential_sum import ExponentialSum

Array = NDArray[np.float64]
LONGEST_D = 0.3
LADDER_D = (0.01, 0.03, 0.06, 0.11, 0.2, 0.35)
"""Nodes after each event, in days; then steps of `LONGEST_D`."""
GONE = 40.0


def nodes_of(events_d: Array, until_d: float) -> Array:
    """The grid (node,): every event, the ladder after each, then equal steps past `until_d`.

    Nodes before an event do not depend on what comes after it.
    """
    events = np.unique(events_d)
    parts: list[Array] = []
    for start, end in zip(events, [*events[1:], max(until_d, events[-1]) + 1.0], strict=True):
        steps = max(0, int(np.ceil((end - start - LADDER_D[-1]) / LONGEST_D)))
        later = LADDER_D[-1] + LONGEST_D * np.arange(1, steps + 1)
        own = start + np.concatenate([[0.0], LADDER_D, later])
        parts.append(own[own < end - 1e-9])
    return np.concatenate([*parts, [max(until_d, events[-1]) + 1.0]])


def counts_1e9_per_l(
    effect: ExponentialSum, marrow: Marrow, times_d: Array, *, events_d: Array
) -> Array:
    """Circulating cells (draw, time) from rest at the first of `events_d`, at any `times_d`.

    `effect` is the concentration; `marrow` brings its slope. Every start of `effect` must be an
    event, and times before the first event are at rest.
    """
    table = marrow.table()
    rows = max(len(table), effect.rows)
    given = effect.repeated(rows)
    table = np.ascontiguousarray(np.broadcast_to(table, (rows, table.shape[1])))
    times = np.asarray(times_d, dtype=np.float64)
    nodes = nodes_of(np.concatenate([events_d, effect.starts]), float(times.max()))
    segment = np.searchsorted(given.starts, nodes, side="right") - 1
    elapsed = nodes - given.starts[np.maximum(segment, 0)]
    at = np.empty((rows, len(nodes), 2))
    _run(table, given.plateau, given.coefficient, given.rate, nodes, segment, elapsed, at)
    return _between(at, nodes, times)


def _between(at: Array, nodes: Array, times: Array) -> Array:
    """Hermite's cubic through the values and slopes at the nodes."""
    k = np.clip(np.searchsorted(nodes, times, side="right") - 1, 0, len(nodes) - 2)
    h = nodes[k + 1] - nodes[k]
    s = np.clip((times - nodes[k]) / h, 0.0, 1.0)
    low, high = at[:, k], at[:, k + 1]
    rest = s * (1.0 - s)
    value = low[..., 0] * (1.0 + 2.0 * s) * (1.0 - s) ** 2 + high[..., 0] * s**2 * (3.0 - 2.0 * s)
    return np.maximum(value + h * rest * (low[..., 1] * (1.0 - s) - high[..., 1] * s), 0.0)


@njit(cache=True, error_model="numpy")
def _areas(plateau, coefficient, rate, elapsed, span):  # pragma: no cover
    """The integral over half of `span`, and over all of it."""
    half, full = 0.5 * plateau * span, plateau * span
    for j in range(rate.shape[0]):
        if rate[j] * elapsed < GONE:
            left = coefficient[j] * math.exp(-rate[j] * elapsed) / rate[j]
            lost = -math.expm1(-0.5 * rate[j] * span)
            half += left * lost
            full += left * lost * (2.0 - lost)
    return half, full


@njit(cache=True, error_model="numpy")
def _slope(y, area, k, base, gamma, d):  # pragma: no cover
    """Equation (1) and the stages for y = (w, T1, T2, T3, N); `area` is k I."""
    n = max(y[4], 1e-12)
    pull = math.exp(gamma * (math.log(base) - math.log(n)))
    d[4] = k * (y[3] - y[4])
    d[0] = k * (pull - 1.0) - area * gamma * pull * d[4] / n
    d[1] = k * (math.exp(y[0] - area * pull) - y[1])
    d[2] = k * (y[1] - y[2])
    d[3] = k * (y[2] - y[3])


@njit(cache=True, error_model="numpy")
def _step(y, h, half, full, system, work):  # pragma: no cover
    """One step of Runge and Kutta for y, in place; `work` (3, 5) is scratch."""
    k, base, gamma = system
    z, d, whole = work
    for stage in range(4):
        part = 0.0 if stage == 0 else (h if stage == 3 else 0.5 * h)
        area = 0.0 if stage == 0 else (full if stage == 3 else half)
        weight = 2.0 if stage in (1, 2) else 1.0
        for j in range(5):
            z[j] = y[j] + part * d[j] if stage else y[j]
        _slope(z, area, k, base, gamma, d)
        for j in range(5):
            whole[j] = whole[j] + weight * d[j] if stage else d[j]
    for j in range(5):
        y[j] += h / 6.0 * whole[j]
    y[0] -= full * math.exp(gamma * math.log(base / max(y[4], 1e-12)))


@njit(cache=True, error_model="numpy")
def _run(table, plateau, coefficient, rate, nodes, segment, elapsed, out):  # pragma: no cover
    y, work = np.empty(5), np.empty((3, 5))
    for row in range(table.shape[0]):
        base, k, gamma, slope = table[row, 0], 4.0 / table[row, 1], table[row, 2], table[row, 3]
        y[0] = math.log(base)
        y[1:] = base
        out[row, 0, 0], out[row, 0, 1] = base, 0.0
        for i in range(nodes.shape[0] - 1):
            h, s = nodes[i + 1] - nodes[i], segment[i]
            half, full = 0.0, 0.0
            if s >= 0:
                p, c, r = plateau[row, s], coefficient[row, s], rate[row]
                half, full = _areas(p, c, r, elapsed[i], h)
                half, full = k * slope * half, k * slope * full
            _step(y, h, half, full, (k, base, gamma), (work[0], work[1], work[2]))
            out[row, i + 1, 0] = y[4]
            out[row, i + 1, 1] = k * (y[3] - y[4])
