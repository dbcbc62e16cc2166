"""On what, besides consents, may leave rest? Representation, an emergency, and a legal hold."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from bodytwin.governance.request import Action

LONGEST_EMERGENCY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Who may act for a patient, in what and how long.

    `person` is the `Actor.id` of the representative. It holds from `since` until
    just before `until`, and no longer than until the day of the patient's
    majority begins (UTC).
    """

    person: str
    patient: str
    scope: frozenset[Action]
    since: datetime
    until: datetime | None = None
    ends_at_majority: date | None = None

    def ends(self) -> datetime | None:
        """The moment at which it no longer holds; None where it is open."""
        known = [self.until] if self.until else []
        if self.ends_at_majority:
            known.append(datetime.combine(self.ends_at_majority, time(), tzinfo=UTC))
        return min(known, default=None)

    def holds(self, now: datetime) -> bool:
        """Whether it holds at a moment."""
        end = self.ends()
        return self.since <= now and (end is None or now < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """A clinician's declaration that one patient is in danger; `actor` is their `Actor.id`."""

    actor: str
    patient: str
    reason: str
    since: datetime
    until: datetime

    def fault(self, now: datetime) -> str:
        """Why it does not hold at a moment; empty where it holds."""
        if not self.reason.strip():
            return "The emergency was declared without a reason."
        if self.until - self.since > LONGEST_EMERGENCY:
            return "The emergency was declared for longer than one hour."
        if not self.since <= now < self.until:
            return "The emergency has ended or has not begun. Declare it again if it lasts."
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A legal duty to keep what there is about a patient: until it ends, nothing is erased."""

    patient: str
    reason: str
    since: datetime
    until: datetime | None = None
    actions: frozenset[Action] = field(default=frozenset({Action.ERASE}))

    def holds(self, now: datetime) -> bool:
        """Whether it holds at a moment."""
        return self.since <= now and (self.until is None or now < self.until)
