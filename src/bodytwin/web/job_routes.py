"""How far a computation is, its result, and its end."""

from typing import Any

from fastapi import APIRouter, Response

from bodytwin.service.jobs import Job, Jobs
from bodytwin.web.errors import answer
from bodytwin.web.session import Asker


def router(jobs: Jobs) -> APIRouter:
    """Look at a job and stop it; each answers to the session that began it."""
    routes = APIRouter(prefix="/api/jobs")

    @routes.get("/{job}")
    def look(job: str, asking: Asker) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        """How a job stands, with its result once it is done."""
        return shown(jobs.look(asking.owner, job))

    @routes.delete("/{job}", status_code=204)
    def stop(job: str, asking: Asker) -> Response:  # pyright: ignore[reportUnusedFunction]
        """Stop a job and drop its result."""
        jobs.stop(asking.owner, job)
        return Response(status_code=204)

    return routes


def shown(job: Job) -> dict[str, Any]:
    """A job as the page gets it; the result is what the work returned, ready for JSON."""
    said: dict[str, Any] = {
        "state": job.state.value,
        "message": job.message,
        "fraction": job.fraction,
    }
    if job.result is not None:
        said["result"] = job.result
    if job.error is not None:
        said["error"] = answer(job.error)[1]["error"]
    return said
