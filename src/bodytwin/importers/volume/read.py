"""Which format an image is in, and the image in LPS.

Read are NIfTI-1 and -2 (`.nii`, `.nii.gz`), NRRD (`.nrrd`), DICOM Segmentation, and the slices
of one DICOM series, as files or in a ZIP. What a file does not say of itself (the meaning of
labels, the modality, the time) the caller says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.source import CONTAINERS, sha256
from bodytwin.importers.volume import dicom, nifti, nrrd, segmentation, series
from bodytwin.importers.volume.volume import (
    LARGEST_BYTES,
    READER,
    Placed,
    Said,
    Volume,
    whole_numbers,
)
from bodytwin.record import Image, Provenance

ALLOWED = "NIfTI, NRRD, a DICOM Segmentation or a DICOM series is expected."
UNSAID = (
    "The file does not say what its numbers mean. Say the meaning of each label of a "
    "segmentation, or the modality (such as MR) of an image of intensities."
)
UNTIMED = "The file does not say when the patient was imaged. Say the time when importing."
ZIP = b"PK\x03\x04"


def read(data: bytes, said: Said | None = None, *, zone: tzinfo = UTC) -> Volume:
    """The image in one file, or in a ZIP of the slices of one DICOM series.

    Args:
        data: the whole file.
        said: what the file does not say of itself.
        zone: of times in DICOM that name none.

    Raises:
        InvalidInputError: the meaning of labels, the modality or the time is lacking.
        UnreadableFileError: not whole, not one volume, or of a format that is not read.

    """
    if len(data) > LARGEST_BYTES:
        raise UnreadableFileError(f"The file is larger than {LARGEST_BYTES} bytes.")
    said = said or Said()
    if data.startswith(ZIP):
        return _of_files(series.members(data), said, zone, source=sha256(data))
    if dicom.is_dicom(data):
        return _of_files([data], said, zone, source=sha256(data))
    if data.startswith(b"NRRD"):
        labels = dict(said.labels or {}) or nrrd.labels(data) or None
        return _made(nrrd.read(data), replace(said, labels=labels), sha256(data), "voxels")
    if nifti.is_nifti(nifti.opened(data, 544)):
        return _made(nifti.read(data), said, sha256(data), "voxels")
    for start, description in CONTAINERS.items():
        if data.startswith(start) and start != nifti.GZIP:
            raise UnreadableFileError(f"The file is {description}. {ALLOWED}")
    raise UnreadableFileError(f"The file is {'of another format' if data else 'empty'}. {ALLOWED}")


def read_series(files: Sequence[bytes], said: Said | None = None, *, zone: tzinfo = UTC) -> Volume:
    """The volume in the files of a folder: the slices of one DICOM series, in any order."""
    if sum(map(len, files)) > LARGEST_BYTES:
        raise UnreadableFileError(f"The files are larger than {LARGEST_BYTES} bytes.")
    source = sha256("".join(sorted(map(sha256, files))).encode())
    return _of_files(files, said or Said(), zone, source=source)


def _of_files(files: Sequence[bytes], said: Said, zone: tzinfo, *, source: str) -> Volume:
    if len(files) == 1 and dicom.is_dicom(files[0]) and _is_segmentation(files[0]):
        placed, labels, instant = segmentation.read(files[0], labels=said.labels, zone=zone)
        said = replace(said, labels=labels, modality=None, instant=said.instant or instant)
        return _made(placed, said, source, "frames")
    placed, modality, instant = series.read(files, zone=zone)
    said = replace(said, modality=said.modality or modality, instant=said.instant or instant)
    return _made(placed, said, source, "slices")


def _is_segmentation(data: bytes) -> bool:
    found = dicom.image_in(data)
    return found is not None and str(found.SOPClassUID) in dicom.SEGMENTATIONS


def _made(placed: Placed, said: Said, source: str, path: str) -> Volume:
    """The image of what was read and said; refused where something was neither."""
    if said.labels is None and said.modality is None:
        raise InvalidInputError(UNSAID)
    if said.instant is None:
        raise InvalidInputError(UNTIMED)
    values: Any = placed.values
    labels = None
    if said.labels is not None:
        values, labels = _kept(whole_numbers(placed.values), said.labels)
    try:
        image = Image(
            values=values,
            affine=placed.affine,
            modality=said.modality or "SEG",
            labels=labels,
            instant=said.instant,
            provenance=Provenance(source, path, READER),
        )
    except UnreadableFileError:
        raise
    except InvalidInputError as error:
        raise UnreadableFileError(str(error)) from None
    return Volume(image=image, remarks=placed.remarks)


def _kept(
    values: NDArray[Any], labels: Mapping[int, str]
) -> tuple[NDArray[Any], Mapping[int, str]]:
    """The segmentation without the labels to leave out."""
    left_out = [number for number, meaning in labels.items() if not meaning]
    if left_out:
        values = np.where(np.isin(values, left_out), 0, values).astype(values.dtype)
    if not values.any():
        raise UnreadableFileError("The segmentation is empty: every voxel is 0.")
    return values, {number: meaning for number, meaning in labels.items() if meaning}
