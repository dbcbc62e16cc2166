"""What does the server write down? One line of JSON for each request, to standard error.

A line holds the template of the route, never the path or the query, since these
name patients; the role of who asked, never who it was; of an error its kind and
the place in the code, never its message, which may quote what was sent.
"""

import json
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bodytwin.web.errors import response
from bodytwin.web.identity import Asking
from bodytwin.web.metrics import Metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"})
UNMATCHED = "unmatched"
DEEPEST = 12


class Log:
    """Writes lines. Not for the audit of who saw whose data, which the store keeps."""

    def __init__(
        self,
        out: TextIO | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._out, self._clock, self._lock = out, clock, threading.Lock()

    def line(self, event: str, **said: Any) -> None:
        """Write one line."""
        moment = self._clock().isoformat(timespec="milliseconds")
        text = json.dumps({"time": moment, "event": event, **said}, ensure_ascii=True)
        out = self._out or sys.stderr
        with self._lock:
            out.write(text + "\n")
            out.flush()

    def fault(self, error: BaseException) -> None:
        """Write where an error came from, without what it said."""
        frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
        places = [f"{_module(f.filename)}:{f.lineno} {f.name}" for f in frames]
        self.line("fault", kind=type(error).__name__, at=places)


@dataclass(frozen=True, slots=True)
class Written:
    """Notes every request and socket, and turns whatever was not foreseen into a plain fault."""

    app: ASGIApp
    log: Log
    metrics: Metrics
    clock: Callable[[], float] = time.perf_counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note how it went."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        begun, status = self.clock(), 0
        scope.setdefault("state", {})

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "websocket.accept":
                status = 101
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            self.log.fault(error)
            await _fallen(error, scope, receive, noting, begun=status != 0)
        finally:
            self._note(scope, status, self.clock() - begun)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = "WEBSOCKET" if scope["type"] == "websocket" else scope["method"]
        method = method if method in METHODS else "other"
        route = template(scope)
        asking = scope["state"].get("asking")
        self.log.line(
            "request",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            role=asking.actor.role.value if isinstance(asking, Asking) else None,
        )
        if scope["type"] == "http":
            self.metrics.request(method, route, status, seconds)


def template(scope: Scope) -> str:
    """The route as it was declared, such as /api/patients/{patient}."""
    found = getattr(scope.get("route"), "path", None)
    return found if isinstance(found, str) else UNMATCHED


async def _fallen(
    error: Exception, scope: Scope, receive: Receive, send: Send, *, begun: bool
) -> None:
    """What has begun to be answered is broken off by the server, and never looks whole."""
    if scope["type"] == "websocket":
        with suppress(RuntimeError):
            await send({"type": "websocket.close", "code": 1011, "reason": ""})
    elif begun:
        raise RuntimeError("An answer was broken off.") from None
    else:
        await response(error)(scope, receive, send)


def _module(path: str) -> str:
    parts = path.replace("\\", "/").split("/")
    start = next((i for i, p in enumerate(parts) if p == "bodytwin"), max(len(parts) - 2, 0))
    return "/".join(parts[start:])
