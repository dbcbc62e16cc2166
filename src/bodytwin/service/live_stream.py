"""One patient's live data: taken in order, kept for ten minutes, handed on. Used under a lock.

Numbers of frames grow across sessions of sensors, so a watcher can always say
what it has seen last.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bodytwin.errors import InvalidInputError, Refusal
from bodytwin.service.live_order import Order, Outcome
from bodytwin.service.live_values import (
    Channel,
    Event,
    Frame,
    Gap,
    Hello,
    Samples,
    State,
    StateNow,
    Window,
)
from bodytwin.service.live_watch import End, Subscription

NOBODY = StateNow(state=State.ENDED, words="No sensor sends now.")
LIVE = StateNow(state=State.LIVE, words="Data come in.")
FRAME_BYTES = 512
"""What a frame takes beside its samples, rounded up."""


class TooFast(Refusal):
    """A sensor sends far more than it said it would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is kept and borne.

    Args:
        keep_s: seconds of data that are kept, if they are not more than `most_bytes`.
        stale_s: without a frame for longer, data are stale.
        ahead_s: by how much a sensor's clock may run ahead.
        behind_s: from which on it is said that it runs behind.
        hold_s: how long a frame that comes early is held.
        leave_s: how often leave is asked for again.
        forget_s: after how long without a frame everything is dropped.
        frames_per_s: pace of frames that is borne, with a burst of ten seconds' worth.
        catch_up: seconds of data that are borne in a second, with a burst of `keep_s`.
        longest_frame_s: seconds of data that one frame may hold.
        backlog: events that may wait for a watcher.
    """

    keep_s: float = 660.0
    most_bytes: int = 64_000_000
    stale_s: float = 2.0
    ahead_s: float = 5.0
    behind_s: float = 5.0
    hold_s: float = 1.0
    leave_s: float = 30.0
    forget_s: float = 900.0
    frames_per_s: float = 100.0
    catch_up: float = 4.0
    longest_frame_s: float = 10.0
    backlog: int = 256
    streams: int = 64
    watchers: int = 32

    def require_room(self, channels: tuple[Channel, ...]) -> None:
        """InvalidInputError unless ten minutes of a sensor fit."""
        need = _bytes_per_s(channels) * self.keep_s + FRAME_BYTES * self.frames_per_s * self.keep_s
        if need > self.most_bytes:
            raise InvalidInputError(
                "The sensor has more data than can be kept for ten minutes. Send fewer channels, "
                "or at a lower rate."
            )


class Pace:
    """How much may come: filled steadily up to a burst, TooFast below nothing."""

    def __init__(self, per_s: float, burst: float, *, clock: Callable[[], float]) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._left, self._at = burst, clock()

    def take(self, amount: float) -> None:
        """Take an amount, or refuse."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s) - amount
        self._at = now
        if self._left < 0:
            raise TooFast("The sensor sends far more than it said it would.")


class Stream:
    """The data of one patient and those who follow them."""

    def __init__(self, bounds: Bounds, *, clock: Callable[[], float], wall: Callable[[], float]):
        self._bounds, self._clock, self._wall = bounds, clock, wall
        self.session = ""
        self.channels: tuple[Channel, ...] = ()
        self.state = NOBODY
        self.watchers: list[Subscription] = []
        self.sending = False
        self.touched = clock()
        self._order: Order[Frame] = Order(hold_s=bounds.hold_s)
        self._offset = 0
        self._ring: deque[Frame] = deque()
        self._bytes = 0
        self._began = 0
        self._frames, self._data = self._paces()

    @property
    def next(self) -> int:
        """Number of the next frame."""
        return self._offset + self._order.next

    @property
    def acknowledged(self) -> int:
        """The sensor's number of the last frame that need not be sent again; -1 for none."""
        return self._order.next - 1

    def begin(self, session: str, channels: tuple[Channel, ...]) -> None:
        """A sensor begins, or comes back where it was."""
        self._bounds.require_room(channels)
        self.sending = True
        if session == self.session and channels == self.channels:
            return
        self._offset = self.next
        self._began = self._offset
        self._order = Order(hold_s=self._bounds.hold_s)
        self.session, self.channels = session, channels
        self._frames, self._data = self._paces()
        self._tell(self.hello())

    def hello(self) -> Hello:
        """Who sends now."""
        return Hello(session=self.session, channels=self.channels, next=self.next)

    def accept(self, seq: int, t0_ms: float, values: Samples) -> Outcome:
        """Take a frame from the sensor; TooFast where it sends far more than it said."""
        now, wall_ms = self._clock(), self._wall() * 1000
        self._frames.take(1)
        self._data.take(values.shape[-1] / self.channels[0].rate_hz)
        usable = self._usable(t0_ms, values, wall_ms)
        frame = Frame(seq=seq, t0_ms=t0_ms, received_ms=wall_ms, values=values) if usable else None
        outcome = self._order.offer(seq, frame, now)
        self._drain(now)
        return outcome

    def tick(self) -> None:
        """Let go what waited long enough, and say when data are stale."""
        now = self._clock()
        self._drain(now)
        if self.state.state is State.LIVE and now - self.touched > self._bounds.stale_s:
            words = f"No data for more than {self._bounds.stale_s:g} s. What is shown is old."
            self._say(StateNow(state=State.STALE, words=words))

    def pause(self) -> None:
        """The sensor is gone without a word."""
        self.sending = False

    def stop(self, words: str) -> None:
        """The sensor has ended, or may send no more."""
        self.sending = False
        self._drain(math.inf)
        self._say(StateNow(state=State.ENDED, words=words))

    def watch(self, watcher: Subscription, after: int) -> None:
        """Add one who follows, with everything that is kept after a number."""
        kept = list(self._ring)
        events: list[Event] = [self.hello(), self.state]
        if -1 < after < self.next - 1 or after == -1:
            kept = [f for f in kept if f.seq > after]
            first = kept[0].seq if kept else self.next
            if after >= 0 and first - (kept[0].gap if kept else 0) > after + 1:
                events.append(Gap(first=after + 1, last=first - 1))
        elif after == self.next - 1:
            kept = []
        watcher.begin([*events, *kept])
        self.watchers.append(watcher)

    def tell(self, event: Event) -> None:
        """Hand an event to everybody who follows."""
        self._tell(event)

    def window(self, channel: int, longest_s: float) -> Window | None:
        """The newest samples of a channel back to the last gap, where data are live."""
        if self.state.state is not State.LIVE or not self._ring:
            return None
        rate, pieces, length = self.channels[channel].rate_hz, list[Samples](), 0
        following: Frame | None = None
        for frame in reversed(self._ring):
            if following is not None and not _follows(frame, following, rate):
                break
            if frame.seq < self._began:
                break
            pieces.append(frame.values[channel])
            length += frame.values.shape[1]
            following = frame
            if length >= longest_s * rate:
                break
        if not pieces:
            return None
        values = np.concatenate(pieces[::-1])[-int(longest_s * rate) :]
        last = self._ring[-1]
        end = last.t0_ms + (last.values.shape[1] - 1) / rate * 1000
        return Window(channel=self.channels[channel], values=values, seq=last.seq, end_ms=end)

    def empty(self) -> None:
        """Drop what is kept."""
        self._ring.clear()
        self._bytes = 0

    def clear(self, end: End) -> None:
        """Drop everything, and let everybody go."""
        self.empty()
        for watcher in self.watchers:
            watcher.finish(end)
        self.watchers.clear()

    def _usable(self, t0_ms: float, values: Samples, wall_ms: float) -> bool:
        channels = len(self.channels)
        longest = self._bounds.longest_frame_s * self.channels[0].rate_hz
        return (
            values.ndim == 2
            and values.shape[0] == channels
            and 1 <= values.shape[1] <= max(1.0, longest)
            and math.isfinite(t0_ms)
            and 0 <= t0_ms <= wall_ms + self._bounds.ahead_s * 1000
            and bool(np.isfinite(values).all())
        )

    def _drain(self, now: float) -> None:
        for seq, frame, gap in self._order.ready(now):
            last = self._ring[-1] if self._ring else None
            number = self._offset + seq
            if last is not None and last.seq >= self._began and frame.t0_ms <= last.t0_ms:
                self._order.lose()
                for _ in range(gap):
                    self._order.lose()
                continue
            self._keep(replace(frame, seq=number, gap=gap))

    def _keep(self, frame: Frame) -> None:
        self._ring.append(frame)
        self._bytes += frame.values.nbytes + FRAME_BYTES
        oldest = frame.received_ms - self._bounds.keep_s * 1000
        while self._bytes > self._bounds.most_bytes or self._ring[0].received_ms < oldest:
            self._bytes -= self._ring.popleft().values.nbytes + FRAME_BYTES
        self.touched = self._clock()
        self._say(self._live(frame))
        self._tell(frame)

    def _live(self, frame: Frame) -> StateNow:
        behind_s = (frame.received_ms - frame.t0_ms) / 1000
        behind_s -= frame.values.shape[1] / self.channels[0].rate_hz
        if behind_s <= self._bounds.behind_s:
            return LIVE
        return StateNow(
            state=State.LIVE,
            words="Data come in, but the sensor's clock reads an earlier time than this "
            "computer's: what is shown may be old.",
        )

    def _paces(self) -> tuple[Pace, Pace]:
        b = self._bounds
        return (
            Pace(b.frames_per_s, 10 * b.frames_per_s, clock=self._clock),
            Pace(b.catch_up, b.keep_s, clock=self._clock),
        )

    def _say(self, state: StateNow) -> None:
        if state != self.state:
            self.state = state
            self._tell(state)

    def _tell(self, event: Event) -> None:
        for watcher in self.watchers:
            watcher.put(event)


def _follows(before: Frame, after: Frame, rate_hz: float) -> bool:
    """Whether one frame begins where the other ends, within a quarter of a second."""
    end = before.t0_ms + before.values.shape[1] / rate_hz * 1000
    return after.gap == 0 and abs(after.t0_ms - end) < 250


def _bytes_per_s(channels: tuple[Channel, ...]) -> float:
    return 4 * len(channels) * channels[0].rate_hz
