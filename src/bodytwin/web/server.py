"""Run the server: for one person on this computer, or for an organisation's logins.

An organisation describes its server in a TOML file, see docs/how-to/serve.md.
"""

import json
import socket
import tomllib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from bodytwin.errors import InvalidInputError, StoreError, UnreadableFileError
from bodytwin.governance.request import Action
from bodytwin.service.access import granted
from bodytwin.service.workspace import Workspace
from bodytwin.web.app import Parts, create_app, server_options
from bodytwin.web.claims import Claims
from bodytwin.web.graceful import GracefulServer
from bodytwin.web.headers import Place
from bodytwin.web.identity import Asking, Identity
from bodytwin.web.live_socket import Leave
from bodytwin.web.oidc import OidcVerifier
from bodytwin.web.routes import ROUTERS
from bodytwin.web.tokens import LocalToken

LOOPBACK = "127.0.0.1"
NAMED = ("role", "organisation", "organisation_kind", "purposes")
"""Claims whose names an organisation may state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Where the server of an organisation is reached, and whose logins it takes."""

    address: str
    host: str
    port: int
    issuer: str
    audience: str
    keys: Mapping[str, Any]
    claims: Claims


def local_app(workspace: Workspace) -> tuple[FastAPI, str]:
    """The server for the person at this computer, and their token."""
    token = LocalToken.new(Identity(actor=workspace.actor))
    return _app(workspace, Parts(verify=token, leave=leave_of(workspace), routers=ROUTERS)), (
        token.secret
    )


def organisation_app(workspace: Workspace, organisation: Organisation) -> FastAPI:
    """The server for whoever an organisation lets log in."""
    address = urlsplit(organisation.address)
    verify = OidcVerifier(
        issuer=organisation.issuer,
        audience=organisation.audience,
        jwks=organisation.keys,
        claims=organisation.claims,
    )
    place = Place(hosts=frozenset({address.hostname or ""}), https=address.scheme == "https")
    parts = Parts(verify=verify, leave=leave_of(workspace), routers=ROUTERS, place=place)
    return _app(workspace, parts)


def leave_of(workspace: Workspace) -> Leave:
    """Asks the gate, as whoever watches or sends."""

    def leave(asking: Asking, patient: str, action: Action) -> None:
        mine = replace(workspace, actor=asking.actor, purpose=asking.purpose)
        granted(mine, patient, action, data="live data")

    return leave


def read_organisation(path: Path) -> Organisation:
    """What a TOML file says of an organisation's server. Raises InvalidInputError."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        login = said["login"]
        keys = json.loads((path.parent / login["keys"]).read_text(encoding="utf-8"))
        names = {k: login[k] for k in NAMED if k in login}
        people: dict[str, str] | None = login.get("patients")
        if people is not None:
            names["pseudonym"] = people.get
        found = Organisation(
            address=said["address"],
            host=said.get("host", LOOPBACK),
            port=said["port"],
            issuer=login["issuer"],
            audience=login["audience"],
            keys=keys,
            claims=Claims(**names),
        )
    except OSError as error:
        raise UnreadableFileError(f"The description cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(
            "The description of the server needs address, port, and under [login] issuer, "
            f"audience and keys ({type(error).__name__}: {error})."
        ) from error
    if urlsplit(found.address).scheme not in ("http", "https") or not found.issuer:
        raise InvalidInputError("The address is as people type it: https://twins.example.org.")
    return found


@contextmanager
def listening(port: int, *, host: str = LOOPBACK) -> Generator[socket.socket]:
    """A socket on this computer that lets callers wait; any free port where `port` is 0."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, port))
            found.listen(128)
        except OSError as error:
            raise StoreError(
                f"Port {port} cannot be used: {error.strerror}. Choose another with --port, or 0."
            ) from error
        yield found
    finally:
        found.close()


def url_of(found: socket.socket) -> str:
    """The address of a socket on this computer."""
    host, port = found.getsockname()[:2]
    return f"http://{host}:{port}"


def run(app: FastAPI, found: socket.socket) -> None:
    """Serve until told to stop; open work is ended in order."""
    options = server_options(app.state.parts)
    GracefulServer(uvicorn.Config(app, **options)).run(sockets=[found])


def _app(workspace: Workspace, parts: Parts) -> FastAPI:
    app = create_app(parts)
    app.state.workspace, app.state.parts = workspace, parts
    return app
