"""What does a consent say, in sentences that a patient reads?"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from importlib.resources import files
from types import MappingProxyType

from bodytwin.governance.consent import (
    Coding,
    Consent,
    DataReference,
    Day,
    Kind,
    Meaning,
    Period,
    Provision,
    Recipient,
    Status,
)
from bodytwin.governance.purpose import ABOVE_NEVER, NEVER

_PLACE = files("bodytwin.governance") / "data" / "purpose_words.toml"
PURPOSE_WORDS: Mapping[str, str] = MappingProxyType(
    tomllib.loads(_PLACE.read_text(encoding="utf-8"))
)
"""What each purpose is, to follow the word "for"."""

NO_LONGER = {
    Status.DRAFT: "This is a draft. It has no effect yet.",
    Status.PROPOSED: "This was proposed and not agreed. It has no effect.",
    Status.REJECTED: "This was rejected. It has no effect.",
    Status.INACTIVE: "This was withdrawn or replaced. It has no effect any more.",
    Status.ENTERED_IN_ERROR: "This was entered by mistake. It has no effect.",
}
_ROLES = {
    "local": "the person at this computer",
    "patient": "patients themselves",
    "proxy": "representatives",
    "clinician": "clinicians",
    "researcher": "researchers",
    "custodian": "whoever runs this store",
    "device": "devices",
}
_MEANINGS = {
    Meaning.INSTANCE: "{}",
    Meaning.RELATED: "what belongs to {}",
    Meaning.DEPENDENTS: "{} and what depends on it",
    Meaning.AUTHORED_BY: "what {} wrote",
}


def sentences(consent: Consent) -> tuple[str, ...]:
    """The consent in plain words: whether it counts, on what it rests, and each of its rules."""
    said: list[str] = []
    if consent.status in NO_LONGER:
        said.append(NO_LONGER[consent.status])
    if consent.basis:
        said.append(consent.basis)
    if consent.not_understood:
        said.append(
            "Parts of this consent are not understood here "
            f"({', '.join(consent.not_understood)}). So it permits nothing, and counts as a "
            "refusal of what it is about."
        )
    said += _rule(consent.root, "")
    if NEVER & _purposes(consent.root):
        said.append(
            "Uses for payment, insurance, marketing, employment, credit, law enforcement or "
            "immigration stay refused, even where this consent permits them."
        )
    return tuple(said)


def _rule(rule: Provision, before: str) -> Iterable[str]:
    verb = "is allowed" if rule.kind is Kind.PERMIT else "is refused"
    use = _joined([PURPOSE_WORDS[p] for p in rule.purposes if p not in ABOVE_NEVER], "and")
    subject = f"use for {use}" if use else "every use that can be allowed"
    if rule.kind is Kind.DENY and not use:
        subject = "every use"
    parts = [
        f"{subject} {verb}",
        _who(rule.actors),
        _labelled(rule.security_labels),
        _of_kind("of the kind", rule.classes),
        _of_kind("with the code", rule.codes),
        _named(rule.data),
        _time("for data", rule.data_period),
        _time("", rule.period),
    ]
    text = before + " ".join(p for p in parts if p)
    yield text[0].upper() + text[1:] + "."
    for exception in rule.provisions:
        yield from _rule(exception, "except that " if not before else "and again except that ")


def _who(actors: Sequence[Recipient]) -> str:
    names = [_ROLES.get(a.role) or a.display or a.reference for a in actors]
    return f"for {_joined(names, 'or')}" if names else ""


def _labelled(labels: Sequence[Coding]) -> str:
    names = _joined([c.display or c.code for c in labels], "or")
    return f"of data labelled {names}" if names else ""


def _of_kind(words: str, codes: Sequence[Coding]) -> str:
    names = _joined([c.display or c.code for c in codes], "or")
    return f"of data {words} {names}" if names else ""


def _named(data: Sequence[DataReference]) -> str:
    names = [_MEANINGS[d.meaning].format(d.reference) for d in data]
    return f"of these data: {_joined(names, 'and')}" if names else ""


def _time(before: str, period: Period | None) -> str:
    if period is None:
        return ""
    start = f"from {_day(period.start)}" if period.start else ""
    end = f"until {_day(period.end)}" if period.end else ""
    return " ".join(p for p in (before, start, end) if p)


def _day(day: Day) -> str:
    if isinstance(day, datetime):
        return f"{day.day} {day:%B} {day.year}, {day:%H:%M} {day.tzname()}"
    return f"{day.day} {_month(day)} {day.year}"


def _month(day: date) -> str:
    return f"{day:%B}"


def _joined(names: Sequence[str], word: str) -> str:
    names = list(dict.fromkeys(names))
    if len(names) < 3:
        return f" {word} ".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def _purposes(rule: Provision) -> set[str]:
    """Everything that a permission names, exceptions included."""
    named = set(rule.purposes) if rule.kind is Kind.PERMIT else set[str]()
    return named.union(*(_purposes(e) for e in rule.provisions))
