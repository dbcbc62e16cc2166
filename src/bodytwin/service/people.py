"""Who is in the store, and what is known of each."""

from dataclasses import dataclass
from datetime import datetime

from bodytwin.errors import InvalidInputError, NotFoundError
from bodytwin.record import Demographics
from bodytwin.service.workspace import Workspace
from bodytwin.store.records import Known, Summary, patients, read_demographics, read_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Everything known of one patient, in order of time."""

    patient: str
    demographics: Demographics
    facts: tuple[Known, ...]


def everyone(workspace: Workspace) -> tuple[Summary, ...]:
    """All patients of the store."""
    return patients(workspace.store)


def patient_called(workspace: Workspace, start: str) -> str:
    """The one pseudonym that is, or begins with, `start`."""
    names = [s.patient for s in patients(workspace.store)]
    if start in names:
        return start
    found = [name for name in names if start and name.startswith(start)]
    if not found:
        raise NotFoundError("No such patient. `bodytwin patients` lists everyone in the store.")
    if len(found) > 1:
        raise InvalidInputError("More than one pseudonym begins so; give more of it.")
    return found[0]


def timeline(
    workspace: Workspace,
    patient: str,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Timeline:
    """Facts up to `as_of`, as they were known to the store at `known_at`."""
    facts = read_facts(workspace.store, patient, known_at=known_at)
    return Timeline(
        patient=patient,
        demographics=read_demographics(workspace.store, patient, known_at=known_at),
        facts=tuple(f for f in facts if as_of is None or f.fact.instant.moment <= as_of),
    )
