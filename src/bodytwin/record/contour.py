"""What was drawn on the slices of an image: organs and targets as closed planar contours."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, NotFoundError
from bodytwin.record.instant import Instant
from bodytwin.record.provenance import Provenance

Array = NDArray[np.float64]
FLAT_MM = 0.1
TILT = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class Region:
    """One organ or target: closed planar contours, each (points, 3) in LPS mm.

    What lies within an odd number of the contours of a plane is in the region, so
    a contour within another is a hole. `kind` is the interpreted type of DICOM
    (PTV, CTV, ORGAN, EXTERNAL, ...), empty where none was stated. `name` is what
    people called it: for people, never for an error.
    """

    number: int
    name: str
    contours_mm: tuple[Array, ...]
    kind: str = ""

    def __post_init__(self) -> None:
        if not self.contours_mm:
            raise InvalidInputError(f"Region {self.number} has no contour.")
        fixed = tuple(_contour(c, self.number) for c in self.contours_mm)
        object.__setattr__(self, "contours_mm", fixed)


@dataclass(frozen=True, kw_only=True, eq=False)
class StructureSet:
    """Regions on one stack of slices, all contours parallel to one plane.

    `frame_uid` names the frame of reference, `series_uid` the image they were drawn
    on, "" where the source named none. `uid` is that of the source. `slices_mm` (s,) are
    the heights along `normal` of the slices of that image, where it is known;
    else those of all contours stand for it.
    """

    regions: tuple[Region, ...]
    frame_uid: str
    instant: Instant
    provenance: Provenance
    series_uid: str = ""
    uid: str = ""
    label: str = ""
    slices_mm: Array | None = None

    def __post_init__(self) -> None:
        numbers = [region.number for region in self.regions]
        if not numbers or len(set(numbers)) < len(numbers):
            raise InvalidInputError("A structure set has regions, each with a number of its own.")
        for region in self.regions:
            for contour in region.contours_mm:
                off = np.ptp(contour @ self.normal)
                if off > FLAT_MM:
                    raise InvalidInputError(
                        f"A contour of region {region.number} leaves the plane of the slices by "
                        f"{off:.3g} mm. Contours of one structure set are parallel."
                    )
        if self.slices_mm is not None:
            slices = np.unique(np.asarray(self.slices_mm, dtype=np.float64))
            slices.flags.writeable = False
            object.__setattr__(self, "slices_mm", slices)

    def region(self, name: str) -> Region:
        """The region of that name.

        Raises:
            NotFoundError: there is none, or more than one.

        """
        found = [region for region in self.regions if region.name == name]
        if len(found) != 1:
            raise NotFoundError(
                f"{len(found)} of the {len(self.regions)} regions have that name; one is expected."
            )
        return found[0]

    @cached_property
    def normal(self) -> Array:
        """Unit vector (3,) across the slices, towards the head where they are axial."""
        return _normal(max((c for r in self.regions for c in r.contours_mm), key=_extent))

    @cached_property
    def heights_mm(self) -> Array:
        """Heights of the slices along `normal`, ascending: of the image, else of all contours."""
        if self.slices_mm is not None:
            return self.slices_mm
        found = [float((c @ self.normal).mean()) for r in self.regions for c in r.contours_mm]
        kept: list[float] = []
        for height in sorted(found):
            if not kept or height - kept[-1] > FLAT_MM:
                kept.append(height)
        return np.array(kept)

    @cached_property
    def content_address(self) -> str:
        """SHA-256 over what was drawn: not over when and whence."""
        found = hashlib.sha256()
        for region in self.regions:
            found.update(f"{region.number}|{region.name}|{region.kind}".encode())
            for contour in region.contours_mm:
                found.update(contour.tobytes() + b"|")
        return found.hexdigest()


def encloses(points: Array) -> bool:
    """Whether a closed line through points (n, 3) encloses an area: not all lie on one line."""
    return len(points) >= 3 and _extent(points) > 1e-6


def _contour(given: Array, number: int) -> Array:
    points = np.array(given, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise InvalidInputError(
            f"A contour of region {number} is (points, 3) of finite numbers, got {points.shape}."
        )
    if not encloses(points):
        raise InvalidInputError(
            f"A contour of region {number} encloses nothing; three points or more are expected, "
            f"not on one line, got {len(points)}."
        )
    off = np.abs((points - points.mean(axis=0)) @ _normal(points)).max()
    if off > FLAT_MM:
        raise InvalidInputError(
            f"A contour of region {number} is not planar: a point lies {off:.3g} mm off."
        )
    points.flags.writeable = False
    return points


def _spread(points: Array) -> tuple[Array, Array]:
    """Lengths and directions of the axes of a cloud of points, the longest first."""
    _, lengths, directions = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    return lengths, directions


def _extent(points: Array) -> float:
    """0 where all points lie on one line."""
    return float(_spread(points)[0][1])


def _normal(points: Array) -> Array:
    normal = np.cross(*_spread(points)[1][:2])
    normal /= np.linalg.norm(normal)
    axis = int(np.argmax(np.abs(normal)))
    if 1.0 - abs(normal[axis]) < TILT**2:
        normal = np.eye(3)[axis]
    return normal * np.sign(normal[axis])
