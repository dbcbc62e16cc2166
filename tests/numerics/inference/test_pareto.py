import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import genpareto

from bodytwin.numerics.inference.pareto import fit_tail, largest_trusted, smooth


@pytest.mark.parametrize("shape", [-0.3, 0.2, 0.6, 1.1])
def test_the_fit_recovers_the_shape_it_was_given(shape):
    rng = np.random.default_rng(1)
    excess = np.sort(genpareto.rvs(shape, scale=2.0, size=20_000, random_state=rng))
    found, scale = fit_tail(excess)
    assert_allclose(found, shape, atol=0.04)
    assert_allclose(scale, 2.0, rtol=0.05)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("heaviness", [0.2, 0.5, 0.8, 1.5])
@pytest.mark.parametrize("size", [400, 4000])
def test_shape_and_weights_agree_with_arviz(heaviness, size):
    from arviz_stats.base import array_stats

    log_weights = heaviness * np.random.default_rng(2).standard_exponential(size)
    smoothed, shape = smooth(log_weights)
    theirs, their_shape = array_stats.psislw(-log_weights)
    theirs = np.asarray(theirs)
    assert_allclose(shape, float(their_shape), atol=1e-8)
    ours = np.exp(smoothed - smoothed.max())
    theirs = np.exp(theirs - theirs.max())
    assert_allclose(ours / ours.sum(), theirs / theirs.sum(), rtol=1e-6)


def test_light_tails_are_left_nearly_alone():
    log_weights = np.log1p(0.1 * np.random.default_rng(3).random(4000))
    smoothed, shape = smooth(log_weights)
    assert shape < 0.3
    assert_allclose(smoothed, log_weights, atol=0.05)


def test_weights_that_are_nearly_all_zero_are_not_trusted():
    log_weights = np.full(1000, -np.inf)
    assert smooth(log_weights)[1] == np.inf
    log_weights[:3] = 0.0
    assert smooth(log_weights)[1] == np.inf


def test_fewer_draws_allow_a_lighter_tail_only():
    assert largest_trusted(100) == pytest.approx(0.5)
    assert largest_trusted(100_000) == 0.7
