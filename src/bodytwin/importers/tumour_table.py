"""A table of the sizes of tumours becomes records: whole, or not at all.

One row for each reading: `patient` (or `id`), `day`, and `volume_mm3` (or `volume`) or
`diameter_mm`. Treatment begins on day 0 unless `treatment_start_day` says otherwise, and ends on
`treatment_stop_day` where that is given. A size of 0 is one too small to be seen.
"""

import hashlib
import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.number import number
from bodytwin.importers.report import pseudonym
from bodytwin.importers.table.grid import Row, rows_of
from bodytwin.record import (
    Code,
    Covariate,
    Demographics,
    Instant,
    Observation,
    Provenance,
    Quantity,
    Record,
    Route,
    Treatment,
)
from bodytwin.record.code import LOCAL

READER = "tumour_table/1"
DAY_ZERO = datetime(2000, 1, 1, tzinfo=UTC)
MOST_DAYS = 36525.0
PATIENT, DAY = ("patient", "id"), ("day", "time_d")
SIZES = {
    "volume_mm3": ("tumour_volume", "mm3"),
    "volume": ("tumour_volume", "mm3"),
    "diameter_mm": ("tumour_diameter", "mm"),
}
TREATMENT = Code(LOCAL, "tumour_treatment")


@dataclass(kw_only=True)
class _Followed:
    sizes: list[tuple[float, Observation]] = field(default_factory=list)
    start: float = 0.0
    stop: float = math.inf
    at: str = ""


def read(data: bytes) -> tuple[Record, ...]:
    """One record for each patient of a CSV or Parquet table, in the order of the table.

    Calendar dates of the records are made up: day 0 is the first of January 2000. Raises
    UnreadableFileError naming the row, the column and what is allowed.
    """
    rows = rows_of(data)
    sha256 = hashlib.sha256(data).hexdigest()
    header = rows[0][1]
    patient, day = _column(header, PATIENT), _column(header, DAY)
    size = _column(header, tuple(SIZES))
    found: dict[str, _Followed] = defaultdict(_Followed)
    for place, cells in rows:
        if not cells[patient]:
            raise UnreadableFileError(f"Row {place} names no patient.")
        at = Provenance(sha256, f"row {place}", READER)
        one = found[cells[patient]]
        one.at = one.at or at.path
        when = _read(cells, day, place, MOST_DAYS)
        code, unit = SIZES[size]
        value = _read(cells, size, place, 1e9)
        if value < 0:
            raise UnreadableFileError(f"Row {place}, column {size}: a size is not negative.")
        one.sizes.append(
            (
                when,
                Observation(
                    code=Code(LOCAL, code),
                    quantity=Quantity(value, unit, text=cells[size]),
                    instant=_instant(when),
                    provenance=at,
                ),
            )
        )
        if cells.get("treatment_start_day"):
            one.start = _read(cells, "treatment_start_day", place, MOST_DAYS)
        if cells.get("treatment_stop_day"):
            one.stop = _read(cells, "treatment_stop_day", place, MOST_DAYS)
    return tuple(_record(name, one, sha256) for name, one in found.items())


def _column(header: Row, names: tuple[str, ...]) -> str:
    for name in names:
        if name in header:
            return name
    raise UnreadableFileError(
        f"The table has no column {' or '.join(names)}. It has: {', '.join(sorted(header))}."
    )


def _read(cells: Row, column: str, place: int, most: float) -> float:
    try:
        value = number(cells[column])
    except InvalidInputError as error:
        raise UnreadableFileError(f"Row {place}, column {column}: {error}.") from error
    if abs(value) > most:
        raise UnreadableFileError(f"Row {place}, column {column}: beyond {most:g}.")
    return value


def _instant(day: float) -> Instant:
    return Instant(DAY_ZERO + timedelta(days=day))


def _record(name: str, one: _Followed, sha256: str) -> Record:
    at = Provenance(sha256, one.at, READER)
    begun = Treatment(
        code=TREATMENT,
        amount=Quantity(1.0, "1"),
        route=Route.OTHER,
        instant=_instant(one.start),
        provenance=at,
    )
    ended = Covariate(
        code=TREATMENT,
        quantity=Quantity(0.0, "1"),
        instant=_instant(min(one.stop, MOST_DAYS)),
        provenance=at,
    )
    return Record(
        patient=pseudonym(sha256, name),
        demographics=Demographics(name=name),
        observations=tuple(o for _, o in sorted(one.sizes, key=lambda s: s[0])),
        treatments=(begun,),
        covariates=(ended,) if math.isfinite(one.stop) else (),
    )
