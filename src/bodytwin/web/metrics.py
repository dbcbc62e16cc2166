"""How is the server doing? Counts and times in the text format of Prometheus 0.0.4.

Labels are route templates, statuses and kinds: never a patient, a person or an address.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LAG_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 30.0)


@dataclass(slots=True)
class Histogram:
    """Counts of values up to each bound."""

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    total: float = 0.0

    def __post_init__(self) -> None:
        """One count for each bound and one for what lies above."""
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[sum(value > b for b in self.bounds)] += 1
        self.total += value

    def lines(self, name: str, labels: str) -> Iterator[str]:
        """As Prometheus reads it."""
        seen, comma = 0, "," if labels else ""
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            seen += count
            edge = "+Inf" if bound == float("inf") else f"{bound:g}"
            yield f'{name}_bucket{{{labels}{comma}le="{edge}"}} {seen}'
        braced = f"{{{labels}}}" if labels else ""
        yield f"{name}_sum{braced} {self.total:.6f}"
        yield f"{name}_count{braced} {seen}"


class Metrics:
    """What was counted since the start; `gauges` are asked when somebody looks."""

    def __init__(self, gauges: Mapping[str, Callable[[], float]] | None = None) -> None:
        self._gauges = dict(gauges or {})
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._times: dict[str, Histogram] = {}
        self._lag = Histogram(LAG_S)
        self._frames: Counter[str] = Counter()
        self._lock = threading.Lock()

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._times.setdefault(route, Histogram(REQUEST_S)).add(seconds)

    def frame(self, outcome: str) -> None:
        """Count one live frame by what became of it."""
        with self._lock:
            self._frames[outcome] += 1

    def lag(self, seconds: float) -> None:
        """Count how long after its receipt a frame left for a page."""
        with self._lock:
            self._lag.add(seconds)

    def text(self) -> str:
        """Everything, as Prometheus reads it."""
        gauges = {name: ask() for name, ask in self._gauges.items()}
        with self._lock:
            return "\n".join([*self._lines(gauges), ""])

    def _lines(self, gauges: Mapping[str, float]) -> Iterator[str]:
        yield from _head("requests_total", "counter", "Requests by route and status.")
        for (method, route, status), n in sorted(self._requests.items()):
            labels = f'method="{method}",route="{_escaped(route)}",status="{status}"'
            yield f"bodytwin_requests_total{{{labels}}} {n}"
        yield from _head("request_seconds", "histogram", "Time until a request was answered.")
        for route, times in sorted(self._times.items()):
            yield from times.lines("bodytwin_request_seconds", f'route="{_escaped(route)}"')
        yield from _head("live_frames_total", "counter", "Live frames by what became of them.")
        for outcome, n in sorted(self._frames.items()):
            yield f'bodytwin_live_frames_total{{outcome="{_escaped(outcome)}"}} {n}'
        yield from _head(
            "live_lag_seconds", "histogram", "From the receipt of a frame to its send."
        )
        yield from self._lag.lines("bodytwin_live_lag_seconds", "")
        for name, value in sorted(gauges.items()):
            yield from _head(name, "gauge", name.replace("_", " ").capitalize() + " now.")
            yield f"bodytwin_{name} {value:g}"


def _head(name: str, kind: str, words: str) -> Iterator[str]:
    yield f"# HELP bodytwin_{name} {words}"
    yield f"# TYPE bodytwin_{name} {kind}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
