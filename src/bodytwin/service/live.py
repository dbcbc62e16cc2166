"""Live data of many patients: sensors send, watchers follow, and leave is asked for all along.

Nothing here waits: a sensor is never held up by whoever watches, and what may
take time (asking for leave, estimating) is done outside the lock. Safe to use
from several threads. Not for: sockets and bytes, which the web does.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from bodytwin.errors import InvalidInputError, Refusal
from bodytwin.service.live_leave import Leave, Permit
from bodytwin.service.live_order import Outcome
from bodytwin.service.live_stream import Bounds, Stream, TooFast
from bodytwin.service.live_values import (
    Channel,
    Estimate,
    Event,
    Frame,
    Gap,
    Hello,
    Samples,
    State,
    StateNow,
    Window,
    require_channels,
)
from bodytwin.service.live_watch import End, Subscription

__all__ = [
    "Bounds",
    "Channel",
    "End",
    "Estimate",
    "Event",
    "Frame",
    "Gap",
    "Hello",
    "Hub",
    "Outcome",
    "Sensor",
    "State",
    "StateNow",
    "TooFast",
    "Watcher",
]
LONGEST_SESSION = 64


class Estimator(Protocol):
    """Makes something out from the newest samples of a channel."""

    quantity: str
    """Quantity of the channels that it reads."""
    window_s: float

    def __call__(self, window: Window) -> Estimate:
        """What can be said now; without a value, why nothing can."""
        ...


class Sensor:
    """One sensor that sends."""

    def __init__(self, hub: "Hub", stream: Stream, session: str, leave: Leave) -> None:
        self._hub, self._stream, self._session, self.leave = hub, stream, session, leave

    @property
    def acknowledged(self) -> int:
        """Number of the last frame that need not be sent again."""
        with self._hub.lock:
            return self._stream.acknowledged

    @property
    def replaced(self) -> bool:
        """Whether another sensor sends in its place, or everything was dropped."""
        return self._stream.session != self._session

    def of(self, stream: Stream) -> bool:
        """Whether it sends to a stream."""
        return stream is self._stream

    def accept(self, seq: int, t0_ms: float, values: Samples) -> Outcome:
        """Take one frame; refused while leave is due."""
        with self._hub.lock:
            if self.leave.due or self.replaced:
                return Outcome.REFUSED
            return self._stream.accept(seq, t0_ms, values)

    def gone(self, words: str = "") -> None:
        """The connection is gone; with words, for good."""
        with self._hub.lock:
            self._hub.sensors.discard(self)
            if self.replaced or any(s.of(self._stream) for s in self._hub.sensors):
                return
            if words:
                self._stream.stop(words)
            else:
                self._stream.pause()


class Watcher:
    """One who follows."""

    def __init__(self, hub: "Hub", stream: Stream, subscription: Subscription) -> None:
        self._hub, self._stream, self._subscription = hub, stream, subscription

    @property
    def leave(self) -> Leave:
        """The leave to watch."""
        return self._subscription.leave

    @property
    def end(self) -> End | None:
        """Why it is over, or None."""
        return self._subscription.end

    def take(self) -> tuple[Event, ...]:
        """Everything that waits; nothing while leave is due."""
        with self._hub.lock:
            return self._subscription.take()

    def renew(self) -> bool:
        """Ask for leave again; it may take a moment. False where it is over."""
        if self.leave.renew():
            return True
        with self._hub.lock:
            self._subscription.finish(End.REFUSED)
        return False

    def leaves(self) -> None:
        """Follow no more."""
        with self._hub.lock:
            self._subscription.finish(End.LEFT)
            if self._subscription in self._stream.watchers:
                self._stream.watchers.remove(self._subscription)


class Hub:
    """All streams of this server, in memory.

    Args:
        bounds: what is kept and borne.
        clock: seconds that only grow.
        wall: unix seconds.
        estimators: what is made out from the samples, once for each `estimate`.
    """

    def __init__(
        self,
        bounds: Bounds | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        estimators: Sequence[Estimator] = (),
    ) -> None:
        self._bounds = bounds or Bounds()
        self._clock, self._wall, self._estimators = clock, wall, tuple(estimators)
        self._streams: dict[str, Stream] = {}
        self.sensors: set[Sensor] = set()
        self.lock = threading.RLock()
        self._closed = False
        self._rechecks = 0

    def attach(
        self, patient: str, session: str, channels: Sequence[Channel], *, permit: Permit
    ) -> Sensor:
        """Begin to send; ConsentError without leave, Refusal where another sensor sends."""
        good = require_channels(channels)
        if not 0 < len(session) <= LONGEST_SESSION or not session.isprintable():
            raise InvalidInputError("A session of a sensor has a name of 1 to 64 characters.")
        asked = self._rechecks
        leave = self._leave(permit)
        with self.lock:
            stream = self._stream(patient)
            if stream.sending and stream.state.state is State.LIVE and stream.session != session:
                raise Refusal("Another sensor sends for this patient. End it first.")
            stream.begin(session, good)
            sensor = Sensor(self, stream, session, leave)
            self.sensors.add(sensor)
            self._recheck_since(asked, leave)
            return sensor

    def watch(
        self, patient: str, *, after: int = -1, permit: Permit, wake: Callable[[], None]
    ) -> Watcher:
        """Begin to follow; ConsentError without leave.

        Args:
            patient: whose data.
            after: the last number that was seen; -1 for none.
            permit: asked now and at least every `leave_s` seconds.
            wake: called, from any thread, when there is something to do.
        """
        asked = self._rechecks
        leave = self._leave(permit)
        with self.lock:
            stream = self._stream(patient)
            if len(stream.watchers) >= self._bounds.watchers:
                raise Refusal("Too many follow this patient's data already. Close another page.")
            subscription = Subscription(leave, wake=wake, most=self._bounds.backlog)
            stream.watch(subscription, after)
            self._recheck_since(asked, leave)
            return Watcher(self, stream, subscription)

    def tick(self) -> None:
        """To be called a few times each second: stale data, stragglers, what is forgotten."""
        with self.lock:
            for patient, stream in list(self._streams.items()):
                stream.tick()
                idle = self._clock() - stream.touched
                if idle <= self._bounds.forget_s or stream.sending:
                    continue
                stream.empty()
                if not stream.watchers:
                    del self._streams[patient]

    def estimate(self) -> None:
        """Make out what can be from the newest samples, and tell those who follow."""
        for estimator in self._estimators:
            for stream, window in self._windows(estimator):
                found = estimator(window)
                with self.lock:
                    if stream.state.state is State.LIVE:
                        stream.tell(found)

    def recheck(self, patient: str) -> None:
        """Have all leave for a patient asked for at once, as after a consent was changed."""
        with self.lock:
            self._rechecks += 1
            stream = self._streams.get(patient)
            if stream is None:
                return
            for watcher in stream.watchers:
                watcher.nudge()
            for sensor in self.sensors:
                if sensor.of(stream):
                    sensor.leave.expire()

    def forget(self, patient: str) -> None:
        """Drop all data of a patient and let everybody go, as after they were erased."""
        with self.lock:
            stream = self._streams.pop(patient, None)
            if stream is not None:
                stream.session = ""
                stream.clear(End.CLOSING)

    def is_live(self, patient: str) -> bool:
        """Whether data of a patient come in now."""
        with self.lock:
            stream = self._streams.get(patient)
            return stream is not None and stream.state.state is State.LIVE

    def counts(self) -> tuple[int, int]:
        """How many sensors send, and how many follow."""
        with self.lock:
            return len(self.sensors), sum(len(s.watchers) for s in self._streams.values())

    def close(self) -> None:
        """Let everybody go and begin nothing."""
        with self.lock:
            self._closed = True
            for patient in list(self._streams):
                self.forget(patient)

    def _recheck_since(self, asked: int, leave: Leave) -> None:
        """A consent that changed while leave was asked for makes it due again."""
        if asked != self._rechecks:
            leave.expire()

    def _leave(self, permit: Permit) -> Leave:
        leave = Leave(permit, every_s=self._bounds.leave_s, clock=self._clock)
        leave.require()
        return leave

    def _stream(self, patient: str) -> Stream:
        if self._closed:
            raise Refusal("The server is ending. Ask again when it runs.")
        found = self._streams.get(patient)
        if found is None:
            if len(self._streams) >= self._bounds.streams:
                raise Refusal("Too many live streams run already. Ask again later.")
            found = Stream(self._bounds, clock=self._clock, wall=self._wall)
            self._streams[patient] = found
        return found

    def _windows(self, estimator: Estimator) -> list[tuple[Stream, Window]]:
        with self.lock:
            found = [
                (s, s.window(i, estimator.window_s))
                for s in self._streams.values()
                for i, c in enumerate(s.channels)
                if c.quantity == estimator.quantity and s.watchers
            ]
        return [(s, w) for s, w in found if w is not None]
