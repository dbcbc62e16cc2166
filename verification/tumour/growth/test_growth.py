"""Closed forms against integration and against plain linear algebra."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import multivariate_normal, norm

from bodytwin.twins.tumour import TWIN
from bodytwin.twins.tumour.model import growth
from bodytwin.twins.tumour.model.path import (
    EFFECTS,
    Exposure,
    ahead,
    course,
    log_likelihood,
    nodes_of,
)
from bodytwin.twins.tumour.model.viable import irradiated

DAYS = np.array([0.0, 3.0, 40.0, 200.0])
A, K, V0 = 0.03, 9000.0, 700.0
LAWS = {
    "exponential": (lambda v: A * v, lambda t: growth.exponential(V0, days=t, rate_per_d=A)),
    "logistic": (
        lambda v: A * v * (1 - v / K),
        lambda t: growth.logistic(V0, days=t, rate_per_d=A, capacity=K),
    ),
    "saturated": (
        lambda v: A * v * (1 - v * 0.8 / V0),
        lambda t: growth.saturated(V0, days=t, rate_per_d=A, psi=0.8),
    ),
    "gompertz": (
        lambda v: A * v * np.log(K / v),
        lambda t: growth.gompertz(V0, days=t, rate_per_d=A, capacity=K),
    ),
    "bertalanffy": (
        lambda v: A / 0.3 * v * (1 - (v / K) ** 0.3),
        lambda t: growth.bertalanffy(V0, days=t, rate_per_d=A, capacity=K, power=0.3),
    ),
}


def integrated(slope, start, days):
    tight = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-10}
    return solve_ivp(lambda _, y: slope(y), (0, days[-1]), start, t_eval=days, **tight).y


@pytest.mark.parametrize("law", LAWS)
def test_a_law_of_growth_is_the_solution_of_its_equation(law):
    slope, closed = LAWS[law]
    found = integrated(slope, [V0], DAYS)[0]
    assert np.allclose(closed(DAYS), found, rtol=1e-8)


def test_living_and_dying_cells_follow_their_equations_between_fractions():
    fractions, dose = np.array([1.0, 2.0, 9.0]), np.array([2.0, 2.0, 6.0])
    rates = {"rate_per_d": A, "capacity": K, "clearance_per_d": 0.1}
    live, dead = irradiated(
        V0, days=np.array([12.0]), fraction_days=fractions, dose_gy=dose,
        alpha_per_gy=0.3, beta_per_gy2=0.03, **rates,
    )  # fmt: skip
    state, now = np.array([V0, 0.0]), 0.0
    for at, d in [*zip(fractions, dose, strict=True), (12.0, 0.0)]:
        moved = integrated(
            lambda y: np.array([A * y[0] * (1 - y[0] / K), -0.1 * y[1]]), state, [at - now]
        )
        s = np.exp(-0.3 * d - 0.03 * d * d)
        state, now = np.array([s * moved[0, -1], moved[1, -1] + (1 - s) * moved[0, -1]]), at
    assert np.allclose([live[0], dead[0]], state, rtol=1e-8)


def covariance(numbers, times, v):
    """The covariance of x by what `course` does to unit vectors."""
    knots = np.unique(times[times > 0])
    size = EFFECTS + len(knots)
    zero = np.zeros((1, size))
    zero[:, 4] = v
    unit = np.repeat(zero, size, axis=0)
    unit[np.arange(size), np.arange(size)] += 1.0
    kept = [k for k in range(size) if k < 3 or k >= EFFECTS]
    base = course(numbers, zero, knots, Exposure(), times)
    moved = course(numbers, unit, knots, Exposure(), times)[kept] - base
    return base[0], moved.T @ moved


def test_the_likelihood_of_readings_is_that_of_the_simulated_course():
    numbers = TWIN.populations["laleh_2022"].numbers
    times, size = np.array([-0.05, 0.1, 0.3, 0.55]), np.array([31.0, 25.0, 28.0, 44.0])
    node, log_weight = nodes_of(7)
    total = 0.0
    for q, w in zip(node, np.exp(log_weight), strict=True):
        mean, cov = covariance(numbers, times, np.exp(numbers.restlessness_log_sd * q))
        cov += numbers.error_log_sd**2 * np.eye(4)
        y = size + numbers.offset_mm
        total += w * multivariate_normal(mean, cov).pdf(np.log(y)) / np.prod(y)
    found = log_likelihood(
        times, size, np.zeros(4), np.array([0, 4]), numbers.packed(), node, log_weight
    )
    assert found == pytest.approx(np.log(total), abs=1e-8)


def test_what_lies_ahead_is_the_likelihood_of_one_reading_more():
    numbers = TWIN.populations["laleh_2022"].numbers
    times, size = np.array([0.0, 0.1, 0.3, 0.5]), np.array([31.0, 25.0, 28.0, 44.0])
    node, log_weight = nodes_of(7)
    packed = numbers.packed()

    def fitted(count):
        start = np.array([0, count])
        return log_likelihood(times, size, np.zeros(4), start, packed, node, log_weight)

    weight, mean, sd = ahead(
        times, size, np.zeros(4), np.array([0, 3]), packed, node, log_weight,
        times[3:], np.array([0, 1]),
    )  # fmt: skip
    y = size[3] + numbers.offset_mm
    density = weight[0] @ norm.pdf(np.log(y), mean[0], sd[0]) / y
    assert np.log(density) == pytest.approx(fitted(4) - fitted(3), abs=1e-8)
