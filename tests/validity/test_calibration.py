import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chisquare

from bodytwin.errors import InvalidInputError
from bodytwin.validity.calibration import (
    central_share,
    ecdf_band,
    sbc_ranks,
    uniformity_p,
    worst_uniformity_p,
)

DRAWS = 99


def simulated(sims: int, *, sd: float = 1.0, sign: float = 1.0, seed: int = 0):
    """Ranks for a Gaussian mean with known posterior, exact when sd = sign = 1."""
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal((sims, 2))
    seen = truth + 0.5 * rng.standard_normal((sims, 2))
    mean, post_sd = sign * seen / 1.25, np.sqrt(0.2)
    draws = mean[:, None] + sd * post_sd * rng.standard_normal((sims, DRAWS, 2))
    return sbc_ranks(truth, draws, rng=rng)


def test_an_exact_posterior_has_uniform_ranks():
    p = [worst_uniformity_p(simulated(200, seed=s), draws=DRAWS) for s in range(40)]
    assert min(p) > 0.001
    assert np.mean(np.array(p) < 0.1) < 0.25
    assert_allclose(central_share(simulated(2000), draws=DRAWS), 0.9, atol=0.02)


@pytest.mark.parametrize("fault", [{"sd": 0.5}, {"sd": 2.0}, {"sign": -1.0}])
def test_a_wrong_posterior_is_seen_with_sixty_patients(fault):
    assert worst_uniformity_p(simulated(60, **fault), draws=DRAWS) < 0.001


def test_p_is_that_of_scipy_when_bins_are_even():
    ranks = np.random.default_rng(1).integers(0, 100, 300)
    expected = chisquare(np.bincount(ranks // 10, minlength=10)).pvalue
    assert_allclose(uniformity_p(ranks, draws=99), expected)


def test_uneven_bins_get_the_expectation_they_are_due():
    rng = np.random.default_rng(2)
    p = [uniformity_p(rng.integers(0, 24, 2000), draws=23, bins=10) for _ in range(200)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.10


def test_ties_are_broken_at_random():
    rng = np.random.default_rng(3)
    ranks = sbc_ranks(np.zeros((500, 1)), np.zeros((500, 9, 1)), rng=rng)
    assert set(ranks.ravel()) == set(range(10))


def test_too_few_simulations_are_refused():
    with pytest.raises(InvalidInputError, match="too few"):
        uniformity_p(np.arange(20), draws=99)


def test_the_band_holds_all_of_a_uniform_sample_as_often_as_it_says():
    rng = np.random.default_rng(4)
    low, high = ecdf_band(50, level=0.9, resamples=4000, rng=rng)
    u = np.sort(rng.random((2000, 50)), axis=1)
    inside = ((u >= low) & (u <= high)).all(axis=1).mean()
    assert abs(inside - 0.9) < 0.03
