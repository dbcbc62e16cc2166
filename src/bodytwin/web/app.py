"""The web server, put together: who is let in, what is noted, which routes there are.

From the outside in: every answer is marked; every request is noted; only what is
for us and from us goes on; bodies are bounded; nobody unknown reaches /api.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from bodytwin import __version__
from bodytwin.errors import BodytwinError, NotFoundError
from bodytwin.service.jobs import Jobs
from bodytwin.service.live import Hub
from bodytwin.service.pulse import Pulse
from bodytwin.web import errors, job_routes, live_socket, page_files, session
from bodytwin.web.headers import LOOPBACK, Guard, Marked, Place
from bodytwin.web.limits import BodyLimit, Buckets, Limits, Places
from bodytwin.web.live_socket import Leave, Live
from bodytwin.web.logs import Log, Written
from bodytwin.web.metrics import CONTENT_TYPE, Metrics
from bodytwin.web.page_files import PageFile
from bodytwin.web.session import Door, Entrance, Sessions, Spans
from bodytwin.web.tokens import Verifier, is_loopback

ERROR_CONTENT = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["kind", "message", "reasons"],
            "properties": {
                "kind": {"type": "string"},
                "message": {"type": "string"},
                "reasons": {"type": "array", "items": {"type": "string"}},
                "rule": {"type": "string"},
            },
        }
    },
}
TICK_S, ESTIMATE_S, TIDY_S = 0.25, 1.0, 30.0


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the server is given.

    Args:
        verify: says whose token it is: `LocalToken` or `OidcVerifier`.
        leave: asks for the patient's leave to watch or to send live data.
        routers: the routes of patients and twins, each below /api.
        place: names under which the server is reached, and whether by https.
        limits: how much is borne.
        spans: how long sessions last.
        log: where lines go.
        jobs: the long work; None makes one that notes its faults in the log.
        hub: the live data.
        page: the files of the page; None reads those of the package.
    """

    verify: Verifier
    leave: Leave
    routers: Sequence[APIRouter] = ()
    place: Place = field(default_factory=Place)
    limits: Limits = field(default_factory=Limits)
    spans: Spans = field(default_factory=Spans)
    log: Log = field(default_factory=Log)
    jobs: Jobs | None = None
    hub: Hub | None = None
    page: dict[str, PageFile] | None = None


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What runs; routes reach it as `request.app.state.serving`."""

    jobs: Jobs
    hub: Hub
    sessions: Sessions
    metrics: Metrics
    log: Log
    live: Live

    async def stop(self) -> None:
        """End sockets and jobs; nothing begins after."""
        await self.live.close()
        await run_sync(self.jobs.close)


def create_app(parts: Parts) -> FastAPI:
    """The server, ready to run; `app.state.serving` holds what runs in it."""
    serving, door = _serving(parts)
    app = FastAPI(
        title="bodytwin",
        version=__version__,
        summary="Virtual models of one patient's body. Research software, not a medical device.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(session.reaching)],
        separate_input_output_schemas=False,
        lifespan=_lifespan(serving),
        middleware=[
            Middleware(Marked, place=parts.place),
            Middleware(Written, log=parts.log, metrics=serving.metrics),
            Middleware(Guard, place=parts.place),
            Middleware(BodyLimit, limits=parts.limits),
            Middleware(Entrance, door=door),
        ],
    )
    app.state.serving, app.state.jobs = serving, serving.jobs
    _answer_errors(app, parts.log)
    app.include_router(session.router(door))
    app.include_router(job_routes.router(serving.jobs))
    app.include_router(live_socket.router(serving.live))
    for router in parts.routers:
        app.include_router(router)
    _describe(app, serving)
    app.include_router(page_files.router(parts.page or page_files.page_files()))
    return app


def server_options(parts: Parts) -> dict[str, Any]:
    """How uvicorn is to be run, so that neither it nor its log says more than this server does."""
    return {
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "proxy_headers": False,
        "ws_max_size": 1_100_000,
        "ws_ping_interval": 10.0,
        "ws_ping_timeout": 20.0,
        "timeout_graceful_shutdown": 10,
        "limit_concurrency": 4 * parts.limits.sockets + 200,
        "h11_max_incomplete_event_size": 32_768,
    }


def current(request: Request) -> Serving:
    """What runs, for a route that begins jobs or has leave asked for again."""
    return cast("Serving", request.app.state.serving)


def _serving(parts: Parts) -> tuple[Serving, Door]:
    jobs = parts.jobs or Jobs(fault=_noting(parts.log))
    hub = parts.hub or Hub(estimators=(Pulse(),))
    limits = parts.limits
    sessions = Sessions(parts.spans, ended=jobs.stop_all)
    places = Places(limits.sockets, limits.sockets_of_one)
    metrics = Metrics(
        {
            "jobs_running": jobs.running,
            "sessions_open": sessions.open,
            "sockets_open": places.open,
            "live_sensors": lambda: hub.counts()[0],
            "live_watchers": lambda: hub.counts()[1],
        }
    )
    door = Door(
        verify=parts.verify,
        sessions=sessions,
        place=parts.place,
        buckets=Buckets(limits.per_s, limits.burst),
        logins=Buckets(limits.logins_per_s, limits.login_burst),
    )
    live = Live(
        hub=hub,
        leave=parts.leave,
        door=door,
        places=places,
        metrics=metrics,
        note=_noting(parts.log),
    )
    serving = Serving(
        jobs=jobs, hub=hub, sessions=sessions, metrics=metrics, log=parts.log, live=live
    )
    return serving, door


def _lifespan(serving: Serving) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        beats = [
            asyncio.create_task(_beat(serving, TICK_S, serving.hub.tick)),
            asyncio.create_task(_beat(serving, ESTIMATE_S, serving.hub.estimate)),
            asyncio.create_task(_beat(serving, TIDY_S, serving.jobs.tidy)),
            asyncio.create_task(_beat(serving, TIDY_S, serving.sessions.tidy)),
        ]
        try:
            yield
        finally:
            for beat in beats:
                beat.cancel()
            for beat in beats:
                with suppress(asyncio.CancelledError):
                    await beat
            await serving.stop()

    return lifespan


async def _beat(serving: Serving, every_s: float, work: Callable[[], None]) -> None:
    """Do something again and again; a fault is noted and does not end it."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await run_sync(work)
        except Exception as error:
            serving.log.fault(error)


def _noting(log: Log) -> Callable[[BaseException], None]:
    """Writes down what is the server's fault, and not what was refused."""

    def note(error: BaseException) -> None:
        if errors.answer(error)[0] >= 500:
            log.fault(error)

    return note


def _answer_errors(app: FastAPI, log: Log) -> None:
    known: set[str] = set()
    note = _noting(log)

    def told(_: Request, error: Exception) -> Response:
        note(error)
        return errors.response(error)

    def malformed(_: Request, error: Exception) -> Response:
        if not known:
            known.update(_names(described(app)))
        return errors.malformed(cast("RequestValidationError", error), known)

    for kind in (BodytwinError, errors.Problem, errors.TokenError, HTTPException):
        app.add_exception_handler(kind, told)
    app.add_exception_handler(RequestValidationError, malformed)


def _describe(app: FastAPI, serving: Serving) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        return {"status": "ok"}

    @app.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        """For this computer only, called by its own name: not through a proxy."""
        host = request.headers.get("host", "")
        peer = request.client.host if request.client else ""
        if not (is_loopback(peer) and Place(hosts=LOOPBACK).knows(host)):
            raise NotFoundError("Only from this computer.")
        return PlainTextResponse(serving.metrics.text(), media_type=CONTENT_TYPE)

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        return described(app)


def described(app: FastAPI) -> dict[str, Any]:
    """The interface in OpenAPI, with errors in the shape that they really have."""
    found = app.openapi()
    for path in found.get("paths", {}).values():
        for method in path.values():
            answers = method.get("responses", {})
            answers.pop("422", None)
            answers.setdefault("default", {"description": "An error.", "content": ERROR_CONTENT})
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Error"] = ERROR_SCHEMA
    return found


def _names(schema: object) -> set[str]:
    """Names of fields and parameters that the interface declares."""
    found: set[str] = set()
    if isinstance(schema, dict):
        held = cast("dict[str, Any]", schema)
        properties = held.get("properties")
        if isinstance(properties, dict):
            found |= {str(k) for k in cast("dict[str, Any]", properties)}
        if "in" in held and isinstance(held.get("name"), str):
            found.add(str(held["name"]))
        for value in held.values():
            found |= _names(value)
    elif isinstance(schema, list):
        for value in cast("list[object]", schema):
            found |= _names(value)
    return found
