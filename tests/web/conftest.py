import io
import json
import threading
import warnings

import pytest
from fastapi import APIRouter, Request
from pydantic import BaseModel

from bodytwin.errors import (
    ConsentError,
    InvalidInputError,
    MissingDataError,
    NotFoundError,
    NumericalError,
    StoreError,
)
from bodytwin.governance.request import Actor, Role
from bodytwin.service.live import Bounds, Hub
from bodytwin.service.pulse import Pulse
from bodytwin.web.app import Parts, create_app, current
from bodytwin.web.identity import Identity
from bodytwin.web.logs import Log
from bodytwin.web.session import Asker
from bodytwin.web.tokens import LocalToken

with warnings.catch_warnings(action="ignore"):
    from starlette.testclient import TestClient

NAME = "Rosalind-p-77"
"""A patient whose name must never turn up in a log, an error or a metric."""
ORIGIN = "http://127.0.0.1:8787"
CHANGE = {"X-Bodytwin": "1", "Origin": ORIGIN}
LOCAL = Identity(actor=Actor(id="local", role=Role.LOCAL))


class Typed(BaseModel):
    count: int
    words: str = ""


class Ruled(ConsentError):
    rule = "consent-deny"


FAULTS = {
    "consent": Ruled("The patient has said no.", "Ask them."),
    "missing": MissingDataError("The record has no weight."),
    "absent": NotFoundError(f"No patient {NAME}."),
    "hidden": NotFoundError(f"{NAME} is hidden."),
    "invalid": InvalidInputError("The dose must be positive, got -3."),
    "store": StoreError(f"The file of {NAME} is damaged."),
    "numerical": NumericalError(f"{NAME} did not converge."),
    "fault": ZeroDivisionError(f"division for {NAME}"),
}


def routes():
    router = APIRouter(prefix="/api")

    @router.get("/me")
    def me(asking: Asker):
        return {"id": asking.actor.id, "purpose": asking.purpose}

    @router.get("/patients/{patient}")
    def one(patient: str):
        return {"patient": patient}

    @router.get("/patients/{patient}/{what}")
    def failing(patient: str, what: str):
        raise FAULTS[what]

    @router.post("/patients/{patient}/compare")
    def compare(patient: str, typed: Typed):
        return {"count": typed.count}

    @router.post("/patients/{patient}/erase")
    def erase(patient: str, typed: Typed):
        return {"erased": True}

    @router.post("/import")
    async def bring(request: Request):
        size = 0
        async for piece in request.stream():
            size += len(piece)
        return {"size": size}

    return router


def jobs(begun):
    router = APIRouter(prefix="/api")

    @router.post("/work")
    def work(request: Request, asking: Asker):
        def long(progress):
            progress("Under way", 0.25)
            begun.set()
            while not threading.Event().wait(0.002):
                progress("Under way", 0.25)

        return {"job": current(request).jobs.start(asking.owner, long)}

    @router.post("/quick")
    def quick(request: Request, asking: Asker, fault: str = ""):
        def short(progress):
            if fault:
                raise FAULTS[fault]
            return {"answer": 42}

        return {"job": current(request).jobs.start(asking.owner, short)}

    return router


class Site:
    """The server of a test with its log, its token, and leave that can be taken back."""

    def __init__(self, **changes):
        self.out = io.StringIO()
        self.token = LocalToken.new(LOCAL)
        self.refused = None
        self.begun = threading.Event()
        bounds = changes.pop("bounds", Bounds())
        parts = {
            "verify": self.token,
            "leave": self.leave,
            "log": Log(self.out),
            "routers": (routes(), jobs(self.begun)),
            "hub": Hub(bounds, estimators=(Pulse(),)),
        }
        self.parts = Parts(**(parts | changes))
        self.app = create_app(self.parts)
        self.serving = self.app.state.serving
        self.asked = []

    def leave(self, asking, patient, action):
        self.asked.append((asking.actor.role, asking.purpose, patient, action))
        if self.refused is not None:
            raise self.refused

    def client(self, *, peer="127.0.0.1", base=ORIGIN):
        return TestClient(
            self.app, base_url=base, client=(peer, 50_000), raise_server_exceptions=False
        )

    def login(self, client):
        found = client.post("/api/session", json={"token": self.token.secret}, headers=CHANGE)
        assert found.status_code == 204, found.text
        return found

    def lines(self):
        return [json.loads(line) for line in self.out.getvalue().splitlines()]


@pytest.fixture
def site():
    made = Site()
    yield made
    made.serving.hub.close()
    made.serving.jobs.close()


@pytest.fixture
def client(site):
    found = site.client()
    site.login(found)
    return found
