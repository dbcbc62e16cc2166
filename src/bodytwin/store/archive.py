"""Files that are named for what they hold, and stay only if their transaction does."""

import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bodytwin.errors import StoreError


def sha256(data: bytes) -> str:
    """SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


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

    def sound(self, name: str) -> bool:
        """Whether the file is there as it was written."""
        try:
            self.get(name)
        except StoreError:
            return False
        return True

    def remove(self, name: str) -> None:
        """Take the file out of the store."""
        self.place(name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Staged:
    """Files of one transaction: under a temporary name until `keep`, gone after `undo`."""

    archive: Archive
    waiting: dict[str, Path] = field(default_factory=dict[str, Path])
    kept: list[Path] = field(default_factory=list[Path])

    def put(self, data: bytes) -> str:
        """Write `data` to disk; returns the SHA-256 it will be found by."""
        name = sha256(data)
        if name in self.waiting or self.archive.holds(name):
            return name
        self.archive.folder.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(dir=self.archive.folder, prefix=".part-")
        self.waiting[name] = Path(path)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return name

    def keep(self) -> None:
        """Give every waiting file its name."""
        for name, path in self.waiting.items():
            place = self.archive.place(name)
            place.parent.mkdir(exist_ok=True)
            self.kept.append(place)
            path.replace(place)

    def undo(self) -> None:
        """Remove what this transaction wrote, and the folders that this leaves empty."""
        if not self.waiting:
            return
        for path in (*self.waiting.values(), *self.kept):
            path.unlink(missing_ok=True)
        for folder in {*(p.parent for p in self.kept), self.archive.folder}:
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()
