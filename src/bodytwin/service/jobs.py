"""Long work: begun, watched, stopped and its result fetched, each by whoever began it."""

import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

from bodytwin.errors import BodytwinError, NotFoundError, Refusal
from bodytwin.numerics.inference.sample import Progress

Work = Callable[[Progress], object]
Leave = Callable[[], None]
NO_SUCH_JOB = "There is no such job, or it isn't yours. Results are kept for ten minutes."


class Stopped(BaseException):
    """Raised inside the work by its progress callback; no `except Exception` keeps it."""


class Busy(Refusal):
    """As much work runs as may run at once."""


class State(StrEnum):
    """How far a job has come."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job at one moment; `fraction` is the share done, 0 to 1."""

    id: str
    state: State
    message: str
    fraction: float
    result: object = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much at once, and for how long results are kept."""

    workers: int = 2
    most: int = 16
    most_of_one: int = 4
    keep_s: float = 600.0


@dataclass(slots=True, kw_only=True)
class _Held:
    owner: str
    allowed: Leave | None
    job: Job
    stop: threading.Event = field(default_factory=threading.Event)
    ended_at: float | None = None
    working: bool = True


class Jobs:
    """The jobs of everybody. A job answers to its owner only; to others it does not exist.

    Args:
        bounds: how many, and how long results stay.
        clock: seconds that only grow.
        fault: told of every error before its traceback is dropped, with what that holds.
    """

    def __init__(
        self,
        bounds: Bounds | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        fault: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        self._bounds = bounds or Bounds()
        self._fault = fault
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._pool = ThreadPoolExecutor(self._bounds.workers, thread_name_prefix="bodytwin-job")

    def start(self, owner: str, work: Work, *, allowed: Leave | None = None) -> str:
        """Begin `work`, which is given a progress callback; the id under which to ask for it.

        Args:
            owner: whose job it is.
            work: what is to be done; what it returns is the result.
            allowed: asked again before the result is handed out; raises where it may not be.
        """
        with self._lock:
            self._forget_old()
            self._require_room(owner)
            identity = secrets.token_urlsafe(16)
            job = Job(id=identity, state=State.RUNNING, message="Waiting", fraction=0.0)
            held = _Held(owner=owner, allowed=allowed, job=job)
            self._held[identity] = held
            self._pool.submit(self._run, held, work)
        return identity

    def look(self, owner: str, identity: str) -> Job:
        """How a job stands, with its result once done; NotFoundError for another's."""
        with self._lock:
            self._forget_old()
            held = self._own(owner, identity)
            job, allowed = held.job, held.allowed
        if job.state is State.DONE and allowed is not None:
            self._ask(identity, allowed)
        return job

    def stop(self, owner: str, identity: str) -> None:
        """End a job, at its next report of progress at the latest, and drop its result."""
        with self._lock:
            self._stop(self._own(owner, identity))

    def stop_all(self, owner: str) -> None:
        """End and forget every job of an owner, as when they log out."""
        with self._lock:
            for identity, held in list(self._held.items()):
                if held.owner == owner:
                    self._stop(held)
                    held.owner = ""
                    if not held.working:
                        del self._held[identity]

    def running(self) -> int:
        """How many jobs are at work or wait."""
        with self._lock:
            return sum(h.working for h in self._held.values())

    def tidy(self) -> None:
        """Drop results that were kept long enough."""
        with self._lock:
            self._forget_old()

    def close(self) -> None:
        """Stop every job and begin no other."""
        with self._lock:
            self._closed = True
            for held in self._held.values():
                self._stop(held)
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            self._held.clear()

    def _run(self, held: _Held, work: Work) -> None:
        if held.stop.is_set():
            return self._end(held, State.STOPPED)
        try:
            result = work(lambda what, share: self._report(held, what, share))
            self._end(held, State.DONE, result=result)
        except Stopped:
            self._end(held, State.STOPPED)
        except BaseException as error:
            self._fault(error)
            kept = error if isinstance(error, Exception) else BodytwinError("It was broken off.")
            self._end(held, State.FAILED, error=kept.with_traceback(None))
        return None

    def _report(self, held: _Held, what: str, share: float) -> None:
        if held.stop.is_set():
            raise Stopped
        share = min(max(share, 0.0), 1.0) if share == share else 0.0
        with self._lock:
            if held.job.state is State.RUNNING:
                held.job = _at(held.job, message=what, fraction=share)

    def _end(
        self, held: _Held, state: State, *, result: object = None, error: Exception | None = None
    ) -> None:
        with self._lock:
            held.working = False
            held.ended_at = self._clock()
            if held.job.state is not State.RUNNING:
                return
            fraction = 1.0 if state is State.DONE else held.job.fraction
            held.job = Job(
                id=held.job.id,
                state=state,
                message=held.job.message,
                fraction=fraction,
                result=result,
                error=error,
            )

    def _ask(self, identity: str, allowed: Leave) -> None:
        try:
            allowed()
        except BaseException:
            with self._lock:
                self._held.pop(identity, None)
            raise

    def _own(self, owner: str, identity: str) -> _Held:
        held = self._held.get(identity)
        if held is None or not owner or held.owner != owner:
            raise NotFoundError(NO_SUCH_JOB)
        return held

    def _stop(self, held: _Held) -> None:
        held.stop.set()
        held.job = Job(
            id=held.job.id,
            state=State.STOPPED,
            message="Stopped",
            fraction=held.job.fraction,
        )

    def _require_room(self, owner: str) -> None:
        if self._closed:
            raise Busy("The server is ending. Ask again when it runs.")
        if not owner:
            raise NotFoundError(NO_SUCH_JOB)
        alive = [h for h in self._held.values() if h.working]
        mine = sum(h.owner == owner for h in alive)
        if mine >= self._bounds.most_of_one:
            raise Busy(f"{mine} of your computations run already. Wait for one, or stop one.")
        if len(alive) >= self._bounds.most:
            raise Busy("Too many computations run already. Ask again in a moment.")

    def _forget_old(self) -> None:
        now, keep = self._clock(), self._bounds.keep_s
        for identity, held in list(self._held.items()):
            if held.ended_at is not None and (now - held.ended_at > keep or not held.owner):
                del self._held[identity]


def _at(job: Job, *, message: str, fraction: float) -> Job:
    return Job(id=job.id, state=job.state, message=message, fraction=fraction)
