"""Masks of voxels grown, filled, parted, and their signed distance."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def grown(mask: Mask, *, times: int = 1) -> Mask:
    """The mask and every voxel that shares a face with it, so many times over."""
    return np.asarray(ndimage.binary_dilation(mask, iterations=times), dtype=np.bool_)


def filled(mask: Mask) -> Mask:
    """The mask with every hollow that does not reach the border of the box."""
    return np.asarray(ndimage.binary_fill_holes(mask), dtype=np.bool_)


def pieces(mask: Mask) -> tuple[NDArray[np.int32], int]:
    """A number for each voxel, 0 outside, one for each connected piece; and how many there are."""
    numbers, count = cast(tuple[Any, int], ndimage.label(mask))
    return np.asarray(numbers, dtype=np.int32), int(count)


def signed_distance_mm(mask: Mask, steps_mm: Array) -> Array:
    """Distance to the other side, positive within, in mm with voxels of `steps_mm` (3,)."""
    within = np.asarray(ndimage.distance_transform_edt(mask, sampling=list(steps_mm)))
    without = np.asarray(ndimage.distance_transform_edt(~mask, sampling=list(steps_mm)))
    return np.asarray(within - without, dtype=np.float64)


def smoothed(values: NDArray[Any], sd: float) -> Array:
    """Values blurred by a Gaussian of `sd` voxels."""
    return np.asarray(ndimage.gaussian_filter(values.astype(np.float64), sd), dtype=np.float64)


def placed_anew(values: Array, matrix: Array, offset: Array, shape: tuple[int, ...]) -> Array:
    """Values at the places matrix @ index + offset, between voxels in proportion."""
    made = ndimage.affine_transform(
        values, matrix, offset=cast(Any, offset), output_shape=shape, order=1, mode="nearest"
    )
    return np.asarray(made, dtype=np.float64)
