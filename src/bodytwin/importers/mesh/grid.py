"""What stands in a file of a volume mesh, in the file's own unit, and the mesh made of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bodytwin.importers.mesh.cells import fibres_of, sorted_out, tags_of, values_at
from bodytwin.importers.mesh.raw import Array
from bodytwin.importers.mesh.solid import VolumeMesh


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """Points, the VTK type of each cell, the corners of all cells in a row and where each ends."""

    points: Array
    types: Array
    corners: Array
    ends: Array
    cell_data: Mapping[str, Array] = field(default_factory=dict[str, Array])


def mesh_of(grid: Grid, *, mm_per_unit: float, tag: str | None) -> VolumeMesh:
    """The mesh of a grid; `tag` names the values that say which region a cell is of."""
    tetrahedra, hexahedra, rows, remarks = sorted_out(grid.types, grid.corners, grid.ends)
    data = {n: v for n, v in grid.cell_data.items() if len(v) == len(grid.types)}
    data = values_at(data, rows)
    with np.errstate(over="ignore", invalid="ignore"):
        points = np.asarray(grid.points, dtype=np.float64) * mm_per_unit
    return VolumeMesh(
        points_mm=points,
        tetrahedra=tetrahedra,
        hexahedra=hexahedra,
        tags=tags_of(data, tag),
        fibres=fibres_of(data),
        cell_data=data,
        remarks=remarks,
    )
