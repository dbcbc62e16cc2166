"""Do planes of pixels make one volume, and where does it lie?

A pixel of column i and row j lies at position + i * s_c * along + j * s_r * down
(DICOM PS3.3 C.7.6.2.1.1), with the distances s_r between rows and s_c between columns.
Planes are sorted along their normal. They must be parallel, equally far apart, and each
straight above the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError

Array = NDArray[np.float64]
TOLERANCE_MM = 0.1
ASIDE_MM = 0.5
TILT = 1e-3
LARGEST_STACK = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plane:
    """Where one slice lies: position of its first pixel, directions and distances in it."""

    position_mm: Array
    along: Array
    down: Array
    between_rows_mm: float
    between_columns_mm: float
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        steps = np.array([self.between_rows_mm, self.between_columns_mm])
        numbers = np.concatenate([self.position_mm, self.along, self.down, steps])
        if numbers.shape != (11,) or not np.isfinite(numbers).all():
            raise UnreadableFileError("The place of a slice is not given by finite numbers.")
        if not (steps > 0).all():
            raise UnreadableFileError("The distance between the pixels of a slice is not above 0.")
        lengths = np.linalg.norm([self.along, self.down], axis=1)
        if abs(lengths - 1).max() > TILT or abs(self.along @ self.down) > TILT:
            raise UnreadableFileError("The directions of a slice are not at right angles.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """The affine (4, 4) of values (column, row, slice), and the slice of each plane given."""

    affine: Array
    slice_of: NDArray[np.int64]
    slices: int


def stacked(planes: Sequence[Plane], *, step_mm: float | None = None) -> Stack:
    """The volume that planes make, one slice each.

    Args:
        planes: in any order.
        step_mm: distance of slices where planes may lie at the same place or be left out.

    Raises:
        UnreadableFileError: a slice is lacking, doubled, tilted or displaced.

    """
    first = planes[0]
    _require_alike(planes)
    normal = np.cross(first.along, first.down)
    normal /= np.linalg.norm(normal)
    places = np.array([p.position_mm for p in planes])
    heights = (places - places[0]) @ normal
    aside = np.linalg.norm(places - places[0] - np.outer(heights, normal), axis=1)
    if aside.max() > ASIDE_MM:
        raise UnreadableFileError(
            f"A slice lies {aside.max():.3g} mm aside of the others. Is it of another series?"
        )
    lowest = int(np.argmin(heights))
    heights -= heights[lowest]
    step = _step(heights) if step_mm is None else step_mm
    slice_of = np.round(heights / step).astype(np.int64)
    slices = int(slice_of.max()) + 1
    off = np.abs(heights - slice_of * step).max()
    if slices > LARGEST_STACK:
        raise UnreadableFileError(
            f"The slices span {slices} places; {LARGEST_STACK} are allowed. Is one far away?"
        )
    if off > max(TOLERANCE_MM, 0.01 * step):
        raise UnreadableFileError(
            f"The slices are not equally far apart: one is {off:.3g} mm off its place."
        )
    affine = np.eye(4)
    affine[:3, 0] = first.along * first.between_columns_mm
    affine[:3, 1] = first.down * first.between_rows_mm
    affine[:3, 2] = normal * step
    affine[:3, 3] = places[lowest]
    return Stack(affine=affine, slice_of=slice_of, slices=slices)


def _require_alike(planes: Sequence[Plane]) -> None:
    first = planes[0]
    for plane in planes:
        if plane.shape != first.shape:
            raise UnreadableFileError(
                f"The slices differ in size: {first.shape} and {plane.shape} rows and columns."
            )
        turned = max(np.abs(plane.along - first.along).max(), np.abs(plane.down - first.down).max())
        if turned > TILT:
            raise UnreadableFileError(
                "The slices are not parallel, or some are mirrored. Give one stack of slices."
            )
        scale = np.array([plane.between_rows_mm, plane.between_columns_mm])
        if not np.allclose(scale, [first.between_rows_mm, first.between_columns_mm], rtol=1e-3):
            raise UnreadableFileError("The slices differ in the distance between their pixels.")


def _step(heights: Array) -> float:
    """The distance of slices of which each is there once."""
    gaps = np.diff(np.sort(heights))
    if not len(gaps):
        raise UnreadableFileError("One slice is no volume. Give all slices of the stack.")
    if gaps.min() < TOLERANCE_MM:
        raise UnreadableFileError(
            f"{int((gaps < TOLERANCE_MM).sum())} slices lie where another one does. Give one "
            "moment and one kind of image of the stack, and each slice once."
        )
    step = float(np.median(gaps))
    lacking = int((np.round(gaps / step) - 1).sum())
    if lacking > 0:
        raise UnreadableFileError(
            f"Between the slices {lacking} more are lacking: they are {step:.3g} mm apart, and "
            f"once {gaps.max():.3g} mm."
        )
    return float(np.mean(gaps))
