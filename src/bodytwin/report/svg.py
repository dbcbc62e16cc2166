"""SVG as text: every value escaped, every number short, every look left to the style sheet."""

import math
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_CONTROL = {i: None for i in range(32) if i not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


def tag(name: str, *inside: str, **attributes: str | float) -> str:
    """One element; `inside` is markup already. A trailing underscore spares Python's keywords."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(_value(v))}"
        for key, v in attributes.items()
    )
    body = "".join(inside)
    return f"<{name}{said}>{body}</{name}>" if body else f"<{name}{said}/>"


def _value(v: str | float) -> str:
    return v.translate(_CONTROL) if isinstance(v, str) else short(v)


def short(x: float) -> str:
    """One decimal of a pixel is enough."""
    return f"{x:.1f}".removesuffix(".0")


def text(words: str, x: float, y: float, class_: str = "", **more: str | float) -> str:
    """Write a line of text, escaped."""
    return tag("text", plain(words), x=x, y=y, class_=class_, **more)


def plain(words: str) -> str:
    """Text that cannot become markup."""
    return escape(words.translate(_CONTROL))


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """Draw a straight line; nothing where an end is not known."""
    if not math.isfinite(x1 + y1 + x2 + y2):
        return ""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def rect(x: float, y: float, width: float, height: float, class_: str) -> str:
    """Draw a rectangle; nothing where a side is not known."""
    if not math.isfinite(x + y + width + height):
        return ""
    return tag("rect", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), class_=class_)


def dot(x: float, y: float, radius: float, class_: str) -> str:
    """Draw a disc."""
    return tag("circle", cx=x, cy=y, r=radius, class_=class_)


def curve(x: Array, y: Array, class_: str) -> str:
    """Draw a line through the points, broken where one is not known."""
    parts = [_through(x[run], y[run]) for run in _runs(np.isfinite(x) & np.isfinite(y))]
    return tag("path", d="".join(parts), class_=class_) if parts else ""


def ribbon(x: Array, low: Array, high: Array, class_: str) -> str:
    """Fill the area between two lines, broken where one is not known."""
    known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
    parts = [
        _through(x[run], high[run]) + _through(x[run][::-1], low[run][::-1], start="L") + "Z"
        for run in _runs(known)
    ]
    return tag("path", d="".join(parts), class_=class_) if parts else ""


def _through(x: Array, y: Array, start: str = "M") -> str:
    points = [f"{short(float(a))} {short(float(b))}" for a, b in zip(x, y, strict=True)]
    return start + "L".join(points)


def _runs(known: NDArray[np.bool_]) -> Iterable[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(np.int8), [0]])))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [slice(int(a), int(b)) for a, b in pairs if b - a > 1]


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions near the wanted ones, at least `gap` apart and inside [low, high] if they fit."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed: list[float] = []
    for i in order:
        placed.append(max(wanted[i], placed[-1] + gap if placed else low))
    for k in range(len(placed) - 1, -1, -1):
        ceiling = placed[k + 1] - gap if k + 1 < len(placed) else high
        placed[k] = min(placed[k], ceiling)
    result = [0.0] * len(wanted)
    for i, y in zip(order, placed, strict=True):
        result[i] = y
    return result
