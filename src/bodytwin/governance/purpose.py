"""What for? The closed list of purposes of use, and which of them are never allowed.

The tree is HL7's (`data/purposes.toml`), with five codes of our own for uses
that HL7 has no code for. A purpose is one of these codes, letter for letter;
whatever else is given is refused. Not for: what a patient has allowed, which
`decide` answers.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from bodytwin.errors import ConsentError

LONGEST_SHOWN = 16
"""Characters of an unknown purpose that a message repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """One purpose of use; `parent` is the code above it, or empty."""

    code: str
    system: str
    display: str
    parent: str

    def __str__(self) -> str:
        return self.code


def _data() -> dict[str, Any]:
    place = files("bodytwin.governance") / "data" / "purposes.toml"
    return tomllib.loads(place.read_text(encoding="utf-8"))


def _known(data: dict[str, Any]) -> dict[str, Purpose]:
    hl7, local = data["hl7"], data["local"]
    known = {c["code"]: Purpose(system=hl7["system"], **c) for c in hl7["concept"]}
    for code, display in local["codes"].items():
        known[code] = Purpose(code=code, system=local["system"], display=display, parent="")
    return known


def _lines(known: dict[str, Purpose]) -> dict[str, frozenset[str]]:
    """Every code with itself and all above it."""

    def line(code: str) -> frozenset[str]:
        return frozenset({code}) | (line(known[code].parent) if known[code].parent else frozenset())

    return {code: line(code) for code in known}


_DATA = _data()
_KNOWN = _known(_DATA)
_LINES = _lines(_KNOWN)

KNOWN: Mapping[str, Purpose] = MappingProxyType(_KNOWN)
"""Every purpose by its code: 63 of HL7 and 5 of our own."""


def subtree(code: str) -> frozenset[str]:
    """A known code and everything below it."""
    return frozenset(c for c, line in _LINES.items() if code in line)


NEVER: frozenset[str] = frozenset().union(*(subtree(c) for c in _DATA["never"]["codes"]))
"""Payment, insurance, marketing, work, credit, police, immigration: whoever asks or agrees."""
ABOVE_NEVER: frozenset[str] = frozenset().union(*(_LINES[c] for c in NEVER)) - NEVER
"""Codes so wide that a forbidden purpose lies within them: refused as well."""
RESEARCH = subtree("HRESCH")
TRAINING = subtree("MLTRAINING")
EMERGENCY = subtree("ETREAT")
"""Emergency treatment, in the emergency room, and breaking the glass."""


def purpose(value: object) -> Purpose:
    """The purpose that a code names; ConsentError for anything but the exact string.

    >>> purpose("TREATDS").display
    'decision support assisted treatment decision'
    """
    if type(value) is str and value in _KNOWN:
        return _KNOWN[value]
    raise ConsentError(
        f"The purpose of use is not known, got {_shown(value)}. Give one code of the list, letter "
        "for letter, such as TREATDS for decisions on treatment or PATRQT for one's own view."
    )


def within(code: str, ancestor: str) -> bool:
    """Whether a purpose is another or lies below it; False where either is not known.

    >>> within("BTG", "TREAT"), within("TREAT", "BTG")
    (True, False)
    """
    return ancestor in _LINES.get(code, ())


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if type(value) is not str:
        return f"something of type {ascii(type(value).__name__)[1:-1][:LONGEST_SHOWN]}"
    shown = ascii(value[: LONGEST_SHOWN + 1])
    return shown if len(shown) <= LONGEST_SHOWN else shown[:LONGEST_SHOWN] + "..."
