"""Cells of several kinds, sorted into tetrahedra and hexahedra with their values beside them.

Prisms are cut into three tetrahedra and pyramids into two, which keep the values of their cell.
Triangles, lines and points, which meshes carry on their surface, are passed over.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.mesh.raw import Array
from bodytwin.numerics.geometry.tetrahedra import OF_PRISM, OF_PYRAMID, cut

TETRAHEDRON, VOXEL, HEXAHEDRON, PRISM, PYRAMID = 10, 11, 12, 13, 14
CORNERS = {TETRAHEDRON: 4, VOXEL: 8, HEXAHEDRON: 8, PRISM: 6, PYRAMID: 5}
PATTERNS = {PRISM: OF_PRISM, PYRAMID: OF_PYRAMID}
OF_VOXEL = (0, 1, 3, 2, 4, 5, 7, 6)
FLAT = (1, 2, 3, 4, 5, 6, 7, 8, 9)
"""Types of VTK without a volume: points, lines, strips, triangles, polygons, pixels, quads."""
TAGS = ("elemTag", "tag", "tags", "region", "regions", "label", "labels", "material",
        "cell_tags", "gmsh:physical")  # fmt: skip
FIBRES = ("fiber", "fibers", "fibre", "fibres", "f0", "fiberDirection")


def sorted_out(
    types: Array, corners: Array, ends: Array
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    """Tetrahedra, hexahedra, the row of the file that each comes from, and remarks.

    Args:
        types: of each cell, as VTK numbers them.
        corners: the points of all cells in a row.
        ends: where the corners of each cell end.

    """
    ends = ends.astype(np.int64)
    sizes = np.diff(ends, prepend=0)
    if len(types) != len(ends) or (sizes < 0).any() or (len(ends) and ends[-1] != len(corners)):
        raise UnreadableFileError("The cells do not add up to the corners that the file holds.")
    _require_known(types, sizes)
    found: dict[int, list[NDArray[np.int64]]] = {4: [], 8: []}
    rows: dict[int, list[NDArray[np.int64]]] = {4: [], 8: []}
    for kind, width in CORNERS.items():
        here = np.flatnonzero(types == kind)
        cells = corners[(ends[here] - width)[:, None] + np.arange(width)].astype(np.int64)
        if kind == VOXEL:
            cells = cells[:, OF_VOXEL]
        if (pattern := PATTERNS.get(kind)) is not None:
            cells, here = cut(cells, pattern), np.repeat(here, len(pattern))
        found[cells.shape[1]].append(cells)
        rows[cells.shape[1]].append(here)
    passed = int(np.isin(types, FLAT).sum())
    remarks = (f"{passed} points, lines and faces without volume were passed over.",)
    return (
        np.concatenate(found[4]),
        np.concatenate(found[8]),
        np.concatenate([*rows[4], *rows[8]]),
        remarks if passed else (),
    )


def _require_known(types: Array, sizes: NDArray[np.int64]) -> None:
    strange = sorted({int(t) for t in np.unique(types)} - {*CORNERS, *FLAT})
    if strange:
        raise UnreadableFileError(
            f"The file holds cells of the VTK types {strange[:10]}; read are tetrahedra, voxels, "
            "hexahedra, prisms and pyramids with straight edges."
        )
    for kind, width in CORNERS.items():
        if (sizes[types == kind] != width).any():
            raise UnreadableFileError(f"A cell of VTK type {kind} has other than {width} corners.")


def tags_of(data: Mapping[str, Array], name: str | None) -> Array | None:
    """The regions among the values of cells: those named, or the only ones of a usual name."""
    return _named(data, name, TAGS, "region", width=1)


def fibres_of(data: Mapping[str, Array]) -> Array | None:
    """The directions of fibres among the values of cells."""
    return _named(data, None, FIBRES, "fibre", width=3)


def _named(
    data: Mapping[str, Array], name: str | None, usual: tuple[str, ...], what: str, *, width: int
) -> Array | None:
    if name is not None and name not in data:
        raise UnreadableFileError(
            f"The cells have no values of the name given for the {what}; there are "
            f"{len(data)} sets of values."
        )
    lower = {u.lower() for u in usual}
    fitting = [n for n in data if n.lower() in lower] if name is None else [name]
    fitting = [n for n in fitting if width == 1 or data[n].shape[1:] == (width,)]
    if len(fitting) > 1:
        raise UnreadableFileError(
            f"Several sets of values may be the {what}: {', '.join(fitting)}. Say which."
        )
    return data[fitting[0]] if fitting else None


def values_at(data: Mapping[str, Array], rows: NDArray[np.int64]) -> dict[str, Any]:
    """The values of the cells that are kept."""
    return {name: values[rows] for name, values in data.items()}
