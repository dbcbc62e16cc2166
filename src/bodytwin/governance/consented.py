"""What do all consents together say to a request?

Any refusal refuses, whichever consent came later. Data with several labels are
permitted label by label, each perhaps by another consent.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time

from bodytwin.governance.consent import Consent, Kind, Provision, Status
from bodytwin.governance.decision import Decision, Rule, permitted, refused
from bodytwin.governance.purpose import TRAINING
from bodytwin.governance.request import Request
from bodytwin.governance.roles import BY_CONSENT, NAMES_EMERGENCY
from bodytwin.governance.verdict import Question, Verdict, verdict

Spoken = tuple[tuple[Consent, Verdict], ...]
"""Every consent with what it says of the data under one label."""


def spoken(request: Request, consents: tuple[Consent, ...], now: datetime) -> tuple[Spoken, ...]:
    """What each consent says of the data under each label."""
    return tuple(
        tuple((c, verdict(c, Question(request, now, label))) for c in consents)
        for label in request.security_labels or (None,)
    )


def denied(request: Request, by_label: tuple[Spoken, ...]) -> Decision | None:
    """The refusal, where a consent refuses for the data under any label."""
    denying = [(c, v) for spoken in by_label for c, v in spoken if v.kind is Kind.DENY]
    if not denying:
        return None
    reasons = ["The patient has refused this use."]
    notes = [note for c, _ in denying for note in c.not_understood]
    if notes:
        reasons = [
            "A consent holds parts that are not understood here, and therefore counts as a "
            f"refusal: {', '.join(dict.fromkeys(notes))}."
        ]
    if any(_unclear(rule, request) for _, v in denying for rule in v.refusing):
        reasons.append(
            "The refusal is about some of the data, and it is not known whether these are among "
            "them."
        )
    return refused(Rule.CONSENT_DENY, *reasons, consents=_ids(c for c, _ in denying))


def refusing_emergency(by_label: tuple[Spoken, ...]) -> tuple[str, ...]:
    """Those consents that refuse this and name emergencies in doing so."""
    return _ids(
        c
        for spoken in by_label
        for c, v in spoken
        if any(r.kind is Kind.DENY and NAMES_EMERGENCY & {*r.purposes} for r in v.refusing)
    )


def permission(
    request: Request,
    by_label: tuple[Spoken, ...],
    consents: tuple[Consent, ...],
    until: datetime | None,
) -> Decision:
    """The permission, where consents permit the data under every label, else the refusal.

    An id that comes twice counts as the stricter of the two: if one is withdrawn, none permits.
    """
    withdrawn = {c.id for c in consents if c.status is not Status.ACTIVE}
    permitting = [
        [c for c, v in spoken if v.kind is Kind.PERMIT and c.id not in withdrawn]
        for spoken in by_label
    ]
    if request.action in BY_CONSENT[request.actor.role] and all(permitting):
        ids = _ids(c for found in permitting for c in found)
        reason = "The patient has permitted this use."
        return permitted(Rule.CONSENT_PERMIT, request, reason, consents=ids, until=until)
    reasons = ["No consent of the patient permits this, and what is not permitted is refused."]
    if request.purpose in TRAINING:
        reasons.append("Training of models needs a permission that names it.")
    return refused(Rule.DEFAULT_DENY, *reasons)


def next_change(consents: tuple[Consent, ...], now: datetime) -> datetime | None:
    """The next moment at which a rule begins or ends: no permission outlasts it."""
    active = (c.root for c in consents if c.status is Status.ACTIVE)
    return min((m for root in active for m in _moments(root, now)), default=None)


def _unclear(rule: Provision, r: Request) -> bool:
    return bool(
        rule.data
        or (rule.security_labels and not r.security_labels)
        or (rule.classes and not r.classes)
        or (rule.codes and not r.codes)
        or (rule.data_period and not (r.data_from and r.data_to))
    )


def _moments(rule: Provision, now: datetime) -> Iterable[datetime]:
    if rule.period:
        start, end = rule.period.start, rule.period.until()
        if start is not None and not isinstance(start, datetime):
            start = datetime.combine(start, time(), tzinfo=UTC)
        yield from (m for m in (start,) if m is not None and m > now)
        yield from (m for m in (end,) if m is not None and m >= now)
    for exception in rule.provisions:
        yield from _moments(exception, now)


def _ids(consents: Iterable[Consent]) -> tuple[str, ...]:
    return tuple(sorted({c.id for c in consents}))
