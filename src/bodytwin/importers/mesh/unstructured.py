"""VTK UnstructuredGrid in legacy files (`.vtk`), text or binary, as versions 1 to 5.1 write it.

Source: The VTK User's Guide, chapter VTK File Formats, Simple Legacy Formats.
"""

import numpy as np

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.mesh.grid import Grid
from bodytwin.importers.mesh.raw import Array, count
from bodytwin.importers.mesh.sections import SECTIONS, State, of, opened, take_sections


def read(data: bytes) -> Grid:
    """The cells in a legacy VTK file."""
    state = opened(data, "Unstructured_Grid", ("CELL_DATA",))
    take_sections(state, _SECTIONS, kind="UnstructuredGrid")
    lacking = [n for n in ("CELLS", "ends", "CELL_TYPES") if n not in state.cells]
    if state.points is None or lacking:
        raise UnreadableFileError(
            "A volume mesh in VTK has the sections POINTS, CELLS and CELL_TYPES."
        )
    return Grid(
        points=state.points,
        types=state.cells["CELL_TYPES"],
        corners=state.cells["CELLS"],
        ends=state.cells["ends"],
        cell_data=state.kept.get("CELL_DATA", {}),
    )


def _cells(state: State, words: list[str]) -> None:
    _, number, size = of(words, 3)
    if "CELLS" in state.cells:
        raise UnreadableFileError("The file has two sections CELLS.")
    rows, total = count(number, what="cells"), count(size, what="corners", largest=200_000_000)
    before = state.cursor.at
    following = state.cursor.words()
    if following[:1] == ["OFFSETS"]:
        _by_offsets(state, of(following, 2)[1], rows, total)
        return
    state.cursor.at = before
    flat = state.take(total, "int", what="cells").astype(np.int64)
    state.cells["CELLS"], state.cells["ends"] = _without_counts(flat, rows)


def _without_counts(flat: Array, rows: int) -> tuple[Array, Array]:
    """Corners and where those of each cell end, from rows that begin with their number."""
    first = int(flat[0]) if len(flat) else 0
    if first > 0 and len(flat) == rows * (first + 1) and (flat[:: first + 1] == first).all():
        corners = flat.reshape(rows, first + 1)[:, 1:].ravel()
        return corners, np.arange(1, rows + 1) * first
    starts = np.empty(rows, dtype=np.int64)
    at = 0
    for row in range(rows):
        if at >= len(flat) or not 0 <= flat[at] <= len(flat):
            raise UnreadableFileError("The cells are not as long as they announce.")
        starts[row] = at
        at += int(flat[at]) + 1
    if at != len(flat):
        raise UnreadableFileError("The cells are not as long as they announce.")
    return np.delete(flat, starts), np.cumsum(flat[starts])


def _by_offsets(state: State, kind: str, offsets: int, corners: int) -> None:
    ends = state.take(offsets, kind, what="offsets of the cells")
    words = of(state.cursor.words(), 2)
    if words[0] != "CONNECTIVITY":
        raise UnreadableFileError("After the OFFSETS of the cells stands no CONNECTIVITY.")
    if not len(ends) or ends[0] != 0:
        raise UnreadableFileError("The offsets of the cells do not begin with 0.")
    state.cells["CELLS"] = state.take(corners, words[1], what="corners of the cells")
    state.cells["ends"] = ends[1:]


def _types(state: State, words: list[str]) -> None:
    if "CELL_TYPES" in state.cells:
        raise UnreadableFileError("The file has two sections CELL_TYPES.")
    rows = count(of(words, 2)[1], what="types of cells")
    state.cells["CELL_TYPES"] = state.take(rows, "int", what="types of cells")


_SECTIONS = {**SECTIONS, "CELLS": _cells, "CELL_TYPES": _types}
