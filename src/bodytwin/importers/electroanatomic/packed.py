"""The files of a study in folders, in ZIPs, and in ZIPs within ZIPs."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from bodytwin.errors import UnreadableFileError

MOST_FILES = 500_000
LARGEST_BYTES = 2**31
DEEPEST = 3
WANTED = (".mesh", "_car.txt", ".zip")


@dataclass(slots=True)
class Study:
    """The files that are read, by name, and how many others there are, by kind."""

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    others: int = 0
    size: int = 0


def unpacked(files: Mapping[str, bytes]) -> Study:
    """The meshes and points of a study, and the number of other files.

    Raises:
        UnreadableFileError: a ZIP is damaged, locked, nested too deep, or too large.

    """
    study = Study()
    for name, data in files.items():
        _take(study, name, data, depth=0)
    return study


def _take(study: Study, name: str, data: bytes, *, depth: int) -> None:
    study.size += len(data)
    if study.size > LARGEST_BYTES:
        raise UnreadableFileError(f"The study is larger than {LARGEST_BYTES} bytes.")
    if data.startswith(b"PK\x03\x04"):
        _open(study, data, depth=depth)
    elif name.lower().endswith(WANTED):
        study.files[name] = data
    else:
        study.others += 1


def _open(study: Study, data: bytes, *, depth: int) -> None:
    if depth >= DEEPEST:
        raise UnreadableFileError(f"ZIPs lie within ZIPs more than {DEEPEST} deep. Unpack them.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [e for e in archive.infolist() if not e.is_dir()]
            wanted = [e for e in entries if e.filename.lower().endswith(WANTED)]
            _require_size(study, entries, wanted)
            study.others += len(entries) - len(wanted)
            for entry in wanted:
                _take(study, entry.filename, archive.read(entry), depth=depth + 1)
    except UnreadableFileError:
        raise
    except (
        zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError,
        OSError,
    ):  # fmt: skip
        raise UnreadableFileError("A ZIP is damaged or locked by a password.") from None


def _require_size(
    study: Study, entries: list[zipfile.ZipInfo], wanted: list[zipfile.ZipInfo]
) -> None:
    size = study.size + sum(e.file_size for e in wanted)
    if len(entries) > MOST_FILES or size > LARGEST_BYTES:
        raise UnreadableFileError(
            f"The ZIP holds more than {MOST_FILES} files or {LARGEST_BYTES} bytes."
        )
