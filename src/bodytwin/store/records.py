"""Read the record of a patient, as it is or as it was known at a past moment."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, select

from bodytwin.errors import NotFoundError
from bodytwin.record import (
    Covariate,
    Demographics,
    Observation,
    Provenance,
    Record,
    Sex,
    Treatment,
)
from bodytwin.store import schema
from bodytwin.store.access import Access
from bodytwin.store.columns import canonical
from bodytwin.store.delineations import delineated_of
from bodytwin.store.home import Store
from bodytwin.store.images import image_of
from bodytwin.store.maps import map_of
from bodytwin.store.rows import Fact, fact_of
from bodytwin.store.sealed import get_file, opened

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A fact, when the store learned it, every place it was read from, and how it stands.

    `conflict` marks facts of one code and instant that disagree; `superseded`
    one that a later amendment replaces.
    """

    fact: Fact
    recorded_at: datetime
    sources: tuple[Provenance, ...]
    conflict: bool = False
    superseded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How much is held of one patient."""

    patient: str
    name: str
    sex: Sex
    birth_date: date | None
    observations: int
    treatments: int
    covariates: int
    images: int
    maps: int
    delineated: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A file as it was imported, or this patient's part of it."""

    sha256: str
    kind: str
    whole: bool
    imported_at: datetime
    data: bytes
    readings: tuple[dict[str, Any], ...]


def summary(store: Store, access: Access) -> Summary:
    """How much is held, without opening every fact."""
    with store.reading() as connection:
        person = _demographics(connection, access, None)
        tallies = [said for said, _ in _opened(connection, schema.tally, access)]
    counts: Counter[str] = sum((Counter(t["counts"]) for t in tallies), Counter())
    firsts, lasts = sorted(t["first"] for t in tallies), sorted(t["last"] for t in tallies)
    return Summary(
        patient=access.patient,
        name=person.name,
        sex=person.sex,
        birth_date=person.birth_date,
        observations=counts["observation"],
        treatments=counts["treatment"],
        covariates=counts["covariate"],
        images=counts["image"],
        maps=counts["heart_map"],
        delineated=counts["delineated"],
        first=datetime.fromisoformat(firsts[0]) if firsts else None,
        last=datetime.fromisoformat(lasts[-1]) if lasts else None,
    )


def read_record(
    store: Store, access: Access, *, as_of: datetime | None = None, known_at: datetime | None = None
) -> Record:
    """Facts that hold up to `as_of` and that the store had learned by `known_at`.

    An amended measurement replaces what it amends from the moment the store
    learned of it; measurements that disagree are all kept.
    """
    with store.reading() as connection:
        _require_patient(connection, access.patient, known_at)
        person = _demographics(connection, access, known_at)
        facts = _known(connection, access, known_at)
        images = _opened(connection, schema.image, access, known_at)
        maps = _opened(connection, schema.heart_map, access, known_at)
        drawn = _opened(connection, schema.delineated, access, known_at)
    held = [
        k.fact
        for k in facts
        if not k.superseded and (as_of is None or k.fact.instant.moment <= as_of)
    ]
    return Record(
        patient=access.patient,
        demographics=person,
        observations=tuple(f for f in held if isinstance(f, Observation)),
        treatments=tuple(f for f in held if isinstance(f, Treatment)),
        covariates=tuple(f for f in held if isinstance(f, Covariate)),
        images=tuple(_kept(store, access, images, as_of, image_of)),
        maps=tuple(_kept(store, access, maps, as_of, map_of)),
        delineated=tuple(_kept(store, access, drawn, as_of, delineated_of)),
    )


def _kept(
    store: Store,
    access: Access,
    rows: Sequence[tuple[dict[str, Any], Any]],
    as_of: datetime | None,
    read: Callable[[dict[str, Any], bytes], T],
) -> Iterator[T]:
    """In order of time; of one moment in the order in which the store learned of them."""
    for said, row in sorted(rows, key=lambda r: (r[0]["instant"], r[1].recorded_at, r[1].id)):
        if as_of is None or datetime.fromisoformat(said["instant"]) <= as_of:
            yield read(said, get_file(store.archive, access.key, row.file, patient=row.patient))


def read_facts(
    store: Store, access: Access, *, known_at: datetime | None = None
) -> tuple[Known, ...]:
    """Every fact with its standing and its sources, in order of time."""
    with store.reading() as connection:
        _require_patient(connection, access.patient, known_at)
        return tuple(_known(connection, access, known_at))


def read_demographics(
    store: Store, access: Access, *, known_at: datetime | None = None
) -> Demographics:
    """What was last learned of the person."""
    with store.reading() as connection:
        _require_patient(connection, access.patient, known_at)
        return _demographics(connection, access, known_at)


def originals(store: Store, access: Access) -> tuple[Original, ...]:
    """The files that were read, as they were, in the order of import."""
    readings: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with store.reading() as connection:
        for said, row in _opened(connection, schema.reading, access):
            readings[row.source].append({**said, "recorded_at": row.recorded_at})
        sources = _opened(connection, schema.source, access)
    return tuple(
        Original(
            sha256=said["sha256"],
            kind=said["kind"],
            whole=said["whole"],
            imported_at=row.recorded_at,
            data=get_file(store.archive, access.key, row.file, patient=access.patient),
            readings=tuple(readings[row.id]),
        )
        for said, row in sources
    )


def original(store: Store, access: Access, sha256: str) -> Original:
    """One of those files, by its SHA-256."""
    for found in originals(store, access):
        if found.sha256 == sha256:
            return found
    raise NotFoundError("No such source in the record of this patient.")


def _opened(
    connection: Connection, table: Table, access: Access, known_at: datetime | None = None
) -> list[tuple[dict[str, Any], Any]]:
    query = (
        select(table)
        .where(table.c.patient == access.patient)
        .order_by(table.c.recorded_at, table.c.id)
    )
    if known_at is not None:
        query = query.where(table.c.recorded_at <= known_at)
    return [(opened(table, access.key, row), row) for row in connection.execute(query)]


def _require_patient(connection: Connection, patient: str, known_at: datetime | None) -> None:
    t = schema.patient
    found = connection.execute(
        select(t.c.recorded_at).where(t.c.patient == patient)
    ).scalar_one_or_none()
    if found is None or (known_at is not None and found > known_at):
        raise NotFoundError(
            "No such patient" + ("" if known_at is None else " was known at that time")
            + ". `bodytwin patients` lists everyone in the store."
        )  # fmt: skip


def _demographics(
    connection: Connection, access: Access, known_at: datetime | None
) -> Demographics:
    """Merge what the sources said, later ones over earlier ones, silence over nothing."""
    person = Demographics()
    for said, _ in _opened(connection, schema.demographics, access, known_at):
        if said["sex"] != Sex.UNKNOWN.value:
            person = replace(person, sex=Sex(said["sex"]))
        if said["birth_date"]:
            person = replace(person, birth_date=date.fromisoformat(said["birth_date"]))
        if said["name"]:
            person = replace(person, name=said["name"])
    return person


def _known(connection: Connection, access: Access, known_at: datetime | None) -> list[Known]:
    files = {
        row.id: said["sha256"]
        for said, row in _opened(connection, schema.source, access, known_at)
    }  # fmt: skip
    sources: dict[str, list[Provenance]] = defaultdict(list)
    places = [
        (row.recorded_at, files[row.source], said["path"], said["reader"], row.fact)
        for said, row in _opened(connection, schema.link, access, known_at)
    ]
    for _, file, path, reader, fact in sorted(places):
        sources[fact].append(Provenance(file, path, reader))
    rows = _opened(connection, schema.fact, access, known_at)
    rows.sort(key=lambda r: (r[0]["instant"], r[1].recorded_at, canonical(r[0])))
    return _with_standing(
        [
            Known(
                fact=fact_of(said, sources[row.id][0]),
                recorded_at=row.recorded_at,
                sources=tuple(sources[row.id]),
            )
            for said, row in rows
        ]
    )


def _with_standing(facts: list[Known]) -> list[Known]:
    groups: dict[Any, list[Known]] = defaultdict(list)
    for known in facts:
        fact = known.fact
        groups[type(fact), fact.code, fact.instant.moment].append(known)
    return [_stand(known, groups) for known in facts]


def _stand(known: Known, groups: dict[Any, list[Known]]) -> Known:
    fact = known.fact
    others: Sequence[Known] = [
        k for k in groups[type(fact), fact.code, fact.instant.moment] if k is not known
    ]
    if not others:
        return known
    if isinstance(fact, Treatment):
        mine = {p.source_sha256 for p in known.sources}
        differ = [k for k in others if not mine & {p.source_sha256 for p in k.sources}]
        return replace(known, conflict=bool(differ))
    amendments = [
        k.recorded_at
        for k in (known, *others)
        if isinstance(k.fact, Observation) and k.fact.amended
    ]
    if amendments:
        stands = isinstance(fact, Observation) and fact.amended
        return replace(known, superseded=not (stands and known.recorded_at == max(amendments)))
    return replace(known, conflict=True)
