"""What was decided, by which rule, why, under which duties and for how long?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bodytwin.governance.purpose import RESEARCH, TRAINING
from bodytwin.governance.request import Action, Request, Role


class Rule(StrEnum):
    """Which rule decided, in the order in which they are asked."""

    MALFORMED = "malformed"
    UNKNOWN_PURPOSE = "unknown-purpose"
    NEVER_SET = "never-set"
    ROLE = "role"
    RESEARCH = "research"
    LEGAL_HOLD = "legal-hold"
    OWN_RIGHTS = "own-rights"
    PROXY = "proxy"
    DUTY = "duty"
    CONSENT_DENY = "consent-deny"
    BREAK_GLASS = "break-glass"
    CONSENT_PERMIT = "consent-permit"
    DEFAULT_DENY = "default-deny"
    FAULT = "fault"


class Obligation(StrEnum):
    """What whoever carries out the request has to see to."""

    AGGREGATE_ONLY = "aggregate-only"
    """Nothing about one person leaves."""
    MINIMUM_CELL = "minimum-cell"
    """No figure about fewer people than the smallest cell."""
    PRIVACY_BUDGET = "privacy-budget"
    """Noise is added, and what it costs is taken from a budget."""
    NOTIFY_PATIENT = "notify-patient"
    REVIEW = "review"
    """A second person has to review it afterwards."""
    NO_EXPORT = "no-export"
    WATERMARK = "watermark"
    """What leaves is marked with the permit under which it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One answer. `consents` are the ids that mattered; `until` is when it stops holding."""

    permit: bool
    rule: str
    reasons: tuple[str, ...]
    consents: tuple[str, ...] = ()
    obligations: frozenset[Obligation] = frozenset()
    until: datetime | None = None


def refused(rule: Rule, *reasons: str, consents: tuple[str, ...] = ()) -> Decision:
    """A refusal with its reasons."""
    return Decision(permit=False, rule=rule.value, reasons=reasons, consents=consents)


def permitted(
    rule: Rule,
    request: Request,
    *reasons: str,
    consents: tuple[str, ...] = (),
    until: datetime | None = None,
) -> Decision:
    """A permission, with the duties that its action, purpose and rule bring."""
    return Decision(
        permit=True,
        rule=rule.value,
        reasons=reasons,
        consents=consents,
        obligations=_obligations(rule, request),
        until=until,
    )


_MARKED = frozenset({Action.REPORT, Action.EXPORT, Action.SHARE})
_OVER_MANY = frozenset({Obligation.AGGREGATE_ONLY, Obligation.NO_EXPORT})
_AMONG_STRANGERS = _OVER_MANY | {Obligation.MINIMUM_CELL, Obligation.PRIVACY_BUDGET}
_AFTERWARDS = frozenset(
    {
        Obligation.NOTIFY_PATIENT,
        Obligation.REVIEW,
        Obligation.NO_EXPORT,
        Obligation.WATERMARK,
    }
)


def _obligations(rule: Rule, request: Request) -> frozenset[Obligation]:
    """Over many records, somebody alone with their own store needs no noise against themselves."""
    due: frozenset[Obligation] = frozenset()
    if rule is Rule.BREAK_GLASS:
        due |= _AFTERWARDS
    if request.action in _MARKED:
        due |= {Obligation.WATERMARK}
    if request.action is Action.COHORT:
        alone = request.actor.role is Role.LOCAL and request.purpose not in RESEARCH | TRAINING
        due |= _OVER_MANY if alone else _AMONG_STRANGERS
    return due
