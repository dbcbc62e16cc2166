r"""How good was a forecast, given what was then measured? Proper scores of equally weighted draws.

For draws :math:`x_1 \dots x_n` and an outcome :math:`y`,

.. math::
    \mathrm{CRPS} = \frac1n \sum_i |x_i - y| - \frac{1}{2n(n-1)} \sum_{i,j} |x_i - x_j|   \tag{1}
.. math::
    \mathrm{PIT} = \frac{\#\{x_i < y\} + U (\#\{x_i = y\} + 1)}{n + 1}  \tag{2}
.. math::
    \mathrm{IS}_\alpha = (u - l) + \tfrac2\alpha (l - y)^+ + \tfrac2\alpha (y - u)^+     \tag{3}

(1) is the estimator whose mean does not depend on n; sorting gives its second
sum in n log n steps. (2), with U uniform on (0, 1), is exactly uniform when y is
drawn as the draws are.

An outcome known only to lie beyond a limit L is scored as what was reported:
(1) with draws and outcome clipped at L, which is the threshold-weighted CRPS;
(2) uniform on :math:`[0, F(L)]` below a limit and on :math:`[F(L), 1]` above
one; an interval covers it where the two overlap, which errs towards coverage.

Draws run first: draws (draw, target), outcomes (target,). A draw that is NaN (a
failed run) is left out, and a target with fewer than two draws left scores NaN.

Sources: Gneiting & Raftery, J Am Stat Assoc 102:359 (2007); Ferro, Q J R
Meteorol Soc 140:1917 (2014) for (1); Czado, Gneiting & Held, Biometrics
65:1254 (2009) for (2); Allen, Ginsbourger & Ziegel, SIAM/ASA J Uncertain
Quantif 11:906 (2023) for clipping.
Not for: weighted draws (resample them first), outcomes that are classes.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.inference.problem import Censoring

Array = NDArray[np.float64]


def crps(draws: Array, observed: ArrayLike, *, censoring: ArrayLike | None = None) -> Array:
    """Continuous ranked probability score (target,), in the unit of the target; 0 is perfect.

    >>> float(crps(np.array([[1.0], [3.0]]), [2.0])[0])
    0.0
    """
    x, y, side = _checked(draws, observed, censoring)
    x = np.where(side == Censoring.BELOW, np.maximum(x, y), x)
    x = np.where(side == Censoring.ABOVE, np.minimum(x, y), x)
    x = np.sort(x, axis=0)
    n = np.sum(~np.isnan(x), axis=0)
    rank = np.arange(len(x))[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        miss = np.nansum(np.abs(x - y), axis=0) / n
        spread = np.nansum((2 * rank - n + 1) * x, axis=0) / (n * (n - 1))
    return np.where(n > 1, miss - spread, np.nan)


def pit(
    draws: Array,
    observed: ArrayLike,
    *,
    censoring: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
) -> Array:
    """Where the outcome falls in its forecast, (target,) from 0 to 1; uniform if calibrated.

    Without `rng` the middle of the possible values is given: fit for showing,
    not for testing uniformity when outcomes are censored or tied.
    """
    x, y, side = _checked(draws, observed, censoring)
    n = np.sum(~np.isnan(x), axis=0)
    below, equal = np.sum(x < y, axis=0), np.sum(x == y, axis=0)
    low = np.where(side == Censoring.BELOW, 0.0, below / (n + 1))
    high = np.where(side == Censoring.ABOVE, 1.0, (below + equal + 1) / (n + 1))
    u = np.full(len(y), 0.5) if rng is None else rng.random(len(y))
    return np.where(n > 1, low + u * (high - low), np.nan)


def interval(draws: Array, level: float) -> tuple[Array, Array]:
    """Ends (target,) of the central interval that holds `level` of the draws."""
    if not 0 < level < 1:
        raise InvalidInputError(f"A level lies between 0 and 1, got {level}. 90 % is 0.9.")
    tail = (1 - level) / 2
    kept = ~np.isnan(draws).all(axis=0)
    low, high = np.full((2, draws.shape[1]), np.nan)
    if kept.any():
        low[kept], high[kept] = np.nanquantile(draws[:, kept], [tail, 1 - tail], axis=0)
    return low, high


def covered(
    draws: Array, observed: ArrayLike, *, level: float, censoring: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Whether the central interval of `level` holds the outcome, (target,)."""
    x, y, side = _checked(draws, observed, censoring)
    low, high = interval(x, level)
    reaches_down = (low <= y) | (side == Censoring.ABOVE)
    reaches_up = (high >= y) | (side == Censoring.BELOW)
    return reaches_down & reaches_up & ~np.isnan(low)


def interval_score(draws: Array, observed: ArrayLike, *, level: float) -> Array:
    """Equation (3), (target,): width, and a penalty for an outcome outside; small is good."""
    x, y, _ = _checked(draws, observed, None)
    low, high = interval(x, level)
    outside = np.maximum(low - y, 0) + np.maximum(y - high, 0)
    return high - low + 2 / (1 - level) * outside


def log_score(log_density: Array) -> Array:
    """Minus the log of the predictive density at the outcome, (target,); small is good.

    `log_density` (draw, target) is the log density of the outcome under each
    draw of the true value, so that no density need be guessed from draws.
    """
    return np.log(len(log_density)) - logsumexp(log_density, axis=0)


def _checked(
    draws: Array, observed: ArrayLike, censoring: ArrayLike | None
) -> tuple[Array, Array, NDArray[np.int8]]:
    x, y = np.asarray(draws, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    side = np.zeros(y.shape, np.int8) if censoring is None else np.asarray(censoring, np.int8)
    if x.ndim != 2 or y.shape != x.shape[1:] or side.shape != y.shape:
        raise InvalidInputError(
            f"Draws have the shape (draw, target) and outcomes (target,), got {x.shape} and "
            f"{y.shape} with censoring {side.shape}."
        )
    if np.isnan(y).any():
        raise InvalidInputError("An outcome is not a number. Score only what was measured.")
    return x, y, side
