"""Open a database, bring its tables up to date, and hold transactions on it."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError

from bodytwin.errors import StoreError
from bodytwin.store import schema

WRITERS_LOCK = 0x626F6479
"""The advisory lock that makes writers take turns on PostgreSQL."""
_TURN = threading.Lock()


def connect(url: str) -> Engine:
    """An engine for a SQLite or PostgreSQL address, its tables up to date.

    Raises StoreError where the address cannot be used or the tables are newer than this version.
    """
    engine = _engine(url)
    try:
        _bring_up_to_date(engine)
    except OperationalError as error:
        raise StoreError(
            "The database cannot be opened. Check that the folder can be written, or that the "
            f"server answers: {str(error.orig).strip()}"
        ) from error
    except SQLAlchemyError as error:
        raise StoreError(f"The database is damaged or is not one of bodytwin: {error}") from error
    return engine


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            return create_engine(parsed.set(drivername="postgresql+psycopg"))
        if parsed.get_backend_name() != "sqlite":
            raise StoreError("Give a sqlite:// or postgresql:// address.")
        engine = create_engine(parsed)
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError("Give a sqlite:// or postgresql:// address.") from error
    except ModuleNotFoundError as error:
        raise StoreError(
            "PostgreSQL needs its driver: install bodytwin with the extra 'postgres'."
        ) from error
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "busy_timeout=30000",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """One consistent view."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Generator[Connection]:
    """One writer at a time; everything is kept at the end, or nothing.

    Threads of one process queue here, where they are woken at once; SQLite itself
    lets whoever waits sleep and ask again.
    """
    connecting = engine.connect().execution_options(writing=True)
    with _TURN, connecting as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": WRITERS_LOCK})
        yield connection


def revision(connection: Connection) -> str | None:
    """The migration that the tables are at; None where there are no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _bring_up_to_date(engine: Engine) -> None:
    with reading(engine) as connection:
        found = revision(connection)
    if found == schema.REVISION:
        return
    from bodytwin.store.migrate import known_revisions, migrate

    if found is not None and found not in known_revisions():
        raise StoreError(
            f"This store was written by a newer bodytwin (tables {found}, this one knows up to "
            f"{schema.REVISION}). Update bodytwin, or open another folder with --home."
        )
    with writing(engine) as connection:
        migrate(connection)
