"""Times as people write them."""

import re
from datetime import datetime

from bodytwin.errors import InvalidInputError

_AHEAD = re.compile(r"\+\s*(\d{1,6}(?:\.\d{1,6})?)\s*(min|h|d)?")
_HOURS = {"min": 1 / 60, "h": 1.0, None: 1.0, "d": 24.0}


def moment(text: str) -> datetime:
    """Read a date and time with its zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(
            f"'{text[:40]}' is not a time. Write it as 2024-03-02T08:00Z."
        ) from error
    if found.tzinfo is None:
        raise InvalidInputError(
            f"'{text[:40]}' has no zone. Write 2024-03-02T08:00Z for UTC, or +01:00 at the end."
        )
    return found


def optional(text: str | None) -> datetime | None:
    """Read a time if there is one."""
    return None if text is None else moment(text)


def hours_ahead(text: str) -> float | None:
    """Hours of "+6h" or "+2d"; None where the text is no such thing."""
    match = _AHEAD.fullmatch(text.strip())
    return None if match is None else float(match[1]) * _HOURS[match[2]]
