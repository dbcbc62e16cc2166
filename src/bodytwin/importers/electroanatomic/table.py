"""A table of points as text: a heading, and one point in each line.

The caller says which columns hold the place, the time and the voltage, and their
units. An empty cell and the word nan are values that were not measured. A line
without a place is held back.
"""

import csv
import io

import numpy as np

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.electroanatomic.made import Array, Maps, Raw, Said, in_units, made
from bodytwin.importers.mesh.read import mm_per
from bodytwin.importers.number import number
from bodytwin.importers.report import HeldBack
from bodytwin.importers.source import text_bytes

NOTHING = ("", "nan", "na", "n/a", "null")
MOST_POINTS = 5_000_000


def read(data: bytes, said: Said, *, source: str) -> Maps:
    """The one map of a table."""
    scale = mm_per(said.length_unit)
    heading, rows = _rows(data)
    at = [_column(heading, name) for name in said.places]
    columns = {kind: _column(heading, name) for kind, name in said.names.items()}
    points: list[list[float]] = []
    found: dict[str, list[float]] = {kind: [] for kind in columns}
    held: list[HeldBack] = []
    for line, row in rows:
        try:
            place = [number(_cell(row, k)) for k in at]
            values = {kind: _value(_cell(row, k)) for kind, k in columns.items()}
        except InvalidInputError as error:
            held.append(HeldBack(path=f"line {line}", kind="point", reason=str(error)))
            continue
        points.append(place)
        for kind, value in values.items():
            found[kind].append(value)
    if not points:
        raise UnreadableFileError("No line of the table has a point with a place in three numbers.")
    measured: dict[str, Array] = {k: np.array(v) for k, v in found.items()}
    raw = Raw(points_mm=np.array(points) * scale, values=in_units(measured, said))
    return Maps(maps=(made(raw, said, source=source, path="table"),), held_back=tuple(held))


def _rows(data: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    text = text_bytes(data, what="A table of points")[0].decode()
    head = text.lstrip().split("\n", 1)[0]
    delimiter = max("\t;,", key=head.count)
    lines = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        rows = [(k, [c.strip() for c in row]) for k, row in enumerate(lines, 1) if any(row)]
    except csv.Error:
        raise UnreadableFileError("The table cannot be split into cells.") from None
    if len(rows) > MOST_POINTS:
        raise UnreadableFileError(f"The table has more than {MOST_POINTS} lines.")
    return rows[0][1], rows[1:]


def _column(heading: list[str], name: str) -> int:
    fitting = [k for k, word in enumerate(heading) if word.lower() == name.lower()]
    if len(fitting) != 1:
        raise InvalidInputError(
            f"The heading has {len(fitting)} columns named {name!r}, and one is needed. "
            "Say the name of the column."
        )
    return fitting[0]


def _cell(row: list[str], at: int) -> str:
    return row[at] if at < len(row) else ""


def _value(cell: str) -> float:
    return float("nan") if cell.lower() in NOTHING else number(cell)
