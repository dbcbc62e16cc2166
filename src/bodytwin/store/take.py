"""Take the twin along: every row and file of one patient as plain values, and back.

What is taken is not tied to the keys of the store it comes from: on the way in
everything is sealed and named anew under a key of the receiving store. The
pseudonym stays, so that posteriors and forecasts keep their ids to the bit.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.governance.entry import Details, Entry, Kind, Outcome
from bodytwin.governance.request import Action
from bodytwin.store import schema
from bodytwin.store.access import Access
from bodytwin.store.archive import Staged, sha256
from bodytwin.store.columns import at as text_of
from bodytwin.store.columns import canonical
from bodytwin.store.gate import Asker
from bodytwin.store.home import Store
from bodytwin.store.log import REGISTERED, append, content_hash, sealed_details
from bodytwin.store.people import exists, remember_name
from bodytwin.store.rows import SAME
from bodytwin.store.sealed import get_file, opened, put_file, sealed_row
from bodytwin.store.vault import SealingKey

TABLES = tuple(reversed(schema.PATIENT_TABLES))
PSEUDONYM = re.compile("[0-9a-f]{16,64}")
LATER = ("heart_map", "delineated")
"""Tables that files of earlier versions do not have."""
BESIDE = ("file", "source", "fact", "forecast", "target", "targets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """Rows by table, and files by the SHA-256 of their plain bytes."""

    patient: str
    rows: Mapping[str, list[dict[str, Any]]]
    files: Mapping[str, bytes]


def belongings(store: Store, access: Access) -> Belongings:
    """Everything that is kept of a patient, in the clear."""
    access.require(Action.EXPORT)
    files: dict[str, bytes] = {}
    rows: dict[str, list[dict[str, Any]]] = {}
    with store.reading() as connection:
        for table in TABLES:
            rows[table.name] = [
                _plain(store, access, table, row, files)
                for row in connection.execute(
                    select(table)
                    .where(table.c.patient == access.patient)
                    .order_by(table.c.recorded_at, table.c.id)
                )
            ]
    return Belongings(patient=access.patient, rows=rows, files=files)


def _plain(
    store: Store, access: Access, table: Table, row: Any, files: dict[str, bytes]
) -> dict[str, Any]:
    beside = {c: getattr(row, c) for c in BESIDE if c in table.c}
    if "file" in beside:
        data = get_file(store.archive, access.key, row.file, patient=access.patient)
        beside["file"] = sha256(data)
        files[beside["file"]] = data
    return {
        "id": row.id,
        "recorded_at": text_of(row.recorded_at),
        "said": opened(table, access.key, row),
        **beside,
    }


def settle(
    connection: Connection,
    files: Staged,
    store: Store,
    brought: Belongings,
    *,
    asker: Asker,
    at: datetime,
) -> None:
    """Take belongings in, in the transaction given; the patient must not be here yet."""
    patient = brought.patient
    if exists(connection, patient):
        raise InvalidInputError(
            "This patient is in the store already. Erase the one that is here, or take the file "
            "to another store."
        )
    identity = next((r["said"]["identity"] for r in brought.rows["demographics"]), patient)
    row = {"patient": patient, "alias": store.vault.alias(identity), "recorded_at": at}
    if connection.execute(
        select(schema.patient.c.patient).where(schema.patient.c.alias == row["alias"])
    ).first():
        raise InvalidInputError(
            "The same person is in this store already under another pseudonym. Erase the one "
            "that is here first."
        )
    key = store.vault.enrol(patient)
    connection.execute(schema.patient.insert(), [row])
    for row in brought.rows["demographics"]:
        remember_name(connection, store.vault, patient, row["said"].get("name", ""))
    house = _House(connection, files, key, brought, _Names(key), asker, at)
    for table in TABLES:
        for plain in brought.rows[table.name]:
            house.take(table, plain)


class _Names:
    """New names for rows whose name depends on the key; the others keep theirs."""

    def __init__(self, key: SealingKey) -> None:
        self._key = key
        self._new: dict[tuple[str, str], str] = {}
        self._seen: Counter[str] = Counter()
        self._files: dict[str, str] = {}

    def of(self, table: str, plain: Mapping[str, Any]) -> str:
        """The name of a row in this store."""
        said, old = plain["said"], plain["id"]
        match table:
            case "source":
                name = f"source {said['sha256']}"
            case "fact":
                same = canonical([said[k] for k in SAME])
                nth = self._seen[same] if said["kind"] == "treatment" else 0
                self._seen[same] += 1
                name = f"fact {same}#{nth}"
            case "link":
                fact, source = self.new("fact", plain["fact"]), self.new("source", plain["source"])
                name = f"link {fact} {source} {said['path']}"
            case "reading":
                name = f"reading {self.new('source', plain['source'])} {canonical(said)}"
            case "image" | "heart_map" | "delineated":
                name = f"{table} {said['address']} {datetime.fromisoformat(said['instant'])}"
            case "demographics" | "tally":
                name = f"{table} {old}"
            case _:
                return old
        made = self._key.name(name)
        self._new[table, old] = made
        return made

    def new(self, table: str, old: str) -> str:
        """What a row is called now that was called otherwise."""
        if table == "forecast":
            return old
        try:
            return self._new[table, old]
        except KeyError as error:
            raise UnreadableFileError(
                "The file of the twin is not whole: a row is missing."
            ) from error


@dataclass(frozen=True, slots=True)
class _House:
    connection: Connection
    files: Staged
    key: SealingKey
    brought: Belongings
    names: _Names
    asker: Asker
    at: datetime

    def take(self, table: Table, plain: Mapping[str, Any]) -> None:
        beside = {c: plain[c] for c in BESIDE if c in table.c}
        for c in ("source", "fact"):
            if c in beside:
                beside[c] = self.names.new(c, beside[c])
        patient = self.brought.patient
        if "file" in beside:
            data = self.brought.files[beside["file"]]
            beside["file"] = put_file(self.files, self.key, data, patient=patient)
        row = sealed_row(
            table,
            self.key,
            patient=patient,
            identity=self.names.of(table.name, plain),
            said=plain["said"],
            recorded_at=datetime.fromisoformat(plain["recorded_at"]),
            **beside,
        )
        self.connection.execute(table.insert(), [row])
        if table.name in REGISTERED:
            self._register(table, row)

    def _register(self, table: Table, row: dict[str, Any]) -> None:
        details = Details(data="registered in the store it was taken from")
        entry = Entry(
            kind=Kind(table.name),
            time=self.at,
            subject=row["id"],
            patient=row["patient"],
            actor=self.asker.actor.id,
            role=self.asker.actor.role.value,
            action=Action.IMPORT.value,
            outcome=Outcome.DONE,
            rule="taken-along",
            content=content_hash(row),
            sealed=sealed_details(self.key, details),
        )
        append(self.connection, entry, about=(row["patient"],))


def to_json(brought: Belongings) -> bytes:
    """The rows as JSON; files go beside it."""
    return json.dumps({"patient": brought.patient, "rows": brought.rows}, indent=1).encode()


def from_json(data: bytes, files: Mapping[str, bytes]) -> Belongings:
    """The belongings that `to_json` wrote. Raises UnreadableFileError."""
    try:
        said = json.loads(data)
        rows = {t.name: list(_rows(said["rows"], t.name)) for t in TABLES}
        patient = str(said["patient"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableFileError(
            "The file of the twin is damaged: its rows cannot be read."
        ) from error
    if not PSEUDONYM.fullmatch(patient):
        raise UnreadableFileError("The file of the twin is damaged: it names no patient.")
    return Belongings(patient=patient, rows=rows, files=files)


def _rows(rows: Any, name: str) -> Any:
    """The rows of a table; none where the file is older than the table."""
    return rows.get(name, ()) if name in LATER else rows[name]
