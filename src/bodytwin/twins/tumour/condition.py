r"""The exact posterior of one course: Gaussian given restlessness, restlessness over nodes.

Given v, equations (1) to (3) of `model.path` are linear in standard normal deviates z,
:math:`y = m + G z + e`, so that

.. math::
    z^\ast = z_0 + G^T (G G^T + R)^{-1} (y - m - G z_0 - e_0)                       \tag{1}

is a draw of the posterior where :math:`z_0, e_0` are draws of the prior (Matheron's rule). Readings
enter the contract with an error on the scale of millimetres; the small difference from (3) of the
path is made good by importance weights. One below the limit enters as `model.path` takes it, an
even spread below the limit by its mean and variance, and is not weighted again: where the lesion
cannot be seen the draws are approximate, as the learning is.

Source: Journel and Huijbregts 1978, Mining Geostatistics, section VII.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.numerics.inference import Censoring, Problem, Progress, Sample, silent
from bodytwin.twins.tumour.model.path import EFFECTS, loadings, wandered
from bodytwin.twins.tumour.parameters import Followed

Array = NDArray[np.float64]
NODES = 49
WIDEST = 4.0
DRAWS = 4000
FEWEST_EFFECTIVE = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class ExactPath:
    """The sampler of one case; `time_a` (reading,) in the order of its measurements."""

    followed: Followed
    time_a: Array

    def sample(
        self, problem: Problem, rng: np.random.Generator, progress: Progress = silent
    ) -> Sample:
        """Draws of the transformed parameters given the readings of the problem."""
        numbers = self.followed.population.numbers
        seen = problem.observed
        y, spread = _readings(seen.value, seen.censoring, numbers.offset_mm)
        node = np.linspace(-WIDEST, WIDEST, NODES)
        restless = np.exp(numbers.restlessness_log_sd * node)
        mean, design = self._design(restless)
        error = np.hypot(numbers.error_log_sd, spread)
        covariance = design @ np.swapaxes(design, 1, 2) + np.diag(error**2)
        lower = np.linalg.cholesky(covariance)
        white = np.linalg.solve(lower, np.broadcast_to((y - mean)[:, None], (NODES, len(y), 1)))
        depth = np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
        fit = -0.5 * (white[:, :, 0] ** 2).sum(axis=1) - depth
        log_weight = fit - 0.5 * node**2
        share = np.exp(log_weight - log_weight.max())
        at = rng.choice(NODES, size=DRAWS, p=share / share.sum())
        z, x = self._draws(rng, at, (mean, design, covariance, y, error))
        full = self._placed(z, node[at] * numbers.restlessness_log_sd, rng)
        sure = seen.censoring == Censoring.NONE
        density = seen.log_density(problem.predict(full))[:, sure].sum(axis=1)
        weights = density - _gaussian((y - x)[:, sure], error[sure])
        gain = np.linalg.solve(covariance, np.broadcast_to((y - mean)[:, None], white.shape))
        modes = (np.swapaxes(design, 1, 2) @ gain)[:, :, 0]
        top = int(np.argmax(log_weight + depth))
        best = self._placed(
            modes[[top]], np.array([node[top] * numbers.restlessness_log_sd]), None
        )[0]
        effective = _effective(weights)
        evidence = float(
            log_weight.max() + np.log(share.sum()) + np.log(node[1] - node[0])
            - 0.5 * (len(y) + 1) * np.log(2 * np.pi)
            + np.log(np.mean(np.exp(weights - weights.max()))) + weights.max()
        )  # fmt: skip
        progress("Conditioned", 1.0)
        return Sample(
            draws=full,
            log_weights=weights,
            log_evidence=evidence,
            method="exact path",
            reason="Given how restless the tumour is, its course is Gaussian and conditioned "
            f"exactly; {effective:.0%} of the draws count after the error in millimetres.",
            trusted=effective >= FEWEST_EFFECTIVE,
            diagnostics={"effective_share": effective, "nodes": float(NODES)},
            best=best,
        )

    def _design(self, restless: Array) -> tuple[Array, Array]:
        """Mean (reading,) and weights (node, reading, 3 + knot) of the readings."""
        numbers = self.followed.population.numbers
        mean, fixed = loadings(numbers, self.time_a, restless)
        path = wandered(np.array(self.followed.knots_a), self.time_a)
        moved = numbers.wander_per_root_a * restless[:, None, None] * path[None]
        return mean, np.concatenate([fixed, moved], axis=2)

    def _draws(
        self, rng: np.random.Generator, at: NDArray[np.intp], parts: tuple[Array, ...]
    ) -> tuple[Array, Array]:
        """Draws of z (draw, 3 + knot) by (1), node by node, and x of the readings."""
        mean, design, covariance, y, error = parts
        z = rng.standard_normal((len(at), design.shape[2]))
        noise = rng.standard_normal((len(at), len(y))) * error
        x = np.empty((len(at), len(y)))
        for q in np.unique(at):
            mine = at == q
            gap = y - mean - z[mine] @ design[q].T - noise[mine]
            z[mine] += np.linalg.solve(covariance[q], gap.T).T @ design[q]
            x[mine] = mean + z[mine] @ design[q].T
        return z, x

    def _placed(self, z: Array, restless: Array, rng: np.random.Generator | None) -> Array:
        """Columns as in the prior; the next response and the step ahead are not informed."""
        whole = np.zeros((len(z), EFFECTS + z.shape[1] - 3))
        whole[:, :3], whole[:, 4], whole[:, EFFECTS:] = z[:, :3], restless, z[:, 3:]
        if rng is not None:
            whole[:, [3, 5, 6]] = rng.standard_normal((len(z), 3))
        return whole


def _readings(value: Array, censoring: NDArray[np.int8], offset_mm: float) -> tuple[Array, Array]:
    """Each reading as x, and the sd that stands for an even spread below a limit."""
    below = censoring == Censoring.BELOW
    middle = np.where(below, value / 2, np.maximum(value, 0.01)) + offset_mm
    return np.log(middle), np.where(below, value / np.sqrt(12.0) / middle, 0.0)


def _gaussian(gap: Array, sd: Array) -> Array:
    return (
        -0.5 * ((gap / sd) ** 2).sum(axis=1) - np.log(sd).sum() - 0.5 * len(sd) * np.log(2 * np.pi)
    )


def _effective(log_weights: Array) -> float:
    w = np.exp(log_weights - log_weights.max())
    return float(w.sum() ** 2 / (w @ w) / len(w))
