import pytest

from bodytwin.web.headers import Place
from bodytwin.web.identity import Identity
from bodytwin.web.limits import Limits
from bodytwin.web.oidc import OidcVerifier
from bodytwin.web.session import COOKIE, Sessions, Spans
from tests.web import logins
from tests.web.conftest import CHANGE, LOCAL, NAME, ORIGIN, Site


def test_nobody_reaches_the_data_without_a_login(site):
    client = site.client()
    for path in ("/api/me", f"/api/patients/{NAME}", "/api/no-such-thing", "/api"):
        found = client.get(path)
        assert found.status_code == 401
        assert found.json()["error"]["kind"] == "NotLoggedIn"
    assert client.post("/api/import", headers=CHANGE).status_code == 401
    assert client.get("/healthz").json() == {"status": "ok"}


def test_the_token_opens_a_session_that_the_page_cannot_read(site):
    client = site.client()
    cookie = site.login(client).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie
    assert "Domain" not in cookie
    assert client.get("/api/me").json() == {"id": "local", "purpose": None}


@pytest.mark.parametrize(
    ("token", "status"),
    [("wrong", 401), ("", 401), (None, 400), (["x"], 400), ("x" * 20_000, 401)],
)
def test_a_wrong_token_opens_nothing(site, token, status):
    client = site.client()
    found = client.post("/api/session", json={"token": token}, headers=CHANGE)
    assert found.status_code == status
    assert "set-cookie" not in found.headers
    assert client.get("/api/me").status_code == 401


def test_the_local_token_is_of_no_use_from_another_machine(site):
    away = site.client(peer="10.0.0.7")
    found = away.post("/api/session", json={"token": site.token.secret}, headers=CHANGE)
    assert found.status_code == 401
    bearer = {"Authorization": f"Bearer {site.token.secret}"}
    assert away.get("/api/me", headers=bearer).status_code == 401


def test_a_planted_session_is_never_taken_over(site):
    client = site.client()
    planted = "planted-by-somebody-else"
    client.cookies.set(COOKIE, planted, domain="127.0.0.1")
    site.login(client)
    mine = client.cookies.get(COOKIE, path="/")
    other = site.client()
    other.cookies.set(COOKIE, planted)
    assert other.get("/api/me").status_code == 401
    assert mine != planted


def test_each_login_gives_a_new_id_and_ends_the_one_before(site):
    client = site.client()
    site.login(client)
    before = client.cookies[COOKIE]
    site.login(client)
    assert client.cookies[COOKIE] != before
    old = site.client()
    old.cookies.set(COOKIE, before)
    assert old.get("/api/me").status_code == 401
    assert client.get("/api/me").status_code == 200


def test_logging_out_ends_the_session_on_the_server(site, client):
    held = client.cookies[COOKIE]
    assert client.delete("/api/session", headers=CHANGE).status_code == 204
    again = site.client()
    again.cookies.set(COOKIE, held)
    assert again.get("/api/me").status_code == 401


def test_two_cookies_of_our_name_are_none(site, client):
    held = client.cookies[COOKIE]
    bare = site.client()
    twice = {"Cookie": f"{COOKIE}={held}; {COOKIE}={held}"}
    assert bare.get("/api/me", headers=twice).status_code == 401
    assert bare.get("/api/me", headers={"Cookie": f"{COOKIE}={held}"}).status_code == 200


def test_programs_show_their_token_with_each_request(site):
    client = site.client()
    bearer = {"Authorization": f"Bearer {site.token.secret}"}
    assert client.get("/api/me", headers=bearer).status_code == 200
    for wrong in ("Bearer", "Bearer ", "Basic abc", f"Bearer {site.token.secret}x"):
        assert client.get("/api/me", headers={"Authorization": wrong}).status_code == 401


def test_a_wrong_token_beside_a_good_cookie_opens_nothing(client):
    found = client.get("/api/me", headers={"Authorization": "Bearer wrong"})
    assert found.status_code == 401


def test_tries_to_log_in_are_slowed_down():
    site = Site(limits=Limits(login_burst=3, logins_per_s=0.01))
    client = site.client()
    for _ in range(3):
        assert client.post("/api/session", json={"token": "x"}, headers=CHANGE).status_code == 401
    found = client.post("/api/session", json={"token": site.token.secret}, headers=CHANGE)
    assert found.status_code == 429
    assert int(found.headers["retry-after"]) >= 1


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_sessions_end_when_idle_and_after_all_in_any_case():
    clock = Clock()
    ended = []
    sessions = Sessions(Spans(idle_s=100, longest_s=1000), clock=clock, ended=ended.append)
    secret = sessions.begin(LOCAL)
    for _ in range(10):
        clock.now += 99
        assert sessions.find(secret) is not None
    clock.now += 11
    assert sessions.find(secret) is None
    assert len(ended) == 1
    other = sessions.begin(LOCAL)
    clock.now += 101
    assert sessions.find(other) is None
    clock.now -= 101
    assert sessions.find(other) is None


def test_a_session_never_outlives_its_token():
    clock = Clock()
    sessions = Sessions(clock=clock)
    secret = sessions.begin(Identity(actor=LOCAL.actor, until=1060.0))
    clock.now = 1059
    found = sessions.find(secret)
    assert found is not None
    assert sessions.keep(found[1])
    clock.now = 1060
    assert not sessions.keep(found[1])
    assert sessions.find(secret) is None


def test_there_is_a_most_of_sessions_and_the_oldest_goes():
    clock = Clock()
    sessions = Sessions(Spans(most=3), clock=clock)
    held = []
    for _ in range(4):
        clock.now += 1
        held.append(sessions.begin(LOCAL))
    assert [sessions.find(s) is not None for s in held] == [False, True, True, True]


def test_the_server_does_not_keep_what_would_open_a_session():
    sessions = Sessions()
    secret = sessions.begin(LOCAL)
    assert secret not in repr(vars(sessions))


@pytest.fixture
def clinic():
    verify = OidcVerifier(
        issuer=logins.ISSUER,
        audience=logins.AUDIENCE,
        jwks=logins.public(logins.RSA),
        clock=lambda: logins.NOW,
    )
    return Site(verify=verify)


def bearing(**claims):
    return {"Authorization": f"Bearer {logins.token(logins.said(**claims))}"}


def test_a_purpose_beyond_the_token_is_refused(clinic):
    client = clinic.client()
    headers = bearing(purpose_of_use=["TREAT"])
    path = f"/api/patients/{NAME}"
    assert client.get(path, headers=headers | {"X-Purpose": "TREATDS"}).status_code == 200
    for purpose in ("HRESCH", "PATRQT", "treatds", "BTG", "", "x" * 200):
        found = client.get(path, headers=headers | {"X-Purpose": purpose})
        assert found.status_code == 403
    assert client.get(path, headers=headers).status_code == 403
    assert client.get("/api/me", headers=headers).status_code == 200


def test_two_purposes_at_once_are_none(clinic):
    headers = [*bearing(purpose_of_use=["TREAT"]).items(), ("X-Purpose", "TREATDS")]
    client = clinic.client()
    path = f"/api/patients/{NAME}"
    assert client.get(path, headers=headers).status_code == 200
    assert client.get(path, headers=[*headers, ("X-Purpose", "TREATDS")]).status_code == 403


def test_only_the_person_at_this_computer_may_leave_the_purpose_out(clinic, site, client):
    assert clinic.client().get("/api/me", headers=bearing()).json()["purpose"] == ""
    assert client.get("/api/me").json()["purpose"] is None


def test_a_token_for_one_patient_reaches_no_other_on_any_route(clinic):
    client = clinic.client()
    headers = bearing(bodytwin_role=None, fhirUser="Patient/p-1", scope="patient/*.rs")
    headers |= {"X-Purpose": "PATRQT"}
    assert client.get("/api/patients/p-1", headers=headers).status_code == 200
    other = client.get("/api/patients/p-2", headers=headers)
    absent = client.get("/api/patients/p-1/absent", headers=headers)
    assert (other.status_code, other.content) == (404, absent.content)


def test_a_token_that_reads_changes_nothing_on_any_route(clinic):
    client = clinic.client()
    headers = bearing(bodytwin_role=None, fhirUser="Patient/p-1", scope="patient/*.rs")
    headers |= {"X-Purpose": "PATRQT", "X-Bodytwin": "1"}
    body = {"count": 1}
    assert client.post("/api/patients/p-1/compare", json=body, headers=headers).status_code == 200
    assert client.post("/api/patients/p-1/erase", json=body, headers=headers).status_code == 403
    assert client.post("/api/import", content=b"x", headers=headers).status_code == 403


def test_an_expired_token_says_so_and_nothing_else(clinic):
    found = clinic.client().get(
        "/api/me", headers=bearing(iat=logins.NOW - 900, exp=logins.NOW - 300)
    )
    assert found.status_code == 401
    assert "expired" in found.json()["error"]["message"]
    assert found.headers["www-authenticate"] == "Bearer"


def test_by_https_the_cookie_is_secure():
    site = Site(place=Place(https=True))
    client = site.client(base=ORIGIN.replace("http", "https"))
    headers = CHANGE | {"Origin": ORIGIN.replace("http", "https")}
    found = client.post("/api/session", json={"token": site.token.secret}, headers=headers)
    assert "Secure" in found.headers["set-cookie"]
    assert "max-age" in found.headers["strict-transport-security"]


def test_a_session_belongs_to_its_actor(clinic):
    assert clinic.client().get("/api/me", headers=bearing(sub="u-99")).json()["id"].endswith("u-99")
