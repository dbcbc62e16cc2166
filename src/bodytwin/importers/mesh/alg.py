"""Meshes of MonoAlg3D as text (`.alg`): one box a line, in um.

A line is the centre of the box, half of its three edges, and further numbers whose meaning the
mesh's author knows; they are kept as "column 7" and so on.

Source: github.com/rsachetto/MonoAlg3D_C, src/domains_library/domain_helpers.c (the columns) and
its writers of fibrotic regions (half of the edges), MIT.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.mesh.cells import HEXAHEDRON
from bodytwin.importers.mesh.grid import Grid
from bodytwin.importers.mesh.raw import LARGEST_COUNT, Array, numbers

MM_PER_UNIT = 0.001
FIRST_EXTRA = 6
MOST_COLUMNS = 64
CORNERS = np.array(
    [[-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1],
     [-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]]
)  # fmt: skip
PER_UM = 1000.0
"""Corners closer than a thousandth of a um are the same point."""


def read(data: bytes) -> Grid:
    """The boxes in a file of MonoAlg3D."""
    table = _table(data)
    centres, halves = table[:, :3], table[:, 3:6]
    if not np.isfinite(table).all() or not (halves > 0).all():
        raise UnreadableFileError(
            "A box has a number that is not finite, or half of an edge that is not above 0."
        )
    points, corners = _shared(centres[:, None, :] + halves[:, None, :] * CORNERS)
    extra = {f"column {k + 1}": table[:, k] for k in range(FIRST_EXTRA, table.shape[1])}
    return Grid(
        points=points,
        types=np.full(len(table), HEXAHEDRON),
        corners=corners,
        ends=8 * np.arange(1, len(table) + 1),
        cell_data=extra,
    )


def _table(data: bytes) -> Array:
    lines = [line for line in data.split(b"\n") if line.strip()]
    if not lines or len(lines) > LARGEST_COUNT:
        raise UnreadableFileError(f"A mesh has 1 to {LARGEST_COUNT} boxes, got {len(lines)}.")
    width = lines[0].count(b",") + 1
    if not FIRST_EXTRA <= width <= MOST_COLUMNS:
        raise UnreadableFileError(
            f"A line of a mesh of MonoAlg3D has at least {FIRST_EXTRA} numbers with commas "
            f"between them (the centre of a box and half of its edges), got {width}."
        )
    if any(line.count(b",") + 1 != width for line in lines):
        raise UnreadableFileError("The lines do not all hold the same number of columns.")
    words = b",".join(lines).split(b",")
    found = numbers([w.strip() for w in words], np.dtype("f8"), what="boxes")
    return found.reshape(len(lines), width)


def _shared(places: Array) -> tuple[Array, NDArray[np.int64]]:
    """The points of which all corners (n, 8, 3) are made, and the point of each corner."""
    flat = places.reshape(-1, 3)
    levels = [np.unique(np.round(flat[:, axis] * PER_UM), return_inverse=True) for axis in range(3)]
    key = np.zeros(len(flat), dtype=np.int64)
    for values, at in levels:
        key = key * len(values) + at.ravel()
    _, first, back = np.unique(key, return_index=True, return_inverse=True)
    return flat[first], back.ravel().astype(np.int64)
