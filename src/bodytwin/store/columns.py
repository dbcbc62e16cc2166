"""Column types and texts that read back exactly what was written, on every database."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from bodytwin.errors import InvalidInputError


def at(value: datetime) -> str:
    """A time in UTC to the microsecond: one text for equal times."""
    if value.tzinfo is None:
        raise InvalidInputError("A time needs a zone before it can be stored.")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


class Moment(TypeDecorator[datetime]):
    """A time in UTC as text to the microsecond, so that order and equality need no zone rules."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write in UTC, always with the same number of characters."""
        return None if value is None else at(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read in UTC."""
        return None if value is None else datetime.fromisoformat(value)


def canonical(value: Any) -> str:
    """One text for equal plain values; times as `at` writes them."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_at)


def _at(value: Any) -> str:
    if isinstance(value, datetime):
        return at(value)
    raise TypeError(f"A {type(value).__name__} has no text.")
