"""What could be done with the rest of a course.

As text, joined by `;`:

    continue              the fractions that are still to come, as planned
    stop                  nothing more
    5 x 2 Gy              five more fractions of that dose to the target, spread as planned
    20 x 2.75 Gy          the rest in other fractions
    boost PTV70 5 x 2 Gy  five fractions to that region alone, from beams planned for it

Fractions are given on five days a week, in the order in which they are written.
"""

import re
from dataclasses import dataclass

from bodytwin.contract.plan import Plan
from bodytwin.errors import InvalidPlanError

MOST_FRACTIONS = 80
FRACTION_GY = (0.5, 12.0)
PER_WEEK = 5
SYNTAX = "Write 'continue', 'stop', 'N x D Gy' or 'boost REGION N x D Gy', joined by ';'."
NUMBER = r"\d+(?:\.\d+)?"
FRACTIONS = re.compile(rf"(?:boost (\S+) )?(\d+) ?x ?({NUMBER}) ?Gy", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Continue:
    """The fractions that are still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fractions:
    """More fractions of one dose to the target, spread over the body as planned.

    Of a `boost` the dose is that of a region alone, from beams planned for it.
    """

    count: int
    dose_gy: float
    boost: str | None = None

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
            boost, count, dose = fractions.groups()
            found.append(Fractions(count=int(count), dose_gy=float(dose), boost=boost))
        else:
            raise InvalidPlanError(f"'{words[:40]}' is not understood. {SYNTAX}")
    return tuple(found)


def lasts_d(fractions: int) -> int:
    """Days from the first to the last of so many fractions, five a week from a Monday."""
    if fractions < 1:
        return 0
    weeks, days = divmod(fractions - 1, PER_WEEK)
    return 7 * weeks + days
