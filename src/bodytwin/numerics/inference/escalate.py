"""The default method: the cheapest that its own gates allow.

The modes are found, and a Gaussian at each of them gives the proposal of
importance sampling. Where the weights are too uneven the proposal is refitted
once to all of its draws; where they still are, tempered particles start again
from the prior.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from bodytwin.numerics.inference.importance import ImportanceSampling
from bodytwin.numerics.inference.laplace import find
from bodytwin.numerics.inference.problem import Problem
from bodytwin.numerics.inference.sample import Progress, Sample, silent
from bodytwin.numerics.inference.smc import TemperedSMC


@dataclass(frozen=True, kw_only=True)
class Escalating:
    """Importance sampling, and tempered particles where it fails its gates."""

    importance: ImportanceSampling = field(default_factory=ImportanceSampling)
    smc: TemperedSMC = field(default_factory=lambda: TemperedSMC(particles=2000))

    def sample(
        self, problem: Problem, rng: np.random.Generator, progress: Progress = silent
    ) -> Sample:
        """Draw from the posterior of `problem` by the first method that passes."""
        modes = find(problem, rng, starts=self.importance.starts, progress=progress)
        mixture = self.importance.proposal(problem, modes, rng, progress)
        weighted = self.importance.weigh(problem, mixture, rng, progress, modes=len(modes.z))
        if not weighted.trusted and weighted.effective_size > 0:
            mixture = mixture.refitted(weighted.draws, weighted.log_weights)
            weighted = self.importance.weigh(problem, mixture, rng, progress, modes=len(modes.z))
            weighted = replace(weighted, reason=f"After one more refit: {weighted.reason}")
        if weighted.trusted:
            return weighted
        particles = self.smc.sample(problem, rng, progress)
        return replace(
            particles,
            reason=f"{weighted.reason} Not enough, so particles were used. {particles.reason}",
            diagnostics={
                **particles.diagnostics,
                "modes": weighted.diagnostics["modes"],
                "pareto_k": weighted.diagnostics["pareto_k"],
            },
        )
