"""Simulation-based calibration (Talts et al. 2018): the truth ranks evenly among the draws."""

import numpy as np
import pytest
from scipy.stats import chi2

from bodytwin.numerics.inference import Escalating, ImportanceSampling, Problem, TemperedSMC
from tests.numerics.inference.inference_cases import decay, observed

TIMES = np.array([0.5, 2.0, 5.0, 9.0])
BINS, REPLICATES, RANKED = 10, 200, 99


def ranks(method, seed: int):
    rng = np.random.default_rng(seed)
    model = decay(TIMES)
    found = np.empty((REPLICATES, 3))
    for i in range(REPLICATES):
        truth = rng.standard_normal(2) * [0.7, 0.9]
        clean = model(truth[None])[0]
        noisy = clean + np.hypot(0.3, 0.3 * clean) * rng.standard_normal(len(TIMES))
        low = noisy < 1.0
        problem = Problem(
            mean=np.zeros(2),
            covariance=np.diag([0.49, 0.81]),
            observed=observed(
                np.where(low, 1.0, noisy),
                additive=0.3,
                proportional=0.3,
                censoring=np.where(low, -1, 0),
            ),
            predict=model,
        )
        draws = method.sample(problem, rng).resampled(RANKED, rng)
        found[i, :2] = np.sum(draws < truth, axis=0)
        at_truth = problem.log_likelihood(truth[None])
        found[i, 2] = np.sum(problem.log_likelihood(draws) < at_truth)
    return found


@pytest.mark.parametrize(
    "method",
    [Escalating(), TemperedSMC(particles=400)],
    ids=lambda m: type(m).__name__,
)
def test_the_truth_ranks_evenly(method):
    for column in ranks(method, seed=2024).T:
        counts = np.bincount((column * BINS // (RANKED + 1)).astype(int), minlength=BINS)
        expected = REPLICATES / BINS
        statistic = np.sum((counts - expected) ** 2 / expected)
        assert statistic < chi2.ppf(0.997, BINS - 1)


def test_the_check_sees_draws_that_are_too_narrow():
    class Narrow:
        def sample(self, problem, rng):
            sample = ImportanceSampling(draws=1000).sample(problem, rng)
            centre = sample.weights @ sample.draws
            object.__setattr__(sample, "draws", centre + 0.6 * (sample.draws - centre))
            return sample

    column = ranks(Narrow(), seed=2024)[:, 0]
    counts = np.bincount((column * BINS // (RANKED + 1)).astype(int), minlength=BINS)
    assert np.sum((counts - 20) ** 2 / 20) > chi2.ppf(0.9999, BINS - 1)
