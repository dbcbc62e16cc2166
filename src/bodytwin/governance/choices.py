"""Which consent do a patient's choices make, and what has been chosen?

    consent_of({"care": "permit", "research": "deny"}, patient=…, id=…, given_at=…)

The questions themselves, and those whose answer never changes, are in `questions`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from bodytwin.errors import InvalidInputError
from bodytwin.governance.consent import (
    Coding,
    Consent,
    Day,
    Kind,
    Period,
    Provision,
    Recipient,
    Status,
)
from bodytwin.governance.consented import refusing_emergency
from bodytwin.governance.questions import CHOICES, DENY, FIXED, PERMIT, UNSET, Choice
from bodytwin.governance.request import Action, Actor, Request, Role
from bodytwin.governance.roles import BREAK_GLASS, NAMES_EMERGENCY
from bodytwin.governance.verdict import Question, Verdict, verdict

__all__ = [
    "CHOICES", "DENY", "FIXED", "PERMIT", "UNSET", "Choice", "choices_of", "consent_of",
    "local_consent",
]  # fmt: skip

CATEGORY = Coding("http://loinc.org", "59284-0", "Consent")
BASIS = "Chosen by you on this page."
LOCAL_BASIS = "Imported on this computer; nobody has said otherwise yet."
LOCAL = Recipient(reference="local", role=Role.LOCAL.value, display="the person at this computer")
LOCAL_PURPOSES = ("TREAT", "TREATDS", "HQUALIMP", "HRESCH", "PATRQT")
SOMEBODY = "somebody"
"""Nobody in particular: whom a refusal or permission of everybody reaches."""


def consent_of(
    choices: Mapping[str, str],
    *,
    patient: str,
    id: str,
    given_at: Day,
    until: datetime | None = None,
    actor: str = "",
    actor_name: str = "",
) -> Consent:
    """The consent that the choices make; what is unset is neither permitted nor refused.

    With `actor` (a reference such as Practitioner/7) it is about that one only,
    what it refuses as well; a family member has to be named so. Raises
    InvalidInputError for an unknown key or answer, for another answer to a
    question that is fixed, and where nothing is chosen.
    """
    _require_answers(choices)
    if choices.get("family") == PERMIT and not actor:
        raise InvalidInputError("Name the family member: everybody cannot be allowed.")
    answered = {answer: _purposes(choices, answer) for answer in (PERMIT, DENY)}
    return Consent(
        id=id,
        patient=patient,
        categories=(CATEGORY,),
        basis=BASIS,
        given_at=given_at,
        performers=(f"Patient/{patient}",),
        root=_root(
            answered[PERMIT],
            answered[DENY],
            period=None if until is None else Period(end=until),
            actors=(Recipient(reference=actor, display=actor_name),) if actor else (),
        ),
    )


def choices_of(consents: Iterable[Consent], now: datetime) -> dict[str, str]:
    """What holds at a moment for each key of CHOICES: deny, permit or unset.

    It is a permission where somebody is permitted, if only a named person; a
    refusal where everybody is refused. `words.sentences` tells the rest.
    """
    active = [c for c in consents if c.status is Status.ACTIVE]
    return {choice.key: _answer(choice, active, now) for choice in CHOICES}


def local_consent(patient: str, id: str, given_at: Day) -> Consent:
    """What holds by default for a record that somebody brings onto their own computer.

    The person at the computer may use it for care, for checking how good twins
    are, for research over many and for the patient's own view. Nobody else may.
    """
    return Consent(
        id=id,
        patient=patient,
        categories=(CATEGORY,),
        basis=LOCAL_BASIS,
        given_at=given_at,
        root=Provision(kind=Kind.PERMIT, actors=(LOCAL,), purposes=LOCAL_PURPOSES),
    )


def _require_answers(choices: Mapping[str, str]) -> None:
    known = {c.key: c for c in (*CHOICES, *FIXED)}
    for key, answer in choices.items():
        if key not in known:
            raise InvalidInputError(f"Unknown choice. There are {', '.join(known)}.")
        if answer not in (PERMIT, DENY, UNSET):
            raise InvalidInputError(f"Answer {key} with permit, deny or unset.")
        if known[key].fixed and answer not in (UNSET, known[key].answer):
            raise InvalidInputError(f"{known[key].question} {known[key].fixed}")


def _purposes(choices: Mapping[str, str], answer: str) -> tuple[str, ...]:
    return tuple(c.purpose for c in CHOICES if choices.get(c.key) == answer)


def _root(
    permitted: tuple[str, ...],
    refused: tuple[str, ...],
    *,
    period: Period | None,
    actors: tuple[Recipient, ...],
) -> Provision:
    """Refusals are exceptions to what is permitted, or the rule where nothing is."""
    if not permitted and not refused:
        raise InvalidInputError("Nothing is chosen: answer at least one question.")
    if not permitted:
        return Provision(kind=Kind.DENY, period=period, actors=actors, purposes=refused)
    return Provision(
        kind=Kind.PERMIT,
        period=period,
        actors=actors,
        purposes=permitted,
        provisions=(Provision(kind=Kind.DENY, purposes=refused),) if refused else (),
    )


def _answer(choice: Choice, active: list[Consent], now: datetime) -> str:
    if choice.purpose == BREAK_GLASS:
        return _of_emergency(active, now)
    for_all = _kinds(choice.purpose, active, now, _actor(choice, Recipient(reference=SOMEBODY)))
    if Kind.DENY in for_all:
        return DENY
    family = choice.key == "family"
    named = [
        who
        for c in active
        for who in _recipients(c.root)
        if not (family and who.role in list(Role))
    ]
    for_one = [_kinds(choice.purpose, active, now, _actor(choice, who)) for who in named]
    return PERMIT if any(Kind.PERMIT in k for k in (for_all, *for_one)) else UNSET


def _of_emergency(active: list[Consent], now: datetime) -> str:
    """A refusal has to name emergencies; so has a permission, which changes nothing else."""
    clinician = Actor(id=SOMEBODY, role=Role.CLINICIAN)
    spoken = [_verdict(c, BREAK_GLASS, now, clinician) for c in active]
    if refusing_emergency((tuple(zip(active, spoken, strict=True)),)):
        return DENY
    names = any(
        c.root.kind is Kind.PERMIT
        and NAMES_EMERGENCY & {*c.root.purposes}
        and (c.root.period is None or c.root.period.holds(now))
        and not c.not_understood
        for c in active
    )
    return PERMIT if names else UNSET


def _kinds(purpose: str, active: list[Consent], now: datetime, actor: Actor) -> set[Kind | None]:
    return {_verdict(c, purpose, now, actor).kind for c in active}


def _verdict(consent: Consent, purpose: str, now: datetime, actor: Actor) -> Verdict:
    request = Request(actor=actor, action=Action.READ, purpose=purpose, patient=consent.patient)
    return verdict(consent, Question(request, now, None))


def _actor(choice: Choice, who: Recipient) -> Actor:
    usual = Role.PROXY if choice.key == "family" else Role.CLINICIAN
    return Actor(id=who.reference, role=Role(who.role) if who.role in list(Role) else usual)


def _recipients(rule: Provision) -> Iterable[Recipient]:
    yield from rule.actors
    for exception in rule.provisions:
        yield from _recipients(exception)
