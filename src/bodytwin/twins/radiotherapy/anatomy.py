"""The anatomy of a course as plans are made on it, and what could have changed in it since.

Changes, in words joined by `;`:

    shift 3 0 -2                 the patient lies so many mm to the left, back and head
    shrink PTV70 4               the border of a region has moved in by so many mm
    thinner 5                    the skin has moved in by so many mm

Not for: how a patient really changes. These are what-ifs; an image of the day tells.
"""

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bodytwin.errors import InvalidPlanError, MissingDataError
from bodytwin.record import Delineated
from bodytwin.twins.radiotherapy.model.densities import electron_densities, points
from bodytwin.twins.radiotherapy.model.planning import Site
from bodytwin.twins.radiotherapy.model.trace import Densities

BODY_FROM = 0.2
"""The relative density at which a body begins, holes being filled."""
MOST_MM = 50.0
SYNTAX = "Write 'shift X Y Z', 'shrink REGION MM' or 'thinner MM', joined by ';'."
NUMBER = r"([-+]?\d+(?:\.\d+)?)"
Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The patient lies elsewhere relative to the machine, in mm of the image."""

    by_mm: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrink:
    """The border of a region has moved in; of the body where `region` is none."""

    by_mm: float
    region: str | None = None


Change = Shift | Shrink


def changes_from_text(text: str) -> tuple[Change, ...]:
    """The changes that `text` says; InvalidPlanError with the syntax where it says none."""
    found = tuple(_one(" ".join(part.split())) for part in text.split(";") if part.strip())
    if not found:
        raise InvalidPlanError(f"Say what has changed. {SYNTAX}")
    return found


def site_of(anatomy: Delineated) -> Site:
    """Densities, body and targets.

    Raises:
        MissingDataError: neither densities nor an image in HU.

    """
    if anatomy.density is not None:
        density = anatomy.density.values.astype(np.float32)
    elif anatomy.image.modality == "CT":
        low, high = points()[0][[0, -1]]
        density = electron_densities(np.clip(anatomy.image.values, low, high))
    else:
        raise MissingDataError(
            "Doses are computed on a CT or on relative densities; the image is neither."
        )
    return Site(
        densities=Densities(values=density, affine=anatomy.image.affine),
        body=body_of(density),
        regions=anatomy.masks,
        prescribed_gy=dict(anatomy.prescribed_gy),
    )


def remarks_on(anatomy: Delineated) -> tuple[str, ...]:
    """What of the image was not taken as it stands."""
    if anatomy.density is not None:
        return ()
    low, high = points()[0][[0, -1]]
    beyond = int((anatomy.image.values > high).sum())
    padded = int((anatomy.image.values < low).sum())
    said = [f"{beyond} voxels above {high:g} HU (metal, enamel) are taken as {high:g} HU."]
    said += [f"{padded} voxels below {low:g} HU (padding) are taken as air."]
    return tuple(words for words, count in zip(said, (beyond, padded), strict=True) if count)


def body_of(density: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The largest body in the image, slice by slice without holes.

    Raises:
        MissingDataError: nothing as dense as tissue.

    """
    parts = np.zeros(density.shape, dtype=np.int32)
    if not ndimage.label(density >= BODY_FROM, output=parts):
        raise MissingDataError("The image shows nothing as dense as tissue.")
    sizes = np.bincount(parts.ravel())
    body = parts == 1 + int(np.argmax(sizes[1:]))
    for k in range(body.shape[2]):
        body[:, :, k] = ndimage.binary_fill_holes(body[:, :, k])
    return body


def changed(anatomy: Delineated, changes: tuple[Change, ...]) -> Delineated:
    """The anatomy with regions and skin moved in; a shift changes nothing in it.

    Raises:
        InvalidPlanError: a region that is not there, or of which nothing is left.

    """
    for change in changes:
        if isinstance(change, Shrink):
            anatomy = _shrunk(anatomy, change)
    return anatomy


def shift_of(changes: tuple[Change, ...]) -> Point:
    """All shifts together, in mm."""
    moves = [c.by_mm for c in changes if isinstance(c, Shift)]
    x, y, z = (float(sum(axis)) for axis in zip(*moves, strict=True)) if moves else (0.0, 0.0, 0.0)
    return x, y, z


def _shrunk(anatomy: Delineated, change: Shrink) -> Delineated:
    spacing = anatomy.image.spacing_mm
    if change.region is not None:
        if change.region not in anatomy.masks:
            raise InvalidPlanError(
                f"There is no region of that name. There are: {', '.join(anatomy.masks)}."
            )
        left = _inner(anatomy.masks[change.region], spacing, change.by_mm)
        if not left.any():
            raise InvalidPlanError("Nothing would be left of the region.")
        return replace(anatomy, masks={**anatomy.masks, change.region: left})
    site = site_of(anatomy)
    inner = _inner(site.body, spacing, change.by_mm)
    density = np.where(site.body & ~inner, np.float32(0.0), site.densities.values)
    masks = {name: mask & inner for name, mask in anatomy.masks.items()}
    return replace(
        anatomy,
        density=replace(anatomy.image, values=density.astype(np.float32)),
        masks=masks,
    )


def _inner(
    mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float], by_mm: float
) -> NDArray[np.bool_]:
    """Voxels whose centre lies further than this from the border of the mask."""
    distance = np.asarray(ndimage.distance_transform_edt(mask, sampling=spacing_mm))
    return distance - 0.5 * min(spacing_mm) > by_mm


def _one(words: str) -> Change:
    shift = re.fullmatch(rf"shift {NUMBER}[ ,]+{NUMBER}[ ,]+{NUMBER}(?: mm)?", words)
    if shift is not None:
        return Shift(by_mm=(_mm(shift[1]), _mm(shift[2]), _mm(shift[3])))
    thinner = re.fullmatch(rf"thinner {NUMBER}(?: mm)?", words)
    if thinner is not None:
        return Shrink(by_mm=_inward(thinner[1]))
    shrink = re.fullmatch(rf"shrink (\S+) {NUMBER}(?: mm)?", words)
    if shrink is not None:
        return Shrink(by_mm=_inward(shrink[2]), region=shrink[1])
    raise InvalidPlanError(f"'{words[:40]}' is not understood. {SYNTAX}")


def _mm(text: str) -> float:
    value = float(text)
    if abs(value) > MOST_MM:
        raise InvalidPlanError(f"A change is up to {MOST_MM:g} mm, got {value:g} mm.")
    return value


def _inward(text: str) -> float:
    value = _mm(text)
    if value <= 0:
        raise InvalidPlanError(f"A border moves in by more than 0 mm, got {value:g} mm.")
    return value
