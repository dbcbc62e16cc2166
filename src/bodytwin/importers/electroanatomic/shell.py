"""A surface with values at its points (PLY, VTK, VTP) as a map."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.importers import mesh
from bodytwin.importers.electroanatomic.made import Array, Maps, Said, at_vertices, in_units, made


def read(data: bytes, said: Said, *, source: str) -> Maps:
    """The one map of a surface, measured where a vertex has a value."""
    surface = mesh.read(data, length_unit=said.length_unit)
    found: dict[str, Array] = {}
    for kind, name in said.names.items():
        if name not in surface.point_data:
            raise InvalidInputError(
                f"The surface has no values named {name!r} at its points. "
                f"It has: {', '.join(sorted(surface.point_data)) or 'none'}."
            )
        found[kind] = _one(surface.point_data[name], name)
    raw = at_vertices(surface.vertices_mm, surface.triangles, in_units(found, said))
    return Maps(maps=(made(raw, said, source=source, path="surface"),))


def _one(values: NDArray[Any], name: str) -> Array:
    flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    if flat.shape[1] != 1:
        raise InvalidInputError(f"The values named {name!r} are {flat.shape[1]} at each point.")
    return flat[:, 0]
