"""Open the workspace that a command works in."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bodytwin.service.personalising import Personalised, Wish
    from bodytwin.service.workspace import Workspace


@contextmanager
def opened(home: Path | None) -> "Generator[Workspace]":
    """The workspace of the settings, with --home before the environment."""
    from bodytwin.service.settings import settings
    from bodytwin.service.workspace import workspace

    with workspace(settings(home=home)) as found:
        yield found


def personalised(
    workspace: "Workspace", patient: str, wish: "Wish", *, posterior: str | None = None
) -> "Personalised":
    """A kept posterior where one is named, else the patient personalised as wished."""
    from bodytwin.cli.progress import progress
    from bodytwin.service.people import patient_called
    from bodytwin.service.personalising import personalise, revive

    who = patient_called(workspace, patient)
    if posterior is None:
        with progress() as report:
            return personalise(workspace, who, wish, progress=report)
    return revive(workspace, who, posterior)
