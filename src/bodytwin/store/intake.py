"""Take in what was read from one file: all of it, or nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from bodytwin.record import Provenance, Record
from bodytwin.store import schema
from bodytwin.store.archive import sha256
from bodytwin.store.columns import canonical
from bodytwin.store.home import Store
from bodytwin.store.rows import rows_of

CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The bytes of one file, which reader read it with which settings, and what it found."""

    data: bytes
    kind: str
    reader: str
    settings: Mapping[str, Any]
    records: Sequence[Record]
    remarks: Sequence[Mapping[str, Any]] = ()
    held_back: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """How much of a reading was new; `known` facts were in the store already."""

    source: str
    new: int
    known: int
    patients: tuple[str, ...]


def add_reading(store: Store, reading: Reading, *, recorded_at: datetime) -> Added:
    """Keep the file, its facts and what was held back, in one transaction.

    The same file read again the same way changes nothing.
    """
    with store.writing() as (connection, files):
        source = files.put(reading.data)
        _insert_new(
            connection,
            schema.source,
            [
                {
                    "sha256": source,
                    "kind": reading.kind,
                    "size": len(reading.data),
                    "imported_at": recorded_at,
                }
            ],
        )
        _keep_reading(connection, reading, source, recorded_at)
        new, known = _keep_facts(connection, reading, source, recorded_at)
    return Added(
        source=source,
        new=new,
        known=known,
        patients=tuple(sorted({r.patient for r in reading.records})),
    )


def _keep_reading(
    connection: Connection, reading: Reading, source: str, recorded_at: datetime
) -> None:
    said = {
        "source": source,
        "reader": reading.reader,
        "settings": dict(reading.settings),
        "remarks": [dict(r) for r in reading.remarks],
        "held_back": [dict(h) for h in reading.held_back],
    }
    _insert_new(connection, schema.reading, [{**_named(said), "recorded_at": recorded_at}])


def _keep_facts(
    connection: Connection, reading: Reading, source: str, recorded_at: datetime
) -> tuple[int, int]:
    patients = {r.patient for r in reading.records}
    _insert_new(
        connection,
        schema.patient,
        [{"patient": p, "recorded_at": recorded_at} for p in sorted(patients)],
    )
    people = [_person(record, source) for record in reading.records]
    _insert_new(
        connection, schema.demographics, [{**p, "recorded_at": recorded_at} for p in people]
    )
    pairs = [
        pair
        for record in reading.records
        for pair in rows_of(
            record.patient,
            (*record.observations, *record.treatments, *record.covariates),
            recorded_at=recorded_at,
        )
    ]
    facts = {row["id"]: row for row, _ in pairs}
    new = _insert_new(connection, schema.fact, list(facts.values()))
    links = {
        (row["id"], p.source_sha256, p.path): _link(row["id"], source, p, recorded_at)
        for row, p in pairs
    }
    _insert_links(connection, source, list(links.values()))
    return new, len(facts) - new


def _person(record: Record, source: str) -> dict[str, Any]:
    born = record.demographics.birth_date
    return _named(
        {
            "patient": record.patient,
            "sex": record.demographics.sex.value,
            "birth_date": born.isoformat() if born else None,
            "source": source,
        }
    )


def _named(said: dict[str, Any]) -> dict[str, Any]:
    return {"id": sha256(canonical(said).encode()), **said}


def _link(fact: str, source: str, provenance: Provenance, recorded_at: datetime) -> dict[str, Any]:
    return {
        "fact": fact,
        "source": source,
        "path": provenance.path,
        "reader": provenance.reader,
        "recorded_at": recorded_at,
    }


def _insert_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    """Insert the rows whose key is not in the table yet, and count them."""
    (key,) = table.primary_key.columns
    by_key = {row[key.name]: row for row in rows}
    known = {
        found
        for some in _chunks(sorted(by_key))
        for found in connection.execute(select(key).where(key.in_(some))).scalars()
    }
    new = [row for name, row in by_key.items() if name not in known]
    if new:
        connection.execute(table.insert(), new)
    return len(new)


def _insert_links(connection: Connection, source: str, rows: list[dict[str, Any]]) -> None:
    t = schema.link
    held = connection.execute(select(t.c.fact, t.c.path).where(t.c.source == source))
    known = {(fact, path) for fact, path in held}
    new = [row for row in rows if (row["fact"], row["path"]) not in known]
    if new:
        connection.execute(t.insert(), new)


def _chunks(items: Iterable[str]) -> Iterator[list[str]]:
    every = list(items)
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]
