"""Results over many patients, with whom they rest on, so that erasure can reach them."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bodytwin.store import schema
from bodytwin.store.columns import canonical
from bodytwin.store.home import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found over a cohort. `stale_at` is when one of its patients was erased."""

    id: str
    kind: str
    said: dict[str, Any]
    recorded_at: datetime
    stale_at: datetime | None
    members: frozenset[str]


def keep_result(
    store: Store, *, kind: str, said: dict[str, Any], members: Sequence[str], at: datetime
) -> str:
    """Keep a result with the patients it rests on."""
    identity = secrets.token_hex(8)
    place = f"cohort/{identity}"
    row = {
        "id": identity,
        "kind": kind,
        "recorded_at": at,
        "sealed": store.vault.policy.seal(canonical(said).encode(), place=place),
    }
    belonging = [{"cohort": identity, "patient": p} for p in sorted(set(members))]
    with store.writing() as (connection, _):
        connection.execute(schema.cohort.insert(), [row])
        if belonging:
            connection.execute(schema.member.insert(), belonging)
    return identity


def results(store: Store, *, kind: str) -> tuple[Result, ...]:
    """Every result of a kind, oldest first."""
    c, m = schema.cohort, schema.member
    query = select(c).where(c.c.kind == kind).order_by(c.c.recorded_at, c.c.id)
    with store.reading() as connection:
        rows = connection.execute(query).all()
        held: dict[str, set[str]] = {row.id: set() for row in rows}
        for cohort, patient in connection.execute(select(m)):
            if cohort in held:
                held[cohort].add(patient)
    return tuple(
        Result(
            id=row.id,
            kind=row.kind,
            said=json.loads(store.vault.policy.open(row.sealed, place=f"cohort/{row.id}")),
            recorded_at=row.recorded_at,
            stale_at=row.stale_at,
            members=frozenset(held[row.id]),
        )
        for row in rows
    )
