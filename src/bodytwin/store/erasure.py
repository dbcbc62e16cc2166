"""Erase a patient: the key destroyed first, then every row and file, and the log says so.

Once the key is gone nothing can be read, wherever a copy of the ciphertext may
lie: in a backup, a replica, or blocks that a disk has put aside. What is left
are entries of the log under a pseudonym, whose details nobody can open.
"""

from datetime import datetime

from sqlalchemy import Connection, select, text

from bodytwin.governance.entry import Entry, Kind, Outcome
from bodytwin.governance.permit import Permit
from bodytwin.governance.request import Action
from bodytwin.store import schema
from bodytwin.store.gate import spend
from bodytwin.store.home import Store
from bodytwin.store.log import append

WITH_FILES = (
    schema.source,
    schema.posterior,
    schema.forecast,
    schema.comparison,
    schema.field,
    schema.image,
    schema.heart_map,
    schema.delineated,
)


def erase(store: Store, permit: bytes, *, at: datetime) -> int:
    """Erase the patient of the permit; returns how many cohort results became stale by it.

    Run again after an interruption it finishes what was begun.
    """
    found = spend(store, permit, at=at, action=Action.ERASE)
    (patient,) = found.patients
    store.vault.destroy(patient)
    with store.writing() as (connection, _):
        files = _files(connection, patient)
        stale = _mark_stale(connection, patient, at)
        for table in (
            *schema.PATIENT_TABLES,
            schema.consent,
            schema.relation,
            schema.emergency,
            schema.patient,
        ):
            connection.execute(table.delete().where(table.c.patient == patient))
        append(connection, _entry(found, patient, at), about=(patient,))
    for name in files:
        store.archive.remove(name)
    _forget(store)
    return stale


def _files(connection: Connection, patient: str) -> list[str]:
    return [
        name
        for t in WITH_FILES
        for name in connection.execute(select(t.c.file).where(t.c.patient == patient)).scalars()
    ]


def _mark_stale(connection: Connection, patient: str, at: datetime) -> int:
    c, m = schema.cohort, schema.member
    ids = list(connection.execute(select(m.c.cohort).where(m.c.patient == patient)).scalars())
    if ids:
        connection.execute(
            c.update().where(c.c.id.in_(ids), c.c.stale_at.is_(None)).values(stale_at=at)
        )
        connection.execute(m.delete().where(m.c.patient == patient))
    return len(ids)


def _entry(permit: Permit, patient: str, at: datetime) -> Entry:
    return Entry(
        kind=Kind.ERASURE,
        time=at,
        patient=patient,
        actor=permit.actor,
        role=permit.role,
        purpose=permit.purpose,
        action=Action.ERASE.value,
        outcome=Outcome.DONE,
        rule="erasure",
    )


def _forget(store: Store) -> None:
    """Empty the write-ahead log, where SQLite keeps old pages; secure_delete wiped the rest."""
    if store.engine.dialect.name != "sqlite":
        return
    with store.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def vacuumed(store: Store) -> None:
    """On PostgreSQL, hand dead rows back at once instead of when the server finds time."""
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM"))
