"""What could be given, in words.

Drugs of one regimen are joined by `+`, what changes all of it comes after `;`:

    docetaxel 75 mg/m2 every 21 d x 6
    carboplatin AUC 4 every 21 d x 6 + gemcitabine 1000 mg/m2 days 1 8 every 21 d x 6
    capecitabine 1000 mg/m2 twice daily days 1-14 every 21 d x 6
    docetaxel 100 mg/m2 every 21 d x 6; reduce by 20 %; delay 7 d
    continue x 4                what was given last, at the same interval
    stop                        nothing more

A regimen starts when all its drugs are due again by its own cycle, or now; `delay` counts from
there.
"""

import math
import re
from dataclasses import dataclass, replace
from itertools import pairwise

from bodytwin.contract.plan import Plan
from bodytwin.errors import InvalidPlanError
from bodytwin.twins.chemotherapy.parameters import HOURS_PER_D, Given, Treated, in_own_unit

MOST_CYCLES = 12
CYCLE_D = (7, 56)
MOST_DELAY_D = 56.0
USUAL_CYCLE_D = 21
MOST_UNEVEN_D = 8.0
SYNTAX = (
    "Write 'docetaxel 75 mg/m2 every 21 d x 6', 'gemcitabine 1000 mg/m2 days 1 8 every 21 d x 6', "
    "'carboplatin AUC 5 every 21 d x 6', 'continue x 4' or 'stop'; join drugs by ' + ', and add "
    "'; reduce by 20 %' or '; delay 7 d'."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The same doses of one drug on the same days of every cycle, day 1 at `start_h`."""

    drug: str
    amount: float
    unit: str
    days: tuple[int, ...] = (1,)
    cycle_d: int
    cycles: int
    start_h: float
    each_day: int = 1

    def __post_init__(self) -> None:
        low, high = CYCLE_D
        whole = low <= self.cycle_d <= high and 1 <= self.cycles <= MOST_CYCLES
        days = self.days and all(1 <= d <= self.cycle_d for d in self.days)
        if not (whole and days and math.isfinite(self.amount) and self.amount > 0):
            raise InvalidPlanError(
                f"{self.drug}: give an amount above zero, 1 to {MOST_CYCLES} cycles of {low} to "
                f"{high} d, and days from 1 to the length of a cycle."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduce:
    """Every dose of the plan smaller by so many per cent."""

    percent: float

    def __post_init__(self) -> None:
        if not 0 < self.percent < 100:
            raise InvalidPlanError(f"Reduce by more than 0 and less than 100 %: {self.percent:g}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """The whole plan so many days later."""

    days_d: float

    def __post_init__(self) -> None:
        if not 0 < self.days_d <= MOST_DELAY_D:
            raise InvalidPlanError(
                f"Delay by more than 0 and at most {MOST_DELAY_D:g} d: {self.days_d:g}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Doses as they were in fact given."""

    doses: tuple[Given, ...]


Intervention = Course | Reduce | Delay | Recorded
ChemoPlan = Plan[Intervention]


def share_of(plan: ChemoPlan) -> float:
    """What is left of each dose."""
    return math.prod(1 - i.percent / 100 for i in plan.interventions if isinstance(i, Reduce))


def later_d(plan: ChemoPlan) -> float:
    """By how many days the plan is put off."""
    return sum(i.days_d for i in plan.interventions if isinstance(i, Delay))


def doses_of(plan: ChemoPlan | None, treated: Treated) -> tuple[Given, ...]:
    """Every dose of a plan in the order of time."""
    if plan is None:
        return ()
    found: list[Given] = []
    for item in plan.interventions:
        if isinstance(item, Recorded):
            found += item.doses
        elif isinstance(item, Course):
            found += _course(item, treated, share_of(plan), later_d(plan))
    return tuple(sorted(found, key=lambda d: (d.time_d, d.drug)))


def cycle_starts_d(plan: ChemoPlan) -> tuple[float, ...]:
    """Days on which a planned cycle begins."""
    shift = later_d(plan)
    starts = {
        item.start_h / HOURS_PER_D + shift + k * item.cycle_d
        for item in plan.interventions
        if isinstance(item, Course)
        for k in range(item.cycles)
    }
    given = {d.time_d for i in plan.interventions if isinstance(i, Recorded) for d in i.doses}
    return tuple(sorted(starts | given))


def _course(item: Course, treated: Treated, share: float, shift_d: float) -> list[Given]:
    drug = treated.model.drugs[item.drug]
    amount = in_own_unit(treated, drug, item.amount, item.unit) * share * item.each_day
    start = item.start_h / HOURS_PER_D + shift_d
    return [
        Given(
            drug=item.drug,
            time_d=start + k * item.cycle_d + day - 1,
            amount=amount,
            infusion_d=drug.infusion_h / HOURS_PER_D,
        )
        for k in range(item.cycles)
        for day in item.days
    ]


NUMBER = r"\d+(?:\.\d+)?"
_COURSE = re.compile(
    rf"(?P<drug>[a-z-]+) (?:AUC (?P<auc>{NUMBER})|(?P<amount>{NUMBER}) ?(?P<unit>mg/m2|mg))"
    r"(?P<twice> twice daily)?(?: days? (?P<days>\d+(?:(?: |-|, ?)\d+)*))?"
    r" every (?P<cycle>\d+) ?d(?:ays?)? x ?(?P<cycles>\d+)",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"continue x ?(?P<cycles>\d+)", re.IGNORECASE)
_REDUCE = re.compile(rf"reduce by ({NUMBER}) ?%", re.IGNORECASE)
_DELAY = re.compile(rf"delay ({NUMBER}) ?d(?:ays?)?", re.IGNORECASE)


def interventions_from_text(text: str, treated: Treated, now_h: float) -> tuple[Intervention, ...]:
    """What `text` says; InvalidPlanError with the syntax where it says nothing known."""
    regimen, *changes = [" ".join(part.split()) for part in text.split(";")]
    found: list[Intervention] = []
    if again := _AGAIN.fullmatch(regimen):
        found += _together(_again(treated, int(again["cycles"]), now_h))
    elif regimen.lower() != "stop":
        found += _together([_read(part.strip(), treated, now_h) for part in regimen.split("+")])
    for change in changes:
        if less := _REDUCE.fullmatch(change):
            found.append(Reduce(percent=float(less[1])))
        elif later := _DELAY.fullmatch(change):
            found.append(Delay(days_d=float(later[1])))
        else:
            raise InvalidPlanError(f"'{change[:40]}' is not understood. {SYNTAX}")
    return tuple(found)


def _together(courses: list[Course]) -> list[Course]:
    start = max(c.start_h for c in courses)
    return [replace(c, start_h=start) for c in courses]


def _read(part: str, treated: Treated, now_h: float) -> Course:
    said = _COURSE.fullmatch(part)
    if said is None:
        raise InvalidPlanError(f"'{part[:60]}' is not understood. {SYNTAX}")
    drug, cycle, days = said["drug"].lower(), int(said["cycle"]), _days(said["days"] or "1")
    if drug not in treated.model.drugs:
        raise InvalidPlanError(
            f"{treated.model.name} does not know {drug[:30]}. It knows "
            f"{' and '.join(treated.model.drugs)}."
        )
    return Course(
        drug=drug,
        amount=float(said["auc"] or said["amount"]),
        unit="AUC" if said["auc"] else said["unit"].lower(),
        days=days,
        cycle_d=cycle,
        cycles=int(said["cycles"]),
        start_h=due_h(treated, drug, cycle - max(days) + 1, now_h),
        each_day=2 if said["twice"] else 1,
    )


def _days(text: str) -> tuple[int, ...]:
    if "-" in text:
        low, high = text.split("-", 1)
        if not (low.isdigit() and high.isdigit()):
            raise InvalidPlanError(f"Days {text!r} are not understood. {SYNTAX}")
        return tuple(range(int(low), min(int(high), CYCLE_D[1]) + 1))
    return tuple(sorted({int(d) for d in re.split(r"[ ,]+", text)}))


def due_h(treated: Treated, drug: str, rest_d: float, now_h: float) -> float:
    """When the drug has rested so many days since its last dose, or now."""
    given = [d.time_d for d in treated.doses if d.drug == drug]
    return max(now_h, (given[-1] + rest_d) * HOURS_PER_D) if given else now_h


def _again(treated: Treated, cycles: int, now_h: float) -> list[Course]:
    last = {d.drug: d for d in treated.doses}
    if not last:
        raise InvalidPlanError("There is no earlier dose to continue. " + SYNTAX)
    found: list[Course] = []
    for drug, dose in last.items():
        cycle = _interval_d(treated, drug)
        found.append(
            Course(
                drug=drug,
                amount=dose.amount,
                unit=treated.model.drugs[drug].unit,
                cycle_d=cycle,
                cycles=cycles,
                start_h=due_h(treated, drug, cycle, now_h),
            )
        )
    return found


def _interval_d(treated: Treated, drug: str) -> int:
    """The one interval of the doses so far; the usual one after a single dose."""
    times = [d.time_d for d in treated.doses if d.drug == drug]
    gaps = [b - a for a, b in pairwise(times)]
    if not gaps:
        return USUAL_CYCLE_D
    if max(gaps) - min(gaps) > MOST_UNEVEN_D or (min(gaps) < CYCLE_D[0] + 1 and len(gaps) < 2):
        raise InvalidPlanError(
            f"The doses of {drug} so far are not at one interval. Write the regimen out. {SYNTAX}"
        )
    return min(max(round(gaps[-1]), CYCLE_D[0]), CYCLE_D[1])
