"""Consents, relations and emergencies: what a decision rests on.

They are sealed under the key of the store, not of the patient: they must be
read before there is a permit. A consent is never changed: a new version of the
same id is put after it, and the newest one counts.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, select

from bodytwin.governance import fhir_consent
from bodytwin.governance.consent import Consent
from bodytwin.governance.grounds import Emergency, Hold, Relation
from bodytwin.store import schema
from bodytwin.store.columns import canonical
from bodytwin.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Everything on file that says who may do what with the twin of one patient."""

    consents: tuple[Consent, ...]
    relations: tuple[Relation, ...]
    holds: tuple[Hold, ...]
    emergencies: tuple[Emergency, ...]


def put_consent(
    connection: Connection, vault: Vault, consent: Consent, *, patient: str, recorded_at: datetime
) -> bool:
    """Keep a consent, or a new version of one; False where the newest says the same.

    Whatever the source calls the patient, here it is theirs: it came with their record.
    """
    said = fhir_consent.write(replace(consent, patient=patient))
    t = schema.consent
    newest = {c.id: c for c in _consents(connection, vault, patient)}
    if consent.id in newest and fhir_consent.write(newest[consent.id]) == said:
        return False
    number = (connection.execute(select(func.max(t.c.number))).scalar() or 0) + 1
    row = {
        "number": number,
        "id": consent.id,
        "patient": patient,
        "recorded_at": recorded_at,
        "sealed": vault.policy.seal(canonical(said).encode(), place=_place(t, consent.id, patient)),
    }
    connection.execute(t.insert(), [row])
    return True


def put_ground(
    connection: Connection, vault: Vault, ground: Relation | Hold, *, identity: str, at: datetime
) -> None:
    """Keep who may act for a patient, or a legal duty to keep what there is; a newer one counts."""
    t = schema.relation
    kind = b"relation" if isinstance(ground, Relation) else b"hold"
    said = kind + b"\n" + msgspec.json.encode(ground)
    row = {
        "id": identity,
        "patient": ground.patient,
        "recorded_at": at,
        "sealed": vault.policy.seal(said, place=_place(t, identity, ground.patient)),
    }
    connection.execute(t.delete().where(t.c.id == identity))
    connection.execute(t.insert(), [row])


def basis(connection: Connection, vault: Vault, patient: str) -> Basis:
    """What is on file for one patient."""
    grounds = [_ground(said) for said, _ in _read(connection, vault, schema.relation, patient)]
    return Basis(
        consents=tuple(_consents(connection, vault, patient)),
        relations=tuple(g for g in grounds if isinstance(g, Relation)),
        holds=tuple(g for g in grounds if isinstance(g, Hold)),
        emergencies=tuple(
            Emergency(
                actor=row.actor,
                patient=row.patient,
                reason=json.loads(said)["reason"],
                since=row.recorded_at,
                until=row.until,
            )
            for said, row in _read(connection, vault, schema.emergency, patient)
        ),
    )


def _ground(said: bytes) -> Relation | Hold:
    kind, _, body = said.partition(b"\n")
    return msgspec.json.decode(body, type=Relation if kind == b"relation" else Hold)


def _consents(connection: Connection, vault: Vault, patient: str) -> Sequence[Consent]:
    """The newest version of each, in the order in which they first came."""
    t = schema.consent
    query = select(t).where(t.c.patient == patient).order_by(t.c.number)
    newest: dict[str, Consent] = {}
    for row in connection.execute(query):
        newest[row.id] = fhir_consent.read(json.loads(_opened(vault, t, row)))
    return list(newest.values())


def _read(
    connection: Connection, vault: Vault, table: Table, patient: str
) -> list[tuple[bytes, Any]]:
    query = select(table).where(table.c.patient == patient).order_by(table.c.recorded_at)
    return [(_opened(vault, table, row), row) for row in connection.execute(query)]


def _place(table: Table, identity: str, patient: str) -> str:
    return f"{table.name}/{identity}/{patient}"


def _opened(vault: Vault, table: Table, row: Any) -> bytes:
    return vault.policy.open(row.sealed, place=_place(table, row.id, row.patient))
