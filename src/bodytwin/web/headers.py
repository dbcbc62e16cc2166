"""Which requests are let in at all, and what does every answer tell the browser?

Let in: by a name that is ours (against DNS rebinding), from our own page (against
requests forged by other pages). There is no sharing with other origins.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bodytwin.web.errors import Problem, response

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MARK = "x-bodytwin"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self' {sockets}; font-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox"
NOT_OURS = "The request came from another page, and is not answered."
CLOSED_TO_DEVICES = (
    "accelerometer=(), camera=(), clipboard-read=(), display-capture=(), geolocation=(), "
    "gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=(), serial=(), "
    "hid=(), browsing-topics=()"
)
ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": CLOSED_TO_DEVICES,
    "X-DNS-Prefetch-Control": "off",
    "X-Permitted-Cross-Domain-Policies": "none",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Under which names the server is reached, without port; and whether by https.

    `https` is what the browser sees, also where something in front of the server does it.
    """

    hosts: frozenset[str] = LOOPBACK
    https: bool = False

    @property
    def scheme(self) -> str:
        """The scheme of the page."""
        return "https" if self.https else "http"

    def knows(self, host: str) -> bool:
        """Whether a Host header names this server.

        >>> Place().knows("localhost:8787"), Place().knows("evil.example:8787")
        (True, False)
        """
        name, port = _split(host)
        return name in self.hosts and (port == "" or (port.isascii() and port.isdigit()))


@dataclass(frozen=True, slots=True)
class Marked:
    """Outermost: every answer, also of a fault, tells the browser what it may do with it."""

    app: ASGIApp
    place: Place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and mark its answer."""
        http = scope["type"] == "http"
        await self.app(scope, receive, _marked(send, scope, self.place) if http else send)


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses what is not for us or not from us."""

    app: ASGIApp
    place: Place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer why not."""
        refused = None
        if scope["type"] != "lifespan":
            refused = fault(scope, Headers(scope=scope), self.place)
        if refused is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            await response(refused)(scope, receive, send)


def fault(scope: Scope, headers: Headers, place: Place) -> Problem | None:
    """Why a request is not let in; None where it is."""
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not place.knows(hosts[0]):
        return Problem(400, "This server is not reached by that name.", kind="Refusal")
    if scope["type"] == "http" and scope["method"] == "TRACE":
        return Problem(405, "This address does not do that.")
    changes = scope["type"] == "websocket" or scope["method"] not in SAFE
    if not (_of_own_page(headers, hosts[0], place) if changes else _not_foreign(scope, headers)):
        return Problem(403, NOT_OURS)
    marked = headers.getlist(MARK) == ["1"]
    if changes and scope["type"] == "http" and not marked:
        return Problem(403, "A request that changes something needs the header X-Bodytwin: 1.")
    return None


def _of_own_page(headers: Headers, host: str, place: Place) -> bool:
    """Without an origin it is no browser, or one that hides it; then no cookie is accepted."""
    origins = headers.getlist("origin")
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    if not origins:
        return "cookie" not in headers
    return origins == [f"{place.scheme}://{host.lower()}"]


def _not_foreign(scope: Scope, headers: Headers) -> bool:
    """Another page may link to ours, and read nothing of the data."""
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        navigates = headers.get("sec-fetch-mode") == "navigate"
        return navigates and not str(scope["path"]).startswith("/api")
    return True


def _marked(send: Send, scope: Scope, place: Place) -> Send:
    is_data = str(scope["path"]).startswith(("/api", "/openapi.json", "/metrics", "/healthz"))
    host = Headers(scope=scope).get("host", "")

    async def marking(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _for(is_data, place, host):
                headers[name] = value
            if is_data:
                headers["Cache-Control"] = "no-store"
        await send(message)

    return marking


def _for(is_data: bool, place: Place, host: str) -> Iterable[tuple[str, str]]:
    yield from ALWAYS.items()
    socket = ("wss" if place.https else "ws") + f"://{host}"
    policy = DATA_POLICY if is_data else PAGE_POLICY.format(sockets=_quiet(socket, place, host))
    yield "Content-Security-Policy", policy
    if place.https:
        yield "Strict-Transport-Security", "max-age=31536000"


def _quiet(socket: str, place: Place, host: str) -> str:
    """The address of our own sockets, only where the name by which we were called is ours."""
    return socket if place.knows(host) else ""


def _split(host: str) -> tuple[str, str]:
    lowered = host.lower()
    if lowered.startswith("["):
        name, closed, port = lowered.partition("]")
        good = closed and (not port or port.startswith(":"))
        return (name + "]", port.removeprefix(":")) if good else ("", "")
    name, _, port = lowered.partition(":")
    return name, port
