"""Many problems of one shape, handled in one call: starts of one patient, or a cohort.

Problems of different length share the longest length n; what is missing has
weight 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.numerics.inference.problem import LOG_2PI, Array, Observed, Problem

Index = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """b problems of p unknowns and at most n observations each.

    `mean` is (p,) or (b, p), `precision` (p, p) or (b, p, p), and the fields of
    `observed` are (n,) or (b, n): what lacks the first axis is shared.
    `predict` takes z (k, p) and the problem each row belongs to, index (k,),
    and returns (k, n); a row of NaN is a failed run.
    """

    mean: Array
    precision: Array
    observed: Observed
    predict: Callable[[Array, Index], Array]

    @classmethod
    def of(cls, problem: Problem) -> "Batch":
        """The batch that holds `problem` alone."""
        return cls(
            mean=problem.mean,
            precision=problem.precision,
            observed=problem.observed,
            predict=lambda z, _index: problem.predict(z),
        )

    @property
    def size(self) -> int:
        """Number of unknowns, p."""
        return self.mean.shape[-1]

    @cached_property
    def count(self) -> int:
        """Number of problems, b."""
        leading = [a.shape[0] for a, axes in self._shapes if a.ndim > axes]
        return leading[0] if leading else 1

    @property
    def _shapes(self) -> list[tuple[Array, int]]:
        return [(self.mean, 1), (self.precision, 2), (self.observed.value, 1)]

    @cached_property
    def _log_normaliser(self) -> Array:
        log_det = np.linalg.slogdet(self.precision).logabsdet
        return np.asarray(0.5 * (log_det - self.size * LOG_2PI))

    def mean_of(self, index: Index) -> Array:
        """Prior means of the problems `index`, (k, p) or shared (p,)."""
        return self.mean if self.mean.ndim == 1 else self.mean[index]

    def precision_of(self, index: Index) -> Array:
        """Prior precisions of the problems `index`, (k, p, p) or shared (p, p)."""
        return self.precision if self.precision.ndim == 2 else self.precision[index]

    def log_posterior(self, z: Array, index: Index, predicted: Array) -> Array:
        """Log of prior times likelihood of z (k, p), given what it predicts (k, n)."""
        d = z - self.mean_of(index)
        pulled = np.matmul(self.precision_of(index), d[..., None])[..., 0]
        normaliser = self._log_normaliser
        normaliser = normaliser if normaliser.ndim == 0 else normaliser[index]
        likelihood = self.observed.rows(index).log_density(predicted).sum(axis=-1)
        return normaliser - 0.5 * np.sum(d * pulled, axis=-1) + likelihood
