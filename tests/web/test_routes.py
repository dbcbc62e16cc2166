"""The routes of patients, on a real store, as different people ask."""

from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from bodytwin.governance.request import Actor, Role
from bodytwin.service.consenting import choose, revoke
from bodytwin.service.importing import import_table
from bodytwin.service.settings import Settings
from bodytwin.service.workspace import workspace
from bodytwin.web.app import Parts, create_app
from bodytwin.web.identity import Identity
from bodytwin.web.routes import ROUTERS
from bodytwin.web.server import leave_of, local_app
from bodytwin.web.tokens import LocalToken
from tests.made_up import FIRST, MAPPING

CLINICIAN = Actor(id="Practitioner/7", role=Role.CLINICIAN)
ABSENT = "f" * 16
NO_FILE = "0" * 64
LOOKING = (
    *("", "/timeline", "/forecasts", "/consents", "/audit", "/fields", "/plans"),
    *(f"/sources/{NO_FILE}", f"/sources/{NO_FILE}/excerpt?path=x", "/fields/x/values"),
)
DOING = {
    "/personalise": {},
    "/compare": {"plans": ["hold"]},
    "/score": {},
    "/export": {},
    "/erase": {"confirm": "erase"},
}
BASE = "http://127.0.0.1"
MARKS = {"X-Bodytwin": "1", "Origin": BASE, "X-Purpose": "TREATDS"}


@pytest.fixture
def work(tmp_path):
    with workspace(Settings(home=tmp_path / "home"), clock=lambda: datetime.now(UTC)) as found:
        yield found


@pytest.fixture
def patient(work):
    (found,) = import_table(work, FIRST.encode(), mapping=MAPPING.encode()).added.patients
    return found


def client_of(app, secret):
    app.state.parts = None
    headers = {"Authorization": f"Bearer {secret}", **MARKS}
    return TestClient(app, base_url=BASE, headers=headers, client=("127.0.0.1", 50000))


@pytest.fixture
def stranger(work):
    """A clinician who has nobody's leave."""
    token = LocalToken.new(Identity(actor=CLINICIAN))
    app = create_app(Parts(verify=token, leave=leave_of(work), routers=ROUTERS))
    app.state.workspace = work
    with client_of(app, token.secret) as client:
        yield client


@pytest.fixture
def local(work):
    with client_of(*local_app(work)) as client:
        yield client


@pytest.mark.parametrize("path", LOOKING)
def test_hidden_and_absent_are_answered_byte_for_byte_alike(stranger, patient, path):
    answers = [stranger.get(f"/api/patients/{p}{path}") for p in (patient, ABSENT)]
    hidden, absent = ((a.status_code, a.content, plain(a)) for a in answers)
    assert hidden == absent
    assert hidden[0] in (403, 404)


@pytest.mark.parametrize("path", DOING)
def test_what_is_done_to_the_hidden_and_the_absent_is_answered_alike(stranger, patient, path):
    answers = [
        stranger.post(f"/api/patients/{p}{path}", json=DOING[path]) for p in (patient, ABSENT)
    ]
    if answers[0].status_code == 202:
        answers = [finished(stranger, a.json()["job"]) for a in answers]
    hidden, absent = ((a.status_code, a.content) for a in answers)
    assert hidden == absent


def finished(client, job):
    while (answer := client.get(f"/api/jobs/{job}")).json()["state"] == "running":
        pass
    return answer


def plain(answer):
    return {k: v for k, v in answer.headers.items() if k != "date"}


def test_the_list_of_patients_holds_nobody_who_is_hidden(stranger, patient):
    assert stranger.get("/api/patients").json() == {"patients": [], "next": None}


@pytest.mark.parametrize("purpose", ["HPAYMT", "x-INSUW", "treatds", "", "COVERAGE"])
def test_every_view_is_refused_for_a_purpose_that_is_never_allowed(local, patient, purpose):
    for path in LOOKING[:6]:
        answer = local.get(f"/api/patients/{patient}{path}", headers={"X-Purpose": purpose})
        assert answer.status_code == 403, path
        assert answer.json()["error"]["kind"] == "ConsentError"


def test_leave_taken_back_holds_for_the_next_request(work, local, patient):
    made = choose(work, patient, {"care": "permit"})
    assert local.get(f"/api/patients/{patient}/timeline").status_code == 200
    choose(work, patient, {"care": "deny"})
    refused = local.get(f"/api/patients/{patient}/timeline")
    assert (refused.status_code, refused.json()["error"]["kind"]) == (403, "ConsentError")
    revoke(work, patient, made.consent.id)
    assert local.get(f"/api/patients/{patient}/timeline").status_code == 200


def test_a_name_that_is_a_script_comes_as_data(work, local):
    bad = FIRST.replace("\n1,", "\n<script>alert(1)</script>,")
    (patient,) = import_table(work, bad.encode(), mapping=MAPPING.encode()).added.patients
    answer = local.get(f"/api/patients/{patient}")
    assert answer.json()["name"] == "<script>alert(1)</script>"
    assert answer.headers["content-type"].startswith("application/json")
    assert "script-src" not in answer.headers["content-security-policy"].replace("'none'", "")
