"""Take in what was read from one file: all of it, or nothing."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from bodytwin.errors import ConsentError, InvalidInputError
from bodytwin.governance.consent import Consent
from bodytwin.governance.request import Action
from bodytwin.record import Record
from bodytwin.store import schema
from bodytwin.store.archive import Staged, sha256
from bodytwin.store.columns import canonical
from bodytwin.store.consents import put_consent
from bodytwin.store.delineations import bytes_of_delineated, said_by_delineated
from bodytwin.store.gate import Asker, admit
from bodytwin.store.home import Store
from bodytwin.store.images import bytes_of_image, said_by_image
from bodytwin.store.maps import bytes_of_map, said_by_map
from bodytwin.store.people import enrolled, exists, remember_name
from bodytwin.store.rows import Fact, said_by
from bodytwin.store.sealed import put_file, sealed_row
from bodytwin.store.vault import SealingKey

CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The bytes of one file, which reader read it with which settings, and what it found.

    `parts` is the share of each patient in a file of several, so that nobody's
    original holds anything of another; a file of one patient is kept whole.
    `consents` are those found in the file, by patient as the reader names them.
    `patient` is the pseudonym of the one whom a file is of that names nobody.
    """

    data: bytes
    kind: str
    reader: str
    settings: Mapping[str, Any]
    records: Sequence[Record]
    parts: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    consents: Mapping[str, Sequence[Consent]] = field(default_factory=dict[str, Sequence[Consent]])
    remarks: Sequence[Mapping[str, Any]] = ()
    held_back: Sequence[Mapping[str, Any]] = ()
    patient: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """How much of a reading was new; `known` facts were in the store already."""

    source: str
    new: int
    known: int
    patients: tuple[str, ...]


def add_reading(
    store: Store,
    reading: Reading,
    *,
    asker: Asker,
    recorded_at: datetime,
    by_default: Callable[[str], Consent | None] = lambda _: None,
) -> Added:
    """Keep the file, its facts and what was held back, in one transaction.

    The same file read again the same way changes nothing but the log.
    `by_default` is what holds for a patient who comes without a consent.
    Raises ConsentError where somebody may not import for one of the patients;
    then nothing is kept but the log of it.
    """
    source = sha256(reading.data)
    identities = sorted({r.patient for r in reading.records})
    made: list[str] = []
    try:
        with store.writing() as (connection, files):
            names, made = _named(connection, store, reading, identities, recorded_at)
            refusal = admit(
                connection,
                store.vault,
                asker,
                action=Action.IMPORT,
                patients=sorted(names.values()),
                fresh=made,
                subject=source,
                at=recorded_at,
            )
            if refusal is None:
                intake = _Intake(connection, files, store, reading, source, recorded_at)
                tally = Counter[bool]()
                for identity in identities:
                    patient = names[identity]
                    tally += intake.take(identity, patient)
                    intake.consents(identity, patient, by_default if patient in made else None)
                return Added(
                    source=source,
                    new=tally[True],
                    known=tally[False],
                    patients=tuple(names[i] for i in identities),
                )
    except BaseException:
        for patient in made:
            store.vault.destroy(patient)
        raise
    raise ConsentError(*refusal)


def _named(
    connection: Connection, store: Store, reading: Reading, identities: list[str], at: datetime
) -> tuple[dict[str, str], list[str]]:
    """The pseudonym of each identity, and which of them are new."""
    if reading.patient is None:
        return enrolled(connection, store.vault, identities, at)
    if len(identities) != 1 or not exists(connection, reading.patient):
        raise InvalidInputError("A file of nobody in particular is of one patient who is known.")
    return {identities[0]: reading.patient}, []


@dataclass(frozen=True, slots=True)
class _Intake:
    connection: Connection
    files: Staged
    store: Store
    reading: Reading
    sha256: str
    recorded_at: datetime

    def take(self, identity: str, patient: str) -> Counter[bool]:
        """Keep what one patient's records say; counts facts by whether they were new."""
        key = self.store.vault.sealing(patient)
        records = [r for r in self.reading.records if r.patient == identity]
        source = self._source(key, identity, patient)
        self._reading(key, patient, source)
        for record in () if self.reading.patient else records:
            self._person(key, identity, patient, record)
        facts = [
            f for r in records for f in (*r.observations, *r.treatments, *r.covariates)
        ]  # fmt: skip
        images = [(said_by_image(i), bytes_of_image(i)) for r in records for i in r.images]
        maps = [(said_by_map(m), bytes_of_map(m)) for r in records for m in r.maps]
        drawn = [
            (said_by_delineated(d), bytes_of_delineated(d)) for r in records for d in r.delineated
        ]
        return (
            self._facts(key, patient, source, facts)
            + self._with_files(schema.image, key, patient, source, images)
            + self._with_files(schema.heart_map, key, patient, source, maps)
            + self._with_files(schema.delineated, key, patient, source, drawn)
        )

    def consents(
        self, identity: str, patient: str, by_default: Callable[[str], Consent | None] | None
    ) -> None:
        """Keep the consents of the file; where there is none, what holds by default."""
        given = list(self.reading.consents.get(identity, ()))
        if not given and by_default is not None and (default := by_default(patient)) is not None:
            given = [default]
        for consent in given:
            put_consent(
                self.connection,
                self.store.vault,
                consent,
                patient=patient,
                recorded_at=self.recorded_at,
            )

    def _source(self, key: SealingKey, identity: str, patient: str) -> str:
        name = key.name(f"source {self.sha256}")
        t = schema.source
        if self.connection.execute(select(t.c.id).where(t.c.id == name)).first():
            return name
        part = self._part(identity)
        said = {
            "sha256": self.sha256,
            "kind": self.reading.kind,
            "size": len(part),
            "whole": part is self.reading.data,
        }
        file = put_file(self.files, key, part, patient=patient)
        self._insert(t, key, patient, {name: said}, file=file)
        return name

    def _part(self, identity: str) -> bytes:
        if identity in self.reading.parts:
            return self.reading.parts[identity]
        if len({r.patient for r in self.reading.records}) > 1:
            raise InvalidInputError(
                "A file of several patients is kept in parts; the reader gave none for one of them."
            )
        return self.reading.data

    def _reading(self, key: SealingKey, patient: str, source: str) -> None:
        one = len({r.patient for r in self.reading.records}) == 1
        said = {
            "reader": self.reading.reader,
            "settings": dict(self.reading.settings),
            "remarks": [dict(r) for r in self.reading.remarks] if one else [],
            "held_back": [dict(h) for h in self.reading.held_back] if one else [],
        }
        name = key.name(f"reading {source} {canonical(said)}")
        self._insert_new(schema.reading, key, patient, {name: said}, source=source)

    def _person(self, key: SealingKey, identity: str, patient: str, record: Record) -> None:
        person = record.demographics
        said = {
            "identity": identity,
            "name": person.name,
            "sex": person.sex.value,
            "birth_date": person.birth_date.isoformat() if person.birth_date else None,
        }
        remember_name(self.connection, self.store.vault, patient, person.name)
        name = key.name(f"demographics {self.sha256} {canonical(said)}")
        self._insert_new(schema.demographics, key, patient, {name: said})

    def _facts(
        self, key: SealingKey, patient: str, source: str, facts: Sequence[Fact]
    ) -> Counter[bool]:
        read = [(key.name(f"fact {same}"), said, p) for same, said, p in said_by(facts)]
        rows = {name: said for name, said, _ in read}
        new = self._insert_new(schema.fact, key, patient, rows)
        links = {
            key.name(f"link {name} {source} {p.path}"): (name, {"path": p.path, "reader": p.reader})
            for name, _, p in read
        }
        self._links(key, patient, source, links)
        self._tally(key, patient, [rows[n] for n in sorted(new)])
        return Counter({True: len(new), False: len(rows) - len(new)})

    def _with_files(
        self,
        table: Table,
        key: SealingKey,
        patient: str,
        source: str,
        things: Sequence[tuple[Mapping[str, Any], bytes]],
    ) -> Counter[bool]:
        """Keep what has numbers: what a row says of each, and its numbers in a file beside."""
        kind = table.name
        rows = {key.name(f"{kind} {s['address']} {s['instant']}"): (s, data) for s, data in things}
        known = _known(self.connection, table, rows)
        new = {name: thing for name, thing in rows.items() if name not in known}
        for name, (said, data) in new.items():
            file = put_file(self.files, key, data, patient=patient)
            self._insert(table, key, patient, {name: said}, source=source, file=file)
        moments = [{"kind": kind, "instant": said["instant"]} for said, _ in new.values()]
        self._tally(key, patient, moments, of=kind)
        return Counter({True: len(new), False: len(rows) - len(new)})

    def _links(
        self,
        key: SealingKey,
        patient: str,
        source: str,
        links: Mapping[str, tuple[str, Mapping[str, str]]],
    ) -> None:
        known = _known(self.connection, schema.link, links)
        rows = [
            self._row(schema.link, key, patient, name, said, fact=fact, source=source)
            for name, (fact, said) in links.items()
            if name not in known
        ]
        if rows:
            self.connection.execute(schema.link.insert(), rows)

    def _tally(
        self, key: SealingKey, patient: str, new: Sequence[Mapping[str, Any]], *, of: str = "fact"
    ) -> None:
        """How much came, so that a list of patients need not open every fact."""
        if not new:
            return
        moments = sorted(said["instant"] for said in new)
        said = {
            "counts": dict(Counter(said["kind"] for said in new)),
            "first": moments[0],
            "last": moments[-1],
        }
        kind = "" if of == "fact" else f" {of}"
        name = key.name(f"tally {self.sha256} {self.recorded_at}{kind}")
        self._insert_new(schema.tally, key, patient, {name: said})

    def _row(
        self, table: Table, key: SealingKey, patient: str, name: str, said: Any, **beside: Any
    ) -> dict[str, Any]:
        return sealed_row(
            table,
            key,
            patient=patient,
            identity=name,
            said=said,
            recorded_at=self.recorded_at,
            **beside,
        )

    def _insert(
        self, table: Table, key: SealingKey, patient: str, rows: Mapping[str, Any], **beside: Any
    ) -> None:
        if rows:
            self.connection.execute(
                table.insert(),
                [self._row(table, key, patient, n, said, **beside) for n, said in rows.items()],
            )

    def _insert_new(
        self, table: Table, key: SealingKey, patient: str, rows: Mapping[str, Any], **beside: Any
    ) -> frozenset[str]:
        """Insert the rows whose name is not in the table yet, and say which they were."""
        known = _known(self.connection, table, rows)
        new = {name: said for name, said in rows.items() if name not in known}
        self._insert(table, key, patient, new, **beside)
        return frozenset(new)


def _known(connection: Connection, table: Table, names: Iterable[str]) -> frozenset[str]:
    return frozenset(
        found
        for some in _chunks(sorted(names))
        for found in connection.execute(select(table.c.id).where(table.c.id.in_(some))).scalars()
    )


def _chunks(items: Iterable[str]) -> Iterator[list[str]]:
    every = list(items)
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]
