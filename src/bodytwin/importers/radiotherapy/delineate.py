r"""A linked course on one grid of voxels, as twins take it.

The image is averaged over blocks of whole voxels, so that its voxels come near to a wanted
spacing; contours are filled at the centres of these (`record.raster`), and the dose is read
linearly there. What of a region lies outside of the dose grid is told: no dose is known there.

Not for: volumes of small structures to better than the size of a voxel.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from bodytwin.errors import InvalidInputError, MissingDataError
from bodytwin.importers.radiotherapy.found import Found
from bodytwin.importers.report import HeldBack
from bodytwin.record import Course, Delineated, Dose, DoseKind, Image, Summation, inside

Array = NDArray[np.float64]
SPACINGS_MM = (0.5, 10.0)


def delineate(course: Course, *, spacing_mm: float = 2.5) -> Found[Delineated]:
    """Image, regions, prescription and the dose of the whole plan on voxels of about `spacing_mm`.

    Raises:
        MissingDataError: no contours.
        InvalidInputError: a spacing that is none, or several doses of the whole plan.

    """
    low, high = SPACINGS_MM
    if not low <= spacing_mm <= high:
        raise InvalidInputError(
            f"Voxels are {low:g} to {high:g} mm apart, asked for were {spacing_mm:g} mm."
        )
    if course.structures is None:
        raise MissingDataError("The files hold no contours. Give the structure set as well.")
    image = coarser(course.series.image, spacing_mm)
    masks: dict[str, NDArray[np.bool_]] = {}
    kinds: dict[str, str] = {}
    held_back: list[HeldBack] = []
    for region in course.structures.regions:
        mask = inside(course.structures, region, image)
        path = f"region {region.number}"
        if region.name in masks:
            held_back.append(_held(path, "Another region has the same name."))
        elif not mask.any():
            held_back.append(_held(path, "It holds no centre of a voxel of this size."))
        else:
            masks[region.name], kinds[region.name] = mask, region.kind
    dose, outside = _dose(course, image)
    remarks = [
        f"Voxels of {' x '.join(f'{s:.2f}' for s in image.spacing_mm)} mm; regions by the "
        "centres of voxels."
    ]
    if outside is not None:
        cut = [name for name, mask in masks.items() if (mask & outside).any()]
        if cut:
            remarks.append(f"{len(cut)} region(s) reach out of the dose grid: 0 Gy is taken there.")
    value = Delineated(
        image=image,
        masks=masks,
        kinds=kinds,
        dose=dose,
        prescribed_gy=_prescribed(course, masks),
        fractions=course.plan.fractions if course.plan is not None else None,
        frame_uid=course.series.frame_uid,
    )
    return Found(value=value, held_back=tuple(held_back), remarks=tuple(remarks))


def coarser(image: Image, spacing_mm: float) -> Image:
    """Means over blocks of whole voxels; what does not fill a block at the far ends is cut off."""
    edge = [max(1, round(spacing_mm / s)) for s in image.spacing_mm]
    edge = [min(e, n) for e, n in zip(edge, image.values.shape, strict=True)]
    count = [n // e for n, e in zip(image.values.shape, edge, strict=True)]
    whole = image.values[tuple(slice(0, c * e) for c, e in zip(count, edge, strict=True))]
    split = [part for c, e in zip(count, edge, strict=True) for part in (c, e)]
    means = whole.reshape(split).astype(np.float32).mean(axis=(1, 3, 5), dtype=np.float64)
    affine = image.affine.copy()
    affine[:3, 3] += image.affine[:3, :3] @ [(e - 1) / 2 for e in edge]
    affine[:3, :3] *= edge
    return replace(image, values=means.astype(np.float32), affine=affine)


def _dose(course: Course, image: Image) -> tuple[Dose | None, NDArray[np.bool_] | None]:
    """The dose of the plan at the centres of the voxels, and where it is not known."""
    whole = [
        d for d in course.doses if d.summation is Summation.PLAN and d.kind is not DoseKind.ERROR
    ]
    if not whole:
        return None, None
    if len(whole) > 1:
        raise InvalidInputError(
            f"{len(whole)} doses are each of the whole plan. Give the one that is meant."
        )
    given = whole[0]
    to_index = np.linalg.inv(given.image.affine) @ image.affine
    index = np.indices(image.values.shape).reshape(3, -1)
    at = to_index[:3, :3] @ index + to_index[:3, 3:]
    ends = np.array(given.image.values.shape)[:, None] - 1
    outside: NDArray[np.bool_] = np.asarray(((at < -0.5) | (at > ends + 0.5)).any(axis=0))
    values = map_coordinates(given.dose_gy.astype(np.float64), at, order=1, mode="nearest")
    values[outside] = 0.0
    shape = image.values.shape
    dose = replace(
        given,
        image=replace(
            given.image,
            values=np.maximum(values, 0.0).astype(np.float32).reshape(shape),
            affine=image.affine,
            instant=image.instant,
        ),
        fractions=given.fractions if course.plan is None else course.plan.fractions,
    )
    return dose, np.reshape(outside, shape)


def _prescribed(course: Course, masks: dict[str, NDArray[np.bool_]]) -> dict[str, float]:
    if course.plan is None or course.structures is None:
        return {}
    names = {region.number: region.name for region in course.structures.regions}
    found: dict[str, float] = {}
    for said in course.plan.prescriptions:
        name = names.get(said.region) if said.region is not None else None
        if name is not None and name in masks:
            found[name] = max(said.dose_gy, found.get(name, 0.0))
    return found


def _held(path: str, reason: str) -> HeldBack:
    return HeldBack(path=path, kind="region", reason=reason)
