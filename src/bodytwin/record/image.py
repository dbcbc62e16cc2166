"""One image of the patient: voxels with their place in the body, and what each label means."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.record.instant import Instant
from bodytwin.record.provenance import Provenance

KINDS = "iuf"


@dataclass(frozen=True, kw_only=True, eq=False)
class Image:
    """Values (nx, ny, nz) over voxels; `affine` (4, 4) takes an index to LPS in mm.

    `labels` says what the whole numbers of a segmentation mean ("healthy",
    "border", "scar", "inflamed", "lv_blood", "rv_blood"), 0 being nothing; it is
    None for an image of intensities. `modality` is a DICOM code such as MR, CT or SEG.
    """

    values: NDArray[Any]
    affine: NDArray[np.float64]
    modality: str
    instant: Instant
    provenance: Provenance
    labels: Mapping[int, str] | None = None

    def __post_init__(self) -> None:
        values = np.ascontiguousarray(self.values)
        affine = np.array(self.affine, dtype=np.float64)
        if values.ndim != 3 or not values.size or values.dtype.kind not in KINDS:
            raise InvalidInputError(
                f"An image has numbers on three axes, got {values.dtype} of shape {values.shape}."
            )
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise InvalidInputError("The affine of an image is (4, 4) and of finite numbers.")
        if abs(float(np.linalg.det(affine[:3, :3]))) < 1e-9:
            raise InvalidInputError("The affine of an image takes its voxels to no volume.")
        if self.labels is not None:
            object.__setattr__(self, "labels", _whole(values, self.labels))
        values.flags.writeable = False
        affine.flags.writeable = False
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "affine", affine)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Length of one step along each axis of `values`."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    @cached_property
    def content_address(self) -> str:
        """SHA-256 over what the image shows: not over when and whence."""
        about = f"{self.values.dtype.str} {self.values.shape} {self.modality} {self.labels}"
        found = hashlib.sha256(about.encode())
        found.update(self.affine.tobytes())
        found.update(self.values.tobytes())
        return found.hexdigest()


def _whole(values: NDArray[Any], labels: Mapping[int, str]) -> Mapping[int, str]:
    if values.dtype.kind not in "iu":
        raise InvalidInputError("A segmentation holds whole numbers.")
    found = {int(v) for v in np.unique(values)} - {0}
    strange = sorted(found - set(labels))
    if strange:
        raise InvalidInputError(
            f"The segmentation holds labels without a meaning: {strange[:10]}. Say what each means."
        )
    return MappingProxyType(dict(sorted(labels.items())))
