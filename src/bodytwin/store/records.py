"""Read the record of a patient, as it is or as it was known at a past moment."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from bodytwin.errors import NotFoundError
from bodytwin.record import Covariate, Demographics, Observation, Provenance, Record, Sex, Treatment
from bodytwin.store import schema
from bodytwin.store.home import Store
from bodytwin.store.rows import Fact, fact_of


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
    observations: int
    treatments: int
    covariates: int
    first: datetime | None
    last: datetime | None


def patients(store: Store) -> tuple[Summary, ...]:
    """Everyone in the store, in order of pseudonym."""
    f = schema.fact
    with store.reading() as connection:
        names = connection.execute(select(schema.patient.c.patient)).scalars().all()
        span = func.min(f.c.instant), func.max(f.c.instant)
        counted = connection.execute(
            select(f.c.patient, f.c.kind, func.count(), *span)
            .group_by(f.c.patient, f.c.kind)
        ).all()  # fmt: skip
    held: dict[str, dict[str, Any]] = defaultdict(dict)
    for patient, kind, *rest in counted:
        held[patient][kind] = rest
    return tuple(_summary(name, held[name]) for name in sorted(names, key=_natural))


def _summary(patient: str, kinds: dict[str, Any]) -> Summary:
    counts = {
        k: kinds[k][0] if k in kinds else 0 for k in ("observation", "treatment", "covariate")
    }
    return Summary(
        patient=patient,
        observations=counts["observation"],
        treatments=counts["treatment"],
        covariates=counts["covariate"],
        first=min((v[1] for v in kinds.values()), default=None),
        last=max((v[2] for v in kinds.values()), default=None),
    )


def _natural(name: str) -> tuple[bool, int, str]:
    return not name.isdigit(), int(name) if name.isdigit() else 0, name


def read_record(
    store: Store, patient: str, *, as_of: datetime | None = None, known_at: datetime | None = None
) -> Record:
    """Facts that hold up to `as_of` and that the store had learned by `known_at`.

    An amended measurement replaces what it amends from the moment the store
    learned of it; measurements that disagree are all kept.
    """
    with store.reading() as connection:
        _require_patient(connection, patient, known_at)
        person = _demographics(connection, patient, known_at)
        facts = _known(connection, patient, known_at)
    held = [
        k.fact
        for k in facts
        if not k.superseded and (as_of is None or k.fact.instant.moment <= as_of)
    ]
    return Record(
        patient=patient,
        demographics=person,
        observations=tuple(f for f in held if isinstance(f, Observation)),
        treatments=tuple(f for f in held if isinstance(f, Treatment)),
        covariates=tuple(f for f in held if isinstance(f, Covariate)),
    )


def read_facts(
    store: Store, patient: str, *, known_at: datetime | None = None
) -> tuple[Known, ...]:
    """Every fact with its standing and its sources, in order of time."""
    with store.reading() as connection:
        _require_patient(connection, patient, known_at)
        return tuple(_known(connection, patient, known_at))


def read_demographics(
    store: Store, patient: str, *, known_at: datetime | None = None
) -> Demographics:
    """What was last learned of the person."""
    with store.reading() as connection:
        _require_patient(connection, patient, known_at)
        return _demographics(connection, patient, known_at)


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


def _demographics(connection: Connection, patient: str, known_at: datetime | None) -> Demographics:
    """Merge what the sources said, later ones over earlier ones, silence over nothing."""
    t = schema.demographics
    query = select(t).where(t.c.patient == patient).order_by(t.c.recorded_at, t.c.id)
    if known_at is not None:
        query = query.where(t.c.recorded_at <= known_at)
    person = Demographics()
    for row in connection.execute(query):
        if row.sex != Sex.UNKNOWN.value:
            person = replace(person, sex=Sex(row.sex))
        if row.birth_date:
            person = replace(person, birth_date=date.fromisoformat(row.birth_date))
    return person


def _known(connection: Connection, patient: str, known_at: datetime | None) -> list[Known]:
    f, link = schema.fact, schema.link
    query = select(f).where(f.c.patient == patient).order_by(f.c.instant, f.c.recorded_at, f.c.id)
    places = (
        select(link)
        .join(f, f.c.id == link.c.fact)
        .where(f.c.patient == patient)
        .order_by(link.c.recorded_at, link.c.source, link.c.path)
    )
    if known_at is not None:
        query = query.where(f.c.recorded_at <= known_at)
        places = places.where(link.c.recorded_at <= known_at)
    sources: dict[str, list[Provenance]] = defaultdict(list)
    for row in connection.execute(places):
        sources[row.fact].append(Provenance(row.source, row.path, row.reader))
    facts = [
        Known(
            fact=fact_of(row, sources[row.id][0]),
            recorded_at=row.recorded_at,
            sources=tuple(sources[row.id]),
        )
        for row in connection.execute(query)
    ]
    return _with_standing(facts)


def _with_standing(facts: list[Known]) -> list[Known]:
    groups: dict[Any, list[Known]] = defaultdict(list)
    for known in facts:
        fact = known.fact
        groups[type(fact), fact.code, fact.instant.moment].append(known)
    return [_stand(known, groups) for known in facts]


def _stand(known: Known, groups: dict[Any, list[Known]]) -> Known:
    fact = known.fact
    others = [
        k for k in groups[type(fact), fact.code, fact.instant.moment] if k is not known
    ]  # fmt: skip
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


def held_back(store: Store) -> Sequence[dict[str, Any]]:
    """What importers found in the files and could not use, newest reading first."""
    t = schema.reading
    with store.reading() as connection:
        rows = connection.execute(select(t).order_by(t.c.recorded_at.desc(), t.c.id)).all()
    return [
        {
            "source": r.source,
            "reader": r.reader,
            "recorded_at": r.recorded_at,
            "remarks": r.remarks,
            "held_back": r.held_back,
        }
        for r in rows
    ]
