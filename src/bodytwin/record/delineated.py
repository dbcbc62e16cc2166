"""A planning image of which each organ and target is given voxel by voxel."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.record.dose import Dose
from bodytwin.record.image import Image


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delineated:
    """An image with masks (nx, ny, nz) by the name of the region, which may overlap.

    `image` is in HU where there is one, `density` relative to water in electrons; `kinds` says
    what a region is (TARGET, OAR, ...), where the source does.
    """

    image: Image
    masks: Mapping[str, NDArray[np.bool_]]
    kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    density: Image | None = None
    dose: Dose | None = None
    possible_dose: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        grids = [mask.shape for mask in self.masks.values()]
        grids += [image.values.shape for image in (self.density,) if image is not None]
        grids += [self.dose.image.values.shape] if self.dose is not None else []
        if any(shape != self.image.values.shape for shape in grids):
            raise InvalidInputError("Masks, density and dose are on the voxels of the image.")

    def volume_ml(self, name: str) -> float:
        """Volume of the voxels of a region."""
        voxel_mm3 = abs(float(np.linalg.det(self.image.affine[:3, :3])))
        return float(self.masks[name].sum()) * voxel_mm3 / 1000.0
