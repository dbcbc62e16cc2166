from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bodytwin.errors import NumericalError
from bodytwin.numerics.inference import (
    Escalating,
    ImportanceSampling,
    Laplace,
    Problem,
    Sample,
    TemperedSMC,
)
from tests.numerics.inference.inference_cases import (
    banana,
    decay,
    line,
    observed,
    quadrature,
    two_modes,
)

METHODS = [
    Laplace(draws=20_000),
    ImportanceSampling(draws=20_000),
    TemperedSMC(particles=20_000),
    Escalating(),
]
TIMES = np.array([1.0, 3.0, 8.0])


def moments(sample):
    w = sample.weights
    mean = w @ sample.draws
    d = sample.draws - mean
    return mean, (w[:, None] * d).T @ d


def curved(**error) -> Problem:
    return Problem(
        mean=np.array([0.1, -0.2]),
        covariance=np.array([[0.25, 0.05], [0.05, 0.16]]),
        observed=observed([6.5, 4.0, 0.5], **error),
        predict=decay(TIMES),
    )


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_a_gaussian_posterior_has_its_closed_form(method):
    problem, centre, covariance, evidence = line()
    sample = method.sample(problem, np.random.default_rng(0))
    mean, spread = moments(sample)
    sd = np.sqrt(np.diag(covariance))
    assert sample.trusted
    assert_allclose(mean / sd, centre / sd, atol=0.06)
    assert_allclose(spread / np.outer(sd, sd), covariance / np.outer(sd, sd), atol=0.06)
    assert_allclose(sample.log_evidence, evidence, atol=0.05)


def test_laplace_evidence_of_a_gaussian_posterior_is_exact():
    problem, _, _, evidence = line()
    sample = Laplace().sample(problem, np.random.default_rng(0))
    assert_allclose(sample.log_evidence, evidence, atol=1e-6)


@pytest.mark.parametrize("method", METHODS[1:], ids=lambda m: type(m).__name__)
@pytest.mark.parametrize(
    "problem",
    [
        curved(additive=0.4, proportional=0.3),
        curved(log=0.4),
        curved(additive=0.5, censoring=[0, 0, -1]),
        curved(additive=0.5, proportional=0.2, summed=True, censoring=[1, 0, -1]),
    ],
    ids=["combined", "logarithmic", "below a limit", "between limits"],
)
def test_mean_spread_and_evidence_are_those_of_quadrature(method, problem):
    evidence, mean, sd = quadrature(problem, -2.5, 2.5)
    sample = method.sample(problem, np.random.default_rng(1))
    got, spread = moments(sample)
    assert sample.trusted
    assert_allclose(got / sd, mean / sd, atol=0.05)
    assert_allclose(np.sqrt(np.diag(spread)), sd, rtol=0.05)
    assert_allclose(sample.log_evidence, evidence, atol=0.05)


def test_many_draws_agree_with_quadrature_to_three_hundredths():
    problem = curved(additive=0.4, proportional=0.3)
    _, mean, sd = quadrature(problem, -2.5, 2.5)
    got, _ = moments(ImportanceSampling(draws=20_000).sample(problem, np.random.default_rng(2)))
    assert_allclose(got / sd, mean / sd, atol=0.03)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_two_modes_keep_their_shares(method):
    problem = two_modes()
    evidence, mean, _ = quadrature(problem, -3.0, 3.0)
    sample = method.sample(problem, np.random.default_rng(3))
    share = float(sample.weights @ (sample.draws[:, 0] > 0))
    assert abs(share - (mean[0] + 0.97) / 1.94) < 0.05
    assert_allclose(sample.log_evidence, evidence, atol=0.06)


def test_a_thin_curve_fails_the_gates_and_particles_take_over():
    problem = banana()
    axis = np.linspace(-6, 6, 4001)
    ridge = np.exp(-0.5 * axis**2 / 4 - 0.5 * axis**4 / 25)
    sd = np.sqrt(np.sum(ridge * axis**2) / ridge.sum())
    rng = np.random.default_rng(4)
    assert not Laplace().sample(problem, rng).trusted
    assert not ImportanceSampling().sample(problem, rng).trusted
    sample = Escalating().sample(problem, rng)
    mean, spread = moments(sample)
    assert sample.trusted
    assert sample.method == "smc"
    assert "particles" in sample.reason
    assert abs(mean[0]) < 0.12
    assert_allclose(np.sqrt(spread[0, 0]), sd, rtol=0.06)


def test_particles_find_a_mode_far_from_the_mean_without_being_told():
    far = replace(two_modes(), mean=np.array([-1.0, 0.0]))
    evidence, mean, _ = quadrature(far, -4.0, 4.0)
    sample = TemperedSMC(particles=4000).sample(far, np.random.default_rng(5))
    assert_allclose(moments(sample)[0], mean, atol=0.08)
    assert_allclose(sample.log_evidence, evidence, atol=0.1)


@pytest.mark.parametrize("method", [*METHODS[:1], *METHODS[3:], TemperedSMC()])
def test_the_same_seed_gives_the_same_draws(method):
    first, second = (
        method.sample(curved(log=0.4), np.random.default_rng(6)).draws for _ in range(2)
    )
    assert_array_equal(first, second)


def test_failed_runs_are_counted_and_do_not_bias():
    def fragile(z):
        return np.where(z[:, :1] > 0.3, np.nan, decay(TIMES)(z))

    problem = replace(curved(additive=0.4, proportional=0.3), predict=fragile)
    evidence, mean, sd = quadrature(problem, -2.5, 2.5)
    for method in (ImportanceSampling(draws=20_000), TemperedSMC(particles=20_000)):
        sample = method.sample(problem, np.random.default_rng(7))
        assert 0.02 < sample.diagnostics["failed_runs"] < 0.9
        assert_allclose(moments(sample)[0] / sd, mean / sd, atol=0.06)
        assert_allclose(sample.log_evidence, evidence, atol=0.06)


@pytest.mark.parametrize("method", [Escalating(), TemperedSMC()])
def test_a_simulator_that_always_fails_is_an_error_that_says_so(method):
    broken = replace(two_modes(), predict=lambda z: np.full((len(z), 2), np.nan))
    with pytest.raises(NumericalError, match="Check the prior"):
        method.sample(broken, np.random.default_rng(8))


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_progress_can_stop_the_work(method):
    class Stopped(Exception):
        pass

    def stop(what: str, share: float) -> None:
        assert what
        assert 0 <= share <= 1
        raise Stopped

    with pytest.raises(Stopped):
        method.sample(two_modes(), np.random.default_rng(9), stop)


def test_resampling_follows_the_weights_in_random_order():
    draws = np.arange(4.0)[:, None]
    sample = Sample(
        draws=draws,
        log_weights=np.log([0.1, 0.2, 0.3, 0.4]),
        log_evidence=0.0,
        method="given",
        reason="",
        trusted=True,
        diagnostics={},
    )
    again = sample.resampled(1000, np.random.default_rng(11))[:, 0]
    assert_array_equal(np.bincount(again.astype(int)), [100, 200, 300, 400])
    assert np.any(np.diff(again) < 0)
    assert_allclose(sample.effective_size, 1 / 0.3)


def test_with_nothing_observed_the_posterior_is_the_prior():
    blind = replace(line()[0], observed=observed(np.zeros(5), additive=1.0, weight=0.0))
    sample = Escalating().sample(blind, np.random.default_rng(10))
    assert sample.trusted
    assert_allclose(sample.log_evidence, 0, atol=0.02)
    assert_allclose(moments(sample)[1], blind.covariance, atol=0.12)
