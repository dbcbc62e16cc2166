"""A volume mesh: points in mm, tetrahedra and hexahedra between them, what each cell is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.geometry.tetrahedra import OF_HEXAHEDRON, cut, volumes_mm3

Array = NDArray[np.float64]
FARTHEST_MM = 1e6
TOP_TURNED = (0, 1, 2, 3, 4, 7, 6, 5)
"""Corners of a hexahedron whose upper face was counted the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VolumeMesh:
    """Cells of a solid: c = t + h of them, first the tetrahedra, then the hexahedra.

    `points_mm` (p, 3), `tetrahedra` (t, 4), `hexahedra` (h, 8; corners 0 to 3 around one face and
    4 to 7 above them). `tags` (c,) says which region a cell is of and `fibres` (c, 3) how its
    fibres run, of length 1, or 0 where the cell has none; either is None where the file does not
    say. Each array of `cell_data` is (c,) or (c, k). The arrays cannot be written.
    """

    points_mm: Array
    tetrahedra: NDArray[np.int64]
    hexahedra: NDArray[np.int64]
    tags: NDArray[np.int64] | None = None
    fibres: Array | None = None
    cell_data: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        points = np.array(self.points_mm, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or not (np.abs(points) < FARTHEST_MM).all():
            raise InvalidInputError(
                f"The points of a mesh are (p, 3) and less than {FARTHEST_MM:g} mm away."
            )
        tetrahedra = _corners(self.tetrahedra, 4, len(points))
        hexahedra = _upright(points, _corners(self.hexahedra, 8, len(points)))
        count = len(tetrahedra) + len(hexahedra)
        if not count:
            raise InvalidInputError(
                "The mesh has no tetrahedra or hexahedra. Is it a surface? A volume is expected."
            )
        object.__setattr__(self, "points_mm", _fixed(points))
        object.__setattr__(self, "tetrahedra", _fixed(tetrahedra))
        object.__setattr__(self, "hexahedra", _fixed(hexahedra))
        if self.tags is not None:
            object.__setattr__(self, "tags", _fixed(_tags(self.tags, count)))
        if self.fibres is not None:
            object.__setattr__(self, "fibres", _fixed(_fibres(self.fibres, count)))
        for values in self.cell_data.values():
            _require_rows(values, count)
        data = {name: _fixed(np.array(v)) for name, v in self.cell_data.items()}
        object.__setattr__(self, "cell_data", MappingProxyType(data))

    def as_tetrahedra(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Tetrahedra alone, hexahedra cut into six each, and the cell each is of."""
        t, h = len(self.tetrahedra), len(self.hexahedra)
        pieces = cut(self.hexahedra, OF_HEXAHEDRON)
        of = np.concatenate([np.arange(t), t + np.repeat(np.arange(h), len(OF_HEXAHEDRON))])
        return np.concatenate([self.tetrahedra, pieces]), of

    @property
    def volume_ml(self) -> float:
        """Volume of all cells together."""
        return float(np.abs(volumes_mm3(self.points_mm, self.as_tetrahedra()[0])).sum()) / 1000.0


def _corners(given: NDArray[Any], width: int, points: int) -> NDArray[np.int64]:
    if given.dtype.kind not in "iu" or given.ndim != 2 or given.shape[1] != width:
        raise InvalidInputError(f"Cells name {width} points each by whole numbers.")
    cells = given.astype(np.int64)
    outside = ((cells < 0) | (cells >= points)).any(axis=1)
    if outside.any():
        raise InvalidInputError(
            f"{int(outside.sum())} cells name a point that does not exist; there are {points}."
        )
    return cells


def _upright(points: Array, hexahedra: NDArray[np.int64]) -> NDArray[np.int64]:
    """The hexahedra with corners 4 to 7 above corners 0 to 3, as their volumes tell.

    openCARP counts the upper face the other way round than VTK; cut in the wrong order, the
    six pieces of a cell do not all have the same sign.
    """
    if not len(hexahedra):
        return hexahedra
    turned = hexahedra[:, TOP_TURNED]
    as_is, other = (_mixed(points, h) for h in (hexahedra, turned))
    return np.where((as_is & ~other)[:, None], turned, hexahedra)


def _mixed(points: Array, hexahedra: NDArray[np.int64]) -> NDArray[np.bool_]:
    volumes = volumes_mm3(points, cut(hexahedra, OF_HEXAHEDRON)).reshape(len(hexahedra), -1)
    return (volumes.min(axis=1) < 0) & (volumes.max(axis=1) > 0)


def _tags(given: NDArray[Any], count: int) -> NDArray[np.int64]:
    tags = _require_rows(given, count)
    if tags.ndim != 1 or not (np.isfinite(tags).all() and (np.abs(tags) < 2**31).all()):
        raise InvalidInputError("The regions of cells are one number each, below 2^31.")
    if (tags != np.round(tags)).any():
        raise InvalidInputError("The regions of cells are one whole number each.")
    return tags.astype(np.int64)


def _fibres(given: NDArray[Any], count: int) -> Array:
    fibres = _require_rows(given, count).astype(np.float64)
    if fibres.shape != (count, 3) or not np.isfinite(fibres).all():
        raise InvalidInputError("The fibres of cells are three finite numbers each.")
    with np.errstate(over="ignore"):
        length = np.linalg.norm(fibres, axis=1, keepdims=True)
    return np.where(length > 1e-6, fibres / np.maximum(length, 1e-6), 0.0)


def _require_rows(values: NDArray[Any], count: int) -> NDArray[Any]:
    if values.ndim not in (1, 2) or len(values) != count or values.dtype.kind not in "iuf":
        raise InvalidInputError(f"Values of {count} cells are numbers, one row for each cell.")
    return values


def _fixed(values: NDArray[Any]) -> NDArray[Any]:
    values.flags.writeable = False
    return values
