"""From which places is a heart paced? The middle of each segment, and three right ones."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def sites_of(
    positions_mm: Array,
    *,
    segment: NDArray[np.uint8],
    left: Mask,
    right: Mask,
    height: Array,
    angle: Array,
) -> dict[str, int]:
    """Named voxels on the endocardium; `left` and `right` (n,) mark its voxels."""
    found: dict[str, int] = {}
    left_mm = positions_mm[left]
    for k in range(1, 18):
        here = np.flatnonzero(left & (segment == k))
        if not len(here):
            here = np.flatnonzero(segment == k)
        if len(here):
            found[f"segment {k}"] = _middle(positions_mm, here)
    at = np.flatnonzero(right)
    found["RV apex"] = int(at[np.argmin(height[at])])
    septal = at[(np.abs(angle[at]) < 0.35) & (height[at] > 0.35) & (height[at] < 0.75)]
    facing = septal if len(septal) else at
    found["RV septum"] = _middle(positions_mm, facing[_near(positions_mm[facing], left_mm)])
    found["RV outflow tract"] = int(at[np.argmax(height[at] + 0.8 * np.sin(angle[at]))])
    return found


def _near(x: Array, to_mm: Array) -> Mask:
    """The half of points nearer to the left endocardium: the septum, not the free wall."""
    away = KDTree(to_mm).query(x)[0]
    return np.asarray(away <= np.median(away), dtype=np.bool_)


def _middle(positions_mm: Array, here: NDArray[np.intp]) -> int:
    x = positions_mm[here]
    return int(here[np.argmin(((x - x.mean(axis=0)) ** 2).sum(axis=1))])
