"""Emergencies: declared with a reason, for a short time, seldom, and reviewed afterwards."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from bodytwin.errors import ConsentError, InvalidInputError, NotFoundError
from bodytwin.governance.entry import Entry, Kind, Outcome
from bodytwin.governance.request import Action, Actor, Role
from bodytwin.store import schema
from bodytwin.store.columns import canonical
from bodytwin.store.gate import NO_SUCH
from bodytwin.store.home import Store
from bodytwin.store.log import append
from bodytwin.store.people import exists

LASTS = timedelta(hours=1)
MOST_A_DAY = 3
SHORTEST_REASON = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One emergency: who opened whose twin, why, for how long, and whether it was reviewed."""

    id: str
    patient: str
    actor: str
    name: str
    reason: str
    at: datetime
    until: datetime
    reviewed_at: datetime | None
    review: str = ""


def declare(store: Store, actor: Actor, patient: str, *, reason: str, at: datetime) -> Declared:
    """Open a twin for care in an emergency; logged, shown to the patient, to be reviewed.

    Raises ConsentError for anybody but a clinician, without a reason, or where
    the same person has done so too often within a day.
    """
    t = schema.emergency
    if actor.role is not Role.CLINICIAN:
        raise ConsentError("Only a clinician may declare an emergency, and for care only.")
    if len(reason.strip()) < SHORTEST_REASON:
        raise InvalidInputError("Say in a sentence what the emergency is. The patient reads it.")
    identity = secrets.token_hex(8)
    said = {"reason": reason.strip(), "name": actor.name or actor.id}
    with store.writing() as (connection, _):
        if not exists(connection, patient):
            raise NotFoundError(NO_SUCH)
        recent = select(func.count()).where(
            t.c.actor == actor.id, t.c.recorded_at > at - timedelta(days=1)
        )
        if (connection.execute(recent).scalar() or 0) >= MOST_A_DAY:
            raise ConsentError(
                f"You have declared {MOST_A_DAY} emergencies within a day. Ask the privacy "
                "officer to review them first."
            )
        row = {
            "id": identity,
            "patient": patient,
            "actor": actor.id,
            "recorded_at": at,
            "until": at + LASTS,
            "reviewed_at": None,
            "sealed": _sealed(store, identity, patient, said),
        }
        connection.execute(t.insert(), [row])
        append(connection, _entry(actor, patient, identity, "emergency", at), about=(patient,))
    return Declared(
        id=identity,
        patient=patient,
        actor=actor.id,
        name=said["name"],
        reason=said["reason"],
        at=at,
        until=at + LASTS,
        reviewed_at=None,
    )


def declared(store: Store, patient: str) -> tuple[Declared, ...]:
    """Every emergency of a patient, newest first."""
    t = schema.emergency
    query = select(t).where(t.c.patient == patient).order_by(t.c.recorded_at.desc())
    with store.reading() as connection:
        rows = connection.execute(query).all()
    found: list[Declared] = []
    for row in rows:
        said = json.loads(store.vault.policy.open(row.sealed, place=_place(row.id, row.patient)))
        found.append(
            Declared(
                id=row.id,
                patient=row.patient,
                actor=row.actor,
                name=said["name"],
                reason=said["reason"],
                at=row.recorded_at,
                until=row.until,
                reviewed_at=row.reviewed_at,
                review=said.get("review", ""),
            )
        )
    return tuple(found)


def review(
    store: Store, actor: Actor, patient: str, identity: str, *, words: str, at: datetime
) -> None:
    """Write down what a second person thought of it. Nobody reviews themselves."""
    t = schema.emergency
    before = {d.id: d for d in declared(store, patient)}.get(identity)
    if before is None:
        raise NotFoundError("No such emergency.")
    if before.actor == actor.id:
        raise ConsentError("Somebody else has to review this emergency.")
    said = {"reason": before.reason, "name": before.name, "review": words.strip()}
    with store.writing() as (connection, _):
        connection.execute(
            update(t)
            .where(t.c.id == identity)
            .values(reviewed_at=at, sealed=_sealed(store, identity, patient, said))
        )
        append(connection, _entry(actor, patient, identity, "review", at), about=(patient,))


def _entry(actor: Actor, patient: str, identity: str, what: str, at: datetime) -> Entry:
    reviewing = what == "review"
    return Entry(
        kind=Kind.REVIEW if reviewing else Kind.EMERGENCY,
        time=at,
        subject=identity,
        patient=patient,
        actor=actor.id,
        role=actor.role.value,
        organisation=actor.organisation,
        purpose="HCOMPL" if reviewing else "BTG",
        action=Action.REVIEW.value if reviewing else Action.READ.value,
        outcome=Outcome.DONE,
        rule=what,
    )


def _place(identity: str, patient: str) -> str:
    return f"emergency/{identity}/{patient}"


def _sealed(store: Store, identity: str, patient: str, said: dict[str, str]) -> bytes:
    return store.vault.policy.seal(canonical(said).encode(), place=_place(identity, patient))
