"""Does anything in these rows tell that somebody is older than 89?

HIPAA Safe Harbor (45 CFR 164.514(b)(2)(i)(C)) has one group for everybody of
90 and above, and takes away whatever else would tell such an age: an age of 88
beside a time three years later does. Any time as long as 90 years counts as an
age, whatever it is called.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

AGE_CAP_A = 90
DAYS_PER_YEAR = 365.25
YEARS: Mapping[str, float] = {
    "a": 1.0, "a_j": 1.0, "a_g": 1.0, "a_t": 1.0, "mo": 1 / 12, "wk": 7 / 365.25,
    "d": 1 / 365.25, "h": 1 / 8766, "min": 1 / 525960, "s": 1 / 31557600,
    "y": 1.0, "yr": 1.0, "yrs": 1.0, "year": 1.0, "years": 1.0,
}  # fmt: skip
"""Units of time, of UCUM and as people write them, in years."""
AGE_CODES = frozenset({"21611-9", "21612-7", "29553-5", "30525-0"})
"""LOINC: age, estimated, reported, calculated, and by no stated method."""
TIMES = ("time", "start", "end", "issued")


def instant(value: object) -> datetime | date | None:
    """A moment, in UTC where it has a zone, or a day; None for what is neither."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            return value.astimezone(UTC)
        except OverflowError:
            return None
    return value if isinstance(value, date) else None


def times(row: Mapping[str, object]) -> list[datetime | date]:
    """All times of one row."""
    found = (instant(row.get(column)) for column in TIMES)
    return [t for t in found if t is not None]


def per_year(row: Mapping[str, object]) -> float | None:
    """What one unit of the value is in years; None where it measures no time."""
    unit = row.get("unit")
    if isinstance(unit, str) and (bare := unit.strip("{} ").casefold()) in YEARS:
        return YEARS[bare]
    return 1.0 if is_age(row) else None


def is_age(row: Mapping[str, object]) -> bool:
    """Whether the code says that the value is an age."""
    return row.get("code") in AGE_CODES


def reaches_cap(rows: Iterable[Mapping[str, object]]) -> bool:
    """Whether anything tells an age of 90 or more at the time of any row."""
    given = tuple(rows)
    days = [_day(t) for row in given for t in times(row)]
    latest = max(days, default=None)
    return any(_oldest(row, latest) >= AGE_CAP_A for row in given)


def _oldest(row: Mapping[str, object], latest: date | None) -> float:
    """The greatest age that one row tells, at its time or at the latest of all."""
    days = [_day(t) for t in times(row)]
    later = (latest - min(days)).days / DAYS_PER_YEAR if latest and days else 0.0
    told = [age + later for age in _ages(row)]
    born = instant(row.get("birth_date"))
    if born is not None and latest is not None:
        told.append(float(latest.year - born.year))
    return max(told, default=0.0)


def _ages(row: Mapping[str, object]) -> list[float]:
    age, value, scale = row.get("age_a"), row.get("value"), per_year(row)
    found = [float(age)] if isinstance(age, (int, float)) else []
    if is_age(row) and scale is not None and isinstance(value, (int, float)):
        found.append(value * scale)
    return found


def _day(t: date) -> date:
    return date(t.year, t.month, t.day)
