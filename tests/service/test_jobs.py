import threading

import pytest

from bodytwin.errors import ConsentError, MissingDataError, NotFoundError
from bodytwin.service.jobs import Bounds, Busy, Jobs, State

SOON = 10.0


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def jobs(clock):
    made = Jobs(Bounds(workers=2, most=3, most_of_one=2), clock=lambda: clock[0])
    yield made
    made.close()


class Held:
    """Work that waits until it is let go, reporting progress on the way."""

    def __init__(self, result="result"):
        self.begun, self.go, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.result, self.swallowed = result, False

    def __call__(self, progress):
        try:
            progress("Half way", 0.5)
            self.begun.set()
            while not self.go.wait(0.002):
                try:
                    progress("Half way", 0.5)
                except Exception:
                    self.swallowed = True
            return self.result
        finally:
            self.ended.set()


def finished(jobs, owner, identity):
    for _ in range(2000):
        job = jobs.look(owner, identity)
        if job.state is not State.RUNNING:
            return job
        threading.Event().wait(0.002)
    raise AssertionError("the job did not end")


def idle(jobs):
    while jobs.running():
        threading.Event().wait(0.002)


def test_a_job_tells_how_far_it_is_and_then_its_result(jobs):
    work = Held({"answer": 42})
    identity = jobs.start("me", work)
    assert work.begun.wait(SOON)
    job = jobs.look("me", identity)
    assert (job.state, job.message, job.fraction) == (State.RUNNING, "Half way", 0.5)
    assert job.result is None
    work.go.set()
    done = finished(jobs, "me", identity)
    assert (done.state, done.fraction, done.result) == (State.DONE, 1.0, {"answer": 42})


def test_a_job_of_another_does_not_exist(jobs):
    work = Held()
    identity = jobs.start("me", work)
    said = []
    for ask in (jobs.look, jobs.stop):
        for owner, name in (("you", identity), ("me", "no-such-job"), ("", identity)):
            with pytest.raises(NotFoundError) as caught:
                ask(owner, name)
            said.append(str(caught.value))
    assert len(set(said)) == 1
    assert not work.ended.is_set()
    work.go.set()


def test_ids_cannot_be_guessed(jobs):
    found = {jobs.start(f"owner {i}", lambda p: 1) for i in range(3)}
    assert len(found) == 3
    assert all(len(i) >= 20 for i in found)


def test_a_stopped_job_ends_even_where_the_work_catches_errors(jobs):
    work = Held()
    identity = jobs.start("me", work)
    assert work.begun.wait(SOON)
    jobs.stop("me", identity)
    assert jobs.look("me", identity).state is State.STOPPED
    assert work.ended.wait(SOON)
    assert not work.swallowed
    assert jobs.look("me", identity).result is None


def test_a_result_that_comes_after_the_stop_is_dropped(jobs):
    begun, go = threading.Event(), threading.Event()

    def deaf(progress):
        begun.set()
        go.wait(SOON)
        return "secret"

    identity = jobs.start("me", deaf)
    assert begun.wait(SOON)
    jobs.stop("me", identity)
    go.set()
    idle(jobs)
    job = jobs.look("me", identity)
    assert (job.state, job.result) == (State.STOPPED, None)


def test_a_job_that_is_stopped_while_it_waits_never_begins(jobs):
    ahead = [Held(), Held()]
    for owner, work in zip("ab", ahead, strict=True):
        jobs.start(owner, work)
    done = []
    identity = jobs.start("me", lambda p: done.append(1))
    jobs.stop("me", identity)
    for work in ahead:
        work.go.set()
    idle(jobs)
    assert not done


def test_a_refusal_is_kept_as_it_was_said(jobs):
    def work(progress):
        raise MissingDataError("The record has no weight.")

    job = finished(jobs, "me", jobs.start("me", work))
    assert job.state is State.FAILED
    assert isinstance(job.error, MissingDataError)
    assert job.error.__traceback__ is None


def test_results_are_kept_for_ten_minutes(jobs, clock):
    identity = jobs.start("me", lambda p: 1)
    finished(jobs, "me", identity)
    clock[0] += 599
    assert jobs.look("me", identity).result == 1
    clock[0] += 2
    with pytest.raises(NotFoundError):
        jobs.look("me", identity)


def test_leave_taken_back_meanwhile_keeps_the_result_in(jobs):
    leave = []

    def allowed():
        if not leave:
            raise ConsentError("The patient has taken their leave back.")

    identity = jobs.start("me", lambda p: "secret", allowed=allowed)
    with pytest.raises(ConsentError):
        finished(jobs, "me", identity)
    leave.append(True)
    with pytest.raises(NotFoundError):
        jobs.look("me", identity)


def test_there_is_a_most_for_one_and_for_all(jobs):
    works = [Held() for _ in range(3)]
    jobs.start("me", works[0])
    jobs.start("me", works[1])
    with pytest.raises(Busy, match="2 of your"):
        jobs.start("me", lambda p: 1)
    jobs.start("you", works[2])
    with pytest.raises(Busy, match="Too many"):
        jobs.start("her", lambda p: 1)
    assert jobs.running() == 3
    for work in works:
        work.go.set()


def test_logging_out_ends_the_jobs_and_drops_their_results(jobs):
    work = Held()
    running = jobs.start("me", work)
    other = jobs.start("you", lambda p: 2)
    assert work.begun.wait(SOON)
    jobs.stop_all("me")
    assert work.ended.wait(SOON)
    with pytest.raises(NotFoundError):
        jobs.look("me", running)
    assert finished(jobs, "you", other).result == 2


def test_closing_stops_all_and_begins_nothing():
    jobs = Jobs(Bounds(workers=1))
    work, waiting = Held(), Held()
    jobs.start("me", work)
    jobs.start("me", waiting)
    assert work.begun.wait(SOON)
    jobs.close()
    assert work.ended.is_set()
    assert not waiting.begun.is_set()
    with pytest.raises(Busy):
        jobs.start("me", work)


@pytest.mark.parametrize(("share", "shown"), [(-1, 0), (7, 1), (float("nan"), 0)])
def test_the_share_done_is_a_share(jobs, share, shown):
    told, go = threading.Event(), threading.Event()

    def work(progress):
        progress("So far", share)
        told.set()
        go.wait(SOON)

    identity = jobs.start("me", work)
    assert told.wait(SOON)
    assert jobs.look("me", identity).fraction == shown
    go.set()
