r"""What would an expensive function give here, judging by the runs that were made?

A Gaussian process with a linear mean, written for standardised inputs x:

.. math::
    y(x) = (1, x)\,\beta + g(x) + \varepsilon, \qquad
    k(x, x') = s^2 (1 + \sqrt5 r + \tfrac53 r^2) e^{-\sqrt5 r}, \qquad
    r^2 = \sum_j (x_j - x'_j)^2 / l_j^2                                        \tag{1}

(Rasmussen & Williams 2006, *Gaussian Processes for Machine Learning*, equations 2.41,
4.17 and 5.8), with the coefficients integrated out under a flat prior. Lengths
and the share of noise are the most probable ones.

Not for: thousands of runs (cubic cost), functions with jumps.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

from bodytwin.errors import InvalidInputError, NumericalError

Array = NDArray[np.float64]
LENGTHS = (0.2, 30.0)
NOISES = (1e-8, 0.5)
ROOT5 = float(np.sqrt(5.0))


def kernel(a: Array, b: Array, lengths: Array) -> Array:
    """Correlation of equation (1) between points a (n, d) and b (m, d), shape (n, m)."""
    r = cdist(a / lengths, b / lengths)
    return (1 + ROOT5 * r + 5 / 3 * r * r) * np.exp(-ROOT5 * r)


@dataclass(frozen=True, kw_only=True, eq=False)
class Process:
    """An emulator of one output, learned from runs at `points` (n, d) that gave `values` (n,).

    `lengths` (d,) are those of equation (1), `noise` the share of the variance that the
    points do not explain, `variance` that of g.
    """

    points: Array
    values: Array
    lengths: Array
    noise: float
    variance: float
    weights: Array
    coefficients: Array
    root: Array
    mean_root: Array

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation at x (b, d), each (b,); the sd is that of a new run."""
        k = kernel(x, self.points, self.lengths)
        h = with_one(x)
        mean = h @ self.coefficients + k @ self.weights
        v = solve_triangular(self.root, k.T, lower=True)
        lacking = h - (solve_triangular(self.root, with_one(self.points), lower=True).T @ v).T
        u = solve_triangular(self.mean_root, lacking.T, lower=True)
        share = 1 + self.noise - (v * v).sum(axis=0) + (u * u).sum(axis=0)
        return mean, np.sqrt(self.variance * np.maximum(share, 1e-12))

    def inside(self, x: Array, *, margin: float = 0.1) -> NDArray[np.bool_]:
        """Whether each of x (b, d) lies in the box of the runs, widened by `margin` of its side."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        reach = margin * (high - low)
        return ((x >= low - reach) & (x <= high + reach)).all(axis=1)


def learn(points: Array, values: Array) -> Process:
    """An emulator from runs at `points` (n, d) that gave `values` (n,).

    Raises:
        InvalidInputError: shapes that do not match, too few runs, values that are not numbers.

    """
    points, values = np.asarray(points, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if points.ndim != 2 or values.shape != (len(points),) or len(points) < points.shape[1] + 3:
        raise InvalidInputError(
            f"An emulator needs points (n, d) and values (n,) with n at least d + 3; got "
            f"{points.shape} and {values.shape}."
        )
    if not (np.isfinite(points).all() and np.isfinite(values).all()):
        raise InvalidInputError("A run that failed cannot train an emulator: leave it out.")
    scale = float(values.std()) or 1.0
    d = points.shape[1]
    bounds = [tuple(np.log(LENGTHS))] * d + [tuple(np.log(NOISES))]
    starts = [np.r_[np.full(d, np.log(length)), np.log(1e-4)] for length in (1.5, 5.0)]
    found = [
        minimize(_misfit, start, args=(points, values / scale), bounds=bounds, method="L-BFGS-B")
        for start in starts
    ]
    best = min(found, key=lambda f: float(f.fun))
    if not np.isfinite(best.fun):
        raise NumericalError("No emulator fits these runs.")
    return conditioned(points, values, lengths=np.exp(best.x[:d]), noise=float(np.exp(best.x[d])))


def with_one(x: Array) -> Array:
    """The terms of the linear mean at x (b, d), shape (b, d + 1)."""
    return np.column_stack([np.ones(len(x)), x])


def _solved(points: Array, values: Array, lengths: Array, noise: float) -> tuple[Array, ...]:
    n = len(points)
    covariance = kernel(points, points, lengths) + (noise + 1e-10) * np.eye(n)
    root = np.asarray(cholesky(covariance, lower=True))
    h = with_one(points)
    half = solve_triangular(root, np.column_stack([h, values]), lower=True)
    mean_root = np.asarray(cholesky(half[:, :-1].T @ half[:, :-1], lower=True))
    coefficients = cho_solve((mean_root, True), half[:, :-1].T @ half[:, -1])
    rest = half[:, -1] - half[:, :-1] @ coefficients
    return root, mean_root, coefficients, rest


def _misfit(log: Array, points: Array, values: Array) -> float:
    """Minus the log of the integrated likelihood, variance at its best value."""
    try:
        root, mean_root, _, rest = _solved(points, values, np.exp(log[:-1]), float(np.exp(log[-1])))
    except np.linalg.LinAlgError:
        return np.inf
    free = len(points) - points.shape[1] - 1
    variance = float(rest @ rest) / free
    towards = 0.02 * float(((log[:-1] - np.log(5.0)) ** 2).sum())
    return (
        0.5 * free * np.log(max(variance, 1e-30))
        + float(np.log(np.diag(root)).sum())
        + float(np.log(np.diag(mean_root)).sum())
        + towards
    )


def conditioned(points: Array, values: Array, *, lengths: Array, noise: float) -> Process:
    """An emulator from runs as in `learn`, with lengths (d,) and noise that are known."""
    root, mean_root, coefficients, rest = _solved(points, values, lengths, noise)
    free = len(points) - points.shape[1] - 1
    return Process(
        points=points,
        values=values,
        lengths=lengths,
        noise=noise,
        variance=max(float(rest @ rest) / free, 1e-24),
        weights=solve_triangular(root.T, rest, lower=False),
        coefficients=coefficients,
        root=root,
        mean_root=mean_root,
    )
