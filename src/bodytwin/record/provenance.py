"""Where a fact came from, down to the byte."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provenance:
    """SHA-256 of the source file, and the path of the fact within it (JSON pointer, or row)."""

    source_sha256: str
    path: str
    reader: str
