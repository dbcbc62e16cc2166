"""The gate: decide, write it down, and only then let the key out.

    ask      consents -> decision -> entry in the log, committed -> a signed permit
    release  permit -> spent, once -> the patient's key

A route, a worker or a command that forgets to ask has no key, and so sees
nothing but ciphertext.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from bodytwin.errors import BodytwinError, ConsentError, NotFoundError
from bodytwin.governance.decide import Decision, decide
from bodytwin.governance.entry import Details, Entry, Kind, Outcome
from bodytwin.governance.permit import Permit, issue, verify
from bodytwin.governance.purpose import KNOWN
from bodytwin.governance.request import Action, Actor, Request
from bodytwin.store import schema
from bodytwin.store.access import Access
from bodytwin.store.consents import Basis, basis
from bodytwin.store.home import Store
from bodytwin.store.log import append, sealed_details
from bodytwin.store.vault import Vault

LIFE = timedelta(seconds=60)
"""How long a permit may be used."""
NO_SUCH = "No such patient, or none that you may see. `bodytwin patients` lists those you may."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, and the purpose as they gave it."""

    actor: Actor
    purpose: object

    def request(self, action: Action, patient: str, **more: object) -> Request:
        """The question, for one patient."""
        return Request(
            actor=self.actor,
            action=action,
            purpose=self.purpose,
            patient=patient,
            **more,  # pyright: ignore[reportArgumentType]
        )


def ask(store: Store, request: Request, *, at: datetime, data: str = "") -> bytes:
    """A signed permit for one patient, after the decision has been committed to the log.

    `data` says in words which data would be used. Raises ConsentError with the
    reasons; NotFoundError where the asker may not even know of the patient,
    with the same words as where there is none.
    """
    with store.writing() as (connection, _):
        on_file = basis(connection, store.vault, request.patient)
        known = on_file.known
        decision, visible = _decided(request, on_file, at)
        permit = _permit(request, decision, (request.patient,), at) if decision.permit else None
        entry = _entry(store.vault, request, decision, permit, known=known, data=data, at=at)
        entry = append(connection, entry, about=(request.patient,) if known else ())
        if permit is not None:
            row = {"id": permit.id, "number": entry.index, "spent": False}
            connection.execute(schema.permit.insert(), [row])
    if permit is None:
        raise _refusal(decision, visible)
    return issue(permit, store.vault.permit_key)


def release(store: Store, permit: bytes, *, at: datetime) -> Access:
    """The key that a permit lets out: once, while it lasts, and only if the log holds it."""
    (access,) = release_all(store, permit, at=at)
    return access


def release_all(store: Store, permit: bytes, *, at: datetime) -> tuple[Access, ...]:
    """The keys that the permit of a cohort lets out."""
    found = spend(store, permit, at=at)
    return tuple(
        Access(patient=p, key=store.vault.opening(p), permit=found) for p in found.patients
    )


def spend(store: Store, permit: bytes, *, at: datetime, action: Action | None = None) -> Permit:
    """Use a permit up, without a key: all that erasing needs."""
    found = verify(permit, store.vault.permit_key, now=at)
    t = schema.permit
    with store.writing() as (connection, _):
        spent = connection.execute(
            update(t).where(t.c.id == found.id, t.c.spent.is_(False)).values(spent=True)
        )
        if spent.rowcount != 1 or action not in (None, found.action):
            raise ConsentError(
                "This permit is not in the log, or was used before, or is for something else. "
                "Ask for a new one."
            )
    return found


def ask_cohort(
    store: Store,
    asker: Asker,
    *,
    action: Action,
    patients: Sequence[str],
    at: datetime,
    **more: str,
) -> tuple[bytes | None, dict[str, Decision]]:
    """One permit for those of many patients who allow it, and how each was decided.

    Those who do not are left out; the log says of each which it was.
    """
    decisions: dict[str, Decision] = {}
    with store.writing() as (connection, _):
        for patient in sorted(set(patients)):
            request = asker.request(action, patient, **more)
            decisions[patient], _ = _decided(request, basis(connection, store.vault, patient), at)
        allowed = tuple(p for p, d in decisions.items() if d.permit)
        refused = tuple(p for p, d in decisions.items() if not d.permit)
        permit = None
        if allowed:
            first = asker.request(action, "", **more)
            permit = _permit(first, decisions[allowed[0]], allowed, at)
            entry = _entry(store.vault, first, decisions[allowed[0]], permit, known=False, at=at)
            entry = append(connection, entry, about=allowed)
            row = {"id": permit.id, "number": entry.index, "spent": False}
            connection.execute(schema.permit.insert(), [row])
        if refused and action != Action.LIST:
            first = asker.request(action, "", **more)
            entry = _entry(store.vault, first, decisions[refused[0]], None, known=False, at=at)
            append(connection, entry, about=refused)
    return (None if permit is None else issue(permit, store.vault.permit_key)), decisions


def admit(
    connection: Connection,
    vault: Vault,
    asker: Asker,
    *,
    action: Action,
    patients: Sequence[str],
    fresh: Sequence[str],
    subject: str,
    at: datetime,
) -> tuple[str, ...] | None:
    """Log new data in the transaction that brings them; the reasons where they may not come.

    Nothing is opened for this, so it needs no permit. `fresh` are patients made in
    this transaction, of whom there is nothing on file.
    """
    for patient in patients:
        request = asker.request(action, patient)
        decision, _ = _decided(request, basis(connection, vault, patient), at)
        if not decision.permit:
            about = [] if patient in fresh else [patient]
            entry = _entry(vault, request, decision, None, known=bool(about), at=at)
            append(connection, entry, about=about)
            connection.execute(
                schema.patient.delete().where(schema.patient.c.patient.in_(list(fresh)))
            )
            return decision.reasons
    said = asker.request(action, patients[0] if len(patients) == 1 else "")
    entry = _by(said, kind=Kind.IMPORT, outcome=Outcome.DONE, rule="import", at=at)
    append(connection, replace(entry, subject=subject, patient=said.patient), about=patients)
    return None


def may(store: Store, request: Request, *, at: datetime) -> Decision:
    """What would be decided, without asking: for showing what is possible. Nothing is logged."""
    with store.reading() as connection:
        return _decided(request, basis(connection, store.vault, request.patient), at)[0]


def _decided(request: Request, on_file: Basis, at: datetime) -> tuple[Decision, bool]:
    """The decision, and whether the asker may know that there is such a patient."""
    known = on_file.known
    decision = _decide(request, on_file, at)
    if decision.permit and not known:
        return Decision(permit=False, rule="default-deny", reasons=(NO_SUCH,)), False
    if decision.permit or decision.rule in SAME_FOR_ALL:
        return decision, True
    visible = known and any(
        _decide(replace(request, action=action), on_file, at).permit for action in LOOKING
    )
    return decision, visible


LOOKING = (Action.LIST, Action.READ)
"""Whoever may do one of these knows that there is such a patient."""
SAME_FOR_ALL = frozenset({"malformed", "unknown-purpose", "never-set", "role", "research"})
"""Rules that do not look at the patient, so that their words give nothing away."""


def _decide(request: Request, on_file: Basis, at: datetime) -> Decision:
    return decide(
        request,
        on_file.consents,
        now=at,
        relations=on_file.relations,
        hold=on_file.holds,
        emergencies=on_file.emergencies,
    )


def _refusal(decision: Decision, visible: bool) -> BodytwinError:
    return ConsentError(*decision.reasons) if visible else NotFoundError(NO_SUCH)


def _permit(
    request: Request, decision: Decision, patients: tuple[str, ...], at: datetime
) -> Permit:
    until = at + LIFE if decision.until is None else min(at + LIFE, decision.until)
    return Permit(
        id=secrets.token_hex(16),
        actor=request.actor.id,
        role=request.actor.role.value,
        patients=patients,
        action=request.action.value,
        purpose=str(request.purpose),
        twin=request.twin,
        version=request.version,
        outputs=request.outputs,
        consents=decision.consents,
        issued_at=at,
        expires_at=until,
    )


def _entry(
    vault: Vault,
    request: Request,
    decision: Decision,
    permit: Permit | None,
    *,
    known: bool,
    at: datetime,
    data: str = "",
) -> Entry:
    details = Details(
        twin=request.twin,
        version=request.version,
        outputs=request.outputs,
        data=data,
        reasons=decision.reasons,
    )
    key = vault.sealing(request.patient) if known and vault.holds(request.patient) else None
    entry = _by(
        request,
        kind=Kind.DECISION,
        outcome=Outcome.ALLOWED if permit else Outcome.REFUSED,
        rule=decision.rule,
        at=at,
    )
    return replace(
        entry,
        patient=request.patient if known else "",
        permit=permit.id if permit else "",
        sealed=sealed_details(key, details) if key else "",
    )


def _by(request: Request, *, kind: Kind, outcome: Outcome, rule: str, at: datetime) -> Entry:
    purpose = request.purpose
    return Entry(
        kind=kind,
        time=at,
        outcome=outcome,
        rule=rule,
        action=request.action.value,
        actor=request.actor.id,
        role=request.actor.role.value,
        organisation=request.actor.organisation,
        purpose=purpose if isinstance(purpose, str) and purpose in KNOWN else "",
    )
