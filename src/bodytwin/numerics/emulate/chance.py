r"""How probable is a yes here, judging by runs that gave yes or no?

A Gaussian process g on standardised inputs through a probit link, by Laplace's approximation
(Rasmussen & Williams 2006, algorithms 3.1 and 3.2, equation 3.82):

.. math::
    p(\text{yes} \mid x) = \Phi\big(m(x) / \sqrt{1 + s^2(x)}\big)                \tag{1}

Its interval is that of :math:`\Phi(g)` under the process.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.emulate.process import kernel

Array = NDArray[np.float64]
CENTRAL_90 = 1.6448536269514722


@dataclass(frozen=True, kw_only=True, eq=False)
class Chance:
    """An emulator of a yes-or-no result, learned from runs at `points` (n, d)."""

    points: Array
    yes: NDArray[np.bool_]
    lengths: Array
    scale: float
    slope: Array
    root: Array
    curvature: Array
    offset: float

    def predict(self, x: Array) -> tuple[Array, Array, Array]:
        """Probability of yes at x (b, d), and its central 90 % interval: three arrays (b,)."""
        mean, sd = self.latent(x)
        middle = ndtr(mean / np.sqrt(1 + sd * sd))
        return middle, ndtr(mean - CENTRAL_90 * sd), ndtr(mean + CENTRAL_90 * sd)

    def latent(self, x: Array) -> tuple[Array, Array]:
        """Mean and sd of g at x (b, d)."""
        k = self.scale**2 * kernel(x, self.points, self.lengths)
        v = solve_triangular(self.root, np.sqrt(self.curvature)[:, None] * k.T, lower=True)
        variance = self.scale**2 - (v * v).sum(axis=0)
        return self.offset + k @ self.slope, np.sqrt(np.maximum(variance, 1e-12))

    def inside(self, x: Array, *, margin: float = 0.1) -> NDArray[np.bool_]:
        """Whether each of x (b, d) lies in the box of the runs, widened by `margin` of its side."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        reach = margin * (high - low)
        return ((x >= low - reach) & (x <= high + reach)).all(axis=1)


def learn_chance(points: Array, yes: NDArray[np.bool_]) -> Chance:
    """An emulator from runs at `points` (n, d) of which `yes` (n,) came true."""
    points, yes = np.asarray(points, dtype=np.float64), np.asarray(yes, dtype=np.bool_)
    if points.ndim != 2 or yes.shape != (len(points),) or len(points) < 8:
        raise InvalidInputError(
            f"Needed are points (n, d) and answers (n,) of at least 8 runs; got {points.shape} "
            f"and {yes.shape}."
        )
    d = points.shape[1]
    bounds = [tuple(np.log((0.3, 30.0)))] * d + [tuple(np.log((0.3, 5.0)))]
    start = np.r_[np.full(d, np.log(3.0)), np.log(1.5)]
    found = minimize(
        lambda log: (
            _fitted(points, yes, np.exp(log[:-1]), float(np.exp(log[-1])))[0]
            + 0.05 * float(((log - start) ** 2).sum())
        ),
        start,
        bounds=bounds,
        method="L-BFGS-B",
        options={"maxiter": 40},
    )
    lengths, scale = np.exp(found.x[:-1]), float(np.exp(found.x[-1]))
    _, slope, root, curvature, offset = _fitted(points, yes, lengths, scale)
    return Chance(
        points=points,
        yes=yes,
        lengths=lengths,
        scale=scale,
        slope=slope,
        root=root,
        curvature=curvature,
        offset=offset,
    )


def left_out_chances(of: Chance) -> Array:
    """Probability of each run (n,), foretold from the others with the lengths kept."""
    found = np.empty(len(of.yes))
    for i in range(len(of.yes)):
        rest = np.arange(len(of.yes)) != i
        points, yes = of.points[rest], of.yes[rest]
        _, slope, root, curvature, offset = _fitted(points, yes, of.lengths, of.scale)
        without = Chance(
            points=points,
            yes=yes,
            lengths=of.lengths,
            scale=of.scale,
            slope=slope,
            root=root,
            curvature=curvature,
            offset=offset,
        )
        found[i] = without.predict(of.points[i : i + 1])[0][0]
    return found


def _fitted(
    points: Array, yes: NDArray[np.bool_], lengths: Array, scale: float
) -> tuple[float, Array, Array, Array, float]:
    """Newton's iteration for the mode of g; minus the log evidence first."""
    from scipy.special import ndtri

    n = len(points)
    offset = float(ndtri((yes.sum() + 0.5) / (n + 1)))
    k = scale**2 * kernel(points, points, lengths) + 1e-8 * np.eye(n)
    sign = np.where(yes, 1.0, -1.0)
    g = np.zeros(n)
    for _ in range(60):
        slope, curvature = _derivatives(sign, g + offset)
        root_w = np.sqrt(curvature)
        root = np.asarray(cholesky(np.eye(n) + root_w[:, None] * k * root_w, lower=True))
        b = curvature * g + slope
        a = b - root_w * cho_solve((root, True), root_w * (k @ b))
        step = k @ a - g
        g = g + step
        if float(np.abs(step).max()) < 1e-8:
            break
    slope, curvature = _derivatives(sign, g + offset)
    root_w = np.sqrt(curvature)
    root = np.asarray(cholesky(np.eye(n) + root_w[:, None] * k * root_w, lower=True))
    weight = np.linalg.solve(k, g)
    evidence = (
        float(log_ndtr(sign * (g + offset)).sum())
        - 0.5 * float(g @ weight)
        - float(np.log(np.diag(root)).sum())
    )
    return -evidence, slope, root, curvature, offset


def _derivatives(sign: Array, g: Array) -> tuple[Array, Array]:
    """Slope of the log-likelihood by g, and minus its curvature."""
    z = sign * g
    hazard = np.exp(-0.5 * z * z - 0.5 * np.log(2 * np.pi) - log_ndtr(z))
    return sign * hazard, np.maximum(hazard * (hazard + z), 1e-12)
