"""From a segmented image to a heart: cubic voxels, surfaces, coordinates, fibres, sites.

Each label is resampled by its signed distance, not by its number, so that thick slices become a
smooth wall (shape-based interpolation: Raya & Udupa 1990, *IEEE Trans Med Imaging* 9:32).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import MissingDataError
from bodytwin.numerics.grid import Voxels, morphology
from bodytwin.numerics.grid.laplace import Laplace
from bodytwin.twins.rhythm.model import faults
from bodytwin.twins.rhythm.model.coordinates import (
    Axes,
    Surfaces,
    angle_rad,
    axes_of,
    fields_of,
    height,
    segment,
)
from bodytwin.twins.rhythm.model.fibres import Angles, Slopes, fibres
from bodytwin.twins.rhythm.model.heart import Heart, Tissue, Ventricle
from bodytwin.twins.rhythm.model.sites import sites_of

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
TISSUES = {
    "healthy": Tissue.HEALTHY,
    "border": Tissue.BORDER,
    "scar": Tissue.SCAR,
    "inflamed": Tissue.INFLAMED,
}
CAVITIES = ("lv_blood", "rv_blood")
MARGIN_MM = 4.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Masks by meaning on a cubic grid whose first point lies at `origin_mm`."""

    masks: Mapping[str, Mask]
    origin_mm: Array
    spacing_mm: float


def heart_from_labels(
    values: NDArray[np.generic],
    affine: Array,
    labels: Mapping[int, str],
    *,
    spacing_mm: float,
    angles: Angles | None = None,
) -> tuple[Heart, tuple[str, ...]]:
    """The heart in a segmentation, and in sentences what was mended in it.

    Args:
        values: whole numbers (nx, ny, nz).
        affine: (4, 4), from an index to mm.
        labels: what the numbers mean: "healthy", "border", "scar", "inflamed",
            "lv_blood", "rv_blood".
        spacing_mm: edge of the cubic voxels to be made.
        angles: of fibres and sheets.

    Raises:
        MissingDataError: a label is lacking.
        UnreadableFileError: the segmentation is not that of two ventricles.
        OutsidePopulationError: the muscle is too small or too large.

    """
    lacking = {"healthy", *CAVITIES} - set(labels.values())
    if lacking:
        raise MissingDataError(
            f"The segmentation lacks {', '.join(sorted(lacking))}. Needed are healthy muscle and "
            "both cavities; border, scar and inflamed may be added."
        )
    faults.require_spacing(affine)
    return heart_on(resampled(values, affine, labels, spacing_mm), angles=angles)


def resampled(
    values: NDArray[np.generic], affine: Array, labels: Mapping[int, str], spacing_mm: float
) -> Grid:
    """Every label on a cubic grid along the axes of the patient."""
    known = np.isin(values, list(labels))
    corners = np.argwhere(known)
    low, high = corners.min(axis=0), corners.max(axis=0)
    ends = np.array(np.meshgrid(*zip(low - 0.5, high + 0.5, strict=True), indexing="ij"))
    ends = ends.reshape(3, -1).T @ affine[:3, :3].T + affine[:3, 3]
    origin = ends.min(axis=0) - MARGIN_MM
    shape = tuple(int(n) for n in np.ceil((ends.max(axis=0) + MARGIN_MM - origin) / spacing_mm))
    back = np.linalg.inv(affine)
    box = tuple(slice(max(0, a - 2), b + 3) for a, b in zip(low, high, strict=True))
    start = np.array([s.start for s in box])
    matrix = np.asarray(back[:3, :3] * spacing_mm, dtype=np.float64)
    offset = back[:3, :3] @ origin + back[:3, 3] - start
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    inner = np.pad(values[box], 2)
    offset = offset + 2

    def depth(numbers: list[int]) -> Array:
        here = np.isin(inner, numbers)
        if not here.any():
            return np.full(shape, -1e3)
        signed = morphology.signed_distance_mm(here, steps)
        return morphology.placed_anew(signed, matrix, offset, shape)

    by_meaning: dict[str, list[int]] = {}
    for number, meaning in labels.items():
        by_meaning.setdefault(meaning, []).append(number)
    muscle = [n for m in TISSUES for n in by_meaning.get(m, [])]
    kinds = ("muscle", *CAVITIES)
    depths = np.stack([depth(muscle), *(depth(by_meaning[c]) for c in CAVITIES)])
    whole = depth([*muscle, *(n for c in CAVITIES for n in by_meaning[c])]) > 0
    which = np.argmax(depths, axis=0)
    masks = {kind: whole & (which == k) for k, kind in enumerate(kinds)}
    present = [m for m in TISSUES if m in by_meaning]
    if len(present) > 1:
        inside = np.argmax(np.stack([depth(by_meaning[m]) for m in present]), axis=0)
        masks |= {m: masks["muscle"] & (inside == k) for k, m in enumerate(present)}
    else:
        masks["healthy"] = masks["muscle"]
    return Grid(masks=masks, origin_mm=origin, spacing_mm=spacing_mm)


def heart_on(grid: Grid, *, angles: Angles | None = None) -> tuple[Heart, tuple[str, ...]]:
    """The heart on masks of a cubic grid, and what was mended."""
    left, right = grid.masks["lv_blood"], grid.masks["rv_blood"]
    muscle, crumbs = faults.one_piece(grid.masks["muscle"])
    muscle, bubbles = faults.without_bubbles(muscle, left | right)
    faults.require_size(float(muscle.sum()) * grid.spacing_mm**3 / 1000.0)
    faults.require_blood(left, muscle, "left")
    faults.require_blood(right, muscle, "right")
    wounds = np.zeros_like(muscle)
    for kind in ("scar", "border"):
        wounds |= grid.masks.get(kind, wounds) & muscle
    faults.require_scar_within(wounds, muscle)
    opening = _opening(muscle, left | right)
    faults.require_base(opening & left, "left")
    faults.require_base(opening & right, "right")
    x, y, z = grid.origin_mm
    voxels = Voxels.of_mask(
        muscle, spacing_mm=grid.spacing_mm, origin_mm=(float(x), float(y), float(z))
    )
    axes = axes_of(*(_points(m, grid) for m in (opening & left, left, right)))
    faults.require_not_mirrored(axes.anterior)
    at = _surfaces(muscle, left, right, opening, voxels, axes)
    heart = _made(voxels, at, axes, _tissue(grid, muscle), angles)
    return heart, (*crumbs, *bubbles)


def _points(mask: Mask, grid: Grid) -> Array:
    return grid.origin_mm + grid.spacing_mm * np.argwhere(mask)


def _opening(muscle: Mask, blood: Mask) -> Mask:
    """Blood that borders on neither muscle nor blood: the plane of the valves."""
    outside = ~(muscle | blood)
    return blood & morphology.grown(outside)


def _surfaces(
    muscle: Mask, left: Mask, right: Mask, opening: Mask, voxels: Voxels, axes: Axes
) -> Surfaces:
    """Which voxels of muscle lie at each surface; those by the plane of the valves at it only."""
    touches = [morphology.grown(m)[muscle] for m in (left, right)]
    outside = ~(muscle | left | right)
    rim = morphology.grown(opening, times=2)
    lies = (voxels.positions_mm - axes.origin_mm) @ axes.apex
    free = morphology.grown(outside)[muscle]
    slope = _upward(outside, muscle, axes)
    base = free & ((slope > 0.8) | rim[muscle]) & (lies < 0.25 * lies.max())
    return Surfaces(
        left=touches[0] & ~base,
        right=touches[1] & ~touches[0] & ~base,
        outer=free & ~base & ~touches[0] & ~touches[1],
        base=base,
    )


def _upward(outside: Mask, muscle: Mask, axes: Axes) -> Array:
    """How far the surface at each voxel looks away from the apex: 1 straight up, -1 down."""
    smooth = morphology.smoothed(outside, 2.0)
    slope = np.stack([np.gradient(smooth, axis=k)[muscle] for k in range(3)], axis=1)
    size = np.maximum(np.linalg.norm(slope, axis=1), 1e-9)
    return -(slope @ axes.apex) / size


def _tissue(grid: Grid, muscle: Mask) -> NDArray[np.uint8]:
    found = np.zeros(muscle.shape, dtype=np.uint8)
    for meaning, tissue in TISSUES.items():
        if meaning in grid.masks:
            found[grid.masks[meaning]] = tissue
    return found[muscle]


def _made(
    voxels: Voxels, at: Surfaces, axes: Axes, tissue: NDArray[np.uint8], angles: Angles | None
) -> Heart:
    laplace = Laplace(voxels)
    fields = fields_of(laplace, at, axes)
    slopes = Slopes(
        left=laplace.gradient(fields.left),
        right=laplace.gradient(fields.right),
        outer=laplace.gradient(fields.outer),
        along=laplace.gradient(fields.along),
    )
    fibre, normal = fibres(fields, slopes, angles)
    is_left = fields.left >= fields.right
    walls = at.left | at.right
    is_left = np.where(
        (fields.left < 0.02) & (fields.right < 0.02), _nearer_left(voxels, at), is_left
    )
    h, phi = height(voxels.positions_mm, axes), angle_rad(voxels.positions_mm, axes)
    number = segment(h, phi, is_left)
    steepest = np.linalg.norm(slopes.left, axis=1)[at.left & is_left]
    faults.require_thick(float(1.0 / np.median(steepest)) / voxels.spacing_mm)
    return Heart(
        voxels=voxels,
        tissue=tissue,
        fibre=fibre.astype(np.float32),
        sheet_normal=normal.astype(np.float32),
        transmural=(1.0 - np.maximum(fields.left, fields.right)).astype(np.float32),
        apicobasal=h.astype(np.float32),
        rotational_rad=phi.astype(np.float32),
        ventricle=np.where(is_left, Ventricle.LEFT, Ventricle.RIGHT).astype(np.uint8),
        segment=number,
        endocardial=walls,
        epicardial=at.outer,
        sites=sites_of(
            voxels.positions_mm, segment=number, left=at.left, right=at.right, height=h, angle=phi
        ),
    )


def _nearer_left(voxels: Voxels, at: Surfaces) -> Mask:
    from scipy.spatial import KDTree

    x = voxels.positions_mm
    return np.asarray(
        KDTree(x[at.left]).query(x)[0] <= KDTree(x[at.right]).query(x)[0], dtype=np.bool_
    )
