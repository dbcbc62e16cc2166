r"""The posterior as one Gaussian at each of its modes.

.. math::
    p(z \mid y) \approx \sum_c \alpha_c N(z; \hat z_c, H_c^{-1}), \qquad
    \log p(y) \approx \log \sum_c p(\hat z_c, y)\, (2\pi)^{p/2} |H_c|^{-1/2}  \tag{1}

Exact where the posterior is Gaussian. The gate compares the log posterior with
the parabola of (1) at a standard deviation and a half either way along each
principal direction.

Source: Kass & Raftery, "Bayes factors", JASA 90 (1995), section 4.1.
Not for: skewed or curved posteriors; importance sampling repairs mild cases.
"""

from dataclasses import dataclass

import numpy as np

from bodytwin.errors import NumericalError
from bodytwin.numerics.inference.batch import Batch
from bodytwin.numerics.inference.mixture import covariances, laplace_evidence
from bodytwin.numerics.inference.modes import Modes, multistart
from bodytwin.numerics.inference.problem import Array, Problem
from bodytwin.numerics.inference.sample import Progress, Sample, log_total, silent

REACH = 1.5


@dataclass(frozen=True, kw_only=True)
class Laplace:
    """Draws from equation (1), all of one weight.

    Trusted where the log posterior departs from the parabola by less than
    `largest_departure`.
    """

    draws: int = 4000
    starts: int = 16
    largest_departure: float = 0.3

    def sample(
        self, problem: Problem, rng: np.random.Generator, progress: Progress = silent
    ) -> Sample:
        """Draw from the Gaussians at the modes of `problem`."""
        modes = find(problem, rng, starts=self.starts, progress=progress)
        covariance = covariances(modes.hessian)
        mass = laplace_evidence(modes)
        evidence = float(log_total(mass))
        which = rng.choice(len(mass), size=self.draws, p=np.exp(mass - evidence))
        normal = rng.standard_normal((self.draws, problem.size))
        turned = np.einsum("kij,kj->ki", np.linalg.cholesky(covariance)[which], normal)
        far = departure(problem, modes, covariance)
        sound = bool(np.all(modes.converged)) and far <= self.largest_departure
        progress("Gaussian at the mode", 1.0)
        return Sample(
            draws=modes.z[which] + turned,
            log_weights=np.zeros(self.draws),
            log_evidence=evidence,
            method="laplace",
            reason=f"A Gaussian at {_named(len(mass))}, from which the log posterior departs by "
            f"{far:.2g} where {self.largest_departure:g} is allowed.",
            trusted=sound,
            diagnostics={
                "departure": far,
                "modes": float(len(mass)),
                "gradient_norm": float(modes.gradient_norm.max()),
                "effective_size": float(self.draws),
            },
        )


def find(
    problem: Problem, rng: np.random.Generator, *, starts: int, progress: Progress = silent
) -> Modes:
    """The distinct modes of `problem`, highest first; raises where every run failed."""
    progress("Searching for the mode", 0.0)
    modes = multistart(Batch.of(problem), rng, starts=starts)
    if not np.isfinite(modes.log_posterior[0]):
        raise NumericalError(
            f"The simulator failed, or the observations are impossible, at all of "
            f"{4 * starts} points spread over the prior. Check the prior and the observations."
        )
    return modes


def departure(problem: Problem, modes: Modes, covariance: Array) -> float:
    """Largest gap between the log posterior and its parabola at each mode (k, p)."""
    values, vectors = np.linalg.eigh(covariance)
    arms = REACH * np.sqrt(values)[:, :, None] * np.swapaxes(vectors, 1, 2)
    points = modes.z[:, None, :] + np.concatenate([arms, -arms], axis=1)
    heights = problem.log_posterior(points.reshape(-1, problem.size)).reshape(len(modes.z), -1)
    gap = heights - (modes.log_posterior[:, None] - 0.5 * REACH**2)
    return float(np.max(np.abs(gap)))


def _named(count: int) -> str:
    return "the mode" if count == 1 else f"each of {count} modes"
