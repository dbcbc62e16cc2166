"""Files that are named for what they hold, and appear only when their transaction is kept."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bodytwin.errors import StoreError


def sha256(data: bytes) -> str:
    """SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Staged:
    """Files written beside their place, to be named for good on `keep` or removed."""

    archive: "Archive"
    waiting: dict[str, Path] = field(default_factory=dict[str, Path])

    def put(self, data: bytes) -> str:
        """Write `data` to disk under a temporary name; the SHA-256 it will be found by."""
        name = sha256(data)
        if name in self.waiting or self.archive.holds(name):
            return name
        self.archive.folder.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(dir=self.archive.folder, prefix=".part-")
        with os.fdopen(handle, "wb") as file:
            self.waiting[name] = Path(path)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return name

    def keep(self) -> None:
        """Give every waiting file its name."""
        for name, path in self.waiting.items():
            place = self.archive.place(name)
            place.parent.mkdir(exist_ok=True)
            path.replace(place)

    def drop(self) -> None:
        """Remove whatever still has a temporary name, and folders left empty."""
        for path in self.waiting.values():
            path.unlink(missing_ok=True)
        folder = self.archive.folder
        if self.waiting and folder.exists() and not any(folder.iterdir()):
            folder.rmdir()


@dataclass(frozen=True, slots=True)
class Archive:
    """The folder of content-addressed files."""

    folder: Path

    def place(self, name: str) -> Path:
        """Where the file with this SHA-256 lies."""
        return self.folder / name[:2] / name

    def holds(self, name: str) -> bool:
        """Whether the file is there."""
        return self.place(name).exists()

    def get(self, name: str) -> bytes:
        """The bytes with this SHA-256, checked."""
        try:
            data = self.place(name).read_bytes()
        except FileNotFoundError as error:
            raise StoreError(
                f"The file {name[:12]} is missing from the store. Restore it from a backup."
            ) from error
        if sha256(data) != name:
            raise StoreError(
                f"The file {name[:12]} was changed on disk since it was written. "
                "Restore it from a backup."
            )
        return data

    @contextmanager
    def staged(self) -> Iterator[Staged]:
        """Files put here vanish again unless `keep` is called."""
        files = Staged(self)
        try:
            yield files
        finally:
            files.drop()
