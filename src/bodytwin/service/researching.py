"""Research: figures about many, noisy and few, and never one patient's twin."""

import math
import secrets
from dataclasses import dataclass
from fractions import Fraction

from bodytwin.errors import ConsentError, InvalidInputError
from bodytwin.governance.disclose import (
    MINIMUM_CELL,
    Budget,
    QueryLog,
    Released,
    noisy_count,
    noisy_mean,
)
from bodytwin.governance.entry import Entry, Kind, Outcome
from bodytwin.governance.purpose import RESEARCH
from bodytwin.governance.request import Action
from bodytwin.record import Record
from bodytwin.service.workspace import Workspace
from bodytwin.store import gate
from bodytwin.store.cohorts import keep_result, results
from bodytwin.store.log import append
from bodytwin.store.people import everyone
from bodytwin.store.records import read_record

RELEASE = "release"
EPSILON_TOTAL = Fraction(2)
"""What may be said about the patients of one store, in all."""
PURPOSE = "HRESCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How many patients have a measurement of `code` in `unit` between bounds, or their mean.

    The bounds are the asker's, not taken from the data; `step` is how finely
    values are told apart. `mean` False counts.
    """

    code: str
    unit: str
    low: float
    high: float
    step: float = 0.1
    mean: bool = False
    epsilon: float = 0.5

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InvalidInputError("Bounds must be numbers, the lower below the upper.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was released, and how much may still be asked."""

    released: Released
    epsilon_left: float


def answer(workspace: Workspace, question: Question) -> Answered:
    """Release one figure, charged to the budget of this store.

    Raises ConsentError where the budget is spent, or two figures together
    would describe a few.
    """
    purpose = workspace.purpose or PURPOSE
    if purpose not in RESEARCH:
        raise ConsentError("Figures about many are for research: state such a purpose, as HRESCH.")
    who = gate.Asker(actor=workspace.actor, purpose=purpose)
    at, store = workspace.clock(), workspace.store
    permit, _ = gate.ask_cohort(store, who, action=Action.COHORT, patients=everyone(store), at=at)
    found = gate.release_all(store, permit, at=at) if permit else ()
    values = {
        a.patient: value
        for a in found
        if (value := _latest(read_record(store, a), question)) is not None
    }
    members = {p for p, v in values.items() if question.mean or question.low <= v <= question.high}
    earlier = results(store, kind=RELEASE)
    spent = sum((Fraction(r.said["epsilon"]) for r in earlier), Fraction(0))
    budget = Budget(epsilon_total=EPSILON_TOTAL, spent=min(spent, EPSILON_TOTAL))
    if len(members) >= MINIMUM_CELL:
        QueryLog(cohorts=tuple(r.members for r in earlier)).admit(members)
    released, left = _noisy(question, values, members, budget)
    _keep(workspace, who, question, members)
    return Answered(released=released, epsilon_left=float(left.left))


def _noisy(
    q: Question, values: dict[str, float], members: set[str], budget: Budget
) -> tuple[Released, Budget]:
    random = secrets.SystemRandom()
    epsilon = Fraction(repr(q.epsilon))
    if not q.mean:
        return noisy_count(members, epsilon=epsilon, budget=budget, random=random)
    return noisy_mean(
        values, low=q.low, high=q.high, step=q.step, epsilon=epsilon, budget=budget, random=random
    )


def _keep(workspace: Workspace, who: gate.Asker, q: Question, members: set[str]) -> None:
    at = workspace.clock()
    said = {"epsilon": str(Fraction(repr(q.epsilon))), "code": q.code, "mean": q.mean}
    keep_result(workspace.store, kind=RELEASE, said=said, members=sorted(members), at=at)
    with workspace.store.writing() as (connection, _):
        entry = Entry(
            time=at,
            kind=Kind.RELEASE,
            actor=who.actor.id,
            role=who.actor.role.value,
            organisation=who.actor.organisation,
            purpose=str(who.purpose),
            action=Action.COHORT.value,
            outcome=Outcome.DONE,
            rule="aggregate",
        )
        append(connection, entry, about=sorted(members))


def _latest(record: Record, q: Question) -> float | None:
    found = [
        o
        for o in record.observations
        if o.code.code == q.code and o.quantity.unit == q.unit and o.quantity.comparator is None
    ]
    return max(found, key=lambda o: o.instant.moment).quantity.value if found else None
