"""An image that was read, and what must be said about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.record import Image, Instant

READER = "volume/1"
LARGEST_VOXELS = 300_000_000
LARGEST_BYTES = 2_500_000_000
LARGEST_AXIS = 32_767
MEANINGS = ("healthy", "border", "scar", "inflamed", "lv_blood", "rv_blood")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """The image in a file, and in sentences what was assumed or passed over."""

    image: Image
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the caller says of a file that the file may not say of itself.

    `labels` gives the numbers of a segmentation their meaning, "" for one to leave out;
    `modality` is a DICOM code, `instant` the time at which the patient was imaged.
    """

    labels: Mapping[int, str] | None = None
    modality: str | None = None
    instant: Instant | None = None

    def __post_init__(self) -> None:
        for number, meaning in (self.labels or {}).items():
            if not 0 < number <= 65_535 or meaning not in ("", *MEANINGS):
                raise InvalidInputError(
                    "Labels are whole numbers from 1 to 65535, each with a meaning out of "
                    f"{', '.join(MEANINGS)}, or with none to leave it out."
                )
        if self.modality is not None and not is_code(self.modality):
            raise InvalidInputError(
                "A modality is a DICOM code of two to 16 capital letters, such as MR, CT or SEG."
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """Numbers (nx, ny, nz), the affine (4, 4) to LPS in mm, and remarks on how they were found."""

    values: NDArray[Any]
    affine: NDArray[np.float64]
    remarks: tuple[str, ...] = ()


def require_size(shape: tuple[int, ...], itemsize: int) -> int:
    """The bytes of an image of `shape`, refused where they are more than is sensible."""
    voxels = 1
    for length in shape:
        if not 1 <= length <= LARGEST_AXIS:
            raise UnreadableFileError(
                f"The header states an axis of {length} voxels; 1 to {LARGEST_AXIS} are allowed."
            )
        voxels *= length
    if voxels > LARGEST_VOXELS:
        raise UnreadableFileError(
            f"The header announces {voxels} voxels; {LARGEST_VOXELS} are allowed. Crop the image "
            "to the heart."
        )
    return voxels * itemsize


def whole_numbers(values: NDArray[Any]) -> NDArray[Any]:
    """The values of a segmentation in the smallest unsigned type, refused if they are no labels."""
    if values.dtype.kind == "f" and not (np.isfinite(values).all() and (values % 1 == 0).all()):
        raise UnreadableFileError(
            "Labels were given, and the image holds numbers that are not whole. Is it an image of "
            "intensities, or was a segmentation resampled with interpolation?"
        )
    least, most = int(values.min()), int(values.max())
    if least < 0 or most > 65_535:
        raise UnreadableFileError(
            f"A segmentation holds numbers from 0 to 65535, got {least} to {most}."
        )
    return values.astype(np.uint8 if most < 256 else np.uint16)


def is_code(text: str) -> bool:
    """Whether a text can be a DICOM code of a modality, and is not a longer text."""
    return text.isascii() and text.isalpha() and text.isupper() and 2 <= len(text) <= 16
