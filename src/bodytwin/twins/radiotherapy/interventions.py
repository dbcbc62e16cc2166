"""What could be done with the rest of a course.

As text, joined by `;`:

    continue              the fractions that are still to come, as planned
    stop                  nothing more
    5 x 2 Gy              five more fractions of that dose to the target, spread as planned
    20 x 2.75 Gy          the rest in other fractions

Fractions are given on five days a week, in the order in which they are written.
"""

import re
from dataclasses import dataclass

from bodytwin.contract.plan import Plan
from bodytwin.errors import InvalidPlanError

MOST_FRACTIONS = 80
FRACTION_GY = (0.5, 12.0)
PER_WEEK = 5
SYNTAX = "Write 'continue', 'stop' or 'N x D Gy', joined by ';'."
NUMBER = r"\d+(?:\.\d+)?"
FRACTIONS = re.compile(rf"(\d+) ?x ?({NUMBER}) ?Gy", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Continue:
    """The fractions that are still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fractions:
    """More fractions of one dose to the target, spread over the body as planned."""

    count: int
    dose_gy: float

    def __post_init__(self) -> None:
        low, high = FRACTION_GY
        if not 1 <= self.count <= MOST_FRACTIONS or not low <= self.dose_gy <= high:
            raise InvalidPlanError(
                f"A plan has 1 to {MOST_FRACTIONS} fractions of {low:g} to {high:g} Gy, got "
                f"{self.count} of {self.dose_gy:g} Gy."
            )


Intervention = Continue | Fractions
RadiotherapyPlan = Plan[Intervention]


def interventions_from_text(text: str) -> tuple[Intervention, ...]:
    """The interventions that `text` says; InvalidPlanError with the syntax where it says none."""
    found: list[Intervention] = []
    if not text.strip():
        raise InvalidPlanError(f"A plan says something. {SYNTAX}")
    for part in text.split(";"):
        words = " ".join(part.split())
        fractions = FRACTIONS.fullmatch(words)
        if words.lower() in ("stop", ""):
            continue
        if words.lower() == "continue":
            found.append(Continue())
        elif fractions is not None:
            found.append(Fractions(count=int(fractions[1]), dose_gy=float(fractions[2])))
        else:
            raise InvalidPlanError(f"'{words[:40]}' is not understood. {SYNTAX}")
    return tuple(found)


def lasts_d(fractions: int) -> int:
    """Days from the first to the last of so many fractions, five a week from a Monday."""
    if fractions < 1:
        return 0
    weeks, days = divmod(fractions - 1, PER_WEEK)
    return 7 * weeks + days
