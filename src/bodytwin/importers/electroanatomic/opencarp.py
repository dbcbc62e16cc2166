"""A surface of openCARP with values at its points: `.pts`, `.elem`, and a `.dat` for each kind.

The names of the files of values are what the caller names `lat`, `bipolar` and
`unipolar`. Points are in um, as openCARP keeps them, unless the caller says
another unit. Elements that are no triangles are passed over.

Source: carpentry.medunigraz.at, Getting started, File formats.
"""

from collections.abc import Mapping

import numpy as np

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.electroanatomic.made import (
    NO_TRIANGLES,
    Array,
    Maps,
    Said,
    at_vertices,
    in_units,
    made,
)
from bodytwin.importers.mesh import carp
from bodytwin.importers.mesh.raw import numbers
from bodytwin.importers.mesh.read import mm_per

TRIANGLE = 5


def read(files: Mapping[str, bytes], said: Said, *, source: str) -> Maps:
    """The one map of a surface of openCARP."""
    grid = carp.read(_only(files, ".pts"), _only(files, ".elem"), None)
    vertices = np.asarray(grid.points, dtype=np.float64) * mm_per(said.length_unit or "um")
    ends = grid.ends[grid.types == TRIANGLE]
    triangles = grid.corners[ends[:, None] + np.arange(-3, 0)] if len(ends) else NO_TRIANGLES
    found = {kind: _values(files, name, len(vertices)) for kind, name in said.names.items()}
    raw = at_vertices(vertices, triangles.astype(np.int64), in_units(found, said))
    passed = len(grid.types) - len(ends)
    remarks = (f"{passed} elements that are no triangles were passed over.",) if passed else ()
    return Maps(maps=(made(raw, said, source=source, path="surface"),), remarks=remarks)


def _only(files: Mapping[str, bytes], ending: str) -> bytes:
    fitting = [data for name, data in files.items() if name.lower().endswith(ending)]
    if len(fitting) != 1:
        raise UnreadableFileError(f"{len(fitting)} files end in {ending}, and one is needed.")
    return fitting[0]


def _values(files: Mapping[str, bytes], name: str, vertices: int) -> Array:
    if name not in files:
        raise InvalidInputError(f"There is no file named {name!r} among those given.")
    found = numbers(files[name].split(), np.dtype("f8"), what="values")
    if len(found) != vertices:
        raise UnreadableFileError(
            f"A file of values has {len(found)} numbers for {vertices} points. One each is needed."
        )
    return found
