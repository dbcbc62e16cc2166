"""Who is in the store: a random pseudonym for each, found again by a keyed alias."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from bodytwin.store import schema
from bodytwin.store.home import Store
from bodytwin.store.vault import Vault

PSEUDONYM_BYTES = 8


def enrolled(
    connection: Connection, vault: Vault, identities: Sequence[str], at: datetime
) -> tuple[dict[str, str], list[str]]:
    """The pseudonym of each identity, and which of them were made now, with their keys."""
    names: dict[str, str] = {}
    made: list[str] = []
    t = schema.patient
    for identity in identities:
        alias = vault.alias(identity)
        found = connection.execute(select(t.c.patient).where(t.c.alias == alias)).scalar()
        if found is None:
            found = secrets.token_hex(PSEUDONYM_BYTES)
            vault.enrol(found)
            made.append(found)
            row = {"patient": found, "alias": alias, "recorded_at": at}
            connection.execute(t.insert(), [row])
        names[identity] = found
    return names, made


def remember_name(connection: Connection, vault: Vault, patient: str, name: str) -> None:
    """Let a patient be found by what a source calls them; the name itself is not kept here."""
    if name:
        t = schema.patient
        called = vault.alias(f"called {name}")
        connection.execute(t.update().where(t.c.patient == patient).values(called=called))


def called(store: Store, name: str) -> tuple[str, ...]:
    """Pseudonyms of those whom a source calls so."""
    t = schema.patient
    query = select(t.c.patient).where(t.c.called == store.vault.alias(f"called {name}"))
    with store.reading() as connection:
        return tuple(connection.execute(query.order_by(t.c.patient)).scalars())


def everyone(store: Store) -> tuple[str, ...]:
    """Every pseudonym: for the gate and for erasure, not for showing."""
    with store.reading() as connection:
        query = select(schema.patient.c.patient).order_by(schema.patient.c.patient)
        return tuple(connection.execute(query).scalars())


def exists(connection: Connection, patient: str) -> bool:
    """Whether there is such a patient."""
    t = schema.patient
    return connection.execute(select(t.c.patient).where(t.c.patient == patient)).first() is not None
