"""The store: a database, the files beneath its folder, and the keys to both."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from bodytwin.errors import StoreError
from bodytwin.store import database
from bodytwin.store.archive import Archive, Staged
from bodytwin.store.vault import Vault, open_vault

DATABASE = "bodytwin.sqlite"
FILES = "files"
KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Store:
    """Where records, posteriors and forecasts are kept. Made by `open_store`."""

    engine: Engine
    archive: Archive
    vault: Vault

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """One consistent view of the tables."""
        with database.reading(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[tuple[Connection, Staged]]:
        """Rows and files that are kept together, or not at all."""
        files = Staged(self.archive)
        try:
            with database.writing(self.engine) as connection:
                yield connection, files
                files.keep()
        except OperationalError as error:
            files.undo()
            raise StoreError(
                "The store could not be written; nothing was kept. Another program may hold it, "
                f"or the disk may be full: {str(error.orig).strip()}"
            ) from error
        except BaseException:
            files.undo()
            raise

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def open_store(folder: Path, *, url: str | None = None, keys: Path | None = None) -> Store:
    """Open the store in `folder`, making it where there is none.

    `url` names a PostgreSQL database instead of the SQLite file in the folder;
    the files (sources, draws) stay beneath the folder. `keys` is the folder of
    keys, beneath the same folder where none is named.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"The folder cannot be made: {error.strerror}. Choose another with --home."
        ) from error
    engine = database.connect(url or f"sqlite:///{folder.resolve() / DATABASE}")
    return Store(
        engine=engine, archive=Archive(folder / FILES), vault=open_vault(keys or folder / KEYS)
    )
