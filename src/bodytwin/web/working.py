"""The workspace of one request: the store, as whoever asks may use it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Request

from bodytwin.service.jobs import Jobs
from bodytwin.service.workspace import Workspace
from bodytwin.web.session import Asker


def _working(request: Request, asking: Asker) -> Workspace:
    workspace: Workspace = request.app.state.workspace
    return replace(workspace, actor=asking.actor, purpose=asking.purpose)


def _begin(request: Request, asking: Asker) -> Callable[..., str]:
    jobs: Jobs = request.app.state.jobs

    def begin(work: Any, *, allowed: Callable[[], None]) -> str:
        return jobs.start(asking.owner, work, allowed=allowed)

    return begin


Working = Annotated[Workspace, Depends(_working)]
"""The workspace, with the actor and the purpose of the request."""
Begin = Annotated[Callable[..., str], Depends(_begin)]
"""Begins a job that belongs to whoever asks."""
