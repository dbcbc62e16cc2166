"""How are days hidden while the time between two events is kept?

Everything of one patient moves back by the same whole number of days, 1 to
3650, that only the key gives. Intervals and the time of day stay: weekdays and
seasons do not. A shifted date is still a date to the Safe Harbor rule of
HIPAA (45 CFR 164.514(b)(2)(i)(C)), which allows the year only.
"""

import re
from datetime import date, datetime, timedelta

from bodytwin.governance.deidentify.pseudonyms import derive

LONGEST_DAYS = 3650
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})|(\d{4})\.(\d{2})\.(\d{2})", re.ASCII)
_DATETIME = re.compile(r"(\d{8})((?:\d{2}){0,2}(?:\d{2}(?:\.\d{1,6})?)?(?:[+-]\d{4})?)", re.ASCII)


def days_back(key: bytes, patient: str) -> int:
    """How far the days of one patient move, 1 to 3650."""
    return 1 + int.from_bytes(derive(key, "days", patient)[:8], "big") % LONGEST_DAYS


def shift(instant: datetime, days: int) -> datetime | None:
    """The same time of day so many days earlier; None before the year 1."""
    try:
        return instant - timedelta(days=days)
    except OverflowError:
        return None


def shift_day(day: date, days: int) -> date | None:
    """A day so many days earlier; None before the year 1."""
    try:
        return date(day.year, day.month, day.day) - timedelta(days=days)
    except OverflowError:
        return None


def shift_da(text: str, days: int) -> str | None:
    """A DICOM date (DA) so many days earlier; None where it is no whole date."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = (int(g) for g in found.groups() if g is not None)
    try:
        moved = shift_day(date(year, month, day), days)
    except ValueError:
        return None
    return moved and f"{moved.year:04d}{moved.month:02d}{moved.day:02d}"


def shift_dt(text: str, days: int) -> str | None:
    """A DICOM date and time (DT) so many days earlier; None where it is less than a whole date."""
    found = _DATETIME.fullmatch(text.strip())
    moved = shift_da(found[1], days) if found else None
    return None if found is None or moved is None else moved + found[2]
