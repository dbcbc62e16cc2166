"""The text of a `.mesh` of CARTO 3: a shell, and the colours at its vertices.

Sections begin with a name in brackets. A row is its number, an equals sign and
its values; comments begin with a semicolon. -10000 stands for no value. A
triangle of a group below 0 is hidden or cut out (a valve, a vein), and is left
out with the vertices that only such triangles use.

The format is not published. What stands here was learned from descriptions by
the authors of open readers (pyCEPS, OpenEP), and was tried on made-up files only.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.electroanatomic.made import NO_PLACES, NO_TRIANGLES, Array

NOTHING = -10000.0
VERTICES, TRIANGLES, COLOURS = "verticessection", "trianglessection", "verticescolorssection"
KINDS = {"unipolar": "unipolar", "bipolar": "bipolar", "lat": "lat"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shell:
    """Vertices in mm, triangles, and the values at the vertices by kind."""

    vertices_mm: Array = field(default_factory=lambda: NO_PLACES)
    triangles: NDArray[np.int64] = field(default_factory=lambda: NO_TRIANGLES)
    values: dict[str, Array] = field(default_factory=dict[str, Array])


@dataclass(slots=True)
class _Section:
    comments: list[str] = field(default_factory=list[str])
    rows: list[list[str]] = field(default_factory=list[list[str]])


def shell(data: bytes) -> Shell:
    """The shell in a `.mesh`.

    Raises:
        UnreadableFileError: the text is no such mesh, or is cut short.

    """
    sections = _sections(data)
    if VERTICES not in sections:
        raise UnreadableFileError("The mesh has no section of vertices.")
    vertices = _numbers(sections[VERTICES], least=3)
    triangles = _numbers(sections.get(TRIANGLES, _Section()), least=3)
    if not len(vertices):
        return Shell()
    corners = triangles[:, :3].astype(np.int64) if len(triangles) else NO_TRIANGLES
    if len(corners) and not (corners.min() >= 0 and corners.max() < len(vertices)):
        raise UnreadableFileError("A triangle of the mesh names a vertex that does not exist.")
    values = _values(sections.get(COLOURS, _Section()), len(vertices))
    shown = triangles[:, 6] >= 0 if triangles.shape[1] > 6 else np.ones(len(corners), dtype=bool)
    return _compact(vertices[:, :3], corners[shown], values)


def _sections(data: bytes) -> dict[str, _Section]:
    found: dict[str, _Section] = {}
    here = _Section()
    for line in data.decode("cp1252", errors="replace").splitlines():
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            here = found.setdefault(text[1:-1].lower(), _Section())
        elif text.startswith(";"):
            here.comments.append(text[1:])
        elif "=" in text:
            here.rows.append(text.split("=", 1)[1].split())
    return found


def _numbers(section: _Section, *, least: int) -> Array:
    if not section.rows:
        return np.empty((0, least))
    width = len(section.rows[0])
    if width < least or any(len(row) != width for row in section.rows):
        raise UnreadableFileError("The rows of a section of the mesh are not of one length.")
    try:
        found = np.array(section.rows, dtype=np.float64)
    except ValueError:
        raise UnreadableFileError("A row of the mesh holds something that is no number.") from None
    if not np.isfinite(found).all():
        raise UnreadableFileError("A row of the mesh holds a number that is not finite.")
    return found


def _values(section: _Section, vertices: int) -> dict[str, Array]:
    """The colours by kind; a heading names the columns, from the left."""
    table = _numbers(section, least=1)
    headings = [line.lower().split() for line in section.comments if "=" not in line]
    names = next((h for h in reversed(headings) if set(h) & set(KINDS)), [])
    if not len(table):
        return {}
    if len(table) != vertices:
        raise UnreadableFileError(
            f"The mesh has {vertices} vertices and colours at {len(table)} of them."
        )
    found = {KINDS[name]: table[:, k] for k, name in enumerate(names) if name in KINDS}
    return {kind: measured(values) for kind, values in found.items()}


def measured(values: Array) -> Array:
    """The values with NaN for the number that stands for none."""
    return np.where(values <= NOTHING, np.nan, values)


def _compact(vertices: Array, corners: NDArray[np.int64], values: dict[str, Array]) -> Shell:
    used = np.zeros(len(vertices), dtype=bool)
    used[corners.ravel()] = True
    renumbered = np.cumsum(used) - 1
    return Shell(
        vertices_mm=vertices[used],
        triangles=renumbered[corners].astype(np.int64),
        values={kind: array[used] for kind, array in values.items()},
    )
