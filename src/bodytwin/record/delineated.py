"""A planning image of which each organ and target is given voxel by voxel."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.record.dose import Dose
from bodytwin.record.image import Image
from bodytwin.record.instant import Instant


@dataclass(frozen=True, kw_only=True, eq=False)
class Delineated:
    """An image with masks (nx, ny, nz) by the name of the region, which may overlap.

    `image` is in HU where there is one, `density` relative to water in electrons; `kinds` says
    what a region is (TARGET, OAR, ...), where the source does. `prescribed_gy` is what a target
    is to receive over all `fractions`, by its name. `frame_uid` names the frame of reference, ""
    where the source named none.
    """

    image: Image
    masks: Mapping[str, NDArray[np.bool_]]
    kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    density: Image | None = None
    dose: Dose | None = None
    possible_dose: NDArray[np.bool_] | None = None
    prescribed_gy: Mapping[str, float] = field(default_factory=dict[str, float])
    fractions: int | None = None
    frame_uid: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        grids = [mask.shape for mask in self.masks.values()]
        grids += [image.values.shape for image in (self.density,) if image is not None]
        grids += [self.dose.image.values.shape] if self.dose is not None else []
        if any(shape != self.image.values.shape for shape in grids):
            raise InvalidInputError("Masks, density and dose are on the voxels of the image.")
        if not set(self.prescribed_gy) <= set(self.masks):
            raise InvalidInputError("A dose is prescribed to a region that is not delineated.")
        if not all(np.isfinite(d) and d > 0 for d in self.prescribed_gy.values()):
            raise InvalidInputError("A prescribed dose is above 0 Gy.")
        stated = {f for f in (self.fractions, self.dose and self.dose.fractions) if f is not None}
        if len(stated) > 1 or not all(f >= 1 for f in stated):
            raise InvalidInputError(
                f"A course has one number of fractions, 1 or more; stated are {sorted(stated)}."
            )
        object.__setattr__(self, "fractions", next(iter(stated), None))

    @property
    def instant(self) -> Instant:
        """When the patient was imaged."""
        return self.image.instant

    @property
    def voxel_cm3(self) -> float:
        """Volume of a voxel."""
        return abs(float(np.linalg.det(self.image.affine[:3, :3]))) / 1000.0

    @cached_property
    def content_address(self) -> str:
        """SHA-256 over image, regions, prescription and dose: not over when and whence."""
        found = hashlib.sha256(self.image.content_address.encode())
        for name in sorted(self.masks):
            about = f"{name}|{self.kinds.get(name, '')}|{self.prescribed_gy.get(name, '')}|"
            found.update(about.encode() + np.packbits(self.masks[name]).tobytes())
        for part in (self.density, None if self.dose is None else self.dose.image):
            found.update(b"-" if part is None else part.content_address.encode())
        if self.dose is not None:
            found.update(f"{self.dose.kind}|{self.dose.summation}".encode())
        found.update(f"|{self.fractions}".encode())
        if self.possible_dose is not None:
            found.update(np.packbits(self.possible_dose).tobytes())
        return found.hexdigest()

    def volume_ml(self, name: str) -> float:
        """Volume of the voxels of a region."""
        return float(self.masks[name].sum()) * self.voxel_cm3
