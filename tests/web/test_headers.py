import pytest

from bodytwin.web.headers import Place
from tests.web.conftest import CHANGE, NAME, ORIGIN, Site

PATHS = [
    "/",
    "/healthz",
    "/openapi.json",
    "/metrics",
    "/api/me",
    "/api/no",
    "/no",
    "/api/patients/p/fault",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_tells_the_browser_what_it_may_do(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "http:" not in policy
    assert not [h for h in headers if h.startswith("access-control")]


@pytest.mark.parametrize("path", ["/api/me", "/api/no", "/api/patients/p/fault", "/openapi.json"])
def test_data_are_kept_by_no_cache_and_run_nothing(client, path):
    headers = client.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert "sandbox" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]


def test_the_page_may_load_from_its_own_server_only(client):
    policy = client.get("/").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "connect-src 'self' ws://127.0.0.1:8787;" in policy


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8787", "127.0.0.1.evil.example", "localhost.evil.example",
     "127.0.0.1@evil.example", "", "127.0.0.1:8787:1", "127.0.0.1:evil", "[::1", "[::1]evil",
     "127.0.0.2"],
)  # fmt: skip
def test_by_a_name_that_is_not_ours_nothing_is_answered(client, host):
    for path in ("/", "/api/me", "/healthz"):
        found = client.get(path, headers={"Host": host})
        assert found.status_code == 400
        assert not host or host not in found.text
        assert not host or host not in found.headers["content-security-policy"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "[::1]:8787", "127.0.0.1"])
def test_each_of_our_names_is_answered(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_two_names_at_once_are_none():
    place = Place()
    from starlette.datastructures import Headers

    from bodytwin.web.headers import fault

    twice = Headers(raw=[(b"host", b"localhost"), (b"host", b"localhost")])
    assert fault({"type": "http", "method": "GET", "path": "/"}, twice, place) is not None


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:8787", "http://127.0.0.1", "",
     "http://127.0.0.1:8788", "http://localhost:8787", "http://127.0.0.1:8787/", "file://"],
)  # fmt: skip
def test_another_page_changes_nothing(site, client, origin):
    for method, path in (
        ("POST", "/api/patients/p/compare"),
        ("DELETE", "/api/session"),
        ("POST", "/api/session"),
        ("PUT", "/api/me"),
        ("PATCH", "/api/me"),
    ):
        found = client.request(method, path, json={}, headers=CHANGE | {"Origin": origin})
        assert found.status_code == 403
    assert client.get("/api/me").status_code == 200


def test_a_browser_that_hides_its_origin_is_no_page_of_ours(client):
    found = client.post("/api/patients/p/compare", json={"count": 1}, headers={"X-Bodytwin": "1"})
    assert found.status_code == 403


@pytest.mark.parametrize("site_of", ["cross-site", "same-site"])
def test_what_the_browser_says_of_itself_counts(client, site_of):
    foreign = {"Sec-Fetch-Site": site_of, "Sec-Fetch-Mode": "cors"}
    assert client.get("/api/me", headers=foreign).status_code == 403
    link = {"Sec-Fetch-Site": site_of, "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=link).status_code == 200
    assert client.get("/api/me", headers=link).status_code == 403
    found = client.post("/api/patients/p/compare", json={"count": 1}, headers=CHANGE | foreign)
    assert found.status_code == 403


@pytest.mark.parametrize("mark", [None, "0", "true", ""])
def test_a_change_carries_our_header(client, mark):
    headers = {"Origin": ORIGIN} | ({} if mark is None else {"X-Bodytwin": mark})
    found = client.post("/api/patients/p/compare", json={"count": 1}, headers=headers)
    assert found.status_code == 403
    assert "X-Bodytwin" in found.json()["error"]["message"]
    good = client.post("/api/patients/p/compare", json={"count": 1}, headers=CHANGE)
    assert good.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_only_json_is_read_as_json(client, kind):
    headers = CHANGE | ({} if kind is None else {"Content-Type": kind})
    found = client.post("/api/patients/p/compare", content=b'{"count": 1}', headers=headers)
    assert found.status_code == 400


def test_other_origins_are_told_nothing_about_sharing(client):
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    found = client.options("/api/patients/p/compare", headers=asked)
    assert found.status_code in (403, 405)
    assert not [h for h in found.headers if h.startswith("access-control")]


def test_nothing_is_traced_back(client):
    assert client.request("TRACE", "/healthz", headers=CHANGE).status_code == 405


def test_under_another_name_by_https_only_that_name_is_ours():
    site = Site(place=Place(hosts=frozenset({"twin.example"}), https=True))
    client = site.client(base="https://twin.example")
    change = {"X-Bodytwin": "1", "Origin": "https://twin.example"}
    found = client.post("/api/session", json={"token": site.token.secret}, headers=change)
    assert found.status_code == 204
    assert client.get("/api/me").status_code == 200
    assert "wss://twin.example" in client.get("/").headers["content-security-policy"]
    assert client.get(f"/api/patients/{NAME}", headers={"Host": "localhost"}).status_code == 400
    plain = change | {"Origin": "http://twin.example"}
    assert client.delete("/api/session", headers=plain).status_code == 403
