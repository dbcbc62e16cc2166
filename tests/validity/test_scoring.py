import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.stats import kstest, norm

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.inference.problem import Censoring
from bodytwin.validity.scoring import covered, crps, interval_score, log_score, pit

numbers = st.floats(-1e3, 1e3, allow_subnormal=False)
ensembles = st.integers(2, 40).flatmap(lambda n: arrays(np.float64, (n, 3), elements=numbers))
outcomes = arrays(np.float64, 3, elements=numbers)


def test_crps_is_that_of_scoringrules():
    import scoringrules

    rng = np.random.default_rng(1)
    x, y = rng.gamma(2.0, 3.0, (501, 40)), rng.gamma(2.0, 3.0, 40)
    assert_allclose(crps(x, y), scoringrules.crps_ensemble(y, x.T, estimator="fair"), rtol=1e-10)


@given(ensembles, outcomes)
def test_crps_is_its_definition(x, y):
    n = len(x)
    spread = np.abs(x[:, None] - x[None]).sum(axis=(0, 1)) / (2 * n * (n - 1))
    expected = np.abs(x - y).mean(axis=0) - spread
    assert_allclose(crps(x, y), expected, rtol=1e-9, atol=1e-9)


@given(ensembles, outcomes, st.floats(-50, 50), st.floats(0.1, 10))
def test_crps_moves_with_the_unit_and_not_with_the_origin(x, y, shift, scale):
    assert_allclose(crps(scale * x + shift, scale * y + shift), scale * crps(x, y), atol=1e-7)


def test_crps_of_many_gaussian_draws_is_the_closed_form():
    rng = np.random.default_rng(2)
    y = np.array([-1.5, 0.0, 0.4, 2.0])
    closed = y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / np.sqrt(np.pi)
    x = np.repeat(rng.standard_normal((200_000, 1)), 4, axis=1)
    assert_allclose(crps(x, y), closed, atol=0.006)


def test_crps_does_not_favour_few_draws():
    rng = np.random.default_rng(3)
    few = crps(rng.standard_normal((5, 40_000)), rng.standard_normal(40_000))
    many = crps(rng.standard_normal((100, 40_000)), rng.standard_normal(40_000))
    assert abs(few.mean() - many.mean()) < 4 * np.hypot(few.std(), many.std()) / 200


@pytest.mark.parametrize(("shift", "scale"), [(0.5, 1), (-0.5, 1), (0, 0.5), (0, 2)])
def test_saying_what_one_believes_scores_best(shift, scale):
    rng = np.random.default_rng(4)
    y, x = rng.standard_normal(4000), rng.standard_normal((200, 4000))
    assert crps(x, y).mean() < crps(shift + scale * x, y).mean()
    honest = interval_score(x, y, level=0.9).mean()
    assert honest < interval_score(shift + scale * x, y, level=0.9).mean()


def test_a_failed_run_is_left_out_of_its_target_only():
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((50, 2)), np.zeros(2)
    holed = x.copy()
    holed[:10, 0] = np.nan
    assert_allclose(crps(holed, y), [crps(x[10:, :1], y[:1])[0], crps(x[:, 1:], y[1:])[0]])
    nothing = np.full((50, 1), np.nan)
    assert np.isnan(crps(nothing, [0.0])).all()
    assert not covered(nothing, [0.0], level=0.9).any()


@pytest.mark.parametrize("draws", [2, 9, 200])
def test_pit_of_a_calibrated_forecast_is_uniform_for_any_number_of_draws(draws):
    rng, p = np.random.default_rng(6), []
    for _ in range(100):
        u = pit(rng.standard_normal((draws, 1000)), rng.standard_normal(1000), rng=rng)
        p.append(kstest(u, "uniform").pvalue)
    assert kstest(p, "uniform").pvalue > 0.01


def test_pit_of_tied_and_censored_outcomes_is_uniform_too():
    rng = np.random.default_rng(7)
    y, x = rng.standard_normal(4000), rng.standard_normal((400, 4000))
    limit = -0.3
    side = np.where(y < limit, Censoring.BELOW, Censoring.NONE)
    u = pit(x, np.maximum(y, limit), censoring=side, rng=rng)
    assert kstest(u, "uniform").pvalue > 0.01
    counts = pit(np.round(x), np.round(y), rng=rng)
    assert kstest(counts, "uniform").pvalue > 0.01


def test_pit_sees_a_forecast_that_is_too_narrow():
    rng = np.random.default_rng(8)
    u = pit(0.7 * rng.standard_normal((200, 1000)), rng.standard_normal(1000), rng=rng)
    assert kstest(u, "uniform").pvalue < 1e-4


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_an_interval_holds_as_many_outcomes_as_it_says(level):
    rng = np.random.default_rng(9)
    hits = covered(rng.standard_normal((1000, 4000)), rng.standard_normal(4000), level=level)
    assert abs(hits.mean() - level) < 0.02


def test_a_censored_outcome_is_covered_where_the_intervals_overlap():
    x = np.linspace(10, 20, 101)[:, None]
    below, above = [Censoring.BELOW], [Censoring.ABOVE]
    assert covered(x, [12.0], level=0.9, censoring=below).all()
    assert covered(x, [30.0], level=0.9, censoring=below).all()
    assert not covered(x, [9.0], level=0.9, censoring=below).any()
    assert not covered(x, [21.0], level=0.9, censoring=above).any()
    assert covered(x, [1.0], level=0.9, censoring=above).all()


def test_a_forecast_wholly_beyond_the_limit_scores_nothing_against_a_censored_outcome():
    x = np.linspace(0.1, 0.9, 50)[:, None]
    assert_allclose(crps(x, [1.0], censoring=[Censoring.BELOW]), 0, atol=1e-12)
    assert crps(x + 5, [1.0], censoring=[Censoring.BELOW])[0] > 3


def test_log_score_is_that_of_the_mixture():
    mean = np.array([[0.0], [1.0]])
    expected = -np.log(0.5 * norm.pdf(0.3, 0) + 0.5 * norm.pdf(0.3, 1))
    assert_allclose(log_score(norm.logpdf(0.3, mean)), [expected])


def test_shapes_that_do_not_match_are_refused():
    with pytest.raises(InvalidInputError, match=r"\(draw, target\)"):
        crps(np.zeros((10, 3)), np.zeros(10))
    with pytest.raises(InvalidInputError, match="not a number"):
        crps(np.zeros((10, 1)), [np.nan])
