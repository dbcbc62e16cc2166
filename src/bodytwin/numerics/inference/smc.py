r"""Particles carried from the prior to the posterior by a tempered likelihood.

.. math::
    \pi_\beta(z) \propto p(z)\, p(y \mid z)^{\beta}, \qquad
    0 = \beta_0 < \dots < \beta_T = 1                                        \tag{1}

Each next :math:`\beta` leaves a chosen share of effective particles; they are
resampled and moved by Metropolis-Hastings steps, by turns a random walk of the
particles' own covariance and an independent Student-t draw, until each has been
replaced a few times. The evidence is the product of the mean incremental
weights :math:`p(y \mid z)^{\beta_t - \beta_{t-1}}`. Nothing is asked of the
likelihood but its value, and a mode is found wherever the prior reaches it.

Source: Del Moral, Doucet & Jasra, "Sequential Monte Carlo samplers", JRSS B 68
(2006); the choice of temperatures is Jasra et al., Scand. J. Stat. 38 (2011).
Not for: simulators slower than some milliseconds a run.
"""

from dataclasses import dataclass, field

import numpy as np

from bodytwin.errors import NumericalError
from bodytwin.numerics.inference.mixture import Mixture
from bodytwin.numerics.inference.problem import Array, Problem
from bodytwin.numerics.inference.sample import (
    Progress,
    Sample,
    effective_size,
    log_total,
    silent,
    systematic,
)

SMALLEST_STEP = 1e-6


@dataclass(kw_only=True, eq=False)
class _Particles:
    """Changed in place: z (k, p), its log prior and its log-likelihood, (k,)."""

    z: Array
    prior: Array
    likelihood: Array
    runs: int = 0
    failed: int = 0
    stretch: float = 1.0
    moved: list[float] = field(default_factory=list[float])


@dataclass(frozen=True, kw_only=True)
class TemperedSMC:
    """Equation (1), keeping `share` of the particles effective at each temperature.

    Moves go on until a particle has on average been replaced `moves` times, but
    at most `longest` rounds; trusted where that was enough at every temperature.
    """

    particles: int = 1000
    share: float = 0.5
    moves: float = 4.0
    longest: int = 40

    def sample(
        self, problem: Problem, rng: np.random.Generator, progress: Progress = silent
    ) -> Sample:
        """Carry particles from the prior of `problem` to its posterior."""
        normal = rng.standard_normal((self.particles, problem.size))
        z = problem.mean + normal @ problem.cholesky.T
        cloud = _Particles(z=z, prior=problem.log_prior(z), likelihood=np.zeros(len(z)))
        cloud.likelihood = _likelihood(problem, cloud, z)
        if not np.any(np.isfinite(cloud.likelihood)):
            raise NumericalError(
                f"The simulator failed, or the observations are impossible, at all of "
                f"{self.particles} draws. Check the prior and the observations."
            )
        beta, log_evidence, levels = 0.0, 0.0, 0
        while beta < 1:
            step = self._next_step(cloud.likelihood, beta)
            weights = _scaled(cloud.likelihood, step)
            log_evidence += float(log_total(weights)) - float(np.log(self.particles))
            beta, levels = beta + step, levels + 1
            beta = 1.0 if beta > 1 - SMALLEST_STEP else beta
            progress(f"Tempering, level {levels}", beta * levels / (levels + 1))
            self._renew(cloud, weights, beta, problem, rng)
        progress("Tempering", 1.0)
        return self._report(cloud, log_evidence, levels)

    def _next_step(self, likelihood: Array, beta: float) -> float:
        """The longest step in temperature that leaves enough particles effective."""
        wanted = self.share * float(np.mean(np.isfinite(likelihood))) * len(likelihood)
        low, high = 0.0, 1 - beta
        if effective_size(_scaled(likelihood, high)) >= wanted:
            return high
        for _ in range(60):
            middle = (low + high) / 2
            enough = effective_size(_scaled(likelihood, middle)) >= wanted
            low, high = (middle, high) if enough else (low, middle)
        return max(low, SMALLEST_STEP * (1 - beta))

    def _renew(
        self,
        cloud: _Particles,
        log_weights: Array,
        beta: float,
        problem: Problem,
        rng: np.random.Generator,
    ) -> None:
        """Resample by `log_weights`, then move at temperature `beta` (equation 1)."""
        w = np.exp(log_weights - log_total(log_weights))
        mean = w @ cloud.z
        covariance = np.cov(cloud.z.T, aweights=w, ddof=0).reshape(problem.size, problem.size)
        covariance += 1e-10 * np.diag(np.diag(problem.covariance))
        picked = systematic(w, self.particles, rng)
        cloud.z, cloud.prior, cloud.likelihood = (
            cloud.z[picked],
            cloud.prior[picked],
            cloud.likelihood[picked],
        )
        whole = Mixture(weight=np.ones(1), location=mean[None], scale=covariance[None], freedom=6.0)
        factor = np.linalg.cholesky(covariance) * 2.38 / np.sqrt(problem.size)
        replaced = 0.0
        for turn in range(self.longest):
            if turn % 2:
                z = whole.draw(self.particles, rng)
                correction = whole.log_density(cloud.z) - whole.log_density(z)
            else:
                z = cloud.z + cloud.stretch * rng.standard_normal(cloud.z.shape) @ factor.T
                correction = np.zeros(self.particles)
            rate = _accept(cloud, z, correction, beta, problem, rng)
            if not turn % 2:
                cloud.stretch = float(np.clip(cloud.stretch * np.exp(rate - 0.25), 0.05, 2.0))
            replaced += rate
            if replaced >= self.moves:
                break
        cloud.moved.append(replaced)

    def _report(self, cloud: _Particles, log_evidence: float, levels: int) -> Sample:
        least = min(cloud.moved)
        distinct = len(np.unique(cloud.z, axis=0))
        return Sample(
            draws=cloud.z,
            log_weights=np.zeros(self.particles),
            log_evidence=log_evidence,
            method="smc",
            reason=f"Tempered particles, {levels} temperatures: each particle replaced at least "
            f"{least:.1f} times on average where {self.moves:g} is asked.",
            trusted=least >= self.moves,
            diagnostics={
                "levels": float(levels),
                "least_moves": least,
                "effective_size": float(distinct),
                "failed_runs": cloud.failed / cloud.runs,
                "runs": float(cloud.runs),
            },
        )


def _scaled(likelihood: Array, step: float) -> Array:
    return np.where(np.isfinite(likelihood), step * likelihood, -np.inf)


def _likelihood(problem: Problem, cloud: _Particles, z: Array) -> Array:
    likelihood = problem.log_likelihood(z)
    cloud.runs += len(z)
    cloud.failed += int(np.sum(~np.isfinite(likelihood)))
    return likelihood


def _accept(
    cloud: _Particles,
    z: Array,
    correction: Array,
    beta: float,
    problem: Problem,
    rng: np.random.Generator,
) -> float:
    """Metropolis-Hastings at temperature `beta`; the share of proposals `z` taken."""
    prior, likelihood = problem.log_prior(z), _likelihood(problem, cloud, z)
    log_ratio = prior - cloud.prior + beta * (likelihood - cloud.likelihood) + correction
    taken = np.log(rng.random(len(z))) < log_ratio
    cloud.z[taken], cloud.prior[taken] = z[taken], prior[taken]
    cloud.likelihood[taken] = likelihood[taken]
    return float(taken.mean())
