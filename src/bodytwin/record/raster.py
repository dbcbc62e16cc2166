r"""Which voxels does a region hold, and how large is it?

A contour stands for the slab from half way to the slice below to half way to the slice above;
the first and the last slab reach as far outwards as inwards. With slices at the heights h_k,

.. math::
    t_k = (h_{k+1} - h_{k-1}) / 2,  \qquad  V = \sum_k t_k \sum_{c \in k} (-1)^{n_c} |A_c|,  \tag{1}

where :math:`A_c` is the area of contour c and :math:`n_c` the number of other contours of its
slice that enclose it. A voxel is in the region if its centre lies in such a slab and, moved along
the normal into the plane of the slice, within an odd number of contours (even-odd rule). A
centre on an edge belongs to the side of higher index; places are rounded to 1e-6 mm along the
normal and to 1e-9 voxels across, so that what was written and read again fills the same voxels.

Where slices are not equally far apart the slabs differ; a slice of the image without a contour
holds nothing. Where the image is not known, the slices are those that any region of the set was
drawn on (so a set of one region with a gap in it is taken as drawn across the gap).

Not for: contours that cross each other, whose volume (1) counts what is in both by nesting only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.record.contour import FLAT_MM, TILT, Region, StructureSet
from bodytwin.record.image import Image

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
CHUNK = 4_000_000
ROUNDING = 1e-6
DECIMALS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Slab:
    """The contours of one slice, with the heights between which they hold."""

    height_mm: float
    lower_mm: float
    upper_mm: float
    contours_mm: tuple[Array, ...]

    def holds(self, heights_mm: Array) -> Mask:
        """Whether heights lie in the slab; one on an edge belongs to the slab above."""
        off = heights_mm + ROUNDING
        return (off >= self.lower_mm) & (off < self.upper_mm)


def slabs(structures: StructureSet, region: Region) -> tuple[Slab, ...]:
    """The slabs of a region, the lowest first.

    Raises:
        InvalidInputError: a contour lies off the slices, or there is one slice only.

    """
    heights = structures.heights_mm
    if len(heights) < 2:
        raise InvalidInputError("Contours on one slice have no thickness. Two slices are needed.")
    middles = (heights[1:] + heights[:-1]) / 2
    first, last = 2 * heights[0] - middles[0], 2 * heights[-1] - middles[-1]
    edges = np.concatenate([[first], middles, [last]])
    on: dict[int, list[Array]] = {}
    for contour in region.contours_mm:
        height = float((contour @ structures.normal).mean())
        k = int(np.argmin(np.abs(heights - height)))
        if abs(heights[k] - height) > FLAT_MM:
            raise InvalidInputError(f"A contour of region {region.number} lies off the slices.")
        on.setdefault(k, []).append(contour)
    return tuple(Slab(heights[k], edges[k], edges[k + 1], tuple(on[k])) for k in sorted(on))


def skipped_slices(structures: StructureSet, region: Region) -> int:
    """How many slices between its first and its last hold no contour of the region."""
    heights = [slab.height_mm for slab in slabs(structures, region)]
    within = (structures.heights_mm >= heights[0]) & (structures.heights_mm <= heights[-1])
    return int(within.sum()) - len(heights)


def volume_ml(structures: StructureSet, region: Region) -> float:
    """Volume of a region by (1)."""
    across, down = _plane(structures.normal)
    total_mm3 = 0.0
    for slab in slabs(structures, region):
        flat = [np.column_stack([c @ across, c @ down]) for c in slab.contours_mm]
        for k, contour in enumerate(flat):
            around = sum(
                bool(_inside_points(contour[:1], [other])[0])
                for m, other in enumerate(flat)
                if m != k
            )
            total_mm3 += (-1) ** around * _area(contour) * (slab.upper_mm - slab.lower_mm)
    return total_mm3 / 1000.0


def inside(structures: StructureSet, region: Region, image: Image) -> Mask:
    """Whether the centre of each voxel (nx, ny, nz) of an image lies in the region."""
    found = slabs(structures, region)
    axes = image.affine[:3, :3]
    tilts = np.abs(structures.normal @ (axes / np.linalg.norm(axes, axis=0)))
    along = int(np.argmax(tilts))
    if np.delete(tilts, along).max() < TILT:
        return _by_slices(found, structures.normal, image, along)
    return _by_points(found, structures.normal, image)


def _by_slices(found: tuple[Slab, ...], normal: Array, image: Image, along: int) -> Mask:
    """A grid whose planes are parallel to the contours: each plane filled as a whole."""
    mask = np.zeros(image.values.shape, dtype=np.bool_)
    planes = np.moveaxis(mask, along, 0)
    others = [a for a in range(3) if a != along]
    to_index = np.linalg.inv(image.affine)
    steps = np.arange(len(planes))
    heights = image.affine[:3, 3] @ normal + steps * (image.affine[:3, along] @ normal)
    for slab in found:
        for k in np.flatnonzero(slab.holds(heights)):
            moved = [c + (heights[k] - slab.height_mm) * normal for c in slab.contours_mm]
            index = [c @ to_index[:3, :3].T + to_index[:3, 3] for c in moved]
            flat = [np.round(c[:, others], DECIMALS) for c in index]
            planes[k] = filled(flat, planes[k].shape)
    return mask


def filled(contours: list[Array], shape: tuple[int, ...]) -> Mask:
    """Whether each whole number (i, j) below `shape` lies in an odd number of contours (n, 2).

    Every edge that crosses a row toggles all beyond the crossing.
    """
    ends = np.concatenate(contours)
    first = np.clip(np.ceil(ends.min(axis=0)), 0, shape).astype(np.int64)
    beyond = np.clip(np.ceil(ends.max(axis=0)), first, shape).astype(np.int64)
    size = beyond - first
    toggles = np.zeros((size[0] + 1, size[1]), dtype=np.int32)
    for contour in contours:
        at, row = _toggles(contour - first, size)
        np.add.at(toggles, (at, row), 1)
    mask = np.zeros(shape, dtype=np.bool_)
    odd = np.cumsum(toggles, axis=0, dtype=np.int32)[:-1] % 2 == 1
    mask[first[0] : beyond[0], first[1] : beyond[1]] = odd
    return mask


def _toggles(
    contour: Array, size: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first whole number beyond each crossing of an edge and a row, and the row."""
    start, end = contour, np.roll(contour, -1, axis=0)
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    first = np.clip(np.ceil(low), 0, size[1]).astype(np.int64)
    counts = np.clip(np.ceil(high), 0, size[1]).astype(np.int64) - first
    edge = np.repeat(np.arange(len(contour)), counts)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    share = (row - start[edge, 1]) / (end[edge, 1] - start[edge, 1])
    crossing = start[edge, 0] + share * (end[edge, 0] - start[edge, 0])
    return np.clip(np.ceil(crossing), 0, size[0]).astype(np.int64), row


def _by_points(found: tuple[Slab, ...], normal: Array, image: Image) -> Mask:
    """A grid that lies oblique to the contours: each voxel centre on its own."""
    index = np.indices(image.values.shape).reshape(3, -1)
    points = image.affine[:3, :3] @ index + image.affine[:3, 3:]
    heights = normal @ points
    across, down = _plane(normal)
    mask = np.zeros(heights.shape, dtype=np.bool_)
    for slab in found:
        here = np.flatnonzero(slab.holds(heights))
        flat = [np.column_stack([c @ across, c @ down]) for c in slab.contours_mm]
        mask[here] = _inside_points(points[:, here].T @ np.column_stack([across, down]), flat)
    return mask.reshape(image.values.shape)


def _inside_points(points: Array, contours: list[Array]) -> Mask:
    """Whether points (n, 2) lie in an odd number of contours (m, 2)."""
    odd = np.zeros(len(points), dtype=np.bool_)
    for contour in contours:
        low, high = contour.min(axis=0), contour.max(axis=0)
        near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
        part = max(1, CHUNK // len(contour))
        for here in np.array_split(near, max(1, -(-len(near) // part))):
            odd[here] ^= _crossings(points[here], contour) % 2 == 1
    return odd


def _crossings(points: Array, contour: Array) -> NDArray[np.int64]:
    """How often a line from each point towards lower x meets the contour."""
    x, y = points[:, :1], points[:, 1:]
    (x0, y0), (x1, y1) = contour.T, np.roll(contour, -1, axis=0).T
    meets = (y0 <= y) != (y1 <= y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
    return (meets & (crossing <= x)).sum(axis=1)


def _area(contour: Array) -> float:
    """Area within a closed line (n, 2)."""
    x, y = (contour - contour[0]).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _plane(normal: Array) -> tuple[Array, Array]:
    """Two directions (3,) in the plane across a normal."""
    aside = np.eye(3)[int(np.argmin(np.abs(normal)))]
    across = np.asarray(np.cross(normal, aside), dtype=np.float64)
    across /= np.linalg.norm(across)
    return across, np.cross(normal, across)
