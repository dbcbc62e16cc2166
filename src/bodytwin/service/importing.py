"""Import: from a file to facts in the store, all of them or none."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.governance import fhir_consent
from bodytwin.governance.request import Action
from bodytwin.importers.report import Imported, ImportReport
from bodytwin.service.access import asker, leave_by_default
from bodytwin.service.workspace import Workspace
from bodytwin.store.archive import sha256
from bodytwin.store.intake import Added, Reading, add_reading

TABLES = {".csv", ".tsv", ".txt", ".parquet"}
FHIR = {".json", ".ndjson"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What one file brought: facts new and known, and what its reader could not use."""

    added: Added
    report: ImportReport


def import_files(
    workspace: Workspace,
    paths: list[Path],
    *,
    mapping: Path | None = None,
    zone: str | None = None,
) -> tuple[Took, ...]:
    """Import files one after the other; the first that is refused stops the rest.

    `mapping` declares the columns of tables; without it a .toml beside the table
    of the same name is used. `zone` is that of times that name none.
    """
    taken: list[Took] = []
    for number, path in enumerate(paths, 1):
        try:
            taken.append(import_file(workspace, path, mapping=mapping, zone=zone))
        except InvalidInputError as error:
            if len(paths) == 1:
                raise
            raise type(error)(
                f"File {number} of {len(paths)}: {error} The files before it were imported."
            ) from error
    return tuple(taken)


def import_file(
    workspace: Workspace, path: Path, *, mapping: Path | None = None, zone: str | None = None
) -> Took:
    """Import one file."""
    suffix = path.suffix.lower()
    if suffix in TABLES:
        return import_table(workspace, _bytes(path), mapping=_bytes(mapping or _beside(path)))
    if suffix in FHIR:
        return import_fhir(workspace, _bytes(path), zone=zone)
    raise InvalidInputError(
        f"Files ending in '{suffix}' are not read. FHIR R4 ends in .json or .ndjson, "
        "a table in .csv, .tsv or .parquet."
    )


def import_table(workspace: Workspace, data: bytes, *, mapping: bytes) -> Took:
    """Import a table whose columns `mapping` (TOML) declares."""
    from bodytwin.importers import table

    imported = table.read(data, table.TableMapping.load(mapping))
    said = {"mapping": tomllib.loads(mapping.decode()), "sha256": sha256(mapping)}
    return _keep(workspace, data, "table", imported, settings=said)


def import_fhir(workspace: Workspace, data: bytes, *, zone: str | None = None) -> Took:
    """Import a FHIR R4 bundle, resource, or newline-delimited resources."""
    from bodytwin.importers import fhir

    imported = fhir.read(data, assumed_zone=_zone(zone))
    return _keep(workspace, data, "fhir", imported, settings={"zone": zone})


def _keep(
    workspace: Workspace, data: bytes, kind: str, imported: Imported, *, settings: Mapping[str, Any]
) -> Took:
    report = imported.report
    reading = Reading(
        data=data,
        kind=kind,
        reader=report.reader,
        settings={k: _plain(v) for k, v in settings.items()},
        records=imported.records,
        parts=imported.parts,
        consents={
            who: [fhir_consent.read(resource) for resource in found]
            for who, found in imported.consents.items()
        },
        remarks=[{"words": words} for words in report.remarks],
        held_back=[{"path": h.path, "kind": h.kind, "reason": h.reason} for h in report.held_back],
    )
    added = add_reading(
        workspace.store,
        reading,
        asker=asker(workspace, Action.IMPORT),
        recorded_at=(at := workspace.clock()),
        by_default=lambda patient: leave_by_default(workspace, patient, at),
    )
    return Took(added=added, report=report)


def _plain(value: Any) -> Any:
    """Values of TOML that JSON has no form for, as text."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_plain(v) for v in value]  # pyright: ignore[reportUnknownVariableType]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _beside(path: Path) -> Path:
    place = path.with_suffix(".toml")
    if not place.exists():
        raise InvalidInputError(
            "A table has no units, so it needs a mapping: give one with --mapping, or put a "
            ".toml of the same name beside it. docs/reference/table-mappings.md describes it."
        )
    return place


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"The file cannot be read: {error.strerror}.") from error


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInputError(
            "That is not a time zone. Write one such as Europe/Vienna or UTC."
        ) from error
