"""May this be done? One answer to one request, from consents and nothing hidden.

The rules are asked in the order of `decision.Rule`, and the first that applies
decides; what no rule permits is refused. A purpose that is never allowed is
refused before anything else is looked at, so no consent, role, representation or
emergency can allow it. The rules down to `research` do not look at the patient.

    1  malformed, unknown-purpose     the question itself
    2  never-set                      payment, insurance, employment and the like
    3  role, research                 what the role may ever do; research only over many
    4  legal-hold                     nothing is erased that must be kept
    5  own-rights, proxy              the patient, and who represents them
    6  duty                           whoever runs the store carries out what patients ask
    7  consent-deny                   any refusal by any consent
    8  duty                           data may come in
    9  break-glass                    an emergency that was declared
   10  consent-permit, default-deny   a permission, or none

Anything that goes wrong on the way is a refusal.
"""

from collections.abc import Sequence
from datetime import datetime

from bodytwin.governance.consent import Consent
from bodytwin.governance.consented import (
    Spoken,
    denied,
    next_change,
    permission,
    refusing_emergency,
    spoken,
)
from bodytwin.governance.decision import Decision, Obligation, Rule, permitted, refused
from bodytwin.governance.grounds import Emergency, Hold, Relation
from bodytwin.governance.question import refused_at_once
from bodytwin.governance.request import Action, Request, Role
from bodytwin.governance.roles import BREAK_GLASS, DUTIES, IN_EMERGENCY

__all__ = ["Decision", "Emergency", "Hold", "Obligation", "Relation", "Rule", "decide"]


def decide(
    request: Request,
    consents: Sequence[Consent],
    *,
    now: datetime,
    relations: Sequence[Relation] = (),
    hold: Sequence[Hold] = (),
    emergencies: Sequence[Emergency] = (),
) -> Decision:
    """The decision on one request. Never raises: whatever fails within is a refusal.

    Args:
        request: who asks for what, and what for.
        consents: those on file for the patient, in any order.
        now: the moment, with its zone.
        relations: who may act for whom.
        hold: legal duties to keep.
        emergencies: those that were declared.
    """
    try:
        return refused_at_once(request, now) or _answer(
            request, tuple(consents), now, tuple(relations), tuple(hold), tuple(emergencies)
        )
    except Exception:
        return refused(
            Rule.FAULT,
            "The decision could not be made, and what is not decided is refused. "
            "This is a fault of the software or of what is on file; tell whoever runs the node.",
        )


def _answer(
    request: Request,
    consents: tuple[Consent, ...],
    now: datetime,
    relations: tuple[Relation, ...],
    hold: tuple[Hold, ...],
    emergencies: tuple[Emergency, ...],
) -> Decision:
    early = (
        _held(request, now, hold)
        or _own_rights(request)
        or _proxy(request, now, relations)
        or _duty(request)
    )
    if early:
        return early
    by_label = spoken(request, consents, now)
    until = next_change(consents, now)
    if request.purpose == BREAK_GLASS:
        return _break_glass(request, by_label, now, emergencies, until)
    return (
        denied(request, by_label)
        or _brought(request, until)
        or permission(request, by_label, consents, until)
    )


def _held(request: Request, now: datetime, hold: tuple[Hold, ...]) -> Decision | None:
    mine = (h for h in hold if h.patient == request.patient and request.action in h.actions)
    if any(h.holds(now) for h in mine):
        return refused(
            Rule.LEGAL_HOLD,
            "The law demands for now that this is kept. Ask again when the hold has ended.",
        )
    return None


def _own_rights(request: Request) -> Decision | None:
    if request.actor.role is not Role.PATIENT:
        return None
    return permitted(Rule.OWN_RIGHTS, request, "Patients may see and steer their own twin.")


def _proxy(request: Request, now: datetime, relations: tuple[Relation, ...]) -> Decision | None:
    if request.actor.role is not Role.PROXY:
        return None
    ends = [
        r.ends()
        for r in relations
        if (r.person, r.patient) == (request.actor.id, request.patient)
        and request.action in r.scope
        and r.holds(now)
    ]
    if not ends:
        return None
    known = [e for e in ends if e is not None]
    until = max(known) if len(known) == len(ends) else None
    return permitted(
        Rule.PROXY, request, "A representative of the patient may do this for them.", until=until
    )


def _duty(request: Request) -> Decision | None:
    if request.actor.role not in (Role.CUSTODIAN, Role.LOCAL) or request.action not in DUTIES:
        return None
    return permitted(
        Rule.DUTY, request, "Whoever runs the store has to be able to do this for the patient."
    )


def _brought(request: Request, until: datetime | None) -> Decision | None:
    """Data that come in: by whoever runs the store, or from the patient's own device."""
    imports = request.actor.role in (Role.CUSTODIAN, Role.LOCAL)
    sends = request.actor.role is Role.DEVICE and request.actor.person == request.patient
    if (imports and request.action is Action.IMPORT) or (sends and request.action is Action.SEND):
        return permitted(Rule.DUTY, request, "Data may come in; nothing is shown.", until=until)
    return None


def _break_glass(
    request: Request,
    by_label: tuple[Spoken, ...],
    now: datetime,
    emergencies: tuple[Emergency, ...],
    until: datetime | None,
) -> Decision:
    explicit = refusing_emergency(by_label)
    if explicit:
        return refused(
            Rule.CONSENT_DENY,
            "The patient has refused emergency access as well.",
            consents=explicit,
        )
    if request.action not in IN_EMERGENCY:
        return refused(
            Rule.BREAK_GLASS,
            "In an emergency a twin may be read and asked, and nothing taken away.",
        )
    mine = [e for e in emergencies if (e.actor, e.patient) == (request.actor.id, request.patient)]
    valid = [e.until for e in mine if not e.fault(now)]
    if not valid:
        reasons = [e.fault(now) for e in mine] or [
            "Declare the emergency first, with its reason. The patient will see it."
        ]
        return refused(Rule.BREAK_GLASS, *dict.fromkeys(reasons))
    end = max(valid) if until is None else min(until, max(valid))
    return permitted(
        Rule.BREAK_GLASS,
        request,
        "An emergency was declared. The patient is told, and it will be reviewed.",
        until=end,
    )
