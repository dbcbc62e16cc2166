"""Twins that understand plans as people write them, and can propose some."""

from collections.abc import Sequence
from typing import Any

from bodytwin.contract.case import Case
from bodytwin.contract.plan import Plan
from bodytwin.contract.twin import PlanningTwin, Twin
from bodytwin.errors import InvalidPlanError
from bodytwin.record import Record

AS_GIVEN = "as given"
"""The words that mean: whatever the record says was done afterwards."""


def plan_of(twin: Twin, record: Record, case: Case[Any], text: str | None) -> Plan[Any] | None:
    """Read the plan that the words mean for this case; None where there are no words."""
    if text is None:
        return None
    if text.strip() == AS_GIVEN:
        return twin.recorded_plan(record, case)
    return _speaking(twin).plan_from_text(case, text)


def proposals(twin: Twin, case: Case[Any]) -> Sequence[Plan[Any]]:
    """Plans that the twin proposes."""
    return _speaking(twin).proposals(case)


def _speaking(twin: Twin) -> PlanningTwin:
    if not isinstance(twin, PlanningTwin):
        raise InvalidPlanError(
            f"The twin '{twin.name}' does not read plans in words; use it from Python, or give "
            f'no plan, or "{AS_GIVEN}".'
        )
    return twin
