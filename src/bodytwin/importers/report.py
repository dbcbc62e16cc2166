"""What came out of a file, and what did not."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bodytwin.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """One value that could not be used: where it stands in the file, what it is, and why."""

    path: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """`counts` of facts read, by kind; `not_read` of resources that bodytwin has no use for yet."""

    source_sha256: str
    reader: str
    counts: Mapping[str, int]
    not_read: Mapping[str, int]
    held_back: tuple[HeldBack, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The records of one file, whole, and the report beside them.

    `parts` is the share of each patient in a file of several. `consents` are
    Consent resources as they stand in the file, by patient.
    """

    records: tuple[Record, ...]
    report: ImportReport
    parts: Mapping[str, bytes] = field(default_factory=dict[str, bytes], repr=False)
    consents: Mapping[str, tuple[dict[str, Any], ...]] = field(
        default_factory=dict[str, tuple[dict[str, Any], ...]], repr=False
    )


def pseudonym(*parts: str) -> str:
    """The same short name for the same identity, from which the identity cannot be read."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]
