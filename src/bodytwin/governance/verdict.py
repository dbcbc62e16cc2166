"""What does one consent say to one request?

A rule is read strictly where it permits and widely where it refuses. Data of
which nothing is known may be the data that a refusal names, and are not those
that a restricted permission names. Data with several labels are permitted
label by label: each has to be.

Exceptions count before their rule, the deepest first, and a refusal before a
permission at the same depth. A criterion that an exception lacks is that of its
rule; a permission within a rule never reaches further in person, purpose and
time than all the rules around it.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from bodytwin.governance.consent import Coding, Consent, Kind, Period, Provision, Recipient, Status
from bodytwin.governance.purpose import RESEARCH, TRAINING, within
from bodytwin.governance.request import Request, Role

ANYBODY = ("IRCP", "PRCP")
"""Roles of a recipient that say no more than that they receive."""
GROUPS = frozenset({"Group", "CareTeam", "PractitionerRole", "HealthcareService", "Location"})
"""References that stand for people whom nobody lists here: a refusal of them is one of all."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a consent says; `refusing` holds the rules that refuse, with what they inherit."""

    kind: Kind | None = None
    refusing: tuple[Provision, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A request at a moment, for data under one label; None where no label is known."""

    request: Request
    now: datetime
    label: str | None


def verdict(consent: Consent, question: Question) -> Verdict:
    """What the consent says: permit, deny, or nothing. Only an active one says anything.

    A consent that is not wholly understood refuses wherever one of its rules
    reaches. One on file for the patient that names somebody else permits nothing.
    """
    if consent.status is not Status.ACTIVE:
        return Verdict()
    if consent.not_understood:
        return _refused_anywhere(consent.root, question)
    found = _judge(consent.root, question, True)
    if found.kind is not Kind.PERMIT:
        return found
    other_scope = consent.scope == "research" and question.request.purpose not in (
        RESEARCH | TRAINING
    )
    return Verdict() if other_scope or consent.patient != question.request.patient else found


def _judge(rule: Provision, question: Question, around: bool) -> Verdict:
    """`around`: whether person, purpose and time are within all rules around this one."""
    inside = around and _persons_purpose_and_time(rule, question)
    found = [_judge(e.below(rule), question, inside) for e in rule.provisions]
    refusing = tuple(r for v in found for r in v.refusing)
    if refusing:
        return Verdict(Kind.DENY, refusing)
    if any(v.kind is Kind.PERMIT for v in found):
        return Verdict(Kind.PERMIT)
    if rule.kind is Kind.DENY:
        return Verdict(Kind.DENY, (rule,)) if _may_reach(rule, question) else Verdict()
    permits = inside and _named(rule, question) and _covers_data(rule, question)
    return Verdict(Kind.PERMIT) if permits else Verdict()


def _refused_anywhere(rule: Provision, question: Question) -> Verdict:
    found = [_refused_anywhere(e.below(rule), question) for e in rule.provisions]
    refusing = tuple(r for v in found for r in v.refusing)
    if _may_reach(rule, question):
        refusing += (rule,)
    return Verdict(Kind.DENY, refusing) if refusing else Verdict()


def _persons_purpose_and_time(rule: Provision, question: Question) -> bool:
    request = question.request
    return (
        (rule.period is None or rule.period.holds(question.now))
        and (not rule.purposes or any(within(str(request.purpose), p) for p in rule.purposes))
        and (not rule.actors or any(_is(who, request) for who in rule.actors))
    )


def _named(rule: Provision, question: Question) -> bool:
    """Training of models needs its own name, and a representative needs theirs."""
    request = question.request
    if request.purpose in TRAINING and request.purpose not in rule.purposes:
        return False
    return request.actor.role is not Role.PROXY or bool(rule.actors)


def _covers_data(rule: Provision, question: Question) -> bool:
    """Whether all the data are surely among those of a permission."""
    r = question.request
    return (
        not rule.data
        and (not rule.security_labels or _listed(question.label, rule.security_labels))
        and _all_listed(r.classes, rule.classes)
        and _all_listed(r.codes, rule.codes)
        and (rule.data_period is None or _spans(rule.data_period, r))
    )


def _may_reach(rule: Provision, question: Question) -> bool:
    """Whether a refusal may be about this request."""
    r = question.request
    return (
        (rule.period is None or rule.period.holds(question.now))
        and (not rule.purposes or any(within(str(r.purpose), p) for p in rule.purposes))
        and (not rule.actors or any(_may_be(who, r) for who in rule.actors))
        and _may_hold((question.label,) if question.label else (), rule.security_labels)
        and _may_hold(r.classes, rule.classes)
        and _may_hold(r.codes, rule.codes)
        and (rule.data_period is None or _overlaps(rule.data_period, r))
    )


def _is(who: Recipient, request: Request) -> bool:
    actor = request.actor
    role = who.role in ANYBODY or who.role == actor.role.value
    return role and who.reference in (actor.id, actor.organisation)


def _may_be(who: Recipient, request: Request) -> bool:
    """Also where one reference is spelt with a server before it, or only by its end."""
    if who.role not in ANYBODY and who.role != request.actor.role.value:
        return False
    kind, end = _ending(who.reference)
    if kind in GROUPS or who.reference.startswith("urn:"):
        return True
    actor = request.actor
    others = (_ending(name) for name in (actor.id, actor.organisation, actor.person) if name)
    return any(end == e and (kind == k or not kind or not k) for k, e in others)


def _ending(reference: str) -> tuple[str, str]:
    parts = reference.split("/_history/")[0].rstrip("/").split("/")
    return (parts[-2] if len(parts) > 1 else "", parts[-1])


def _all_listed(given: Sequence[str], listed: Sequence[Coding]) -> bool:
    return not listed or (bool(given) and all(_listed(g, listed) for g in given))


def _listed(given: str | None, listed: Sequence[Coding]) -> bool:
    """A code is written "system|code", or alone, whatever its system."""
    return given is not None and any(given in (c.code, f"{c.system}|{c.code}") for c in listed)


def _may_hold(given: Sequence[str], listed: Sequence[Coding]) -> bool:
    if not listed or not given:
        return True
    codes = {g.rpartition("|")[2] for g in given}
    return any(codes & _WIDER.get(c.code, frozenset({c.code})) for c in listed)


def _spans(period: Period, r: Request) -> bool:
    """Whether the data surely lie within a period."""
    begun = period.begun(r.data_from) if r.data_from else period.start is None
    return begun and (period.reaches(r.data_to) if r.data_to else period.end is None)


def _overlaps(period: Period, r: Request) -> bool:
    """Whether some of the data may lie within a period."""
    before = r.data_to is not None and not period.begun(r.data_to)
    after = r.data_from is not None and not period.reaches(r.data_from)
    return not before and not after


def _wider() -> dict[str, frozenset[str]]:
    """What a refusal of a label covers besides it."""
    place = files("bodytwin.governance") / "data" / "labels.toml"
    data = tomllib.loads(place.read_text(encoding="utf-8"))
    levels = data["stricter"]["levels"]
    wider = {level: frozenset(levels[i:]) for i, level in enumerate(levels)}
    inner = {k: v for k, v in data["within"].items() if isinstance(v, list)}
    return wider | {label: frozenset({label, *below}) for label, below in inner.items()}


_WIDER = _wider()
