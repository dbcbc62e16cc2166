"""What an inference method returns, and what a method is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bodytwin.numerics.inference.problem import Array, Problem

Progress = Callable[[str, float], None]
"""Called with a short sentence and the share done, 0 to 1. May raise to stop the work."""


def silent(_what: str, _share: float) -> None:
    """Report no progress."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Weighted draws of z: `draws` (b, p), `log_weights` (b,) that need no normalising.

    `best` (p,) is the most probable z of those at which the simulator was run, given
    where it is too expensive to be run at every draw. `log_evidence` is the log of the
    marginal likelihood. `trusted` is False where the method's own gate failed; `reason` says
    in a sentence why this method was used and how it went.
    """

    draws: Array
    log_weights: Array
    log_evidence: float
    method: str
    reason: str
    trusted: bool
    diagnostics: Mapping[str, float]
    best: Array | None = None

    def most_probable(self, problem: Problem) -> Array:
        """The most probable z that was found, (p,)."""
        if self.best is not None:
            return self.best
        return self.draws[np.argmax(problem.log_posterior(self.draws))]

    @property
    def weights(self) -> Array:
        """Normalised weights, shape (b,), adding to one."""
        w = np.exp(self.log_weights - self.log_weights.max())
        return w / w.sum()

    @property
    def effective_size(self) -> float:
        """Kish effective sample size."""
        return effective_size(self.log_weights)

    def resampled(self, size: int, rng: np.random.Generator) -> Array:
        """`size` equally weighted draws (size, p) by systematic resampling, in random order."""
        return self.draws[systematic(self.weights, size, rng)]


def log_total(values: Array) -> Array:
    """Log of the sum of exp(values) over the first axis; -inf where every value is."""
    top = np.max(values, axis=0)
    shift = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return shift + np.log(np.sum(np.exp(values - shift), axis=0))


def effective_size(log_weights: Array) -> float:
    """Kish effective size, (sum w)^2 / sum w^2; 0 where every weight is zero."""
    top = float(np.max(log_weights))
    if not np.isfinite(top):
        return 0.0
    w = np.exp(log_weights - top)
    return float(w.sum() ** 2 / np.sum(w * w))


def systematic(weights: Array, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices (size,) drawn in proportion to `weights`, shuffled."""
    positions = (rng.random() + np.arange(size)) / size
    picked = np.minimum(np.searchsorted(np.cumsum(weights), positions), len(weights) - 1)
    return rng.permutation(picked)


class Method(Protocol):
    """A way to turn a problem into draws."""

    def sample(
        self, problem: Problem, rng: np.random.Generator, progress: Progress = silent
    ) -> Sample:
        """Draw from the posterior of `problem`."""
        ...
