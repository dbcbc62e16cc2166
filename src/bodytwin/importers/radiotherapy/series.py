"""The planning image with the UIDs by which the other files refer to it."""

import io
from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Any

import numpy as np

from bodytwin.errors import UnreadableFileError
from bodytwin.importers import volume
from bodytwin.importers.radiotherapy.found import Found
from bodytwin.importers.radiotherapy.header import BROKEN, IMAGES, silently, uid
from bodytwin.importers.volume import dicom
from bodytwin.importers.volume.library import library
from bodytwin.record import Series

TAGS = [
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID",
    "FrameOfReferenceUID", "ImagePositionPatient", "PatientPosition", "NumberOfFrames",
]  # fmt: skip


@silently
def read(files: Sequence[bytes], *, zone: tzinfo = UTC) -> Found[Series]:
    """The slices of one series, in any order, one file each.

    Raises:
        InvalidInputError: see `volume.read_series`; or one file of many frames.

    """
    found = volume.read_series(files, zone=zone)
    headers = [h for h in map(_header, files) if str(h.get("SOPClassUID") or "") in IMAGES]
    slices = found.image.values.shape[2]
    if len(headers) != slices:
        raise UnreadableFileError(
            f"A planning image has one file for each slice, got {len(headers)} files and {slices} "
            "slices."
        )
    names: dict[int, str] = {}
    to_index = np.linalg.inv(found.image.affine)
    for header in headers:
        place = np.array([*(float(x) for x in header.ImagePositionPatient), 1.0])
        names[round(float((to_index @ place)[2]))] = uid(header, "SOPInstanceUID")
    first = headers[0]
    if sorted(names) != list(range(slices)) or not all(names.values()):
        raise UnreadableFileError("A slice of the image has no UID of its own.")
    series = Series(
        image=found.image,
        study_uid=uid(first, "StudyInstanceUID"),
        uid=uid(first, "SeriesInstanceUID"),
        frame_uid=uid(first, "FrameOfReferenceUID"),
        slice_uids=tuple(names[k] for k in range(slices)),
        class_uid=uid(first, "SOPClassUID"),
        patient_position=uid(first, "PatientPosition"),
    )
    return Found(value=series, remarks=found.remarks)


def _header(data: bytes) -> Any:
    if not dicom.is_dicom(data):
        return {}
    with dicom.refused_if_broken(BROKEN):
        return library("pydicom").dcmread(
            io.BytesIO(data), specific_tags=TAGS, stop_before_pixels=True
        )
