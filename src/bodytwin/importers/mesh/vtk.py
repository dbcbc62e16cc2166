"""VTK PolyData in legacy files (`.vtk`), text or binary, as versions 1 to 5.1 write it.

Read are POINTS, POLYGONS that are triangles, and POINT_DATA. Values of cells and of
the whole data set are passed over. Vertices, lines and strips are refused: the file
would be more than a surface.

Source: The VTK User's Guide, chapter VTK File Formats, Simple Legacy Formats.
"""

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.mesh.raw import Array, Raw, count, require_three, triangles_of
from bodytwin.importers.mesh.sections import SECTIONS, State, of, opened, take_sections

OTHER_CELLS = {"VERTICES": "vertices", "LINES": "lines", "TRIANGLE_STRIPS": "strips"}


def read(data: bytes) -> Raw:
    """The surface in a legacy VTK file."""
    state = opened(data, "PolyData", ("POINT_DATA",))
    take_sections(state, _SECTIONS, kind="PolyData")
    if state.points is None or "POLYGONS" not in state.cells:
        raise UnreadableFileError("A surface in VTK has the sections POINTS and POLYGONS.")
    return Raw(
        points=state.points,
        triangles=state.cells["POLYGONS"],
        point_data=state.kept.get("POINT_DATA", {}),
    )


def _polygons(state: State, words: list[str]) -> None:
    _, number, size = of(words, 3)
    if "POLYGONS" in state.cells:
        raise UnreadableFileError("The file has two sections POLYGONS.")
    rows, total = count(number, what="polygons"), count(size, what="corners")
    before = state.cursor.at
    following = state.cursor.words()
    if following[:1] == ["OFFSETS"]:
        state.cells["POLYGONS"] = _by_offsets(state, of(following, 2)[1], rows, total)
        return
    state.cursor.at = before
    if total != 4 * rows:
        raise UnreadableFileError(
            f"{rows} triangles are {4 * rows} numbers, got {total}: some faces are no triangles. "
            "Triangulate the surface first."
        )
    cells = state.take(total, "int", what="polygons").reshape(-1, 4)
    require_three(cells[:, 0])
    state.cells["POLYGONS"] = cells[:, 1:]


def _by_offsets(state: State, kind: str, offsets: int, corners: int) -> Array:
    ends = state.take(offsets, kind, what="offsets of the polygons")
    words = of(state.cursor.words(), 2)
    if words[0] != "CONNECTIVITY":
        raise UnreadableFileError("After the OFFSETS of the polygons stands no CONNECTIVITY.")
    found = state.take(corners, words[1], what="corners of the polygons")
    if not len(ends) or ends[0] != 0:
        raise UnreadableFileError("The offsets of the polygons do not begin with 0.")
    return triangles_of(found, ends[1:])


def _other_cells(state: State, words: list[str]) -> None:
    del state
    keyword, _, size = of(words, 3)
    if count(size, what="corners"):
        raise UnreadableFileError(
            f"Beside its triangles the file holds {OTHER_CELLS[keyword.upper()]}. Remove them."
        )


_SECTIONS = {**SECTIONS, "POLYGONS": _polygons, **dict.fromkeys(OTHER_CELLS, _other_cells)}
