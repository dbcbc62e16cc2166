"""Find things by the first characters of their id, as people type them."""

from sqlalchemy import Connection, Table, select

from bodytwin.errors import InvalidInputError, NotFoundError

SHORTEST = 6


def full_id(
    connection: Connection, table: Table, start: str, noun: str, *, patient: str | None = None
) -> str:
    """The one id that begins with `start`, among those of one patient where one is named."""
    if not start.isalnum() or len(start) < SHORTEST:
        raise InvalidInputError(f"Give at least {SHORTEST} characters of the {noun}'s id.")
    query = select(table.c.id).where(table.c.id.startswith(start.lower())).limit(2)
    if patient is not None:
        query = query.where(table.c.patient == patient)
    found = connection.execute(query).scalars().all()
    if not found:
        raise NotFoundError(f"No {noun} has an id that begins so.")
    if len(found) > 1:
        raise InvalidInputError(f"More than one {noun} begins so; give more of its id.")
    return str(found[0])
