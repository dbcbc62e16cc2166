r"""How large is a tumour that grows exponentially while drugs kill it in proportion to themselves?

.. math::
    y' = g y - \sum_i k_i C_i(t)\, y, \qquad
    \ln y(t) = \ln y_0 + g (t - t_0) - \sum_i k_i \int_{t_0}^t C_i                 \tag{1}

with the exact integral of each concentration, at no cost in accuracy however short the drug
stays. Where the kill saturates,

.. math::
    y' = g y - \frac{k_{max} C}{C_{50} + C}\, y,                                   \tag{2}

the integral is by Gauss and Legendre's rule on every segment between events, halved until two
estimates differ by less than the tolerance stated.

Source: Skipper, Schabel & Wilcox 1964, Cancer Chemother Rep 35:1 (a dose kills a share of cells);
Zecchin et al. 2016, Br J Clin Pharmacol 82:717, doi 10.1111/bcp.12994, uses (1) for two drugs.

Not for: growth that slows, resistance, or killing that comes long after the drug.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, NumericalError
from bodytwin.laws.possible import positive
from bodytwin.numerics.ode.exponential_sum import ExponentialSum

Array = NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_MOST_HALVINGS = 14


def log_kill(
    times_d: Array,
    *,
    start: Array,
    growth_per_d: Array,
    kills: Sequence[tuple[ExponentialSum, Array]],
) -> Array:
    """Size (draw, time) by (1), in the unit of `start` (draw,), which is the size at time 0.

    `kills` pairs each drug's concentration with its kill (draw,) per day and unit of it.

    Raises:
        InvalidInputError: sizes or times that cannot be.

    """
    t, y0, g = _begun(times_d, start, growth_per_d)
    log_size = np.log(y0)[:, None] + g[:, None] * t
    for concentration, kill in kills:
        done = concentration.integral(t) - concentration.integral(np.zeros(1))
        log_size = log_size - np.atleast_1d(kill)[:, None] * done
    return np.exp(log_size)


def saturating_kill(
    times_d: Array,
    *,
    start: Array,
    growth_per_d: Array,
    concentration: ExponentialSum,
    kill: tuple[Array, Array],
    tolerance: float = 1e-10,
) -> Array:
    """Size (draw, time) by (2), with `kill` the most per day and the half concentration (draw,).

    The logarithm of the size is right to about `tolerance` times what was killed by then.

    Raises:
        InvalidInputError: sizes or times that cannot be.
        NumericalError: the integral does not settle.

    """
    t, y0, g = _begun(times_d, start, growth_per_d)
    most, half = (np.atleast_1d(np.asarray(x, dtype=np.float64))[:, None] for x in kill)
    (half,) = positive(half=half)
    knots = np.unique(np.concatenate([np.zeros(1), concentration.starts, t]))
    knots = knots[(knots >= 0) & (knots <= t[-1])]
    pieces = _saturated(concentration, half, knots, tolerance)
    done = np.concatenate([np.zeros((len(pieces), 1)), np.cumsum(pieces, axis=1)], axis=1)
    killed = most * done[:, np.searchsorted(knots, t)]
    return np.exp(np.log(y0)[:, None] + g[:, None] * t - killed)


def _saturated(c: ExponentialSum, half: Array, knots: Array, tolerance: float) -> Array:
    """Integral of C / (C50 + C) between neighbouring knots, (draw, pieces)."""
    widths = np.diff(knots)
    before = None
    for halving in range(_MOST_HALVINGS):
        parts = 2**halving
        edge = knots[:-1, None] + widths[:, None] * np.arange(parts) / parts
        width = widths / parts
        at = edge[:, :, None] + 0.5 * width[:, None, None] * (1.0 + _NODES)
        level = c.at(at.ravel())
        share = (level / (half + level)).reshape(len(level), *at.shape)
        found = np.einsum("bpkn,n,p->bp", share, _WEIGHTS, 0.5 * width)
        if before is not None and np.all(np.abs(found - before) <= tolerance * (found + 1e-300)):
            return found
        before = found
    raise NumericalError(
        f"A saturating kill did not settle to {tolerance:g}; ask for less, or check that the rates "
        "of the drug are per day."
    )


def _begun(times_d: Array, start: Array, growth_per_d: Array) -> tuple[Array, Array, Array]:
    t = np.atleast_1d(np.asarray(times_d, dtype=np.float64))
    if np.any(t < 0) or np.any(np.diff(t) <= 0):
        raise InvalidInputError("Times are days from the start, zero or more and increasing.")
    (y0,) = positive(start=np.atleast_1d(np.asarray(start, dtype=np.float64)))
    return t, y0, np.atleast_1d(np.asarray(growth_per_d, dtype=np.float64))
