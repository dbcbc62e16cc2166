from dataclasses import replace

import numpy as np
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from bodytwin.numerics.inference import Batch, Problem, find_modes, multistart
from tests.numerics.inference.inference_cases import decay, line, observed, two_modes

TIMES = np.array([1.0, 4.0, 9.0])


def cohort(count: int, spread: float = 1.4, seed: int = 0) -> Batch:
    """A substance taken by mouth, three levels each; wide priors make several modes common."""
    rng = np.random.default_rng(seed)
    t = np.sort(rng.uniform(0.3, 24, (count, 3)), axis=1)

    def level(z, index):
        clearance, volume, absorption = np.exp(np.log([4.0, 70.0, 1.0]) + z).T[:, :, None]
        slow, times = clearance / volume, t[index]
        gap = np.where(np.abs(absorption - slow) < 1e-9, 1e-9, absorption - slow)
        fall = np.exp(-slow * times) - np.exp(-absorption * times)
        return 100 * absorption / volume / gap * fall

    truth = spread * rng.standard_normal((count, 3))
    clean = level(truth, np.arange(count))
    noisy = np.maximum(clean * (1 + 0.2 * rng.standard_normal(clean.shape)), 1e-3)
    return Batch(
        mean=np.zeros(3),
        precision=np.eye(3) / spread**2,
        observed=observed(noisy, additive=0.05, proportional=0.2),
        predict=level,
    )


def one(batch: Batch, i: int):
    """The log posterior of subject i as a plain function of z (3,)."""
    return lambda z: float(
        batch.log_posterior(z[None], np.array([i]), batch.predict(z[None], np.array([i])))[0]
    )


def loss(batch: Batch, i: int):
    height = one(batch, i)
    return lambda z: -height(z)


def highest(modes):
    return modes.rows(np.unique(modes.index, return_index=True)[1])


def test_a_linear_problem_is_solved_exactly():
    problem, centre, covariance, _ = line()
    modes = find_modes(Batch.of(problem), np.zeros((1, 3)))
    assert_allclose(modes.z[0], centre, atol=1e-7)
    assert_allclose(np.linalg.inv(modes.hessian[0]), covariance, rtol=1e-6)
    assert modes.converged[0]


def test_the_gradient_vanishes_and_the_hessian_is_that_of_finite_differences():
    batch = cohort(20, spread=0.5)
    modes = find_modes(batch, np.zeros((20, 3)))
    for i in range(20):
        height, z, h = one(batch, i), modes.z[i], 1e-3
        for a in range(3):
            for b in range(3):
                u, v = h * np.eye(3)[a], h * np.eye(3)[b]
                mixed = height(z + u + v) - height(z + u - v) - height(z - u + v)
                second = -(mixed + height(z - u - v)) / (4 * h * h)
                scale = np.sqrt(modes.hessian[i, a, a] * modes.hessian[i, b, b])
                assert_allclose(modes.hessian[i, a, b], second, atol=1e-3 * scale)
            slope = (height(z + u) - height(z - u)) / (2 * h)
            assert abs(slope) < 1e-3 * np.sqrt(modes.hessian[i, a, a])
    assert modes.gradient_norm.max() < 1e-4


def test_one_level_each_is_polished_to_the_last_digits():
    rng = np.random.default_rng(5)
    value = 10 * np.exp(0.5 * rng.standard_normal((30, 1)))
    batch = Batch(
        mean=np.zeros(2),
        precision=np.diag([1 / 0.6**2, 1 / 0.9**2]),
        observed=observed(value, proportional=0.3),
        predict=lambda z, index: decay(np.array([6.0]))(z),
    )
    modes = find_modes(batch, np.zeros((30, 2)))
    for i in range(30):
        other = minimize(
            loss(batch, i),
            modes.z[i] + 0.05,
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-12},
        )
        assert modes.log_posterior[i] > -other.fun - 1e-6
    assert modes.converged.all()


def test_a_batch_gives_what_each_of_its_problems_gives_alone():
    batch = cohort(6)
    together = find_modes(batch, np.zeros((6, 3)))
    for i in range(6):
        alone = find_modes(batch, np.zeros((1, 3)), np.array([i]))
        assert_allclose(alone.z[0], together.z[i], atol=1e-8)


def test_shorter_records_are_padded_without_a_trace():
    seen = observed([8.0, 3.0, 1.0], additive=0.4)
    whole = Problem(mean=np.zeros(2), covariance=np.eye(2), observed=seen, predict=decay(TIMES))
    padded = replace(
        whole,
        observed=observed([8.0, 3.0, 1.0, 7.7], additive=0.4, weight=[1.0, 1.0, 1.0, 0.0]),
        predict=lambda z: np.pad(decay(TIMES)(z), ((0, 0), (0, 1)), constant_values=np.nan),
    )
    both = [find_modes(Batch.of(p), np.zeros((1, 2))) for p in (whole, padded)]
    assert_allclose(both[0].z, both[1].z)
    assert_allclose(both[0].log_posterior, both[1].log_posterior)


def test_several_starts_find_both_modes_and_the_better_first():
    modes = multistart(Batch.of(two_modes()), np.random.default_rng(0))
    assert modes.z.shape == (2, 2)
    assert modes.z[0, 0] > 0.9
    assert modes.z[1, 0] < -0.9


def test_a_climb_leaves_a_saddle():
    symmetric = replace(two_modes(), mean=np.zeros(2))
    modes = find_modes(Batch.of(symmetric), np.zeros((1, 2)))
    assert abs(modes.z[0, 0]) > 0.9
    assert modes.converged[0]


def test_a_step_too_far_is_taken_back():
    problem = Problem(
        mean=np.zeros(1),
        covariance=100 * np.eye(1),
        observed=observed([0.3], additive=0.01),
        predict=lambda z: np.arctan(3 * z),
    )
    starts = np.linspace(-4, 4, 17)[:, None]
    modes = find_modes(Batch.of(problem), starts, np.zeros(17, dtype=np.intp))
    assert modes.converged.all()
    assert_allclose(modes.z, np.tan(0.3) / 3, atol=1e-4)


def test_no_climb_ends_lower_than_it_began():
    batch, rows = cohort(400), np.arange(400)
    nearby = find_modes(batch, 1.4 * np.random.default_rng(3).standard_normal((400, 3)))
    for shift in (0.3, -0.3):
        starts = nearby.z + shift
        before = batch.log_posterior(starts, rows, batch.predict(starts, rows))
        assert np.all(find_modes(batch, starts).log_posterior >= before)


def test_no_other_optimiser_does_better_in_a_cohort_of_wide_priors():
    batch = cohort(60)
    best = highest(multistart(batch, np.random.default_rng(0)))
    from_the_mean = find_modes(batch, np.zeros((60, 3)))
    assert np.any(best.log_posterior > from_the_mean.log_posterior + 1e-2)
    rng = np.random.default_rng(9)
    for i in range(60):
        candidates = 1.4 * rng.standard_normal((1000, 3))
        rows = np.full(1000, i)
        height = batch.log_posterior(candidates, rows, batch.predict(candidates, rows))
        for start in candidates[np.argsort(-height)[:4]]:
            other = minimize(loss(batch, i), start, method="Nelder-Mead")
            assert best.log_posterior[i] > -other.fun - 1e-4


def test_runs_that_fail_are_walked_around():
    def fragile(z):
        return np.where(z[:, :1] > 1.5, np.nan, decay(TIMES)(z))

    problem = Problem(
        mean=np.zeros(2),
        covariance=np.eye(2),
        observed=observed([8.0, 3.0, 1.0], additive=0.4),
        predict=fragile,
    )
    sound = replace(problem, predict=decay(TIMES))
    starts = np.array([[2.5, 0.0], [0.0, 0.0]])
    modes = find_modes(Batch.of(problem), starts, np.zeros(2, dtype=np.intp))
    expected = find_modes(Batch.of(sound), np.zeros((1, 2)))
    assert_allclose(modes.z, np.repeat(expected.z, 2, axis=0), atol=1e-4)


def test_nothing_but_failed_runs_is_reported_and_does_not_crash():
    problem = replace(two_modes(), predict=lambda z: np.full((len(z), 2), np.nan))
    modes = find_modes(Batch.of(problem), np.zeros((3, 2)), np.zeros(3, dtype=np.intp))
    assert not modes.converged.any()
    assert np.all(modes.log_posterior == -np.inf)
