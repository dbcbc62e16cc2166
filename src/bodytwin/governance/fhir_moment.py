"""How does FHIR R4 write a date, a time and a period?"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bodytwin.errors import InvalidInputError
from bodytwin.governance.consent import Day, Period

_MOMENT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)"
    r"(T\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d))?)?)?",
    re.ASCII,
)


def day(text: object, *, last: bool = False) -> Day:
    """A FHIR dateTime; a year or a month alone is its first day, or its `last`.

    Raises InvalidInputError for anything else, a time without its zone included.
    """
    found = _MOMENT.fullmatch(text) if type(text) is str else None
    if found is None or type(text) is not str:
        raise InvalidInputError("A date or a time with its zone was expected, as 2024-05-01.")
    try:
        if found[4]:
            return datetime.fromisoformat(text)
        year, month = int(found[1]), int(found[2] or (12 if last else 1))
        return date(year, month, int(found[3] or (monthrange(year, month)[1] if last else 1)))
    except ValueError:
        raise InvalidInputError("There is no such day or time in the calendar.") from None


def period(said: object) -> Period:
    """A FHIR Period; InvalidInputError where it is none, or says more than start and end."""
    if not isinstance(said, dict) or not said.keys() <= {"start", "end"}:
        raise InvalidInputError("A period with a start or an end was expected.")
    return Period(
        start=day(said["start"]) if "start" in said else None,
        end=day(said["end"], last=True) if "end" in said else None,
    )


def text(moment: Day) -> str:
    """A date or a time as FHIR writes it."""
    if not isinstance(moment, datetime):
        return moment.isoformat()
    timespec = "seconds" if not moment.microsecond else "microseconds"
    if moment.microsecond and moment.microsecond % 1000 == 0:
        timespec = "milliseconds"
    if (moment.utcoffset() or timedelta()) % timedelta(minutes=1):
        moment = moment.astimezone(UTC)
    written = moment.isoformat(timespec=timespec)
    return written.removesuffix("+00:00") + "Z" if written.endswith("+00:00") else written


def written(given: Period) -> dict[str, Any]:
    """A period as FHIR writes it."""
    bounds = (("start", given.start), ("end", given.end))
    return {name: text(moment) for name, moment in bounds if moment is not None}
