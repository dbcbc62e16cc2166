"""Plans side by side, over the same draws."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.twin import Outcome

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Option:
    """One plan: its outcomes over the draws, and what the utility makes of them (draw,)."""

    plan: str
    outcomes: Mapping[str, Outcome]
    utility: Array

    @property
    def probability(self) -> Mapping[str, float]:
        """Share of draws in which it happens, for each outcome that is an event."""
        return {k: float(o.draws.mean()) for k, o in self.outcomes.items() if o.is_event}

    @property
    def probability_in_target(self) -> Mapping[str, float]:
        """Share of draws in the range aimed at, for each outcome that has one."""
        return {k: float(o.in_target().mean()) for k, o in self.outcomes.items() if o.has_aim}

    @property
    def probability_of_harm(self) -> Mapping[str, float]:
        """Share of draws beyond a limit of harm, for each outcome that has one."""
        return {k: float(o.harmful().mean()) for k, o in self.outcomes.items() if o.has_limit}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one plan stands among the others; the `_se` are Monte-Carlo standard errors."""

    plan: str
    expected_utility: float
    expected_utility_se: float
    probability_best: float
    probability_best_se: float
    expected_regret: float
    expected_regret_se: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Options under common random numbers: draw i of every option is the same patient.

    `best` names a plan only where the evidence entitles the twin to rank and
    the draws are clear; otherwise it is None and `ranking` says why.
    """

    patient: str
    twin: str
    version: str
    variant: str
    posteriors: tuple[str, ...]
    utility_words: str
    options: tuple[Option, ...]
    verdicts: tuple[Verdict, ...]
    expected_value_of_perfect_information: float
    best: str | None
    ranking: str
    remarks: tuple[str, ...]
    seed: int
