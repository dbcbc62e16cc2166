"""Consents, relations and emergencies: what a decision rests on.

They are sealed under the key of the store, not of the patient: they must be
read before there is a permit. A consent is never changed: a new version of the
same id is put after it, and the newest one counts.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, select, text

from bodytwin.governance import fhir_consent
from bodytwin.governance.consent import Consent
from bodytwin.governance.grounds import Emergency, Hold, Relation
from bodytwin.store import schema
from bodytwin.store.columns import canonical
from bodytwin.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Everything on file that says who may do what with the twin of one patient."""

    known: bool
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
    newest = {c.id: c for c in basis(connection, vault, patient).consents}
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


ON_FILE = text(
    "SELECT 'patient' AS kind, patient AS id, recorded_at AS time, '' AS actor, '' AS until,"
    " NULL AS sealed, 0 AS number FROM patient WHERE patient = :p"
    " UNION ALL SELECT 'consent', id, recorded_at, '', '', sealed, number"
    " FROM consent WHERE patient = :p"
    " UNION ALL SELECT 'relation', id, recorded_at, '', '', sealed, 0"
    " FROM relation WHERE patient = :p"
    " UNION ALL SELECT 'emergency', id, recorded_at, actor, until, sealed, 0"
    " FROM emergency WHERE patient = :p"
)
"""One query: it is asked before every answer."""


def basis(connection: Connection, vault: Vault, patient: str) -> Basis:
    """What is on file for one patient, and whether there is one."""
    known = False
    newest: dict[str, Consent] = {}
    grounds: list[Relation | Hold] = []
    emergencies: list[Emergency] = []
    rows = connection.execute(ON_FILE, {"p": patient}).all()
    for row in sorted(rows, key=lambda r: (r.number, r.time)):
        if row.kind == "patient":
            known = True
            continue
        said = vault.policy.open(bytes(row.sealed), place=f"{row.kind}/{row.id}/{patient}")
        if row.kind == "consent":
            newest[row.id] = fhir_consent.read(json.loads(said))
        elif row.kind == "relation":
            grounds.append(_ground(said))
        else:
            emergencies.append(_emergency(row, patient, said))
    return Basis(
        known=known,
        consents=tuple(newest.values()),
        relations=tuple(g for g in grounds if isinstance(g, Relation)),
        holds=tuple(g for g in grounds if isinstance(g, Hold)),
        emergencies=tuple(emergencies),
    )


def _emergency(row: Any, patient: str, said: bytes) -> Emergency:
    return Emergency(
        actor=row.actor,
        patient=patient,
        reason=json.loads(said)["reason"],
        since=datetime.fromisoformat(row.time),
        until=datetime.fromisoformat(row.until),
    )


def _ground(said: bytes) -> Relation | Hold:
    kind, _, body = said.partition(b"\n")
    return msgspec.json.decode(body, type=Relation if kind == b"relation" else Hold)


def _place(table: Table, identity: str, patient: str) -> str:
    return f"{table.name}/{identity}/{patient}"
