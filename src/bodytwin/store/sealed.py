"""Rows of a patient: their values sealed under the key, their place in the table beside."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table

from bodytwin.store.archive import Archive, Staged
from bodytwin.store.columns import canonical
from bodytwin.store.vault import OpeningKey, SealingKey

Row = Mapping[str, Any]


def sealed_row(
    table: Table,
    key: SealingKey,
    *,
    patient: str,
    identity: str,
    said: Row,
    recorded_at: datetime,
    **beside: Any,
) -> dict[str, Any]:
    """A row of one of the tables of a patient, ready to insert."""
    place = f"{table.name}/{identity}/{patient}"
    return {
        "id": identity,
        "patient": patient,
        "recorded_at": recorded_at,
        "sealed": key.seal(canonical(said).encode(), place=place),
        **beside,
    }


def opened(table: Table, key: OpeningKey, row: Any) -> dict[str, Any]:
    """What a row says."""
    return json.loads(key.open(row.sealed, place=f"{table.name}/{row.id}/{row.patient}"))


def insert(connection: Connection, table: Table, row: Row) -> None:
    """Add one row."""
    connection.execute(table.insert(), [dict(row)])


def put_file(files: Staged, key: SealingKey, data: bytes, *, patient: str) -> str:
    """Keep sealed bytes as a file; returns the SHA-256 of what lies on disk."""
    return files.put(key.seal(data, place=f"file/{patient}"))


def get_file(archive: Archive, key: OpeningKey, name: str, *, patient: str) -> bytes:
    """The bytes of a file of a patient."""
    return key.open(archive.get(name), place=f"file/{patient}")
