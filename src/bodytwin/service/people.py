"""Who is in the store, and what is known of each."""

from dataclasses import dataclass
from datetime import datetime

from bodytwin.errors import InvalidInputError
from bodytwin.governance.request import Action
from bodytwin.record import Demographics
from bodytwin.service.access import granted, granted_many, known_by_name, no_such_patient
from bodytwin.service.workspace import Workspace
from bodytwin.store import people
from bodytwin.store.records import (
    Known,
    Original,
    Summary,
    original,
    read_demographics,
    read_facts,
    summary,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Everything known of one patient, in order of time."""

    patient: str
    demographics: Demographics
    facts: tuple[Known, ...]


def everyone(workspace: Workspace) -> tuple[Summary, ...]:
    """All patients of the store whom the asker may see, by name where they have one."""
    found = granted_many(workspace, people.everyone(workspace.store), Action.LIST)
    return tuple(sorted((summary(workspace.store, a) for a in found), key=_by_name))


def _by_name(s: Summary) -> tuple[bool, int, str, str]:
    return not s.name.isdigit(), int(s.name) if s.name.isdigit() else 0, s.name, s.patient


def patient_called(workspace: Workspace, start: str) -> str:
    """The one patient whom a source calls so, or whose pseudonym begins so."""
    found = [p for p in people.called(workspace.store, start) if known_by_name(workspace, p)]
    if not found and start:
        names = (n for n in people.everyone(workspace.store) if n.startswith(start))
        found = [n for n in names if known_by_name(workspace, n)]
    if not found:
        raise no_such_patient()
    if len(found) > 1:
        raise InvalidInputError("More than one patient is called so; give more of the pseudonym.")
    return found[0]


def timeline(
    workspace: Workspace,
    patient: str,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Timeline:
    """Facts up to `as_of`, as they were known to the store at `known_at`."""
    access = granted(workspace, patient, Action.READ, data="the whole record")
    facts = read_facts(workspace.store, access, known_at=known_at)
    return Timeline(
        patient=patient,
        demographics=read_demographics(workspace.store, access, known_at=known_at),
        facts=tuple(f for f in facts if as_of is None or f.fact.instant.moment <= as_of),
    )


def original_of(workspace: Workspace, patient: str, sha256: str) -> Original:
    """A file as it was imported, or the patient's part of it."""
    access = granted(workspace, patient, Action.READ, data="an original file")
    return original(workspace.store, access, sha256)
