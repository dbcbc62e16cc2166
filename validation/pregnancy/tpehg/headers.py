"""What the headers of the Term-Preterm EHG database say of 300 pregnancies, in their comments.

A header (.hea) of WFDB ends in comments: `#    Name value` in every line, `None` where nothing is
known. `Gestation` is the week of birth and `Rectime` that of the visit, both in decimal weeks.
"""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

from bodytwin.errors import UnreadableFileError


@dataclass(frozen=True, kw_only=True)
class Woman:
    """One pregnancy: weeks of the visit and of birth, and what is known of her; none if unknown."""

    visit_wk: float
    birth_wk: float
    parity: int | None
    funnelling: bool | None


def woman(header: bytes) -> Woman:
    """Read one header; UnreadableFileError where weeks are missing or cannot be."""
    said = _comments(header)
    visit, birth = _number(said.get("Rectime")), _number(said.get("Gestation"))
    if visit is None or birth is None or not 5 <= visit <= birth <= 46:
        raise UnreadableFileError(
            "A header lacks the weeks of visit (Rectime) and birth (Gestation), or they are not in "
            "order. Give the headers of TPEHG DB 1.0.1."
        )
    parity = _number(said.get("Parity"))
    funnelling = {"positive": True, "negative": False}.get(said.get("Funneling", ""))
    return Woman(
        visit_wk=visit, birth_wk=birth,
        parity=None if parity is None else int(parity), funnelling=funnelling,
    )  # fmt: skip


def women(folder: Path) -> list[Woman]:
    """All headers of a folder, in the order of their names."""
    found = [woman(path.read_bytes()) for path in sorted(folder.glob("*.hea"))]
    if not found:
        raise UnreadableFileError("There are no headers (.hea) in this folder.")
    return found


def checksum(folder: Path) -> str:
    """SHA-256 of the comments of all headers, so that two copies of the data can be told apart."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.hea")):
        for name, value in _comments(path.read_bytes()).items():
            digest.update(f"{path.stem} {name} {value}\n".encode())
    return digest.hexdigest()


def _comments(header: bytes) -> dict[str, str]:
    try:
        lines = header.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise UnreadableFileError("A WFDB header is ASCII text; this file is not.") from error
    words = [line[1:].split() for line in lines if line.startswith("#")]
    return {w[0]: w[1] for w in words if len(w) == 2}


def _number(text: str | None) -> float | None:
    if text is None or text == "None":
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise UnreadableFileError("A header has a word where a number is due.") from error
    return value if math.isfinite(value) else None
