"""Emergencies: open a twin for care without leave, for an hour, with a reason, and reviewed."""

from bodytwin.governance.request import Action
from bodytwin.service.access import granted
from bodytwin.service.workspace import Workspace
from bodytwin.store import emergencies
from bodytwin.store.emergencies import Declared


def declare(workspace: Workspace, patient: str, *, reason: str) -> Declared:
    """Declare an emergency; then ask under the purpose BTG."""
    return emergencies.declare(
        workspace.store, workspace.actor, patient, reason=reason, at=workspace.clock()
    )


def declared(workspace: Workspace, patient: str) -> tuple[Declared, ...]:
    """Every emergency of the patient, newest first."""
    granted(workspace, patient, Action.AUDIT, data="the emergencies")
    return emergencies.declared(workspace.store, patient)


def review(workspace: Workspace, patient: str, identity: str, *, words: str) -> None:
    """Write down what a second person thought of it."""
    granted(workspace, patient, Action.REVIEW, data="the emergencies")
    emergencies.review(
        workspace.store, workspace.actor, patient, identity, words=words, at=workspace.clock()
    )
