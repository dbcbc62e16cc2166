"""What is claimed of a twin, for which use, and on what evidence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any


class Level(IntEnum):
    """How far a (version, context of use, population) has come; never a property of "the twin"."""

    SIMULATOR = 0
    PERSONALISED = 1
    SCORED = 2
    DECISION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextOfUse:
    """The question, who decides with it, and how much hangs on it (ASME V&V 40 terms)."""

    question: str
    population: str
    not_for: str
    influence: str
    consequence: str


class Support(StrEnum):
    """What kind of evidence a case is. Only VALIDATION compares forecasts with real patients."""

    VERIFICATION = "verification"
    CONFORMANCE = "conformance"
    VALIDATION = "validation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One measured figure: `words` for people, `command` to see it again."""

    case: str
    support: Support
    words: str
    passed: bool
    patients: int = 0
    forecasts: int = 0
    source: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence that could be wrong, and the findings that bear on it."""

    words: str
    findings: tuple[Finding, ...] = ()


def claims_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Claim, ...]:
    """Claims as the files of twins have them: `words`, and `findings` with a named `support`."""

    def finding(said: Mapping[str, Any]) -> Finding:
        known: dict[str, Any] = dict(said)
        known["support"] = Support(known["support"])
        return Finding(**known)

    return tuple(
        Claim(words=row["words"], findings=tuple(finding(one) for one in row.get("findings", ())))
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All claims about one variant of a twin, and what they entitle it to do."""

    twin: str
    version: str
    variant: str
    level: Level
    claims: tuple[Claim, ...]
    known_failures: tuple[str, ...] = ()

    @property
    def may_rank(self) -> bool:
        """Whether forecasts on real patients have earned it a say about which option is best."""
        return self.level >= Level.DECISION
