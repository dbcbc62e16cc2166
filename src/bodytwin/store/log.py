"""The audit log: what was asked, allowed, refused and registered, in one Merkle tree.

Every entry is a leaf (RFC 6962), so that no entry can be changed, taken out or
put in before another without the root changing. A signed head that lies
elsewhere proves everything up to it; a log cut short shows only against one.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, select

from bodytwin.errors import InvalidInputError, StoreError
from bodytwin.governance.entry import (
    Details,
    Entry,
    Kind,
    Outcome,
    canonical,
    parse,
    patients_digest,
)
from bodytwin.governance.head import Head, compare, sign_head
from bodytwin.governance.merkle import Frontier, leaf_hash
from bodytwin.store import schema
from bodytwin.store.access import Access
from bodytwin.store.archive import sha256
from bodytwin.store.columns import canonical as plain_text
from bodytwin.store.home import Store
from bodytwin.store.vault import OpeningKey, SealingKey

SLACK = timedelta(seconds=5)
"""How far behind the newest entry a clock may be: many write at the same time."""
REGISTERED: dict[str, Table] = {
    Kind.FORECAST.value: schema.forecast,
    Kind.SCORE.value: schema.score,
}
PLACE = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Whether the log and everything it names are as they were; `faults` says what is not."""

    entries: int
    head: str
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry and its details, where they can still be opened."""

    entry: Entry
    details: Details | None


def append(connection: Connection, entry: Entry, *, about: Sequence[str] = ()) -> Entry:
    """Add an entry, whose index and patients are filled in here. The clock may not run back."""
    t, f = schema.log, schema.frontier
    row = connection.execute(select(f)).first()
    frontier = _frontier(row)
    if row is not None and entry.time < row.newest - SLACK:
        raise StoreError(
            "The clock stands before the newest entry of the log. Set the clock of this "
            "machine right; nothing can be registered in the past."
        )
    time = entry.time if row is None else max(entry.time, row.newest)
    full = replace(entry, index=frontier.size, time=time, patients=patients_digest(about))
    said = canonical(full)
    grown = frontier.append(said)
    connection.execute(
        t.insert(), [{"number": full.index, "entry": said.decode(), "permit": full.permit or None}]
    )
    if about:
        rows = [{"number": full.index, "patient": p} for p in sorted(set(about))]
        connection.execute(schema.about.insert(), rows)
    now = {"size": grown.size, "hashes": _hex(grown.hashes), "newest": time}
    if row is None:
        connection.execute(f.insert(), [{"one": 1, **now}])
    else:
        connection.execute(f.update().values(**now))
    return full


def register(
    connection: Connection, access: Access, kind: Kind, row: dict[str, Any], *, at: datetime
) -> None:
    """Enter the hash of a row, in the transaction that inserts it."""
    permit = access.permit
    entry = Entry(
        kind=kind,
        time=at,
        subject=row["id"],
        patient=access.patient,
        actor=permit.actor,
        role=permit.role,
        purpose=permit.purpose,
        action=permit.action,
        outcome=Outcome.DONE,
        rule="registered",
        content=content_hash(row),
        sealed=sealed_details(
            access.key, Details(twin=permit.twin, version=permit.version, data="")
        ),
    )
    append(connection, entry, about=(access.patient,))


def sealed_details(key: SealingKey, details: Details) -> str:
    """Details as they stand in an entry: only the patient's key opens them."""
    return base64.b64encode(key.seal(details.to_bytes(), place=PLACE)).decode()


def content_hash(row: dict[str, Any]) -> str:
    """The hash of one registered row, as it lies there."""
    plain = {k: v.hex() if isinstance(v, bytes) else v for k, v in row.items()}
    return sha256(plain_text(plain).encode())


def entries(
    store: Store, *, patient: str, key: OpeningKey | None, after: int = -1, limit: int = 200
) -> tuple[Line, ...]:
    """What the log says of one patient, oldest first."""
    t, a = schema.log, schema.about
    query = (
        select(t.c.entry)
        .join(a, a.c.number == t.c.number)
        .where(a.c.patient == patient, t.c.number > after)
        .order_by(t.c.number)
        .limit(limit)
    )
    with store.reading() as connection:
        found = [parse(text.encode()) for text in connection.execute(query).scalars()]
    return tuple(Line(entry=e, details=_details(e, key)) for e in found)


def _details(entry: Entry, key: OpeningKey | None) -> Details | None:
    if key is None or not entry.sealed:
        return None
    try:
        return Details.from_bytes(key.open(base64.b64decode(entry.sealed), place=PLACE))
    except (StoreError, InvalidInputError):
        return None


def proved(store: Store, *, at: datetime) -> tuple[list[bytes], Head]:
    """The leaf hashes of the whole log and its signed head, of one moment: for proofs."""
    with store.reading() as connection:
        query = select(schema.log.c.entry).order_by(schema.log.c.number)
        leaves = [leaf_hash(text.encode()) for text in connection.execute(query).scalars()]
        frontier = _frontier(connection.execute(select(schema.frontier)).first())
    return leaves, sign_head(store.vault.head_key, frontier, at)


def head(store: Store, *, at: datetime) -> Head:
    """The signed head of the log as it is."""
    with store.reading() as connection:
        frontier = _frontier(connection.execute(select(schema.frontier)).first())
    return sign_head(store.vault.head_key, frontier, at)


def verify(store: Store, *, held: Head | None = None) -> Audit:
    """Recompute the tree, every registered row and every file of draws.

    `held` is a head that was kept elsewhere: without one a log that was cut
    short, or written anew with the keys of this store, cannot be told.
    """
    with store.reading() as connection:
        rows = connection.execute(select(schema.log).order_by(schema.log.c.number)).all()
        frontier = _frontier(connection.execute(select(schema.frontier)).first())
        about = _about(connection)
        registered = {kind: _rows(connection, table) for kind, table in REGISTERED.items()}
    faults: list[str] = []
    leaves: list[bytes] = []
    found = Frontier()
    read: list[Entry] = []
    for number, row in enumerate(rows):
        said = row.entry.encode()
        leaves.append(leaf_hash(said))
        found = found.append(said)
        faults += _line_faults(number, row, about, read.append)
    if found != frontier:
        faults.append("The log does not add up to its root: an entry was changed, moved or lost.")
    faults += _registered_faults(store, read, registered)
    if held is not None:
        faults += compare(held, leaves, public=store.vault.head_public)
    return Audit(entries=len(rows), head=found.root.hex(), faults=tuple(faults))


def _line_faults(
    number: int, row: Any, about: dict[int, list[str]], keep: Callable[[Entry], None]
) -> list[str]:
    try:
        entry = parse(row.entry.encode())
    except ValueError:
        return [f"Entry {number} of the log cannot be read."]
    keep(entry)
    if entry.index != number or row.number != number or (entry.permit or None) != row.permit:
        return [f"Entry {number} of the log stands in the wrong place."]
    if entry.patients != patients_digest(about.get(number, ())):
        return [f"Entry {number} of the log was attached to other patients."]
    return []


def _registered_faults(
    store: Store, read: Sequence[Entry], held: dict[str, dict[str, dict[str, Any]]]
) -> list[str]:
    erased = {e.patient for e in read if e.kind == Kind.ERASURE and e.outcome == Outcome.DONE}
    faults: list[str] = []
    for entry in read:
        if entry.kind not in REGISTERED or not entry.content:
            continue
        row = held[entry.kind].pop(entry.subject, None)
        if row is None and entry.patient in erased:
            continue
        if row is None or content_hash(row) != entry.content:
            faults.append(f"What entry {entry.index} registered ({entry.kind}) was changed.")
        elif "file" in row and not store.archive.sound(row["file"]):
            faults.append(f"The draws of entry {entry.index} are missing or were changed.")
    for kind, rows in held.items():
        faults += [f"A {kind} is in the store that was never registered."] * len(rows)
    return faults


def _rows(connection: Connection, table: Table) -> dict[str, dict[str, Any]]:
    return {r["id"]: dict(r) for r in connection.execute(select(table)).mappings()}


def _about(connection: Connection) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for number, patient in connection.execute(select(schema.about)):
        found.setdefault(number, []).append(patient)
    return found


def _frontier(row: Any) -> Frontier:
    if row is None:
        return Frontier()
    return Frontier(row.size, tuple(bytes.fromhex(h) for h in json.loads(row.hashes)))


def _hex(hashes: Sequence[bytes]) -> str:
    return json.dumps([h.hex() for h in hashes])
