"""PLY, the Stanford polygon format: text, or binary in either order of bytes.

The element `vertex` gives the points (`x`, `y`, `z`) and, by its other properties,
values at them. The element `face` gives the triangles. Other elements of fixed
size are passed over.

Source: G. Turk, The PLY polygon file format, Stanford University (1994).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.mesh.raw import Array, Cursor, Raw, count, require_three

LARGEST_HEADER = 65_536
END = b"end_header"
FORMATS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
TYPES = {
    "char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4",
    "float": "f4", "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2",
    "int32": "i4", "uint32": "u4", "float32": "f4", "float64": "f8",
}  # fmt: skip
CORNERS = ("vertex_indices", "vertex_index")


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    kind: str
    length: str = ""


@dataclass(frozen=True, slots=True)
class _Element:
    name: str
    count: int
    properties: tuple[_Property, ...]


def read(data: bytes) -> Raw:
    """The surface in a PLY file."""
    order, elements, start = _header(data)
    cursor = Cursor(data, start)
    found = {e.name: _rows(cursor, e, order) for e in elements}
    if not {"vertex", "face"} <= found.keys():
        raise UnreadableFileError("A surface in PLY has the elements vertex and face.")
    if cursor.data[cursor.at :].strip():
        raise UnreadableFileError(
            f"After all that the header announces, {len(data) - cursor.at} bytes remain."
        )
    vertex, face = found["vertex"], found["face"]
    if not {"x", "y", "z"} <= vertex.keys():
        raise UnreadableFileError("The points have no x, y and z.")
    corners = next((face[name] for name in CORNERS if name in face), None)
    if corners is None:
        raise UnreadableFileError("The faces have no list vertex_indices.")
    with np.errstate(invalid="ignore"):
        points = np.stack([vertex.pop(axis).astype(np.float64) for axis in "xyz"], axis=1)
    return Raw(points=points, triangles=corners, point_data=vertex)


def _header(data: bytes) -> tuple[str, list[_Element], int]:
    end = data.find(END, 0, LARGEST_HEADER)
    if end < 0:
        raise UnreadableFileError(
            f"The header does not end within its first {LARGEST_HEADER} bytes."
        )
    lines = data[:end].decode("latin-1").splitlines()
    words = [w for line in lines if (w := line.split()) and w[0] not in ("comment", "obj_info")]
    stated = [w for w in words if w[0] == "format"]
    if (
        words[:1] != [["ply"]]
        or len(stated) != 1
        or len(stated[0]) != 3
        or stated[0][1] not in FORMATS
    ):
        raise UnreadableFileError(f"The header names no format among {', '.join(FORMATS)}.")
    after = data.find(b"\n", end)
    start = len(data) if after < 0 else after + 1
    return FORMATS[stated[0][1]], _elements(words[1:]), start


def _elements(words: list[list[str]]) -> list[_Element]:
    elements: list[_Element] = []
    for line in words:
        match line:
            case ["format", *_]:
                continue
            case ["element", name, number]:
                elements.append(_Element(name, count(number, what="rows of an element"), ()))
            case ["property", "list", length, kind, name] if elements:
                elements[-1] = _with(elements[-1], _Property(name, _type(kind), _type(length)))
            case ["property", kind, name] if elements:
                elements[-1] = _with(elements[-1], _Property(name, _type(kind)))
            case _:
                raise UnreadableFileError("A line of the header is none that PLY knows.")
    if len({e.name for e in elements}) != len(elements):
        raise UnreadableFileError("The header announces an element twice.")
    return elements


def _with(element: _Element, added: _Property) -> _Element:
    if any(p.name == added.name for p in element.properties):
        raise UnreadableFileError("The header gives an element the same property twice.")
    if added.length.startswith("f"):
        raise UnreadableFileError("The length of a list is no whole number.")
    return _Element(element.name, element.count, (*element.properties, added))


def _type(word: str) -> str:
    if word not in TYPES:
        raise UnreadableFileError(f"The header uses a type that is none of {', '.join(TYPES)}.")
    return TYPES[word]


def _rows(cursor: Cursor, element: _Element, order: str) -> dict[str, Array]:
    """The columns of an element by name; a list must be as long in every row."""
    if not element.count or not element.properties:
        return {p.name: np.empty(0) for p in element.properties}
    what = f"rows of the element {element.name}" if _is_known(element) else "rows of an element"
    lengths = _lengths(cursor, element, order, what)
    if order:
        kind = _row_type(element, lengths, order)
        rows: Any = cursor.binary(element.count, kind, what=what)
        columns = {p.name: rows[p.name] for p in element.properties}
        stated = {p.name: rows[_length_of(p)] for p in element.properties if p.length}
    else:
        columns, stated = _text_rows(cursor, element, lengths, what)
    for name, values in stated.items():
        _require_same(element, name, values, lengths[name])
    return columns


def _is_known(element: _Element) -> bool:
    return element.name in ("vertex", "face")


def _length_of(p: _Property) -> str:
    return f"length of {p.name}"


def _row_type(element: _Element, lengths: dict[str, int], order: str) -> np.dtype[Any]:
    parts: list[tuple[Any, ...]] = []
    for p in element.properties:
        if p.length:
            parts.append((_length_of(p), order + p.length))
            parts.append((p.name, order + p.kind, (lengths[p.name],)))
        else:
            parts.append((p.name, order + p.kind))
    return np.dtype(parts)


def _lengths(cursor: Cursor, element: _Element, order: str, what: str) -> dict[str, int]:
    """How long the lists of the first row are; the others must be the same."""
    ahead, lengths = Cursor(cursor.data, cursor.at), dict[str, int]()
    take = ahead.binary if order else ahead.text
    for p in element.properties:
        number = 1
        if p.length:
            stated = int(take(1, np.dtype((order or "<") + p.length), what=what)[0])
            number = lengths[p.name] = count(str(stated), what="entries of a list")
            if p.name in CORNERS and element.name == "face" and number != 3:
                require_three(np.array([number]))
        take(number, np.dtype((order or "<") + p.kind), what=what)
    return lengths


def _require_same(element: _Element, name: str, stated: Array, length: int) -> None:
    if element.name == "face" and name in CORNERS:
        require_three(stated)
    if (stated != length).any():
        raise UnreadableFileError("A list of an element has another length in some rows.")


def _text_rows(
    cursor: Cursor, element: _Element, lengths: dict[str, int], what: str
) -> tuple[dict[str, Array], dict[str, Array]]:
    width = sum(1 + lengths[p.name] if p.length else 1 for p in element.properties)
    if element.count * width > (len(cursor.data) - cursor.at + 1) // 2:
        raise UnreadableFileError(
            f"The file ends within its {what}: {element.count} are announced, of {width} "
            f"numbers each, and {len(cursor.data) - cursor.at} characters follow."
        )
    table = cursor.text(element.count * width, np.dtype(np.float64), what=what)
    table = table.reshape(element.count, width)
    columns, stated, at = dict[str, Array](), dict[str, Array](), 0
    for p in element.properties:
        if p.length:
            stated[p.name] = _as(table[:, at], p.length, what)
            columns[p.name] = _as(table[:, at + 1 : at + 1 + lengths[p.name]], p.kind, what)
            at += 1 + lengths[p.name]
        else:
            columns[p.name] = _as(table[:, at], p.kind, what)
            at += 1
    return columns, stated


def _as(values: Array, kind: str, what: str) -> Array:
    if kind.startswith("f"):
        with np.errstate(over="ignore"):
            return values.astype(kind)
    allowed = np.iinfo(kind)
    whole = (values == np.round(values)) & (values >= allowed.min) & (values <= allowed.max)
    if not whole.all():
        raise UnreadableFileError(f"The {what} hold a number that {allowed.dtype} cannot hold.")
    return values.astype(kind)
