"""How much may be sent, how often, and how much may be open at once?"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bodytwin.web.errors import Problem, response

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one server bears.

    Args:
        body_bytes: the largest body of a request.
        larger: paths under which more may be sent, and how much.
        per_s: requests a second that a session may keep up.
        burst: requests that it may send at once.
        logins_per_s: attempts to log in that an address may keep up.
        login_burst: attempts that it may make at once.
        sockets: live connections of all.
        sockets_of_one: live connections of one session.
    """

    body_bytes: int = MEGABYTE
    larger: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"/api/import": 256 * MEGABYTE})
    )
    per_s: float = 20.0
    burst: int = 200
    logins_per_s: float = 0.2
    login_burst: int = 10
    sockets: int = 64
    sockets_of_one: int = 8

    def largest(self, path: str) -> int:
        """Bytes that the body of a request to a path may have."""
        return self.larger.get(path, self.body_bytes)


class Buckets:
    """Tokens by name, filled at a steady pace; the oldest names are forgotten."""

    def __init__(
        self,
        per_s: float,
        burst: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        most: int = 10_000,
    ) -> None:
        self._per_s, self._burst, self._clock, self._most = per_s, burst, clock, most
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str) -> float:
        """Take one token: 0, or the seconds until there is one again."""
        with self._lock:
            now = self._clock()
            left, at = self._held.get(name, (float(self._burst), now))
            left = min(float(self._burst), left + (now - at) * self._per_s)
            wait = 0.0 if left >= 1 else (1 - left) / self._per_s
            self._held[name] = (left - 1 if wait == 0 else left, now)
            self._held.move_to_end(name)
            if len(self._held) > self._most:
                self._held.popitem(last=False)
            return wait

    def require(self, name: str) -> None:
        """Take one token; Problem 429 where there is none."""
        wait = self.take(name)
        if wait > 0:
            raise Problem(
                429,
                "Too many requests. Wait a moment.",
                headers={"Retry-After": str(ceil(wait))},
            )


class Places:
    """Things that may be open at once, in all and for each name."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._taken: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, name: str) -> bool:
        """Whether there was a place; every one that was taken is to be freed."""
        with self._lock:
            mine = self._taken.get(name, 0)
            if mine >= self._most_of_one or sum(self._taken.values()) >= self._most:
                return False
            self._taken[name] = mine + 1
            return True

    def free(self, name: str) -> None:
        """Give a place back."""
        with self._lock:
            left = self._taken.get(name, 0) - 1
            if left > 0:
                self._taken[name] = left
            else:
                self._taken.pop(name, None)

    def open(self) -> int:
        """How many are taken."""
        with self._lock:
            return sum(self._taken.values())


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """Refuses a body that is too large, by what it says of itself and while it comes in."""

    app: ASGIApp
    limits: Limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body counted."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self.limits.largest(scope["path"])
        stated = Headers(scope=scope).get("content-length", "0")
        if not (stated.isascii() and stated.isdigit()):
            await response(Problem(400, "The length of the body is no number."))(
                scope, receive, send
            )
        elif len(stated) > 18 or int(stated) > most:
            await response(Problem(413, _too_large(most)))(scope, receive, send)
        else:
            await self.app(scope, _counted(receive, most), send)


def _counted(receive: Receive, most: int) -> Receive:
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > most:
                raise HTTPException(413)
        return message

    return counting


def _too_large(most: int) -> str:
    return f"What was sent is too large: at most {most / MEGABYTE:g} MB are taken here."
