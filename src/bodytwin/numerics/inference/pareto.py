r"""How heavy the tail of importance weights is, and weights with that tail smoothed.

The M largest of S weights exceed a threshold by amounts that follow, nearly, a
generalised Pareto distribution of shape k. Below k = 0.7 the weighted mean
converges usefully; the M weights are replaced by the quantiles of the fitted
distribution,

.. math::
    w_{(j)} = u + \frac{\sigma}{k}\left[(1 - p_j)^{-k} - 1\right],
    \qquad p_j = \frac{j - 1/2}{M}.                                          \tag{1}

Source: Vehtari, Simpson, Gelman, Yao & Gabry, "Pareto smoothed importance
sampling", JMLR 25 (2024); the fit is Zhang & Stephens, Technometrics 51 (2009).
"""

import numpy as np

from bodytwin.numerics.inference.problem import Array

FEWEST = 5


def smooth(log_weights: Array) -> tuple[Array, float]:
    """Smoothed log weights, in the same order and on the same scale, and the tail shape k.

    The shape is infinite where too few weights are above zero to tell.
    """
    top = float(np.max(log_weights))
    if not np.isfinite(top):
        return log_weights, np.inf
    size = len(log_weights)
    tail = int(min(0.2 * size, 3 * np.sqrt(size)))
    order = np.argsort(log_weights, kind="stable")
    weights = np.exp(log_weights[order] - top)
    threshold = max(weights[-tail - 1], np.finfo(float).tiny) if tail < size else 0.0
    exceeding = weights[weights > threshold]
    if len(exceeding) < FEWEST:
        return log_weights, np.inf
    excess = exceeding - threshold
    if np.ptp(excess) < 1e-12:
        return log_weights, -np.inf
    shape, scale = fit_tail(excess)
    levels = (np.arange(len(excess)) + 0.5) / len(excess)
    quantiles = threshold + scale * np.expm1(-shape * np.log1p(-levels)) / shape
    smoothed = log_weights.copy()
    smoothed[order[-len(excess) :]] = top + np.minimum(np.log(quantiles), 0.0)
    return smoothed, shape


def fit_tail(excess: Array) -> tuple[float, float]:
    """Shape k and scale of a generalised Pareto distribution, from excesses in rising order.

    Positive k is a heavy tail. The shape is drawn a little towards 1/2, as ten
    more observations there would do.
    """
    n = len(excess)
    grid = 30 + int(np.sqrt(n))
    j = np.arange(1, grid + 1)
    quartile = excess[int(n / 4 + 0.5) - 1]
    b = (1 - np.sqrt(grid / (j - 0.5))) / (3 * quartile) + 1 / excess[-1]
    k = np.log1p(-b[:, None] * excess).mean(axis=1)
    profile = n * (np.log(-b / k) - k - 1)
    weight = np.exp(profile - profile.max())
    b_mean = float(np.sum(b * weight) / weight.sum())
    shape = float(np.log1p(-b_mean * excess).mean())
    scale = -shape / b_mean
    return (n * shape + 10 * 0.5) / (n + 10), scale


def largest_trusted(size: int) -> float:
    """The largest shape at which `size` weights can be relied on (Vehtari 2024, equation 13)."""
    return min(0.7, 1 - 1 / np.log10(size))
