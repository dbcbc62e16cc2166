"""Erase a patient: key, rows, files; what rested on them is marked stale."""

from bodytwin.governance.request import Action
from bodytwin.service.access import request
from bodytwin.service.workspace import Workspace
from bodytwin.store import gate
from bodytwin.store.erasure import erase as erase_all


def erase(workspace: Workspace, patient: str) -> int:
    """Erase, and return how many results over many patients became stale by it."""
    asked = request(workspace, patient, Action.ERASE)
    permit = gate.ask(workspace.store, asked, at=workspace.clock())
    return erase_all(workspace.store, permit, at=workspace.clock())
