"""How sure is a figure that many forecasts in fewer patients gave?

Forecasts in one patient share that patient's peculiarities, so whole patients
are drawn with replacement, never single forecasts. Every figure here is a
function of sums over patients, and one draw is a multinomial weight for each.

Source: Davison & Hinkley, *Bootstrap Methods and their Application*, Cambridge
University Press (1997), sections 3.8 and 5.3 (percentile interval).
Not for: fewer than about 20 patients, where the interval comes out too narrow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval over patients; NaN where it cannot be had."""

    value: float
    low: float = float("nan")
    high: float = float("nan")

    def __str__(self) -> str:
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True, eq=False)
class Clusters:
    """Forecasts grouped by patient, and the resampled numbers of times each patient counts."""

    member: NDArray[np.intp]
    weights: Array

    @classmethod
    def of(
        cls, patients: Sequence[str], rng: np.random.Generator, *, resamples: int = 4000
    ) -> "Clusters":
        """Draw `resamples` cohorts of as many patients as there are."""
        names, member = np.unique(np.asarray(patients), return_inverse=True)
        size = len(names)
        weights = rng.multinomial(size, np.full(size, 1 / size), size=resamples)
        return cls(member=member, weights=weights.astype(np.float64))

    @property
    def patients(self) -> int:
        """Number of patients."""
        return self.weights.shape[1]

    def estimate(self, statistic: Callable[..., Array], *columns: Array) -> Estimate:
        """`statistic` of the sums of `columns` (forecast,), with its interval.

        It must work on arrays elementwise, as `lambda hits, n: hits / n` does.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            sums = [np.bincount(self.member, c, minlength=self.patients) for c in columns]
            value = float(statistic(*(s.sum() for s in sums)))
            again = np.asarray(statistic(*(self.weights @ s for s in sums)))
        again = again[np.isfinite(again)]
        if not np.isfinite(value) or self.patients < 2 or not len(again):
            return Estimate(value)
        low, high = np.quantile(again, [0.025, 0.975])
        return Estimate(value, float(low), float(high))
