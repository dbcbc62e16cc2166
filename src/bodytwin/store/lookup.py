"""Find things by the first characters of their id, as people type them."""

from typing import Any

from sqlalchemy import Column, Connection, select

from bodytwin.errors import InvalidInputError, NotFoundError

SHORTEST = 6


def full_id(connection: Connection, column: Column[Any], start: str, noun: str) -> str:
    """The one id that begins with `start`."""
    if not start.isalnum() or len(start) < SHORTEST:
        raise InvalidInputError(f"Give at least {SHORTEST} characters of the {noun}'s id.")
    query = select(column).where(column.startswith(start.lower())).limit(2)
    found = connection.execute(query).scalars().all()
    if not found:
        raise NotFoundError(f"No {noun} has an id that begins so.")
    if len(found) > 1:
        raise InvalidInputError(f"More than one {noun} begins so; give more of its id.")
    return str(found[0])
