"""VTK PolyData in legacy files (`.vtk`), text or binary, as versions 1 to 5.1 write it.

Read are POINTS, POLYGONS that are triangles, and POINT_DATA. Values of cells and of
the whole data set are passed over. Vertices, lines and strips are refused: the file
would be more than a surface.

Source: The VTK User's Guide, chapter VTK File Formats, Simple Legacy Formats.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import numpy as np

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.mesh.raw import (
    Array,
    Cursor,
    Raw,
    components,
    count,
    require_three,
    triangles_of,
)

TYPES = {
    "char": "i1", "unsigned_char": "u1", "short": "i2", "unsigned_short": "u2",
    "int": "i4", "unsigned_int": "u4", "long": "i8", "unsigned_long": "u8",
    "float": "f4", "double": "f8", "vtktypeint64": "i8", "vtktypeuint64": "u8",
    "vtkidtype": "i4", "signed_char": "i1",
}  # fmt: skip
WIDTHS = {"VECTORS": 3, "NORMALS": 3, "TENSORS": 9, "TENSORS6": 6}
IDS = ("GLOBAL_IDS", "PEDIGREE_IDS")
OTHER_CELLS = {"VERTICES": "vertices", "LINES": "lines", "TRIANGLE_STRIPS": "strips"}


@dataclass(slots=True)
class _State:
    """What was read so far, and at how many places the values that follow lie."""

    cursor: Cursor
    is_binary: bool
    points: Array | None = None
    triangles: Array | None = None
    rows: int | None = None
    is_point_data: bool = False
    point_data: dict[str, Array] = field(default_factory=dict[str, Array])

    def take(self, number: int, kind: str, *, what: str) -> Array:
        """The next values of a type named as VTK does."""
        if kind.lower() not in TYPES:
            raise UnreadableFileError(f"The {what} are of a type that is none of {_KNOWN}.")
        code = TYPES[kind.lower()]
        if not self.is_binary:
            return self.cursor.text(number, np.dtype(code), what=what)
        return self.cursor.binary(number, np.dtype(">" + code), what=what)

    def keep(self, name: str, values: Array) -> None:
        """Keep values if they are those of points."""
        if not self.is_point_data:
            return
        if (name := unquote(name)) in self.point_data:
            raise UnreadableFileError("Two sets of values at the points have the same name.")
        self.point_data[name] = values


_KNOWN = ", ".join(TYPES)


def read(data: bytes) -> Raw:
    """The surface in a legacy VTK file."""
    cursor = Cursor(data)
    cursor.line()
    cursor.line()
    form = cursor.line().upper()
    if form not in ("ASCII", "BINARY"):
        raise UnreadableFileError("The third line of the file is neither ASCII nor BINARY.")
    if [w.upper() for w in cursor.words()] != ["DATASET", "POLYDATA"]:
        raise UnreadableFileError("The file holds another data set than PolyData.")
    state = _State(cursor, is_binary=form == "BINARY")
    while words := cursor.words():
        section = _SECTIONS.get(words[0].upper())
        if section is None:
            raise UnreadableFileError(
                f"Before byte {cursor.at} stands no section of PolyData; what precedes it may be "
                "longer than announced."
            )
        section(state, words)
    if state.points is None or state.triangles is None:
        raise UnreadableFileError("A surface in VTK has the sections POINTS and POLYGONS.")
    return Raw(points=state.points, triangles=state.triangles, point_data=state.point_data)


def _points(state: _State, words: list[str]) -> None:
    _, number, kind = _of(words, 3)
    if state.points is not None:
        raise UnreadableFileError("The file has two sections POINTS.")
    rows = count(number, what="points")
    state.points = state.take(rows * 3, kind, what="points").reshape(-1, 3)


def _polygons(state: _State, words: list[str]) -> None:
    _, number, size = _of(words, 3)
    if state.triangles is not None:
        raise UnreadableFileError("The file has two sections POLYGONS.")
    rows, total = count(number, what="polygons"), count(size, what="corners")
    before = state.cursor.at
    following = state.cursor.words()
    if following[:1] == ["OFFSETS"]:
        state.triangles = _by_offsets(state, _of(following, 2)[1], rows, total)
        return
    state.cursor.at = before
    if total != 4 * rows:
        raise UnreadableFileError(
            f"{rows} triangles are {4 * rows} numbers, got {total}: some faces are no triangles. "
            "Triangulate the surface first."
        )
    cells = state.take(total, "int", what="polygons").reshape(-1, 4)
    require_three(cells[:, 0])
    state.triangles = cells[:, 1:]


def _by_offsets(state: _State, kind: str, offsets: int, corners: int) -> Array:
    ends = state.take(offsets, kind, what="offsets of the polygons")
    words = _of(state.cursor.words(), 2)
    if words[0] != "CONNECTIVITY":
        raise UnreadableFileError("After the OFFSETS of the polygons stands no CONNECTIVITY.")
    found = state.take(corners, words[1], what="corners of the polygons")
    if not len(ends) or ends[0] != 0:
        raise UnreadableFileError("The offsets of the polygons do not begin with 0.")
    return triangles_of(found, ends[1:])


def _other_cells(state: _State, words: list[str]) -> None:
    del state
    keyword, _, size = _of(words, 3)
    if count(size, what="corners"):
        raise UnreadableFileError(
            f"Beside its triangles the file holds {OTHER_CELLS[keyword.upper()]}. Remove them."
        )


def _attributes(state: _State, words: list[str]) -> None:
    keyword, number = _of(words, 2)
    state.rows = count(number, what="places with values")
    state.is_point_data = keyword.upper() == "POINT_DATA"


def _scalars(state: _State, words: list[str]) -> None:
    if len(words) == 3:
        words = [*words, "1"]
    _, name, kind, width = _of(words, 4)
    before = state.cursor.at
    if (state.cursor.words() or [""])[0].upper() != "LOOKUP_TABLE":
        state.cursor.at = before
    _columns(state, name, kind, components(width))


def _colours(state: _State, words: list[str]) -> None:
    """Bytes in a binary file; shares of 255 in a text."""
    _, name, width = _of(words, 3)
    k = components(width)
    if state.is_binary:
        _columns(state, name, "unsigned_char", k)
        return
    shares = state.take(_rows(state) * k, "float", what="colours")
    if not ((shares >= 0) & (shares <= 1)).all():
        raise UnreadableFileError("The colours of a text file are between 0 and 1.")
    state.keep(name, _shaped(np.round(255 * shares).astype(np.uint8), k))


def _fixed_width(state: _State, words: list[str]) -> None:
    keyword, name, kind = _of(words, 3)
    _columns(state, name, kind, WIDTHS.get(keyword.upper(), 1))


def _textures(state: _State, words: list[str]) -> None:
    _, name, width, kind = _of(words, 4)
    _columns(state, name, kind, components(width))


def _columns(state: _State, name: str, kind: str, width: int) -> None:
    values = state.take(_rows(state) * width, kind, what="values of an array")
    state.keep(name, _shaped(values, width))


def _rows(state: _State) -> int:
    if state.rows is None:
        raise UnreadableFileError("Values stand before POINT_DATA or CELL_DATA.")
    return state.rows


def _shaped(values: Array, width: int) -> Array:
    return values if width == 1 else values.reshape(-1, width)


def _field(state: _State, words: list[str]) -> None:
    arrays = count(_of(words, 3)[2], what="arrays")
    for _ in range(arrays):
        head = state.cursor.words()
        if head[:1] == ["METADATA"]:
            _metadata(state, head)
            head = state.cursor.words()
        name, width, rows, kind = _of(head, 4)
        k, n = components(width), count(rows, what="rows of an array")
        values = state.take(n * k, kind, what="values of an array")
        state.keep(name, _shaped(values, k))


def _colour_table(state: _State, words: list[str]) -> None:
    entries = count(_of(words, 3)[2], what="colours")
    kind = "unsigned_char" if state.is_binary else "float"
    state.take(4 * entries, kind, what="colours of a table")


def _metadata(state: _State, words: list[str]) -> None:
    """Passed over up to the empty line that ends it."""
    del words
    while not state.cursor.ended and state.cursor.line():
        pass


def _of(words: list[str], number: int) -> list[str]:
    if len(words) != number:
        raise UnreadableFileError("A line that opens a section has too few or too many words.")
    return words


_SECTIONS: Mapping[str, Callable[[_State, list[str]], None]] = {
    "POINTS": _points,
    "POLYGONS": _polygons,
    **dict.fromkeys(OTHER_CELLS, _other_cells),
    **dict.fromkeys(("POINT_DATA", "CELL_DATA"), _attributes),
    "SCALARS": _scalars,
    "COLOR_SCALARS": _colours,
    **dict.fromkeys((*WIDTHS, *IDS), _fixed_width),
    "TEXTURE_COORDINATES": _textures,
    "FIELD": _field,
    "LOOKUP_TABLE": _colour_table,
    "METADATA": _metadata,
}
