"""What a good dose is: in the range aimed at, and not beyond the limit of harm."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.twin import Outcome
from bodytwin.twins.dosing.population import PopulationModel


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetAttainment:
    """One point for each aim met, `harm_weight` points off for each limit passed.

    `distance_weight` is taken off for each factor of e that an outcome lies away
    from its range, so that of two doses that miss, the nearer one is better.
    """

    model: PopulationModel
    harm_weight: float = 2.0
    distance_weight: float = 0.2

    @property
    def words(self) -> str:
        """The preference in one or two sentences."""
        aims = [
            f"{a.outcome} from {a.low:g}" + (f" to {a.high:g}" if a.high is not None else " up")
            for a in self.model.targets
            if a.low is not None
        ]
        harms = [f"{a.outcome} above {a.above:g}" for a in self.model.toxicity if a.above]
        return (
            f"1 point for {' and '.join(aims) or 'no stated aim'}"
            + (f", {self.harm_weight:g} off for {' and '.join(harms)}" if harms else "")
            + f", and {self.distance_weight:g} off for each factor of 2.7 outside the range."
        )

    def __call__(self, outcomes: Mapping[str, Outcome]) -> NDArray[np.float64]:
        """Points of each draw, (draw,)."""
        total = np.zeros(len(next(iter(outcomes.values())).draws))
        for o in outcomes.values():
            if o.has_aim:
                total += o.in_target() - self.distance_weight * _distance(o)
            if o.has_limit:
                total -= self.harm_weight * o.harmful()
        return total


def _distance(o: Outcome) -> NDArray[np.float64]:
    x = np.log(np.maximum(o.draws, 1e-9))
    below = 0.0 if o.low is None or o.low <= 0 else np.maximum(np.log(o.low) - x, 0.0)
    above = 0.0 if o.high is None else np.maximum(x - np.log(o.high), 0.0)
    return np.minimum(below + above, 5.0)
