r"""Draws from a heavy-tailed mixture around the modes, weighted to the posterior.

.. math::
    z_s \sim q, \qquad w_s = \frac{p(z_s)\, p(y \mid z_s)}{q(z_s)}, \qquad
    p(y) \approx \frac{1}{S} \sum_s w_s                                      \tag{1}

q starts at the modes and is refitted to its own weighted draws, a few hundred
at a time; only the last round is kept, so the draws are independent of what q
was fitted to. A twentieth of q is always the prior, which bounds the weights by
the likelihood. The largest weights are smoothed, and the shape of their tail
says whether to trust the rest.

Source: Vehtari et al., "Pareto smoothed importance sampling", JMLR 25 (2024).
Not for: more than about twenty unknowns.
"""

from dataclasses import dataclass

import numpy as np

from bodytwin.numerics.inference import pareto
from bodytwin.numerics.inference.laplace import find
from bodytwin.numerics.inference.mixture import Mixture, around
from bodytwin.numerics.inference.modes import Modes
from bodytwin.numerics.inference.problem import Array, Problem
from bodytwin.numerics.inference.sample import Progress, Sample, effective_size, log_total, silent

DEFENSIVE = 0.05


@dataclass(frozen=True, kw_only=True)
class ImportanceSampling:
    """Equation (1), with up to `rounds` refits of the mixture, each on a quarter of `draws`.

    Trusted where the tail shape is at most 0.7 and the effective size at least
    `smallest_share` of `draws`; the tail shape alone passes proposals that miss
    a long side of the posterior and make its spread a quarter too small.
    """

    draws: int = 4000
    rounds: int = 3
    freedom: float = 5.0
    starts: int = 16
    smallest_share: float = 0.3

    def sample(
        self, problem: Problem, rng: np.random.Generator, progress: Progress = silent
    ) -> Sample:
        """Search for the modes of `problem`, then draw around them."""
        modes = find(problem, rng, starts=self.starts, progress=progress)
        mixture = self.proposal(problem, modes, rng, progress)
        return self.weigh(problem, mixture, rng, progress, modes=len(modes.z))

    def proposal(
        self, problem: Problem, modes: Modes, rng: np.random.Generator, progress: Progress = silent
    ) -> Mixture:
        """The mixture to draw from: at the modes, then refitted."""
        start = around(modes, freedom=self.freedom)
        return self._adapted(problem, start, rng, progress)

    def weigh(
        self,
        problem: Problem,
        mixture: Mixture,
        rng: np.random.Generator,
        progress: Progress = silent,
        *,
        modes: int,
    ) -> Sample:
        """Draws of `mixture`, weighted by (1), and whether to trust them."""
        z = mixture.draw(self.draws, rng)
        raw, failed = _log_weights(problem, mixture, z)
        log_weights, shape = pareto.smooth(raw)
        share = effective_size(log_weights) / self.draws
        limit = pareto.largest_trusted(self.draws)
        progress("Importance sampling", 1.0)
        return Sample(
            draws=z,
            log_weights=log_weights,
            log_evidence=float(log_total(log_weights)) - float(np.log(self.draws)),
            method="importance",
            reason=f"Importance sampling around {modes} mode(s): tail shape {shape:.2f} "
            f"where {limit:.2f} is allowed, effective size {share:.0%} of the draws "
            f"where {self.smallest_share:.0%} is asked.",
            trusted=shape <= limit and share >= self.smallest_share,
            diagnostics={
                "pareto_k": shape,
                "effective_size": share * self.draws,
                "failed_runs": failed,
                "modes": float(modes),
            },
        )

    def _adapted(
        self, problem: Problem, mixture: Mixture, rng: np.random.Generator, progress: Progress
    ) -> Mixture:
        pilot = max(self.draws // 4, 100 * problem.size)
        for i in range(self.rounds):
            progress("Fitting the proposal", (i + 1) / (self.rounds + 2))
            proposal = mixture.widened(problem.mean, problem.covariance, DEFENSIVE)
            z = proposal.draw(pilot, rng)
            log_weights, _ = pareto.smooth(_log_weights(problem, proposal, z)[0])
            effective = effective_size(log_weights)
            if effective == 0 or (i > 0 and effective > 0.85 * pilot):
                break
            mixture = mixture.refitted(z, log_weights)
        return mixture.widened(problem.mean, problem.covariance, DEFENSIVE)


def _log_weights(problem: Problem, mixture: Mixture, z: Array) -> tuple[Array, float]:
    """Log of w in (1), shape (k,), and the share of runs that failed."""
    likelihood = problem.log_likelihood(z)
    weights = problem.log_prior(z) + likelihood - mixture.log_density(z)
    return weights, float(np.mean(~np.isfinite(likelihood)))
