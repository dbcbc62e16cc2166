import json

import pytest

from bodytwin.web.metrics import Metrics
from tests.web.conftest import CHANGE, NAME


def requests(site):
    return [line for line in site.lines() if line["event"] == "request"]


def test_a_line_holds_the_route_and_never_the_path(site, client):
    client.get(f"/api/patients/{NAME}?note={NAME}", headers={"User-Agent": NAME, "X-Purpose": NAME})
    client.get(f"/{NAME}")
    client.get(f"/api/{NAME}")
    client.request(NAME.upper(), "/healthz", headers=CHANGE)
    found = requests(site)[-4:]
    assert [(x["route"], x["status"]) for x in found] == [
        ("/api/patients/{patient}", 200),
        ("unmatched", 404),
        ("unmatched", 404),
        ("/healthz", 405),
    ]
    assert found[0]["role"] == "local"
    assert found[3]["method"] == "other"
    assert NAME not in site.out.getvalue()
    assert NAME.upper() not in site.out.getvalue()
    assert set(found[0]) == {"time", "event", "method", "route", "status", "ms", "role"}


def test_no_line_holds_what_opens_a_session(site, client):
    client.get("/api/me", headers={"Authorization": f"Bearer {site.token.secret}"})
    client.get(f"/?token={site.token.secret}")
    held = client.cookies["bodytwin"]
    assert site.token.secret not in site.out.getvalue()
    assert held not in site.out.getvalue()


def test_a_fault_is_written_with_its_place_and_without_its_words(site, client):
    client.get(f"/api/patients/{NAME}/fault")
    fault = next(line for line in site.lines() if line["event"] == "fault")
    assert fault["kind"] == "ZeroDivisionError"
    assert any("conftest.py" in place for place in fault["at"])
    assert NAME not in json.dumps(fault)


def test_what_the_store_holds_wrongly_is_written_and_a_refusal_is_not(site, client):
    for what in ("consent", "absent", "invalid", "store", "numerical"):
        client.get(f"/api/patients/{NAME}/{what}")
    kinds = [line["kind"] for line in site.lines() if line["event"] == "fault"]
    assert kinds == ["StoreError", "NumericalError"]


def test_refused_requests_are_written_too(site):
    site.client().get("/", headers={"Host": "evil.example"})
    (line,) = requests(site)
    assert (line["status"], line["role"], line["route"]) == (400, None, "unmatched")


@pytest.mark.parametrize("data", ["a\nb", 'a"b', "é\u2028"])
def test_each_line_is_one_line(site, data):
    site.parts.log.line("test", said=data)
    (line,) = site.out.getvalue().splitlines()
    assert json.loads(line)["said"] == data
    assert line.isascii()


def test_metrics_count_by_route_and_name_nobody(site, client):
    for _ in range(3):
        client.get(f"/api/patients/{NAME}")
    client.get(f"/api/patients/{NAME}/fault")
    text = client.get("/metrics").text
    route = 'route="/api/patients/{patient}"'
    assert f'bodytwin_requests_total{{method="GET",{route},status="200"}} 3' in text
    assert f"bodytwin_request_seconds_count{{{route}}} 3" in text
    assert f'bodytwin_request_seconds_bucket{{{route},le="+Inf"}} 3' in text
    assert "bodytwin_sessions_open 1" in text
    assert "bodytwin_jobs_running 0" in text
    assert NAME not in text


def test_metrics_are_for_this_computer_only(site):
    away = site.client(peer="10.0.0.7")
    assert away.get("/metrics").status_code == 404
    assert site.client().get("/metrics").status_code == 200


def test_metrics_are_in_the_format_that_prometheus_reads():
    metrics = Metrics({"jobs_running": lambda: 2.0})
    metrics.request("GET", '/odd"route\\', 200, 0.003)
    metrics.request("GET", "/a", 200, 99.0)
    metrics.lag(0.02)
    metrics.frame("taken")
    seen = {}
    for line in metrics.text().splitlines():
        if line.startswith("#"):
            assert line.split()[1] in ("HELP", "TYPE")
            continue
        name, value = line.rsplit(" ", 1)
        seen[name] = float(value)
    assert seen['bodytwin_request_seconds_bucket{route="/a",le="10"}'] == 0
    assert seen['bodytwin_request_seconds_bucket{route="/a",le="+Inf"}'] == 1
    assert seen['bodytwin_live_lag_seconds_bucket{le="0.025"}'] == 1
    assert seen["bodytwin_live_lag_seconds_count"] == 1
    assert seen['bodytwin_live_frames_total{outcome="taken"}'] == 1
    assert seen["bodytwin_jobs_running"] == 2
    assert seen['bodytwin_requests_total{method="GET",route="/odd\\"route\\\\",status="200"}'] == 1
