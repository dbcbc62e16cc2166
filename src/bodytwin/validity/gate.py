"""What must hold before forecasts may be shown as scored, or options ranked.

The limits are this project's proposals; no norm gives figures. They are values,
so that other limits must be stated where they are used. Having too few patients
is not the same as having failed, and is said in its own word.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from bodytwin.validity.claim import Level


class Standing(StrEnum):
    """How a gate was met."""

    PASSED = "passed"
    FAILED = "failed"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """Limits; the defaults are the project's."""

    patients: int = 50
    coverage90: tuple[float, float] = (0.85, 0.95)
    coverage50: tuple[float, float] = (0.40, 0.60)
    pit_p: float = 0.01
    skill: float = 0.0
    autocorrelation: float = 0.3
    pairs: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict:
    """One gate: what was found, what is allowed, and in words.

    `needed_for` is the level it guards; None marks an alarm that is shown and
    bars nothing.
    """

    gate: str
    value: float
    limit: str
    standing: Standing
    words: str
    needed_for: Level | None

    @property
    def passed(self) -> bool:
        """Whether it was met; an insufficient one was not."""
        return self.standing is Standing.PASSED


def judge(
    gate: str, value: float, limit: str, met: bool, needed_for: Level | None, words: str
) -> GateVerdict:
    """A verdict; a value that could not be computed is insufficient."""
    standing = Standing.PASSED if met else Standing.FAILED
    if math.isnan(value):
        standing, words = Standing.INSUFFICIENT, f"{gate} could not be computed from these data."
    return GateVerdict(
        gate=gate, value=value, limit=limit, standing=standing, words=words, needed_for=needed_for
    )


def entitled(verdicts: tuple[GateVerdict, ...]) -> Level:
    """The level that every gate up to it allows; below SCORED a twin is only personalised."""
    level = Level.PERSONALISED
    for higher in (Level.SCORED, Level.DECISION):
        if all(v.passed for v in verdicts if v.needed_for == higher):
            level = higher
        else:
            break
    return level
