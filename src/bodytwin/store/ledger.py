"""An append-only chain of hashes: what was said, and that it was said before it was known.

Entry n is hashed with the hash of entry n − 1, so no entry can be changed,
taken out or put in before another without every later hash changing. A hash
written down elsewhere proves everything up to it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from bodytwin.errors import StoreError
from bodytwin.store import schema
from bodytwin.store.archive import sha256
from bodytwin.store.columns import at, canonical
from bodytwin.store.home import Store

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    sequence: int
    kind: str
    subject: str
    content: str
    recorded_at: datetime
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Whether the ledger and everything it names are as they were; `faults` says what is not."""

    entries: int
    head: str
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


def append(
    connection: Connection, *, kind: str, subject: str, row: dict[str, Any], recorded_at: datetime
) -> Entry:
    """Add the hash of `row` to the chain. The clock may not run backwards."""
    t = schema.ledger
    last = connection.execute(select(t).order_by(t.c.sequence.desc()).limit(1)).first()
    if last is not None and recorded_at < last.recorded_at:
        raise StoreError(
            "The clock stands before the newest entry of the ledger. Set the clock of this "
            "machine right; nothing can be registered in the past."
        )
    said: dict[str, Any] = {
        "sequence": last.sequence + 1 if last else 1,
        "kind": kind,
        "subject": subject,
        "content": content_hash(row),
        "recorded_at": recorded_at,
        "previous": last.hash if last else START,
    }
    entry = Entry(**said, hash=_hash(said))
    connection.execute(t.insert(), [{**said, "hash": entry.hash}])
    return entry


def content_hash(row: dict[str, Any]) -> str:
    """The hash of one row of a table."""
    plain = {k: at(v) if isinstance(v, datetime) else v for k, v in row.items()}
    return sha256(canonical(plain).encode())


def _hash(said: dict[str, Any]) -> str:
    return sha256(canonical({**said, "recorded_at": at(said["recorded_at"])}).encode())


def audit(store: Store) -> Audit:
    """Recompute the chain, every registered row and every file of draws."""
    faults: list[str] = []
    previous, number = START, 0
    with store.reading() as connection:
        query = select(schema.ledger).order_by(schema.ledger.c.sequence)
        entries = connection.execute(query).mappings().all()
        held = {kind: _rows(connection, table) for kind, table in _TABLES.items()}
    for number, row in enumerate(entries, start=1):
        said = dict(row)
        if (
            said.pop("hash") != _hash(said)
            or row["previous"] != previous
            or row["sequence"] != number
        ):
            faults.append(f"Entry {number} of the ledger was changed.")
        previous = row["hash"]
        found = held[row["kind"]].pop(row["subject"], None)
        if found is None or content_hash(found) != row["content"]:
            faults.append(f"What entry {number} registered ({row['kind']}) was changed or removed.")
        elif row["kind"] == "forecast":
            faults += _draws_fault(store, found["draws"], number)
    for kind, rows in held.items():
        faults += [f"A {kind} is in the store that was never registered."] * len(rows)
    return Audit(entries=number, head=previous, faults=tuple(faults))


_TABLES: dict[str, Table] = {"forecast": schema.forecast, "score": schema.score}


def subject_of(row: dict[str, Any]) -> str:
    """By which name the ledger knows a row."""
    return row["id"] if "id" in row else f"{row['forecast']}#{row['target']}"


def _rows(connection: Connection, table: Table) -> dict[str, dict[str, Any]]:
    rows = [dict(r) for r in connection.execute(select(table)).mappings()]
    return {subject_of(r): r for r in rows}


def _draws_fault(store: Store, name: str, number: int) -> list[str]:
    try:
        store.archive.get(name)
    except StoreError as error:
        return [f"Draws of entry {number}: {error}"]
    return []
