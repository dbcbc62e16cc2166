"""One heart as the twin sees it: voxels of muscle, what each is, where it lies, how fibres run.

Axes are those of the patient in LPS (x to the left, y to the back, z to the
head), lengths in mm. Not for: moving hearts; the shape is one moment of the beat.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.digest import digest
from bodytwin.numerics.grid import Voxels

Float = NDArray[np.float32]


class Tissue(IntEnum):
    """What a voxel of the wall is. SCAR and LESION do not conduct."""

    HEALTHY = 0
    BORDER = 1
    SCAR = 2
    INFLAMED = 3
    LESION = 4


class Ventricle(IntEnum):
    """Which ventricle a voxel belongs to; the septum is shared between them at its middle."""

    LEFT = 0
    RIGHT = 1


SILENT = (Tissue.SCAR, Tissue.LESION)


@dataclass(frozen=True, kw_only=True, eq=False)
class Heart:
    """The ventricles on n voxels; each field (n, ...) in the order of `voxels`.

    `tissue` holds values of Tissue. `transmural` is 0 at the endocardium and 1
    at the epicardium; in the septum it is 0 on both faces and 0.5 at the middle.
    `apicobasal` is 0 at the apex and 1 at the base, `rotational_rad` the angle around
    the long axis, 0 at the middle of the septum and growing to the anterior wall,
    (-pi, pi]. `segment` is 1 to 17 in the left
    ventricle (AHA) and 0 in the right. `fibre` and `sheet_normal` are unit vectors.
    `sites` are named places on the endocardium from which the heart can be paced.
    """

    voxels: Voxels
    tissue: NDArray[np.uint8]
    fibre: Float
    sheet_normal: Float
    transmural: Float
    apicobasal: Float
    rotational_rad: Float
    ventricle: NDArray[np.uint8]
    segment: NDArray[np.uint8]
    endocardial: NDArray[np.bool_]
    epicardial: NDArray[np.bool_]
    sites: Mapping[str, int]

    @cached_property
    def conducting(self) -> NDArray[np.bool_]:
        """Which voxels conduct, (n,)."""
        return ~np.isin(self.tissue, SILENT)

    @cached_property
    def content_address(self) -> str:
        """SHA-256 over all of it."""
        v = self.voxels
        return digest(
            v.index, v.spacing_mm, v.origin_mm, self.tissue, self.fibre, self.transmural,
            self.apicobasal, self.rotational_rad, self.segment, dict(self.sites),
        )  # fmt: skip

    def volume_ml(self, tissue: Tissue) -> float:
        """Volume of one kind of tissue."""
        return float((self.tissue == tissue).sum()) * self.voxels.spacing_mm**3 / 1000.0

    def with_tissue(self, tissue: NDArray[np.uint8]) -> "Heart":
        """The same heart, made of other tissue."""
        return replace(self, tissue=tissue)
