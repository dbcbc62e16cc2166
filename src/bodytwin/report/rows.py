"""Rows of intervals above a shared scale."""

from typing import Protocol

from bodytwin.report.axis import Scale, mark_words
from bodytwin.report.svg import line, rect, text


class Interval(Protocol):
    """Median and central 50 % and 90 % intervals."""

    @property
    def median(self) -> float: ...  # noqa: D102
    @property
    def low50(self) -> float: ...  # noqa: D102
    @property
    def high50(self) -> float: ...  # noqa: D102
    @property
    def low90(self) -> float: ...  # noqa: D102
    @property
    def high90(self) -> float: ...  # noqa: D102


def across_axis(
    x: Scale, top: float, bottom: float, at: list[float], words: list[str] | None = None
) -> str:
    """Draw a scale along the bottom with hair lines upwards."""
    grid = [line(x(v), top, x(v), bottom, "grid") for v in at]
    pairs = zip(at, words or mark_words(at), strict=True)
    said = [text(w, x(v), bottom + 17, "mark mid") for v, w in pairs]
    return "".join([*grid, line(x.start, bottom, x.end, bottom, "axis"), *said])


def draw_interval(b: Interval, x: Scale, y: float) -> str:
    """Draw the 90 % interval thin, the 50 % interval thick, and the median."""
    return (
        rect(x(b.low90), y - 3, x(b.high90) - x(b.low90), 6, "twin band90")
        + rect(x(b.low50), y - 3, x(b.high50) - x(b.low50), 6, "twin band50")
        + line(x(b.median), y - 6, x(b.median), y + 6, "twin median")
    )
