"""Who looked and why: the log in plain words, and whether it is as it was written."""

from dataclasses import dataclass
from pathlib import Path

from bodytwin.errors import UnreadableFileError
from bodytwin.governance.entry import Details, Entry, words
from bodytwin.governance.head import Head, read_head
from bodytwin.governance.request import Action
from bodytwin.governance.words import PURPOSE_WORDS
from bodytwin.service.access import granted
from bodytwin.service.workspace import Workspace
from bodytwin.store import log
from bodytwin.store.log import Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry of the log, as the patient reads it."""

    entry: Entry
    details: Details | None
    words: str
    purpose_words: str


def who_looked(
    workspace: Workspace, patient: str, *, after: int = -1, limit: int = 500
) -> tuple[Told, ...]:
    """Everything that was asked, allowed, refused and done, oldest first."""
    access = granted(workspace, patient, Action.AUDIT, data="the log")
    lines = log.entries(workspace.store, patient=patient, key=access.key, after=after, limit=limit)
    return tuple(
        Told(
            entry=line.entry,
            details=line.details,
            words=words(line.entry, line.details, purposes=PURPOSE_WORDS),
            purpose_words=PURPOSE_WORDS.get(line.entry.purpose, ""),
        )
        for line in lines
    )


def head(workspace: Workspace) -> Head:
    """The signed head of the log: keep it where the keeper of the store cannot reach it."""
    return log.head(workspace.store, at=workspace.clock())


def verify(workspace: Workspace, *, held: Path | None = None) -> Audit:
    """Whether the log and all it names are as they were, against a head held elsewhere."""
    if held is None:
        return log.verify(workspace.store)
    try:
        data = held.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"The head cannot be read: {error.strerror}.") from error
    return log.verify(workspace.store, held=read_head(data))
