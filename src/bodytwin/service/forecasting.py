"""Forecast: register what will be measured, then show it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bodytwin.contract import forecast as foresee
from bodytwin.contract.average import average_forecasts
from bodytwin.contract.case import Case, Measurement, Target
from bodytwin.contract.personalise import require_fit
from bodytwin.contract.twin import EventTwin, Twin
from bodytwin.errors import InvalidInputError
from bodytwin.governance.request import Action
from bodytwin.record import Record
from bodytwin.service.access import fresh, granted
from bodytwin.service.personalising import Personalised
from bodytwin.service.times import hours_ahead, moment
from bodytwin.service.words import plan_of
from bodytwin.service.workspace import Workspace
from bodytwin.store.forecasts import Registered, register_forecast
from bodytwin.store.records import read_record


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A time to forecast: a moment, or hours after the newest data of the posterior."""

    moment: datetime | None = None
    ahead_h: float = math.nan

    @classmethod
    def of(cls, text: str) -> "When":
        """A time as people write it: 2024-03-02T08:00Z, or "+6h" after the newest data."""
        ahead = hours_ahead(text)
        return cls(moment=moment(text)) if ahead is None else cls(ahead_h=ahead)

    def time_h(self, case: Case[Any]) -> float:
        """Hours from the origin of the case."""
        if self.moment is not None:
            return (self.moment - case.origin).total_seconds() / 3600.0
        return case.now_h + self.ahead_h


def forecast(
    workspace: Workspace,
    personalised: Personalised,
    *,
    when: Sequence[When],
    quantities: Sequence[tuple[str, str]] = (),
    plan: str | None = None,
    replay: bool = False,
    seed: int = 0,
) -> Registered:
    """Say what each quantity will be at each time, enter it in the log, and return it.

    `quantities` are pairs of name and unit; none means the event that the twin is of, else every
    quantity measured so far. `plan` is in the words of the twin, or "as given". Models are
    averaged by how well each foresaw this patient.
    """
    p = personalised
    first = p.first.case
    asked = tuple(quantities) or usual_quantities(p.twin, first)
    if not asked:
        raise InvalidInputError(
            "Nothing has been measured in this patient, so say what to forecast: "
            'for example --quantity "concentration [mg/L]".'
        )
    targets = [
        Target(quantity=name, time_h=w.time_h(first), unit=unit)
        for w in when
        for name, unit in asked
    ]
    for posterior in p.posteriors:
        require_fit(posterior)
    access = granted(
        workspace,
        first.patient,
        Action.FORECAST,
        twin=p.twin.name,
        version=p.twin.version,
        outputs=tuple(dict.fromkeys(name for name, _ in asked)),
        data=f"the record up to {first.as_of:%Y-%m-%d %H:%M}",
    )
    said = [
        foresee(p.twin, q, targets, plan=plan_of(p.twin, p.record, q.case, plan), seed=seed)
        for q in p.posteriors
    ]
    mixed = said[0] if len(said) == 1 else average_forecasts(said, p.weights)
    access = fresh(workspace, access)
    record = read_record(workspace.store, access)
    return register_forecast(
        workspace.store,
        access,
        mixed,
        origin=first.origin,
        as_of=first.as_of,
        known=measurements_now(p.twin, record, first),
        registered_at=workspace.clock(),
        replay=replay,
    )


def usual_quantities(twin: Twin, case: Case[Any]) -> tuple[tuple[str, str], ...]:
    """What a twin is asked for where nothing else is: its events, else what was measured."""
    if isinstance(twin, EventTwin):
        return tuple(twin.events.items())
    return measured_quantities(case)


def measured_quantities(case: Case[Any]) -> tuple[tuple[str, str], ...]:
    """Name and unit of whatever has been measured, in order of first appearance."""
    return tuple(dict.fromkeys((m.quantity, m.unit) for m in case.measurements))


def measurements_now(twin: Twin, record: Record, case: Case[Any]) -> tuple[Measurement, ...]:
    """Every measurement that the twin sees in the record today, in hours of the case."""
    whole = twin.observe(record, variant=case.variant)
    shift_h = (whole.origin - case.origin).total_seconds() / 3600.0
    return tuple(replace(m, time_h=m.time_h + shift_h) for m in whole.measurements)
