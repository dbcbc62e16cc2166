"""One who follows a stream: what waits for them, in a queue that is bounded.

Who reads too slowly is told what they missed and let go; the sensor never waits.
"""

from collections import deque
from collections.abc import Callable, Iterable
from enum import StrEnum

from bodytwin.service.live_leave import Leave
from bodytwin.service.live_values import Event, Frame, Gap


class End(StrEnum):
    """Why a subscription is over."""

    REFUSED = "refused"
    SLOW = "slow"
    CLOSING = "closing"
    LEFT = "left"


class Subscription:
    """What one watcher has yet to be sent. Used under the lock of the hub only.

    Args:
        leave: the leave to watch.
        wake: called when there is something to do; must return at once.
        most: how many events may wait beyond those that waited at the start.
    """

    def __init__(self, leave: Leave, *, wake: Callable[[], None], most: int) -> None:
        self.leave, self._wake, self._most = leave, wake, most
        self._queue: deque[Event] = deque()
        self.end: End | None = None

    def begin(self, events: Iterable[Event]) -> None:
        """What a watcher gets first; it doesn't count as slowness."""
        self._queue.extend(events)
        self._most += len(self._queue)
        self._wake()

    def put(self, event: Event) -> None:
        """Add an event, or let the watcher go who has too many waiting."""
        if self.end is not None:
            return
        self._queue.append(event)
        if len(self._queue) > self._most:
            missed = [e.seq for e in self._queue if isinstance(e, Frame)]
            self._queue.clear()
            if missed:
                self._queue.append(Gap(first=missed[0], last=missed[-1]))
            self.end = End.SLOW
        self._wake()

    def take(self) -> tuple[Event, ...]:
        """Everything that waits; nothing while leave is due."""
        if self.leave.due:
            return ()
        found = tuple(self._queue)
        self._queue.clear()
        return found

    def finish(self, end: End) -> None:
        """It is over; what waited is dropped where leave was refused."""
        if self.end is None:
            self.end = end
        if end is not End.SLOW:
            self._queue.clear()
        self._wake()

    def nudge(self) -> None:
        """Have the leave asked for now."""
        self.leave.expire()
        self._wake()
