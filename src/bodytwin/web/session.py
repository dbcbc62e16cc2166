"""Who is logged in? Sessions by cookie for the page, tokens for programs.

An id is random, known to the server only, new at every login and never taken
from a browser, so a planted one is worth nothing.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from bodytwin.governance.request import Role
from bodytwin.web.errors import LOGIN, Problem, response
from bodytwin.web.headers import SAFE, Place
from bodytwin.web.identity import Asking, Identity, require_purpose, require_reach
from bodytwin.web.limits import Buckets
from bodytwin.web.logs import template
from bodytwin.web.tokens import LONGEST, TokenError, Verifier

COOKIE = "bodytwin"
LOGIN_PATH = "/api/session"
PURPOSE_FREE = "/api/me"
LONGEST_PURPOSE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """How long a session lasts: without a request, in all; and how many there may be."""

    idle_s: float = 1_800.0
    longest_s: float = 43_200.0
    most: int = 1_000


@dataclass(slots=True, kw_only=True)
class _Held:
    identity: Identity
    begun: float
    seen: float


class Sessions:
    """The sessions of this server, in memory: a restart logs everybody out."""

    def __init__(
        self,
        spans: Spans | None = None,
        *,
        clock: Callable[[], float] = time.time,
        ended: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._spans, self._clock, self._ended = spans or Spans(), clock, ended
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def begin(self, identity: Identity) -> str:
        """A new session; its id, which only the browser is told."""
        secret, now = secrets.token_urlsafe(32), self._clock()
        self.tidy()
        with self._lock:
            crowded = len(self._held) >= self._spans.most
            oldest = min(self._held, key=lambda o: self._held[o].seen) if crowded else None
            self._held[owner_of(secret)] = _Held(identity=identity, begun=now, seen=now)
        if oldest is not None:
            self._end(oldest)
        return secret

    def find(self, secret: str) -> tuple[Identity, str] | None:
        """Whose session it is and its owner's name, or None where there is none any more."""
        owner, now = owner_of(secret), self._clock()
        with self._lock:
            held = self._held.get(owner)
            if held is not None and not self._over(held, now):
                held.seen = now
                return held.identity, owner
        if held is not None:
            self._end(owner)
        return None

    def end(self, secret: str) -> None:
        """Log out."""
        self._end(owner_of(secret))

    def keep(self, owner: str) -> bool:
        """Whether the session of that owner is still open; who watches live data is not idle."""
        with self._lock:
            held = self._held.get(owner)
            if held is None or self._over(held, self._clock()):
                return False
            held.seen = self._clock()
            return True

    def now(self) -> float:
        """Unix seconds, by the clock of the sessions."""
        return self._clock()

    def tidy(self) -> None:
        """Forget the sessions that are over."""
        now = self._clock()
        with self._lock:
            over = [o for o, held in self._held.items() if self._over(held, now)]
        for owner in over:
            self._end(owner)

    def open(self) -> int:
        """How many there are."""
        with self._lock:
            return len(self._held)

    def _over(self, held: _Held, now: float) -> bool:
        until = held.identity.until
        return (
            now - held.seen > self._spans.idle_s
            or now - held.begun > self._spans.longest_s
            or (until is not None and now >= until)
        )

    def _end(self, owner: str) -> None:
        with self._lock:
            found = self._held.pop(owner, None)
        if found is not None:
            self._ended(owner)


def owner_of(secret: str) -> str:
    """A name for a session or token that gives nothing away of it."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What is needed to let somebody in."""

    verify: Verifier
    sessions: Sessions
    place: Place
    buckets: Buckets
    logins: Buckets

    async def asking(self, connection: HTTPConnection) -> Asking:
        """Who asks; TokenError where nobody is logged in."""
        identity, owner, by_session = await self._identity(connection)
        purpose = _purpose(connection, identity)
        return Asking(identity=identity, purpose=purpose, owner=owner, by_session=by_session)

    def lasts(self, asking: Asking) -> bool:
        """Whether somebody who was let in would be let in still."""
        if asking.by_session:
            return self.sessions.keep(asking.owner)
        until = asking.identity.until
        return until is None or self.sessions.now() < until

    async def verified(self, token: str, peer: str) -> Identity:
        """Whose token it is; TokenError or Problem 429."""
        if len(token) > LONGEST:
            raise TokenError("The token is too long.")
        return await run_sync(lambda: self.verify(token, peer=peer))

    async def _identity(self, connection: HTTPConnection) -> tuple[Identity, str, bool]:
        authorisation = connection.headers.getlist("authorization")
        if authorisation:
            scheme, _, token = authorisation[0].partition(" ")
            if len(authorisation) != 1 or scheme.lower() != "bearer" or not token:
                raise TokenError(LOGIN)
            identity = await self.verified(token.strip(), peer_of(connection))
            return identity, owner_of(token.strip()), False
        secret = cookie_of(connection.headers)
        found = self.sessions.find(secret) if secret else None
        if found is None:
            raise TokenError(LOGIN)
        return *found, True


@dataclass(frozen=True, slots=True)
class Entrance:
    """Lets nobody to the data who is not logged in, whatever a route forgets."""

    app: ASGIApp
    door: Door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on who asks, or answer that they are not known."""
        if scope["type"] == "lifespan" or not str(scope["path"]).startswith("/api"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            await self._let_in(scope, connection)
        except (TokenError, Problem) as error:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": ""})
            else:
                await _refusal(error)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _let_in(self, scope: Scope, connection: HTTPConnection) -> None:
        if scope["path"] == LOGIN_PATH:
            if scope.get("method") == "POST":
                self.door.logins.require(peer_of(connection))
            return
        try:
            asking = await self.door.asking(connection)
        except TokenError:
            self.door.buckets.require(f"unknown {peer_of(connection)}")
            raise
        scope.setdefault("state", {})["asking"] = asking
        self.door.buckets.require(asking.owner)


def asking(connection: HTTPConnection) -> Asking:
    """Who asks, within what their token lets them reach; for every route below /api."""
    found = connection.scope.get("state", {}).get("asking")
    if not isinstance(found, Asking):
        raise Problem(401, LOGIN)
    changes = connection.scope.get("method", "GET") not in SAFE
    route = template(connection.scope)
    require_reach(found.identity, path=connection.path_params, route=route if changes else "")
    if route != PURPOSE_FREE:
        require_purpose(found.identity, found.purpose)
    return found


def reaching(connection: HTTPConnection) -> None:
    """On every route, so that none can forget it: what a token does not reach is refused.

    Sockets ask themselves, since a refusal has to be told on the open socket.
    """
    path = str(connection.scope["path"])
    if connection.scope["type"] == "http" and path.startswith("/api") and path != LOGIN_PATH:
        asking(connection)


def owner_asking(connection: HTTPConnection) -> str:
    """The name of the session or token behind a request; empty where nobody was let in."""
    found = connection.scope.get("state", {}).get("asking")
    return found.owner if isinstance(found, Asking) else ""


Asker = Annotated[Asking, Depends(asking)]


class Login(BaseModel):
    """What somebody shows to be let in."""

    model_config = ConfigDict(extra="forbid")
    token: str


def router(door: Door) -> APIRouter:
    """Log in and log out."""
    routes = APIRouter()

    @routes.post(LOGIN_PATH, status_code=204)
    async def login(request: Request, login: Login) -> Response:  # pyright: ignore[reportUnusedFunction]
        """Begin a session, ending the one before."""
        identity = await door.verified(login.token, peer_of(request))
        before = cookie_of(request.headers)
        if before:
            door.sessions.end(before)
        answer = Response(status_code=204)
        answer.set_cookie(
            COOKIE,
            door.sessions.begin(identity),
            httponly=True,
            samesite="strict",
            secure=door.place.https,
            path="/",
        )
        return answer

    @routes.delete(LOGIN_PATH, status_code=204)
    async def logout(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        """End the session."""
        secret = cookie_of(request.headers)
        if secret:
            door.sessions.end(secret)
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=door.place.https)
        return answer

    return routes


def cookie_of(headers: Headers) -> str:
    """The id of the session; empty where there is none or more than one."""
    pairs = [p for h in headers.getlist("cookie") for p in h.split(";")]
    found = [c[COOKIE] for c in map(cookie_parser, pairs) if COOKIE in c]
    return found[0] if len(found) == 1 else ""


def peer_of(connection: HTTPConnection) -> str:
    """Address of the other end."""
    return connection.client.host if connection.client else ""


def _purpose(connection: HTTPConnection, identity: Identity) -> str | None:
    """As it was stated; for whoever is not at their own computer, none is an unknown one."""
    socket = connection.scope["type"] == "websocket"
    stated = (
        connection.query_params.getlist("purpose")
        if socket
        else connection.headers.getlist("x-purpose")
    )
    if len(stated) == 1:
        return stated[0][:LONGEST_PURPOSE]
    return None if not stated and identity.actor.role is Role.LOCAL else ""


def _refusal(error: Exception) -> Response:
    answer = response(error)
    if answer.status_code == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
