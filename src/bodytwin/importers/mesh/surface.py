"""A surface: points in mm, triangles between them, values at the points."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """Points `vertices_mm` (v, 3), `triangles` (t, 3) naming three of them, and `point_data`.

    Each array of `point_data` is (v,) or (v, k), in the unit of its source; NaN
    there is a value that was not measured. The arrays are copied and cannot be
    written.
    """

    vertices_mm: NDArray[np.float64]
    triangles: NDArray[np.int64]
    point_data: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])

    def __post_init__(self) -> None:
        vertices = _fixed(np.asarray(self.vertices_mm, dtype=np.float64))
        triangles = _fixed(_whole(np.asarray(self.triangles)))
        _require_points(vertices)
        _require_triangles(triangles, len(vertices))
        values = {name: _values(given, len(vertices)) for name, given in self.point_data.items()}
        object.__setattr__(self, "vertices_mm", vertices)
        object.__setattr__(self, "triangles", triangles)
        object.__setattr__(self, "point_data", MappingProxyType(values))


def _whole(triangles: NDArray[Any]) -> NDArray[np.int64]:
    if triangles.dtype.kind not in "iu" or triangles.dtype == np.uint64:
        raise InvalidInputError(
            f"Triangles name points by whole numbers below 2^63, got {triangles.dtype}."
        )
    return triangles.astype(np.int64)


def _require_points(vertices: NDArray[np.float64]) -> None:
    if vertices.ndim != 2 or vertices.shape[1] != 3 or not len(vertices):
        raise InvalidInputError(f"The points of a surface are (v, 3), got {vertices.shape}.")
    whole = np.isfinite(vertices).all(axis=1)
    if not whole.all():
        raise InvalidInputError(
            f"{int((~whole).sum())} of {len(vertices)} points have a coordinate that is not a "
            f"finite number, the first at {int(np.argmin(whole))}. Remove them and their triangles."
        )


def _require_triangles(triangles: NDArray[np.int64], points: int) -> None:
    if triangles.ndim != 2 or triangles.shape[1] != 3 or not len(triangles):
        raise InvalidInputError(f"The triangles of a surface are (t, 3), got {triangles.shape}.")
    inside = ((triangles >= 0) & (triangles < points)).all(axis=1)
    if not inside.all():
        first = int(np.argmin(inside))
        raise InvalidInputError(
            f"Triangle {first} names a point that does not exist: {triangles[first].tolist()}, "
            f"with points 0 to {points - 1}."
        )


def _values(given: NDArray[Any], points: int) -> NDArray[Any]:
    values = np.asarray(given)
    if values.ndim not in (1, 2) or len(values) != points or values.dtype.kind not in "iuf":
        raise InvalidInputError(
            f"Values at {points} points are numbers of shape ({points},) or ({points}, k), "
            f"got {values.dtype} of shape {values.shape}."
        )
    return _fixed(values)


def _fixed(values: NDArray[Any]) -> NDArray[Any]:
    native = values.dtype.newbyteorder("=")
    copy = np.array(values, dtype=native, order="C")
    copy.flags.writeable = False
    return copy
