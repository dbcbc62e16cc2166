"""What does a provision of a FHIR R4 Consent say, and what of it is not understood?

Where a part of a criterion is not understood, the whole criterion is left open,
so that a refusal reaches further than its source meant, never less far. The
place is noted; a consent with such notes permits nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from bodytwin.errors import InvalidInputError
from bodytwin.governance import fhir_moment
from bodytwin.governance.consent import (
    Coding,
    DataReference,
    Kind,
    Meaning,
    Period,
    Provision,
    Recipient,
)
from bodytwin.governance.purpose import KNOWN
from bodytwin.governance.request import Role

PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ROLE = "https://bodytwin.org/role"
RECIPIENTS = ("IRCP", "PRCP")
"""HL7 codes for whoever receives information."""
DEEPEST = 8
"""Exceptions to exceptions that are followed."""

T = TypeVar("T")
Json = Mapping[str, Any]
_UNDERSTOOD = frozenset(
    {
        "id", "type", "period", "actor", "purpose", "class", "code", "securityLabel",
        "dataPeriod", "data", "provision",
    }
)  # fmt: skip


def read(said: object, path: str, notes: list[str], *, base: str = "", depth: int = 0) -> Provision:
    """A provision with its exceptions; what is not understood goes to `notes` by its path."""
    if not isinstance(said, dict) or depth > DEEPEST:
        notes.append(path)
        return Provision(kind=Kind.DENY)
    known: Json = said  # pyright: ignore[reportUnknownVariableType]
    unknown_keys(known, _UNDERSTOOD, path, notes)

    def many(name: str, of: Callable[[Any], T]) -> tuple[T, ...]:
        return several(known, name, of, path, notes)

    return Provision(
        kind=_kind(known, base, path, notes),
        period=_period(known, "period", path, notes),
        actors=many("actor", _recipient),
        purposes=many("purpose", _purpose),
        classes=many("class", coding),
        codes=tuple(c for found in many("code", concept) for c in found),
        security_labels=many("securityLabel", coding),
        data_period=_period(known, "dataPeriod", path, notes),
        data=many("data", _data),
        provisions=_exceptions(known, path, notes, depth),
    )


def unknown_keys(said: Json, known: frozenset[str], path: str, notes: list[str]) -> None:
    """Note every element that has no meaning here."""
    for name in said:
        if name not in known:
            shown = name if name.isascii() and name.isidentifier() else "?"
            notes.append(f"{path}.{shown[:40]}")


def several(
    said: Json, name: str, of: Callable[[Any], T], path: str, notes: list[str]
) -> tuple[T, ...]:
    """Every item of a list, or none where one of them is not understood."""
    if name not in said:
        return ()
    items = said[name]
    if not isinstance(items, list) or not items:
        notes.append(f"{path}.{name}")
        return ()
    found: list[T] = []
    for number, item in enumerate(items):  # pyright: ignore[reportUnknownArgumentType]
        try:
            found.append(of(item))
        except InvalidInputError:
            notes.append(f"{path}.{name}[{number}]")
    return tuple(found) if len(found) == len(items) else ()  # pyright: ignore[reportUnknownArgumentType]


def coding(said: object) -> Coding:
    """A Coding: system, code and perhaps its words."""
    given = _only(said, "system", "code", "display")
    return Coding(string(given["system"]), string(given["code"]), given.get("display", ""))


def concept(said: object) -> tuple[Coding, ...]:
    """The codings of a CodeableConcept, which say the same in several systems."""
    items = _only(said, "coding", "text").get("coding")
    if not isinstance(items, list) or not items:
        raise InvalidInputError("A code was expected.")
    return tuple(coding(item) for item in items)  # pyright: ignore[reportUnknownArgumentType]


def reference(said: object) -> str:
    """A Reference to something outside of the resource."""
    found = string(_only(said, "reference", "display", "type").get("reference"))
    if found.startswith("#"):
        raise InvalidInputError("A reference to something outside was expected.")
    return found


def string(said: object) -> str:
    """A text that is not empty."""
    if type(said) is not str or not said.strip():
        raise InvalidInputError("A text was expected.")
    return said


def _only(said: object, *names: str) -> dict[str, Any]:
    if not isinstance(said, dict) or not said.keys() <= set(names):
        raise InvalidInputError("Something else was expected.")
    given: dict[str, Any] = dict.fromkeys(("system", "code")) | said
    if "display" in said:
        string(given["display"])
    return given


def _kind(said: Json, base: str, path: str, notes: list[str]) -> Kind:
    """The type; at the root it may come from the base policy instead, but not against it."""
    by_base = {"OPTIN": "permit", "OPTOUT": "deny"}.get(base)
    kind = said.get("type", by_base)
    if kind not in ("permit", "deny") or by_base not in (None, kind):
        notes.append(f"{path}.type")
        return Kind.DENY
    return Kind(kind)


def _period(said: Json, name: str, path: str, notes: list[str]) -> Period | None:
    if name not in said:
        return None
    try:
        return fhir_moment.period(said[name])
    except InvalidInputError:
        notes.append(f"{path}.{name}")
        return None


def _purpose(said: object) -> str:
    given = coding(said)
    known = KNOWN.get(given.code)
    if known is None or known.system != given.system:
        raise InvalidInputError("A purpose of the list was expected.")
    return known.code


def _recipient(said: object) -> Recipient:
    given = _only(said, "id", "role", "reference")
    role, *synonyms = concept(given.get("role"))
    known = {PARTICIPATION: RECIPIENTS, ROLE: tuple(r.value for r in Role)}
    if synonyms or role.code not in known.get(role.system, ()):
        raise InvalidInputError("A recipient was expected.")
    who = given.get("reference")
    display = who.get("display", "") if isinstance(who, dict) else ""
    return Recipient(reference=reference(who), role=role.code, display=display)


def _data(said: object) -> DataReference:
    given = _only(said, "id", "meaning", "reference")
    if given.get("meaning") not in list(Meaning):
        raise InvalidInputError("A meaning was expected.")
    return DataReference(Meaning(given["meaning"]), reference(given.get("reference")))


def _exceptions(said: Json, path: str, notes: list[str], depth: int) -> tuple[Provision, ...]:
    if "provision" not in said:
        return ()
    items = said["provision"]
    if not isinstance(items, list) or not items:
        notes.append(f"{path}.provision")
        return ()
    return tuple(
        read(item, f"{path}.provision[{number}]", notes, depth=depth + 1)
        for number, item in enumerate(items)  # pyright: ignore[reportUnknownArgumentType]
    )
