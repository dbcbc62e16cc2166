"""The sections that all legacy VTK files (`.vtk`) share: points, values, and what is passed over.

Source: The VTK User's Guide, chapter VTK File Formats, Simple Legacy Formats.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import numpy as np

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.mesh.raw import Array, Cursor, components, count

TYPES = {
    "char": "i1", "unsigned_char": "u1", "short": "i2", "unsigned_short": "u2",
    "int": "i4", "unsigned_int": "u4", "long": "i8", "unsigned_long": "u8",
    "float": "f4", "double": "f8", "vtktypeint64": "i8", "vtktypeuint64": "u8",
    "vtkidtype": "i4", "signed_char": "i1",
}  # fmt: skip
WIDTHS = {"VECTORS": 3, "NORMALS": 3, "TENSORS": 9, "TENSORS6": 6}
IDS = ("GLOBAL_IDS", "PEDIGREE_IDS")


@dataclass(slots=True)
class State:
    """What was read so far, and at how many places the values that follow lie.

    Of the values at points and in cells those named in `wanted` are kept.
    """

    cursor: Cursor
    is_binary: bool
    wanted: tuple[str, ...] = ("POINT_DATA",)
    points: Array | None = None
    cells: dict[str, Array] = field(default_factory=dict[str, Array])
    rows: int | None = None
    place: str = ""
    kept: dict[str, dict[str, Array]] = field(default_factory=dict[str, dict[str, Array]])

    def take(self, number: int, kind: str, *, what: str) -> Array:
        """The next values of a type named as VTK does."""
        if kind.lower() not in TYPES:
            raise UnreadableFileError(f"The {what} are of a type that is none of {_KNOWN}.")
        code = TYPES[kind.lower()]
        if not self.is_binary:
            return self.cursor.text(number, np.dtype(code), what=what)
        return self.cursor.binary(number, np.dtype(">" + code), what=what)

    def keep(self, name: str, values: Array) -> None:
        """Keep values if they are at a wanted place."""
        if self.place not in self.wanted:
            return
        found = self.kept.setdefault(self.place, {})
        if (name := unquote(name)) in found:
            raise UnreadableFileError("Two sets of values at the same places have the same name.")
        found[name] = values


_KNOWN = ", ".join(TYPES)
Section = Callable[[State, list[str]], None]


def opened(data: bytes, kind: str, wanted: tuple[str, ...]) -> State:
    """A file of the data set `kind`, before its first section."""
    cursor = Cursor(data)
    cursor.line()
    cursor.line()
    form = cursor.line().upper()
    if form not in ("ASCII", "BINARY"):
        raise UnreadableFileError("The third line of the file is neither ASCII nor BINARY.")
    if [w.upper() for w in cursor.words()] != ["DATASET", kind.upper()]:
        raise UnreadableFileError(f"The file holds another data set than {kind}.")
    return State(cursor, is_binary=form == "BINARY", wanted=wanted)


def dataset_of(data: bytes) -> str:
    """The kind of data set that the file says it holds, in capitals."""
    cursor = Cursor(data)
    for _ in range(3):
        cursor.line()
    words = cursor.words()
    return words[1].upper() if len(words) == 2 else ""


def take_sections(state: State, sections: Mapping[str, Section], *, kind: str) -> None:
    """Read every section to the end of the file."""
    while words := state.cursor.words():
        section = sections.get(words[0].upper())
        if section is None:
            raise UnreadableFileError(
                f"Before byte {state.cursor.at} stands no section of {kind}; what precedes it may "
                "be longer than announced."
            )
        section(state, words)


def _points(state: State, words: list[str]) -> None:
    _, number, kind = of(words, 3)
    if state.points is not None:
        raise UnreadableFileError("The file has two sections POINTS.")
    rows = count(number, what="points")
    state.points = state.take(rows * 3, kind, what="points").reshape(-1, 3)


def _attributes(state: State, words: list[str]) -> None:
    keyword, number = of(words, 2)
    state.rows = count(number, what="places with values")
    state.place = keyword.upper()


def _scalars(state: State, words: list[str]) -> None:
    if len(words) == 3:
        words = [*words, "1"]
    _, name, kind, width = of(words, 4)
    before = state.cursor.at
    if (state.cursor.words() or [""])[0].upper() != "LOOKUP_TABLE":
        state.cursor.at = before
    _columns(state, name, kind, components(width))


def _colours(state: State, words: list[str]) -> None:
    """Bytes in a binary file; shares of 255 in a text."""
    _, name, width = of(words, 3)
    k = components(width)
    if state.is_binary:
        _columns(state, name, "unsigned_char", k)
        return
    shares = state.take(_rows(state) * k, "float", what="colours")
    if not ((shares >= 0) & (shares <= 1)).all():
        raise UnreadableFileError("The colours of a text file are between 0 and 1.")
    state.keep(name, _shaped(np.round(255 * shares).astype(np.uint8), k))


def _fixed_width(state: State, words: list[str]) -> None:
    keyword, name, kind = of(words, 3)
    _columns(state, name, kind, WIDTHS.get(keyword.upper(), 1))


def _textures(state: State, words: list[str]) -> None:
    _, name, width, kind = of(words, 4)
    _columns(state, name, kind, components(width))


def _columns(state: State, name: str, kind: str, width: int) -> None:
    values = state.take(_rows(state) * width, kind, what="values of an array")
    state.keep(name, _shaped(values, width))


def _rows(state: State) -> int:
    if state.rows is None:
        raise UnreadableFileError("Values stand before POINT_DATA or CELL_DATA.")
    return state.rows


def _shaped(values: Array, width: int) -> Array:
    return values if width == 1 else values.reshape(-1, width)


def _field(state: State, words: list[str]) -> None:
    arrays = count(of(words, 3)[2], what="arrays")
    for _ in range(arrays):
        head = state.cursor.words()
        if head[:1] == ["METADATA"]:
            _metadata(state, head)
            head = state.cursor.words()
        name, width, rows, kind = of(head, 4)
        k, n = components(width), count(rows, what="rows of an array")
        values = state.take(n * k, kind, what="values of an array")
        state.keep(name, _shaped(values, k))


def _colour_table(state: State, words: list[str]) -> None:
    entries = count(of(words, 3)[2], what="colours")
    kind = "unsigned_char" if state.is_binary else "float"
    state.take(4 * entries, kind, what="colours of a table")


def _metadata(state: State, words: list[str]) -> None:
    """Passed over up to the empty line that ends it."""
    del words
    while not state.cursor.ended and state.cursor.line():
        pass


def of(words: list[str], number: int) -> list[str]:
    """The words of a line that opens a section, of which there are `number`."""
    if len(words) != number:
        raise UnreadableFileError("A line that opens a section has too few or too many words.")
    return words


SECTIONS: Mapping[str, Section] = {
    "POINTS": _points,
    **dict.fromkeys(("POINT_DATA", "CELL_DATA"), _attributes),
    "SCALARS": _scalars,
    "COLOR_SCALARS": _colours,
    **dict.fromkeys((*WIDTHS, *IDS), _fixed_width),
    "TEXTURE_COORDINATES": _textures,
    "FIELD": _field,
    "LOOKUP_TABLE": _colour_table,
    "METADATA": _metadata,
}
"""What may stand in every data set."""
