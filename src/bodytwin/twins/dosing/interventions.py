"""What can be done with a medicine: a regimen, a pause, a change."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bodytwin.contract.plan import Plan
from bodytwin.errors import InvalidPlanError, require_positive
from bodytwin.record import Route
from bodytwin.twins.dosing.model import ABSORBED, CENTRAL, Dose
from bodytwin.twins.dosing.population import Formulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """The same dose again and again from `start_h`, the first one replaced by `loading_amount`.

    A later regimen in the same plan ends this one. Amounts are in the dose unit of the model.
    """

    amount: float
    interval_h: float
    start_h: float
    route: Route = Route.INTRAVENOUS
    duration_h: float = 0.0
    loading_amount: float = 0.0

    def __post_init__(self) -> None:
        require_positive(amount=self.amount, interval_h=self.interval_h)
        if self.loading_amount < 0 or self.duration_h < 0 or not math.isfinite(self.start_h):
            raise InvalidPlanError(
                "A loading amount and a duration cannot be negative, and a start must be finite."
            )
        if self.duration_h > self.interval_h:
            raise InvalidPlanError(
                f"An infusion of {self.duration_h:g} h does not fit an interval of "
                f"{self.interval_h:g} h. Give {self.interval_h:g} h for a continuous infusion."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Nothing is given from `start_h` until `end_h`; doses due in between are left out."""

    start_h: float
    end_h: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Doses as they were in fact given."""

    doses: tuple[Dose, ...]


DosingPlan = Plan["Regimen | Hold | Given"]


def doses_of(plan: DosingPlan) -> tuple[Dose, ...]:
    """Every dose of the plan before its end, in order of time."""
    regimens = sorted(
        (i for i in plan.interventions if isinstance(i, Regimen)), key=lambda r: r.start_h
    )
    ends = [*(r.start_h for r in regimens[1:]), plan.until_h][: len(regimens)]
    doses = [d for r, end in zip(regimens, ends, strict=True) for d in _repeated(r, end)]
    for hold in (i for i in plan.interventions if isinstance(i, Hold)):
        doses = [d for d in doses if not hold.start_h <= d.time_h < hold.end_h]
    given = [d for i in plan.interventions if isinstance(i, Given) for d in i.doses]
    return tuple(sorted([*doses, *given], key=lambda d: d.time_h))


def _repeated(regimen: Regimen, end_h: float) -> list[Dose]:
    count = max(0, math.ceil((end_h - regimen.start_h) / regimen.interval_h - 1e-9))
    into = CENTRAL if regimen.route is Route.INTRAVENOUS else ABSORBED
    doses: list[Dose] = []
    for k in range(count):
        first = k == 0 and regimen.loading_amount > 0
        doses.append(
            Dose(
                time_h=regimen.start_h + k * regimen.interval_h,
                amount=regimen.loading_amount if first else regimen.amount,
                into=into,
                duration_h=regimen.duration_h if into == CENTRAL else 0.0,
            )
        )
    return doses


def require_giveable(regimen: Regimen, form: Formulation, dose_unit: str) -> None:
    """Raise unless the amounts and the interval are ones that can really be given."""
    for amount in (regimen.amount, *([regimen.loading_amount] if regimen.loading_amount else [])):
        steps = amount / form.step
        if amount > form.maximum or amount < form.minimum or abs(steps - round(steps)) > 1e-6:
            raise InvalidPlanError(
                f"{amount:g} {dose_unit} cannot be given. Amounts go from {form.minimum:g} to "
                f"{form.maximum:g} {dose_unit} in steps of {form.step:g} {dose_unit}."
            )
    if regimen.interval_h not in form.intervals_h:
        allowed = ", ".join(f"{i:g}" for i in form.intervals_h)
        raise InvalidPlanError(
            f"An interval of {regimen.interval_h:g} h is not among those in use: {allowed} h."
        )


_EVERY = re.compile(
    r"^(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>\S+)\s+every\s+(?P<interval>\d+(?:\.\d+)?)\s*h"
    r"(?:\s+over\s+(?P<over>\d+(?:\.\d+)?)\s*h)?"
    r"(?:\s+(?P<route>oral|intravenous|subcutaneous|intramuscular))?"
    r"(?:\s+loading\s+(?P<loading>\d+(?:\.\d+)?)(?:\s*(?!for\b)\S+)?)?"
    r"(?:\s+for\s+(?P<hours>\d+(?:\.\d+)?)\s*h)?$"
)
_HOLD = re.compile(r"^hold(?:\s+(?P<hours>\d+(?:\.\d+)?)\s*h)?$")

SYNTAX = (
    'Write for example "1000 mg every 12 h", "1000 mg every 12 h over 2 h", '
    '"80 mg every 24 h oral loading 160 mg", "hold 12 h then 750 mg every 12 h", '
    '"1000 mg every 12 h for 48 h then 500 mg every 12 h" or "hold".'
)


def interventions_from_text(
    text: str, *, form: Formulation, dose_unit: str, start_h: float
) -> Sequence[Regimen | Hold]:
    """Read a plan as people write it; parts joined by "then" follow one another."""
    found: list[Regimen | Hold] = []
    for part in (p.strip() for p in text.strip().split(" then ")):
        if not math.isfinite(start_h):
            raise InvalidPlanError(f"Say for how many hours, before {part!r}. {SYNTAX}")
        if hold := _HOLD.match(part):
            hours = float(hold["hours"]) if hold["hours"] else math.inf
            found.append(Hold(start_h=start_h, end_h=start_h + hours))
            start_h += hours
        elif every := _EVERY.match(part):
            if every["unit"] != dose_unit:
                raise InvalidPlanError(
                    f"Amounts of this medicine are in {dose_unit}, got {every['unit']!r}."
                )
            amount = float(every["amount"])
            route = Route(every["route"]) if every["route"] else form.route
            usual = form.duration_h(amount) if route is Route.INTRAVENOUS else 0.0
            found.append(
                Regimen(
                    amount=amount,
                    interval_h=float(every["interval"]),
                    start_h=start_h,
                    route=route,
                    duration_h=float(every["over"]) if every["over"] else usual,
                    loading_amount=float(every["loading"] or 0.0),
                )
            )
            start_h += float(every["hours"]) if every["hours"] else math.inf
        else:
            raise InvalidPlanError(f"Cannot read the plan {part!r}. {SYNTAX}")
    return found
