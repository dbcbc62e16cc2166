"""Which voxels of a box are active, and how numbers at them lie in it.

Numbers at n active voxels are arrays (n, ...) in the order in which the
voxels stand in the box (C order: the last axis runs fastest).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Voxels:
    """Cubes of edge `spacing_mm`; `index` (nx, ny, nz) int32 numbers the active ones, else -1.

    The centre of cell (i, j, k) lies at `origin_mm` + `spacing_mm` * (i, j, k).
    """

    index: NDArray[np.int32]
    spacing_mm: float
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @classmethod
    def of_mask(
        cls,
        mask: NDArray[np.bool_],
        *,
        spacing_mm: float,
        origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> "Voxels":
        """The voxels at which `mask` (nx, ny, nz) holds, in a box with a margin of one voxel."""
        if mask.ndim != 3 or not mask.any():
            raise InvalidInputError("A mask of voxels has three axes and at least one voxel.")
        if not spacing_mm > 0:
            raise InvalidInputError(f"A spacing is above 0 mm, got {spacing_mm:g}.")
        edges = [np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
        low = np.array([e[0] for e in edges])
        inner = mask[tuple(slice(e[0], e[-1] + 1) for e in edges)]
        padded = np.pad(inner, 1)
        index = np.full(padded.shape, -1, dtype=np.int32)
        index[padded] = np.arange(int(padded.sum()), dtype=np.int32)
        x, y, z = np.asarray(origin_mm) + spacing_mm * (low - 1)
        return cls(index=index, spacing_mm=spacing_mm, origin_mm=(float(x), float(y), float(z)))

    @property
    def count(self) -> int:
        """Number of active voxels, n."""
        return len(self.cells)

    @cached_property
    def cells(self) -> NDArray[np.int32]:
        """Place of each active voxel in the box, (n, 3)."""
        return np.argwhere(self.index >= 0).astype(np.int32)

    @cached_property
    def positions_mm(self) -> Array:
        """Centre of each active voxel, (n, 3)."""
        return np.array(self.origin_mm, dtype=np.float64) + self.spacing_mm * self.cells.astype(
            np.float64
        )

    @property
    def volume_ml(self) -> float:
        """Volume of all active voxels together."""
        return self.count * self.spacing_mm**3 / 1000.0

    def neighbours(self, offset: tuple[int, int, int]) -> NDArray[np.int32]:
        """Number of the active voxel at `offset` (each -1, 0 or 1) from each, (n,); -1 if none."""
        shape = np.asarray(self.index.shape)
        at = self.cells + np.asarray(offset, dtype=np.int32)
        inside = np.logical_and(at >= 0, at < shape).all(axis=1)
        at = np.where(inside.reshape(-1, 1), at, 0)
        found = self.index[at[:, 0], at[:, 1], at[:, 2]]
        return np.where(inside, found, -1).astype(np.int32)

    def nearest(self, points_mm: Array) -> NDArray[np.intp]:
        """Number of the active voxel nearest to each of `points_mm` (p, 3), shape (p,)."""
        from scipy.spatial import KDTree

        return np.asarray(KDTree(self.positions_mm).query(points_mm)[1], dtype=np.intp)

    def in_box(self, values: NDArray[np.float64], *, outside: float = np.nan) -> Array:
        """Numbers at the active voxels (n,) laid out in the box (nx, ny, nz)."""
        box = np.full(self.index.shape, outside, dtype=np.float64)
        box[self.index >= 0] = values
        return box
