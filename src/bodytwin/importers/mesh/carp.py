"""Meshes of openCARP as text: points (`.pts`, in um), elements (`.elem`), fibres (`.lon`).

Each file begins with a number: of points, of elements, of directions per element (1 or 2). An
element is a kind, its points, and as a rule its region.

Source: carpentry.medunigraz.at, Getting started, File formats, Input file formats.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.mesh.cells import HEXAHEDRON, PRISM, PYRAMID, TETRAHEDRON
from bodytwin.importers.mesh.grid import Grid
from bodytwin.importers.mesh.raw import Array, count, numbers

MM_PER_UNIT = 0.001
KINDS = {
    b"Tt": (TETRAHEDRON, 4), b"Hx": (HEXAHEDRON, 8), b"Pr": (PRISM, 6), b"Py": (PYRAMID, 5),
    b"Tr": (5, 3), b"Qd": (9, 4), b"Ln": (3, 2), b"Cx": (3, 2),
}  # fmt: skip
REGION, FIBRE, SHEET = "region", "fibre", "sheet"


def read(points: bytes, elements: bytes, fibres: bytes | None) -> Grid:
    """The cells in the files of a mesh of openCARP."""
    places = _table(points, 3, what="points")
    types, corners, ends, regions = _elements(elements)
    data: dict[str, Array] = {} if regions is None else {REGION: regions}
    if fibres is not None:
        data |= _directions(fibres, len(types))
    return Grid(points=places, types=types, corners=corners, ends=ends, cell_data=data)


def _rows(data: bytes, what: str) -> tuple[int, list[bytes]]:
    """The number at the head of a file, and the lines that follow and hold something."""
    if b"\x00" in data:
        raise UnreadableFileError(f"The file of {what} is binary; text is read.")
    head, _, body = data.partition(b"\n")
    words = head.decode("latin-1").split()
    number = count(words[0] if words else "", what=what)
    return number, [line for line in body.split(b"\n") if line.strip()]


def _table(data: bytes, width: int, *, what: str) -> Array:
    number, lines = _rows(data, what)
    words = b" ".join(lines).split()
    if len(lines) != number or len(words) != number * width:
        raise UnreadableFileError(
            f"The file announces {number} {what} of {width} numbers each, and holds {len(lines)} "
            f"lines and {len(words)} numbers."
        )
    return numbers(words, np.dtype("f8"), what=what).reshape(number, width)


def _elements(data: bytes) -> tuple[Array, Array, Array, Array | None]:
    number, lines = _rows(data, "elements")
    if len(lines) != number:
        raise UnreadableFileError(
            f"The file announces {number} elements and holds {len(lines)} lines."
        )
    kinds = np.array([line.split(None, 1)[0][:4] for line in lines], dtype="S4")
    if not set(kinds.tolist()) <= set(KINDS):
        raise UnreadableFileError(
            f"An element is of a kind that is none of {', '.join(k.decode() for k in KINDS)}."
        )
    types, sizes = np.empty(number, dtype=np.int64), np.empty(number, dtype=np.int64)
    tables: list[tuple[NDArray[np.intp], Array]] = []
    for name, (kind, width) in KINDS.items():
        here = np.flatnonzero(kinds == name)
        types[here], sizes[here] = kind, width
        if len(here):
            tables.append((here, _of_kind([lines[k] for k in here], width)))
    return types, *_together(tables, sizes)


def _of_kind(lines: list[bytes], width: int) -> Array:
    """The numbers of elements of one kind: their points and, of all or of none, the region."""
    words = [word for line in lines for word in line.split()[1:]]
    per_line = len(words) // len(lines)
    if per_line not in (width, width + 1) or len(words) != per_line * len(lines):
        raise UnreadableFileError(
            f"Elements of one kind have {width} points and, all or none, a region."
        )
    return numbers(words, np.dtype("i8"), what="elements").reshape(len(lines), per_line)


def _together(
    tables: list[tuple[NDArray[np.intp], Array]], sizes: NDArray[np.int64]
) -> tuple[Array, Array, Array | None]:
    """Corners of all elements in the order of the file, where each ends, and the regions."""
    ends = np.cumsum(sizes)
    corners = np.empty(int(ends[-1]) if len(ends) else 0, dtype=np.int64)
    regions = np.zeros(len(sizes), dtype=np.int64)
    has_region = True
    for here, table in tables:
        width = int(sizes[here[0]])
        corners[(ends[here] - width)[:, None] + np.arange(width)] = table[:, :width]
        has_region &= table.shape[1] > width
        if table.shape[1] > width:
            regions[here] = table[:, width]
    return corners, ends, regions if has_region else None


def _directions(data: bytes, elements: int) -> dict[str, Array]:
    head = data.split(None, 1)
    if not head or head[0] not in (b"1", b"2"):
        raise UnreadableFileError(
            "The file of fibres does not begin with 1 or 2, the directions per element."
        )
    width = 3 * int(head[0])
    words = data.split()[1:]
    if len(words) != elements * width:
        raise UnreadableFileError(
            f"{elements} elements need {elements * width} numbers of fibres, got {len(words)}."
        )
    found = numbers(words, np.dtype("f8"), what="fibres").reshape(elements, width)
    return {FIBRE: found[:, :3]} | ({SHEET: found[:, 3:]} if width == 6 else {})
