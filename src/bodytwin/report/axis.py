"""Scales, and where their marks go."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.report.svg import line, text
from bodytwin.report.words import number

Array = NDArray[np.float64]
STEPS_H = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 72, 168, 336, 672, 1344)
DAY_H = 24


@dataclass(frozen=True, slots=True)
class Scale:
    """From values [low, high] to pixels [start, end]; values beyond stay beyond."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Pixels of one value."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def all(self, values: Array) -> Array:
        """Pixels of many values; beyond 20 times the range they are held there."""
        share = np.clip((values - self.low) / (self.high - self.low), -20, 20)
        return self.start + share * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Whether a value is inside."""
        return self.low <= value <= self.high


def between(low: float, high: float) -> tuple[float, float]:
    """Give a range some width, whatever was found."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return 0.0, 1.0
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        pad = abs(high) * 0.1 or 1.0
        return low - (pad if low else 0.0), high + pad
    return low, high


def step_of(low: float, high: float, most: int) -> float:
    """Choose 1, 2, 2.5 or 5 times a power of ten, the smallest that needs at most `most` marks."""
    raw = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.9999)


def marks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers inside a range."""
    return multiples(low, high, step_of(low, high, most))


def multiples(low: float, high: float, step: float) -> list[float]:
    """Multiples of a step inside a range."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def rounded_up(low: float, high: float, most: int = 5) -> float:
    """Find the first round number at or above the top of a range."""
    step = step_of(low, high, most)
    return math.ceil(high / step - 1e-9) * step


def log_marks(low: float, high: float, most: int = 4) -> list[float]:
    """Round numbers between two positive values on a log scale."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = range(first, last + 1)
    for inside in ((1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        found = [m * 10.0**k for k in decades for m in inside if low <= m * 10.0**k <= high]
        if len(found) <= most:
            return found if len(found) > 1 else marks(low, high, 3)
    every = math.ceil((last - first) / most)
    return [10.0**k for k in decades[::every] if low <= 10.0**k <= high]


def mark_words(values: list[float]) -> list[str]:
    """Write marks with the same number of decimals."""
    if not values:
        return []
    largest = max(abs(v) for v in values)
    if largest >= 1e6 or 0 < largest < 1e-3:
        return [number(v) for v in values]
    places = max((len(f"{v:.6f}".rstrip("0").split(".")[1]) for v in values), default=0)
    return [f"{v:.{places}f}".replace("-", "−") for v in values]


@dataclass(frozen=True, slots=True)
class TimeMarks:
    """Where time is marked, what is written there, and the unit of what is written."""

    at_h: list[float]
    words: list[str]
    unit: str
    days_h: list[float]

    @classmethod
    def of(cls, low_h: float, high_h: float, most: int) -> "TimeMarks":
        """Hours up to a few days, then days; a finer mark for each day where there is room."""
        fits = [s for s in STEPS_H if (high_h - low_h) / s <= most]
        step = fits[0] if fits else step_of(low_h / DAY_H, high_h / DAY_H, most) * DAY_H
        at = multiples(low_h, high_h, step)
        days = multiples(low_h, high_h, DAY_H) if (high_h - low_h) / DAY_H <= 40 else []
        if step < DAY_H:
            return cls(at, mark_words(at), "hours", days)
        return cls(at, mark_words([t / DAY_H for t in at]), "days", days)


def time_axis(x: Scale, top: float, bottom: float, marked: TimeMarks) -> str:
    """Draw marks below, a hair line through the plot at each day."""
    days = [line(x(t), top, x(t), bottom, "day") for t in marked.days_h if x.holds(t)]
    ticks = [line(x(t), bottom, x(t), bottom + 4, "tick") for t in marked.at_h]
    pairs = zip(marked.at_h, marked.words, strict=True)
    said = [text(w, x(t), bottom + 17, "mark mid") for t, w in pairs]
    return "".join([*days, line(x.start, bottom, x.end, bottom, "axis"), *ticks, *said])


def value_axis(y: Scale, left: float, right: float, at: list[float], *, words: bool = True) -> str:
    """Hair lines across the plot and numbers at their left."""
    grid = [line(left, y(v), right, y(v), "grid") for v in at]
    said = [
        text(w, left - 7, y(v) + 4, "mark end") for v, w in zip(at, mark_words(at), strict=True)
    ]
    return "".join([*grid, *(said if words else [])])
