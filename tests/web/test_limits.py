import pytest

from bodytwin.service.jobs import Bounds, Jobs
from bodytwin.web.errors import Problem
from bodytwin.web.limits import Buckets, Limits, Places
from tests.web.conftest import CHANGE, Site

SMALL = Limits(body_bytes=1000, larger={"/api/import": 5000})


@pytest.fixture
def small():
    site = Site(limits=SMALL)
    client = site.client()
    site.login(client)
    return client


def pieces(count, size):
    yield from (b"x" * size for _ in range(count))


def test_a_body_that_says_it_is_too_large_is_not_read(small):
    found = small.post("/api/patients/p/compare", content=b" " * 1001, headers=CHANGE)
    assert found.status_code == 413
    assert found.json()["error"]["kind"] == "TooLarge"


def test_a_body_that_nobody_reads_is_refused_all_the_same(small):
    assert small.post("/api/quick", content=b" " * 1001, headers=CHANGE).status_code == 413


def test_a_body_that_turns_out_too_large_is_cut_off(small):
    kind = CHANGE | {"Content-Type": "application/json"}
    found = small.post("/api/patients/p/compare", content=pieces(11, 100), headers=kind)
    assert found.status_code == 413
    assert found.json()["error"]["kind"] == "TooLarge"
    streamed = small.post("/api/import", content=pieces(51, 100), headers=CHANGE)
    assert streamed.status_code == 413


def test_where_files_are_brought_more_may_be_sent(small):
    assert small.post("/api/import", content=pieces(50, 100), headers=CHANGE).json()["size"] == 5000
    assert small.post("/api/import", content=b"x" * 5000, headers=CHANGE).json()["size"] == 5000


@pytest.mark.parametrize("length", ["-1", "1e3", "x", "²", "9" * 30, " "])
def test_a_length_that_is_no_length_is_refused(small, length):
    headers = CHANGE | {"Content-Length": length.encode()}
    found = small.post("/api/import", content=b"", headers=headers)
    assert found.status_code in (400, 413)


def test_too_many_requests_wait():
    site = Site(limits=Limits(per_s=0.001, burst=5))
    client = site.client()
    site.login(client)
    assert [client.get("/api/me").status_code for _ in range(6)] == [200] * 5 + [429]
    assert int(client.get("/api/me").headers["retry-after"]) > 1
    assert client.get("/healthz").status_code == 200
    other = site.client()
    site.login(other)
    assert other.get("/api/me").status_code == 200


def test_who_is_not_known_is_slowed_down_too():
    client = Site(limits=Limits(per_s=0.001, burst=5)).client()
    found = [client.get("/api/me").status_code for _ in range(6)]
    assert found == [401] * 5 + [429]


def test_buckets_fill_again_and_are_bounded():
    now = [0.0]
    buckets = Buckets(2.0, 4, clock=lambda: now[0], most=3)
    assert [buckets.take("a") > 0 for _ in range(5)] == [False] * 4 + [True]
    now[0] += 0.5
    assert [buckets.take("a") > 0 for _ in range(2)] == [False, True]
    with pytest.raises(Problem) as caught:
        buckets.require("a")
    assert caught.value.status == 429
    for name in "bcdefg":
        buckets.take(name)
    assert buckets.take("a") == 0


def test_places_are_bounded_in_all_and_for_each():
    places = Places(3, 2)
    assert [places.take("a") for _ in range(3)] == [True, True, False]
    assert [places.take("b") for _ in range(2)] == [True, False]
    places.free("a")
    assert places.take("b")
    places.free("nobody")
    assert places.open() == 3


def test_more_jobs_than_may_run_are_refused_with_a_time_to_wait():
    site = Site(jobs=Jobs(Bounds(workers=1, most=1)))
    client = site.client()
    site.login(client)
    job = client.post("/api/work", headers=CHANGE).json()["job"]
    found = client.post("/api/work", headers=CHANGE)
    assert found.status_code == 429
    assert found.json()["error"]["reasons"]
    assert "retry-after" in found.headers
    client.delete(f"/api/jobs/{job}", headers=CHANGE)
    site.serving.jobs.close()
