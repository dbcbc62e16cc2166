"""Which rows of a record may be shared, and as what?

Only what is named here passes; the rest, known or not, stays behind. Of the 18
identifiers of HIPAA Safe Harbor (45 CFR 164.514(b)(2)(i)) the rows keep none
but days, and those move (see `dates`): so this is a limited copy for people who
have agreed not to look for the patient, not a public one. With
`with_days=False` times are hours since the first row, and then none is left.

Codes are kept from published systems only, units without their annotations,
values where they are numbers: everything else could be somebody's words.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bodytwin.errors import InvalidInputError
from bodytwin.governance.deidentify.ages import (
    AGE_CAP_A,
    TIMES,
    instant,
    is_age,
    per_year,
    reaches_cap,
    times,
)
from bodytwin.governance.deidentify.dates import days_back, shift, shift_day
from bodytwin.governance.deidentify.pseudonyms import pseudonym

Cell = str | int | float | None
Row = Mapping[str, object]

SYSTEMS = frozenset(
    {
        "http://loinc.org",
        "http://snomed.info/sct",
        "http://www.nlm.nih.gov/research/umls/rxnorm",
        "http://www.whocc.no/atc",
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/icd-9-cm",
        "http://hl7.org/fhir/sid/ndc",
        "http://unitsofmeasure.org",
    }
)
"""Code systems that everybody reads alike (URIs as in FHIR R4, Using Code Systems)."""
NUMBERS = frozenset({"value", "low", "high", "duration_h", "steady_state_interval_h", "amount"})
IDENTIFIERS = frozenset({"id", "encounter", "device", "specimen", "twin_id"})
"""Re-keyed: equal ones stay equal. Whose the row is stands in the column `patient`."""
CHOICES: Mapping[str, frozenset[str]] = {
    "kind": frozenset({"observation", "treatment", "covariate", "forecast"}),
    "comparator": frozenset({"<", "<=", ">", ">="}),
    "sex": frozenset({"female", "male", "other", "unknown"}),
    "route": frozenset({"intravenous", "oral", "subcutaneous", "intramuscular", "other"}),
}
_CODE = re.compile(r"[A-Z0-9][A-Z0-9.\-]{0,19}", re.ASCII)
_UNIT = re.compile(r"(?!.*[A-Za-z]{5})[A-Za-z0-9%'\[\]\-+.*/()_^]{1,32}", re.ASCII)
"""No unit in use has five letters in a row; a name has."""
_ANNOTATION = re.compile(r"\{[^{}]*\}")
LOCAL = "urn:bodytwin:local"
SHORTEST_IDENTIFIER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Rows that may leave, and the names of the columns that stayed behind."""

    rows: tuple[Mapping[str, Cell], ...]
    left_behind: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patient:
    key: bytes
    name: str
    days: int
    with_days: bool
    origin: datetime | None
    old: bool
    known: frozenset[str]
    local_codes: frozenset[str]


def deidentify_rows(
    rows: Iterable[Row],
    *,
    key: bytes,
    patient: str,
    identifiers: Collection[str] = (),
    local_codes: Collection[str] = (),
    with_days: bool = True,
) -> Shared:
    """The rows of one patient as they may be shared.

    `patient` is their pseudonym in the store; another, that only the key gives,
    takes its place. `identifiers` are names and numbers known of the patient:
    no text that contains one is kept. `local_codes` are codes of one's own that
    the caller knows to hold nobody's words.
    """
    given = tuple(rows)
    who = _Patient(
        key=key,
        name=pseudonym(key, "patient", patient),
        days=days_back(key, patient) if with_days else 0,
        with_days=with_days,
        origin=_first(given),
        old=reaches_cap(given),
        known=frozenset(
            i.casefold() for i in (*identifiers, patient) if len(i) >= SHORTEST_IDENTIFIER
        ),
        local_codes=frozenset(local_codes),
    )
    kept = tuple({"patient": who.name, **_row(row, who)} for row in given)
    columns = {column for row in kept for column in row}
    seen = {column for row in given for column in row}
    return Shared(rows=kept, left_behind=tuple(sorted(seen - columns, key=str)))


def _row(row: Row, who: _Patient) -> dict[str, Cell]:
    """One row of the copy; numbers go with a unit that cannot stay."""
    kept: dict[str, Cell] = {}
    for column, value in row.items():
        cell = _cell(column, value, row, who)
        if cell is not None and not _known(cell, who):
            kept[column] = cell
    if row.get("unit") is not None and "unit" not in kept:
        kept = {column: cell for column, cell in kept.items() if column not in NUMBERS}
    return kept


def _cell(column: str, value: object, row: Row, who: _Patient) -> Cell:
    """What stands in a column of the copy; None for nothing."""
    if column in CHOICES:
        return value if isinstance(value, str) and value in CHOICES[column] else None
    if column in NUMBERS:
        return _capped(_number(value), row, who)
    if column in TIMES:
        return _time(value, who)
    if column == "birth_date":
        return _birth_year(value, row, who)
    if column in IDENTIFIERS:
        return pseudonym(who.key, column, f"{value}") if value not in (None, "") else None
    if column in {"code", "system"}:
        return _code(column, row, who)
    return _unit(value) if column == "unit" else _age(value, who) if column == "age_a" else None


def _number(value: object) -> Cell:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    return value if isinstance(value, int) else float(value) if math.isfinite(value) else None


def _capped(number: Cell, row: Row, who: _Patient) -> Cell:
    """A time as long as 90 years is one of the group, in the unit it was given in."""
    scale = per_year(row)
    if not isinstance(number, (int, float)) or scale is None:
        return number
    if number * scale >= AGE_CAP_A:
        return f">={AGE_CAP_A / scale:.0f}"
    return None if who.old and is_age(row) else number


def _time(value: object, who: _Patient) -> Cell:
    when = instant(value)
    if not who.with_days:
        return _hours(when, who.origin) if isinstance(when, datetime) else None
    if isinstance(when, datetime):
        moved = shift(when, who.days)
    else:
        moved = shift_day(when, who.days) if when else None
    return moved.isoformat() if moved else None


def _hours(when: datetime, origin: datetime | None) -> float | None:
    return None if origin is None else (when - origin).total_seconds() / 3600


def _first(rows: tuple[Row, ...]) -> datetime | None:
    found = [t for row in rows for t in times(row) if isinstance(t, datetime)]
    if len({t.tzinfo is None for t in found}) > 1:
        raise InvalidInputError(
            "Some times have a time zone and some have none. Give all of them with one."
        )
    return min(found, default=None)


def _code(column: str, row: Row, who: _Patient) -> Cell:
    """Code and system go or stay together."""
    system, code = row.get("system"), row.get("code")
    if not isinstance(code, str) or not isinstance(system, str):
        return None
    published = system in SYSTEMS and _CODE.fullmatch(code) is not None
    if not published and not (system == LOCAL and code in who.local_codes):
        return None
    return code if column == "code" else system


def _unit(value: object) -> Cell:
    if not isinstance(value, str):
        return None
    bare = _ANNOTATION.sub("", value) or "1"
    return bare if _UNIT.fullmatch(bare) else None


def _age(value: object, who: _Patient) -> Cell:
    """Completed years; 90 and above are one group, written >=90."""
    years = _number(value)
    if not isinstance(years, (int, float)) or years < 0:
        return None
    if years >= AGE_CAP_A:
        return f">={AGE_CAP_A}"
    return None if who.old else int(years)


def _birth_year(value: object, row: Row, who: _Patient) -> Cell:
    """The year of a birth date that moved like everything else, so that ages still come out."""
    born = instant(value)
    if born is None or who.old or not times(row):
        return None
    moved = shift_day(born, who.days)
    return moved.year if moved else None


def _known(cell: str | int | float, who: _Patient) -> bool:
    """Whether a text contains an identifier of the patient, or a number is one."""
    said = f"{cell}".casefold()
    if isinstance(cell, str):
        return any(i in said for i in who.known)
    return said in who.known or said.removesuffix(".0") in who.known
