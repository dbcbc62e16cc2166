"""A figure: drawn once for wide pages and paper, once for a phone, with its numbers beside it."""

from collections.abc import Callable
from dataclasses import dataclass

from bodytwin.report.svg import plain, tag

WIDE, NARROW = 720.0, 348.0


@dataclass(frozen=True, slots=True)
class Ranged:
    """A number and its interval or error: the two are never parted."""

    value: str
    range: str

    def __str__(self) -> str:
        return f"{self.value} ({self.range})"


Row = tuple[str | Ranged, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a drawing is drawn on; `key` is unlike that of any other drawing of the page."""

    key: str
    width: float

    @property
    def narrow(self) -> bool:
        """Whether this is the drawing for a phone."""
        return self.width < 500


@dataclass(frozen=True, slots=True)
class Drawn:
    """Marks, and how high they are."""

    marks: str
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A heading for each column, and rows of text."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`wide` and `narrow` are SVG; `legend` pairs a class of the style sheet with its meaning."""

    key: str
    title: str
    caption: str
    wide: str
    narrow: str
    tables: tuple[Table, ...]
    legend: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a figure says in words, and its numbers."""

    key: str
    title: str
    desc: str
    caption: str
    tables: tuple[Table, ...]
    legend: tuple[tuple[str, str], ...] = ()


def figure(told: Told, draw: Callable[[Sheet], Drawn]) -> Figure:
    """Draw both sizes."""
    wide, narrow = (
        _document(told, Sheet(f"{told.key}-{suffix}", width), draw)
        for suffix, width in (("w", WIDE), ("n", NARROW))
    )
    return Figure(
        key=told.key,
        title=told.title,
        caption=told.caption,
        wide=wide,
        narrow=narrow,
        tables=told.tables,
        legend=told.legend,
    )


def _document(told: Told, sheet: Sheet, draw: Callable[[Sheet], Drawn]) -> str:
    drawn = draw(sheet)
    return tag(
        "svg",
        tag("title", plain(told.title), id=f"{sheet.key}-title"),
        tag("desc", plain(told.desc), id=f"{sheet.key}-desc"),
        drawn.marks,
        viewBox=f"0 0 {sheet.width:g} {drawn.height:.0f}",
        preserveAspectRatio="xMinYMin meet",
        role="img",
        aria_labelledby=f"{sheet.key}-title {sheet.key}-desc",
        class_="narrow" if sheet.narrow else "wide",
    )
