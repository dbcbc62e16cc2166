"""What a patient allows: seen, chosen and taken back, each change in the log."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bodytwin.errors import ConsentError, InvalidInputError, NotFoundError
from bodytwin.governance import fhir_consent
from bodytwin.governance.choices import choices_of, consent_of
from bodytwin.governance.consent import Consent, Status
from bodytwin.governance.entry import Details, Entry, Kind, Outcome
from bodytwin.governance.grounds import Hold, Relation
from bodytwin.governance.request import Action, Role
from bodytwin.governance.words import sentences
from bodytwin.service.access import granted
from bodytwin.service.workspace import Workspace
from bodytwin.store.access import Access
from bodytwin.store.consents import basis, put_consent, put_ground
from bodytwin.store.log import append, sealed_details

FROM_PAGE = "page-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One consent with what it says in plain sentences."""

    consent: Consent
    sentences: tuple[str, ...]
    in_force: bool


def consents(workspace: Workspace, patient: str) -> tuple[Shown, ...]:
    """Every consent on file, the newest first."""
    granted(workspace, patient, Action.CONSENT, data="the consents")
    found = _on_file(workspace, patient)
    return tuple(_shown(c, workspace.clock()) for c in reversed(found))


def choices(workspace: Workspace, patient: str) -> Mapping[str, str]:
    """What the consents on file come to, for each question that a patient is asked."""
    granted(workspace, patient, Action.CONSENT, data="the consents")
    return choices_of(_on_file(workspace, patient), workspace.clock())


def choose(
    workspace: Workspace,
    patient: str,
    chosen: Mapping[str, str],
    *,
    until: datetime | None = None,
    family: str = "",
) -> Shown:
    """Put the patient's choices on file as a consent, in place of earlier ones made here.

    `family` is the id of the family member who may look, where that is allowed.
    """
    access = _changing(workspace, patient)
    at = workspace.clock()
    before = [c for c in _on_file(workspace, patient) if c.id.startswith(FROM_PAGE)]
    made = consent_of(
        chosen,
        patient=patient,
        id=before[-1].id if before else FROM_PAGE + secrets.token_hex(6),
        given_at=at,
        until=until,
        actor=family,
    )
    _put(workspace, access, made, at)
    return _shown(made, at)


def bring(workspace: Workspace, patient: str, resource: dict[str, Any]) -> Shown:
    """Put a FHIR Consent on file."""
    access = _changing(workspace, patient)
    made, at = fhir_consent.read(resource), workspace.clock()
    if not made.id:
        raise InvalidInputError("A Consent needs an id, so that it can be taken back.")
    _put(workspace, access, made, at)
    return _shown(made, at)


def revoke(workspace: Workspace, patient: str, identity: str) -> Shown:
    """Take a consent back: it stays on file as inactive."""
    access = _changing(workspace, patient)
    found = {c.id: c for c in _on_file(workspace, patient)}.get(identity)
    if found is None:
        raise NotFoundError("No such consent of this patient.")
    made, at = found.revoked(), workspace.clock()
    _put(workspace, access, made, at)
    return _shown(made, at)


def let_act(
    workspace: Workspace,
    patient: str,
    person: str,
    *,
    scope: Sequence[Action],
    until: datetime | None = None,
    majority: date | None = None,
) -> Relation:
    """Let somebody act for the patient, in what and until when; a parent until majority."""
    access = _changing(workspace, patient)
    if workspace.actor.role is Role.PROXY:
        raise ConsentError("Whoever acts for a patient cannot let others act, or act for longer.")
    at = workspace.clock()
    relation = Relation(
        person=person,
        patient=patient,
        scope=frozenset(scope),
        since=at,
        until=until,
        ends_at_majority=majority,
    )
    _put_ground(workspace, access, relation, f"act-{patient}-{person}", at)
    return relation


def hold(workspace: Workspace, patient: str, *, reason: str, until: datetime | None = None) -> Hold:
    """Enter a legal duty to keep what there is: until it ends nothing is erased."""
    access = granted(workspace, patient, Action.REVIEW, data="legal holds")
    at = workspace.clock()
    made = Hold(patient=patient, reason=reason, since=at, until=until)
    _put_ground(workspace, access, made, f"hold-{patient}", at)
    return made


def _changing(workspace: Workspace, patient: str) -> Access:
    """Leave to change what is allowed: for the patient and whoever acts for them."""
    if workspace.actor.role is Role.CUSTODIAN:
        raise ConsentError(
            "The keeper of the store may see what a patient allows, and not change it."
        )
    return granted(workspace, patient, Action.CONSENT, data="the consents")


def _put_ground(
    workspace: Workspace, access: Access, ground: Relation | Hold, identity: str, at: datetime
) -> None:
    store = workspace.store
    with store.writing() as (connection, _):
        put_ground(connection, store.vault, ground, identity=identity, at=at)
        append(connection, _entry(access, identity, "ground", "", at), about=(access.patient,))


def _on_file(workspace: Workspace, patient: str) -> tuple[Consent, ...]:
    with workspace.store.reading() as connection:
        return basis(connection, workspace.store.vault, patient).consents


def _put(workspace: Workspace, access: Access, consent: Consent, at: datetime) -> None:
    store = workspace.store
    with store.writing() as (connection, _):
        put_consent(connection, store.vault, consent, patient=access.patient, recorded_at=at)
        said = " ".join(sentences(consent))
        entry = _entry(access, consent.id, consent.status.value, said, at)
        append(connection, entry, about=(access.patient,))


def _entry(access: Access, subject: str, rule: str, said: str, at: datetime) -> Entry:
    return Entry(
        time=at,
        kind=Kind.CONSENT,
        subject=subject,
        patient=access.patient,
        actor=access.permit.actor,
        role=access.permit.role,
        purpose=access.permit.purpose,
        action=access.permit.action,
        outcome=Outcome.DONE,
        rule=rule,
        sealed=sealed_details(access.key, Details(data=said)),
    )


def _shown(consent: Consent, at: datetime) -> Shown:
    period = consent.root.period
    in_force = (
        consent.status is Status.ACTIVE
        and not consent.not_understood
        and (period is None or period.holds(at))
    )
    return Shown(consent=consent, sentences=sentences(consent), in_force=in_force)
