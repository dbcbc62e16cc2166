import gzip
import threading

import pytest

from bodytwin.web.app import server_options
from bodytwin.web.page_files import page_files
from tests.web.conftest import CHANGE, NAME, Site


@pytest.fixture
def built(tmp_path):
    (tmp_path / "index.html").write_text("<!doctype html><p>page</p>" * 50)
    (tmp_path / "main-AB12CD34.js").write_text("let a = 1;" * 100)
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.py").write_text("no")
    (tmp_path / ".hidden.js").write_text("no")
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "a.woff2").write_bytes(b"\0" * 10)
    (tmp_path.parent / "outside.txt").write_text("no")
    return Site(page=page_files(tmp_path)).client()


def test_the_page_is_never_kept_and_its_named_parts_for_ever(built):
    index = built.get("/")
    assert index.headers["cache-control"] == "no-store"
    assert index.headers["content-type"] == "text/html; charset=utf-8"
    script = built.get("/main-AB12CD34.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert built.get("/favicon.svg").headers["cache-control"] == "no-cache"
    assert built.get("/fonts/a.woff2").content == b"\0" * 10


def test_what_has_not_changed_is_not_sent_again(built):
    tag = built.get("/favicon.svg").headers["etag"]
    again = built.get("/favicon.svg", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    other = built.get("/favicon.svg", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_files_are_sent_packed_to_whom_can_unpack_them(built):
    plain = built.get("/main-AB12CD34.js", headers={"Accept-Encoding": "identity"})
    packed = built.get("/main-AB12CD34.js", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert packed.content == plain.content
    assert gzip.compress(plain.content, mtime=0)


@pytest.mark.parametrize(
    "path",
    ["/secret.py", "/.hidden.js", "/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt",
     "/fonts/../../outside.txt", "/fonts", "/fonts/", "/index.html/", "/main.js",
     "/%00", "/fonts/..%5c..%5coutside.txt", "/docs", "/redoc"],
)  # fmt: skip
def test_nothing_else_is_served(built, path):
    found = built.get(path)
    assert found.status_code == 404
    assert found.json()["error"]["kind"] == "NotFoundError"


def test_without_a_built_page_the_server_says_so(tmp_path):
    found = Site(page=page_files(tmp_path / "none")).client().get("/")
    assert found.status_code == 200
    assert "not part of this installation" in found.text


def test_the_interface_is_described_without_patients_or_outside_hosts(client):
    client.get(f"/api/patients/{NAME}")
    found = client.get("/openapi.json")
    assert found.status_code == 200
    assert NAME not in found.text
    described = found.json()
    assert "/api/patients/{patient}" in described["paths"]
    assert "/api/session" in described["paths"]
    assert "http://" not in found.text
    assert "https://" not in found.text
    assert "example" not in found.text
    answers = described["paths"]["/api/patients/{patient}/compare"]["post"]["responses"]
    assert "422" not in answers
    assert set(described["components"]["schemas"]["Error"]["properties"]) == {"error"}


def test_a_job_is_watched_and_stopped_by_its_session_only(site, client):
    job = client.post("/api/work", headers=CHANGE).json()["job"]
    assert site.begun.wait(10)
    said = client.get(f"/api/jobs/{job}").json()
    assert said == {"state": "running", "message": "Under way", "fraction": 0.25}
    other = site.client()
    site.login(other)
    hidden = other.get(f"/api/jobs/{job}")
    assert (hidden.status_code, hidden.content) == (404, other.get("/api/jobs/none").content)
    assert other.delete(f"/api/jobs/{job}", headers=CHANGE).status_code == 404
    assert client.get(f"/api/jobs/{job}").json()["state"] == "running"
    assert client.delete(f"/api/jobs/{job}", headers=CHANGE).status_code == 204
    assert client.get(f"/api/jobs/{job}").json()["state"] == "stopped"


def ended(client, job):
    for _ in range(2000):
        said = client.get(f"/api/jobs/{job}").json()
        if said["state"] != "running":
            return said
        threading.Event().wait(0.02)
    raise AssertionError("the job did not end")


def test_a_job_gives_its_result_or_its_error_in_the_one_shape(client):
    job = client.post("/api/quick", headers=CHANGE).json()["job"]
    assert ended(client, job)["result"] == {"answer": 42}
    refused = ended(client, client.post("/api/quick?fault=consent", headers=CHANGE).json()["job"])
    assert refused["state"] == "failed"
    assert refused["error"]["reasons"] == ["The patient has said no.", "Ask them."]
    fault = ended(client, client.post("/api/quick?fault=fault", headers=CHANGE).json()["job"])
    assert fault["error"]["kind"] == "Fault"
    assert NAME not in str(fault)


def test_a_fault_in_a_job_is_written_down_without_its_words(site, client):
    for fault in ("fault", "consent", "invalid", "store"):
        ended(client, client.post(f"/api/quick?fault={fault}", headers=CHANGE).json()["job"])
    faults = [line for line in site.lines() if line["event"] == "fault"]
    assert [f["kind"] for f in faults] == ["ZeroDivisionError", "StoreError"]
    assert NAME not in site.out.getvalue()


def test_logging_out_stops_the_jobs_of_the_session(site, client):
    client.post("/api/work", headers=CHANGE)
    assert site.begun.wait(10)
    client.delete("/api/session", headers=CHANGE)
    for _ in range(1000):
        if site.serving.jobs.running() == 0:
            break
        threading.Event().wait(0.01)
    assert site.serving.jobs.running() == 0


def test_when_the_server_ends_its_jobs_end():
    site = Site()
    with site.client() as client:
        site.login(client)
        client.post("/api/work", headers=CHANGE)
        assert site.begun.wait(10)
    assert site.serving.jobs.running() == 0


def test_uvicorn_is_told_to_log_no_paths_and_to_trust_no_proxy(site):
    options = server_options(site.parts)
    assert options["access_log"] is False
    assert options["log_level"] == "warning"
    assert options["proxy_headers"] is False
    assert options["server_header"] is False
