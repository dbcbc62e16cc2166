r"""Does the inference return what it promises, in a world where the model is true?

Draw a patient from the prior, simulate data, infer. Over many patients the
rank of the true value among the posterior draws is uniform; a wrong sign, lost
term or too-sure approximation bends it. Ranks of the log-likelihood find faults
that those of the parameters miss when data say little.

Sources: Talts et al., arXiv:1804.06788 (2018); Modrák et al., Bayesian Analysis
20:461 (2025) for ranks of the log-likelihood; Säilynoja, Bürkner & Vehtari,
Stat Comput 32:32 (2022) for simultaneous bands, here by simulation.
Not for: whether the model is true. Correct code for a wrong model passes.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
Ranks = NDArray[np.int64]


def sbc_ranks(truth: Array, draws: Array, *, rng: np.random.Generator) -> Ranks:
    """Rank of each true value among its draws, from 0 to the number of draws; ties at random.

    `truth` (simulation, quantity), `draws` (simulation, draw, quantity). Draws
    should be thinned until independent; correlated ones give a bent histogram.
    """
    if draws.ndim != 3 or truth.shape != (draws.shape[0], draws.shape[2]):
        raise InvalidInputError(
            f"Give truth (simulation, quantity) and draws (simulation, draw, quantity), got "
            f"{truth.shape} and {draws.shape}."
        )
    below = np.sum(draws < truth[:, None, :], axis=1)
    ties = np.sum(draws == truth[:, None, :], axis=1)
    return below + rng.integers(0, ties + 1)


def uniformity_p(ranks: Ranks, *, draws: int, bins: int = 10) -> float:
    """Chi-squared p that ranks (simulation,) from 0 to `draws` are uniform.

    Bins that do not divide the ranks evenly get the expectation they are due.
    """
    expected = np.bincount(np.arange(draws + 1) * bins // (draws + 1), minlength=bins)
    expected = expected * ranks.size / (draws + 1)
    if draws + 1 < bins or expected.min() < 5:
        raise InvalidInputError(
            f"{ranks.size} simulations with {draws} draws are too few for {bins} bins: each must "
            "expect at least 5."
        )
    found = np.bincount(ranks.ravel() * bins // (draws + 1), minlength=bins)
    return float(chdtrc(bins - 1, float(np.sum((found - expected) ** 2 / expected))))


def worst_uniformity_p(ranks: Ranks, *, draws: int, bins: int = 10) -> float:
    """Smallest p over the quantities of ranks (simulation, quantity), times their number."""
    p = [uniformity_p(column, draws=draws, bins=bins) for column in ranks.T]
    return min(1.0, min(p) * len(p))


def central_share(ranks: Ranks, *, draws: int, level: float = 0.9) -> Array:
    """Share of true values inside the central interval of `level`, (quantity,)."""
    u = (ranks + 0.5) / (draws + 1)
    return np.mean(np.abs(u - 0.5) <= level / 2, axis=0)


def ecdf_band(
    simulations: int, *, level: float = 0.99, resamples: int = 2000, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Band (simulation,) that holds all ordered uniform values at once with probability `level`.

    Compare it with the sorted (rank + 0.5) / (draws + 1): uniform ranks leave
    it with probability 1 − `level`.
    """
    from scipy.special import betainc, betaincinv

    k = np.arange(1, simulations + 1)
    u = np.sort(rng.random((resamples, simulations)), axis=1)
    p = betainc(k, simulations + 1 - k, u)
    worst = np.minimum(p, 1 - p).min(axis=1)
    tail = float(np.quantile(worst, 1 - level))
    low = np.asarray(betaincinv(k, simulations + 1 - k, tail), dtype=np.float64)
    high = np.asarray(betaincinv(k, simulations + 1 - k, 1 - tail), dtype=np.float64)
    return low, high
