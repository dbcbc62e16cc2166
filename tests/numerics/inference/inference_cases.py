"""Problems whose answers are known by another route."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bodytwin.numerics.inference import Observed, Problem

Array = NDArray[np.float64]


def observed(
    value,
    *,
    additive=0.0,
    proportional=0.0,
    log=0.0,
    summed: bool = False,
    censoring=0,
    weight=1.0,
) -> Observed:
    value = np.asarray(value, dtype=float)
    n = value.shape[-1]
    return Observed(
        value=value,
        additive_sd=np.broadcast_to(np.asarray(additive, float), n),
        proportional_sd=np.broadcast_to(np.asarray(proportional, float), n),
        log_sd=np.broadcast_to(np.asarray(log, float), n),
        sum_of_sd=np.broadcast_to(np.asarray(summed), n),
        censoring=np.broadcast_to(np.asarray(censoring, np.int8), n),
        weight=np.broadcast_to(np.asarray(weight, float), n),
    )


def line() -> tuple[Problem, Array, Array, float]:
    """A linear problem with its posterior mean, covariance and log evidence."""
    rng = np.random.default_rng(3)
    slope, y = rng.normal(size=(5, 3)), rng.normal(size=5)
    prior = np.array([[1.0, 0.3, 0.0], [0.3, 0.5, 0.1], [0.0, 0.1, 2.0]])
    mean, sd = np.array([0.2, -0.4, 1.0]), 0.6
    problem = Problem(
        mean=mean,
        covariance=prior,
        observed=observed(y, additive=sd),
        predict=lambda z: z @ slope.T,
    )
    covariance = np.linalg.inv(np.linalg.inv(prior) + slope.T @ slope / sd**2)
    centre = covariance @ (np.linalg.solve(prior, mean) + slope.T @ y / sd**2)
    marginal = slope @ prior @ slope.T + sd**2 * np.eye(5)
    gap = y - slope @ mean
    log_det = np.linalg.slogdet(2 * np.pi * marginal).logabsdet
    evidence = -0.5 * (gap @ np.linalg.solve(marginal, gap) + log_det)
    return problem, centre, covariance, float(evidence)


def two_modes() -> Problem:
    """The square of the first unknown was seen: both roots are possible, one a little more so."""
    return Problem(
        mean=np.array([0.2, 0.0]),
        covariance=np.eye(2),
        observed=observed([1.0, 0.0], additive=0.1),
        predict=lambda z: np.stack([z[:, 0] ** 2, z[:, 1] - z[:, 0]], axis=1),
    )


def banana() -> Problem:
    """A thin parabola, which no Gaussian resembles."""
    return Problem(
        mean=np.zeros(2),
        covariance=np.diag([4.0, 25.0]),
        observed=observed([0.0], additive=0.15),
        predict=lambda z: z[:, 1:] - z[:, :1] ** 2,
    )


def decay(t: Array) -> Callable[[Array], Array]:
    """A level that falls with time: log size and log rate are the unknowns."""
    return lambda z: 10 * np.exp(z[:, :1]) * np.exp(-0.3 * np.exp(z[:, 1:2]) * t)


def quadrature(problem: Problem, low: float, high: float, size: int = 901):
    """Log evidence, mean and standard deviation of a problem of two unknowns, on a grid."""
    axis = np.linspace(low, high, size)
    z = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    height = problem.log_posterior(z)
    w = np.exp(height - height.max())
    mean = w @ z / w.sum()
    sd = np.sqrt(w @ (z - mean) ** 2 / w.sum())
    cell = (axis[1] - axis[0]) ** 2
    return float(np.log(w.sum() * cell) + height.max()), mean, sd
