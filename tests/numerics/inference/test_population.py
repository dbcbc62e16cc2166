import csv
from pathlib import Path

import numpy as np
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from bodytwin.numerics.inference import PopulationParameters, PopulationProblem, estimate
from tests.numerics.inference.inference_cases import observed

THEOPHYLLINE = Path(__file__).parents[3] / "examples" / "data" / "theophylline.csv"


def lines(count: int = 30, n: int = 6):
    """Straight lines with their own intercept and slope: the marginal likelihood is Gaussian."""
    rng = np.random.default_rng(12)
    t = np.linspace(0, 2, n)
    effects = rng.multivariate_normal([0, 0], [[0.5, -0.15], [-0.15, 0.2]], count)
    y = 3 + effects[:, :1] + (1.5 + effects[:, 1:]) * t + 0.4 * rng.standard_normal((count, n))
    population = PopulationProblem(
        subjects=count,
        predict=lambda fixed, eta, _: (fixed[:, :1] + eta[:, :1]) + (fixed[:, 1:] + eta[:, 1:]) * t,
        observed_at=lambda residual: observed(y, additive=np.exp(residual[0])),
        correlated=True,
    )
    design = np.stack([np.ones(n), t], axis=1)

    def log_likelihood(fixed, covariance, sd):
        marginal = design @ covariance @ design.T + sd**2 * np.eye(n)
        gap = y - design @ fixed
        log_det = np.linalg.slogdet(2 * np.pi * marginal).logabsdet
        return -0.5 * (np.sum(gap * np.linalg.solve(marginal, gap.T).T) + count * log_det)

    return population, log_likelihood


START = PopulationParameters(fixed=np.array([1.0, 0.0]), covariance=np.eye(2), residual=np.zeros(1))


def test_straight_lines_have_their_exact_maximum():
    population, log_likelihood = lines()
    fit = estimate(population, START)

    def loss(v):
        factor = np.array([[np.exp(v[2]), 0], [v[3], np.exp(v[4])]])
        return -log_likelihood(v[:2], factor @ factor.T, np.exp(v[5]))

    other = minimize(loss, [1, 0, 0, 0, 0, 0], method="BFGS", options={"gtol": 1e-6})
    p = fit.parameters
    assert fit.converged
    assert_allclose(fit.log_likelihood, -other.fun, atol=1e-4)
    exact = log_likelihood(p.fixed, p.covariance, np.exp(p.residual[0]))
    assert_allclose(fit.log_likelihood, exact, atol=1e-6)
    assert_allclose(fit.vector, other.x, atol=0.01)
    assert_allclose(fit.standard_errors, np.sqrt(np.diag(other.hess_inv)), rtol=0.15)


def test_a_warm_start_ends_at_the_same_place_with_less_work():
    population, _ = lines()
    cold = estimate(population, START, standard_errors=False)
    warm = estimate(population, cold.parameters, effects=cold.effects, standard_errors=False)
    assert_allclose(warm.log_likelihood, cold.log_likelihood, atol=1e-4)
    assert warm.evaluations < cold.evaluations / 2
    assert np.isnan(warm.standard_errors).all()


def test_a_penalty_draws_the_estimate_and_stays_out_of_the_likelihood():
    population, log_likelihood = lines()
    free = estimate(population, START, standard_errors=False)
    held = estimate(
        PopulationProblem(
            subjects=population.subjects,
            predict=population.predict,
            observed_at=population.observed_at,
            correlated=True,
            penalty=lambda p: -0.5 * float((p.fixed[0] - 10) ** 2) / 0.01**2,
        ),
        free.parameters,
        standard_errors=False,
    )
    assert held.parameters.fixed[0] > 9.5
    p = held.parameters
    exact = log_likelihood(p.fixed, p.covariance, np.exp(p.residual[0]))
    assert_allclose(held.log_likelihood, exact, atol=1e-6)
    assert held.log_likelihood < free.log_likelihood
    assert_allclose(held.parameters.covariance[0, 0], 49, rtol=0.1)


def test_nearly_identical_subjects_do_not_break_the_search():
    t = np.linspace(0, 2, 6)
    y = 2 + 0.3 * np.random.default_rng(0).standard_normal((10, 6))
    fit = estimate(
        PopulationProblem(
            subjects=10,
            predict=lambda fixed, eta, _: fixed[:, :1] + eta + 0 * t,
            observed_at=lambda residual: observed(y, additive=np.exp(residual[0])),
        ),
        PopulationParameters(fixed=np.zeros(1), covariance=np.eye(1), residual=np.zeros(1)),
    )
    assert_allclose(fit.parameters.fixed, 2, atol=0.15)
    assert_allclose(np.exp(fit.parameters.residual), 0.3, atol=0.06)
    assert fit.parameters.covariance[0, 0] < 0.02


def test_theophylline_agrees_with_nlme():
    with THEOPHYLLINE.open() as file:
        rows = list(csv.DictReader(file))
    subjects = list(dict.fromkeys(r["ID"] for r in rows))
    doses = [r for r in rows if float(r["AMT"]) > 0]
    dose = np.array([float(r["AMT"]) / float(r["WT"]) for r in doses])
    seen = [[r for r in rows if r["ID"] == s and r["EVID"] == "0"] for s in subjects]
    t = np.array([[float(r["TIME"]) for r in mine] for mine in seen])
    y = np.array([[float(r["DV"]) for r in mine] for mine in seen])

    def level(fixed, eta, index):
        ke, ka, cl = np.exp(fixed + np.pad(eta, ((0, 0), (1, 0)))).T[:, :, None]
        fall = np.exp(-ke * t[index]) - np.exp(-ka * t[index])
        return dose[index][:, None] * ke * ka / (cl * (ka - ke)) * fall

    fit = estimate(
        PopulationProblem(
            subjects=12,
            predict=level,
            observed_at=lambda residual: observed(y, additive=np.exp(residual[0])),
        ),
        PopulationParameters(
            fixed=np.array([-2.5, 0.5, -3.2]),
            covariance=np.diag([0.25, 0.25]),
            residual=np.zeros(1),
        ),
    )
    # nlme 3.1-162, SSfol with random lKa and lCl: another linearisation of the same likelihood.
    assert_allclose(fit.parameters.fixed, [-2.4547, 0.4657, -3.2272], atol=0.03)
    sd = np.sqrt(np.diag(fit.parameters.covariance))
    assert_allclose(sd, [0.6436, 0.1669], atol=0.03)
    assert_allclose(np.exp(fit.parameters.residual), 0.7093, atol=0.03)
    assert_allclose(fit.log_likelihood, -177.02, atol=0.1)
