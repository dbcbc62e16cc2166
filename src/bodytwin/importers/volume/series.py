"""The files of one DICOM series as one volume: all slices, each once, sorted by their place."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.volume import dicom
from bodytwin.importers.volume.stack import stacked
from bodytwin.importers.volume.volume import LARGEST_BYTES, Placed, is_code, require_size
from bodytwin.record import Instant

MOST_FILES = 20_000


def members(data: bytes) -> list[bytes]:
    """The files in a ZIP, without their names.

    Raises:
        UnreadableFileError: damaged, locked, or larger than is sensible.

    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [e for e in archive.infolist() if not e.is_dir()]
            if len(entries) > MOST_FILES or sum(e.file_size for e in entries) > LARGEST_BYTES:
                raise UnreadableFileError(
                    f"The ZIP holds more than {MOST_FILES} files or {LARGEST_BYTES} bytes."
                )
            return [archive.read(e) for e in entries]
    except UnreadableFileError:
        raise
    except (
        zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError,
        OSError,
    ):  # fmt: skip
        raise UnreadableFileError("The ZIP is damaged or locked by a password.") from None


def read(
    files: Sequence[bytes], *, zone: tzinfo = UTC
) -> tuple[Placed, str | None, Instant | None]:
    """The volume of a series, its modality, and when its first slice was taken if they say it."""
    opened = [dicom.image_in(f) for f in files if dicom.is_dicom(f)]
    found = [dataset for dataset in opened if dataset is not None]
    if not found:
        raise UnreadableFileError(
            f"None of the {len(files)} files is a DICOM image. Give the slices of one series."
        )
    _require_one(found)
    remarks: list[str] = []
    if len(found) < len(files):
        remarks.append(f"{len(files) - len(found)} files were no images and were passed over.")
    several = [d for d in found if "PerFrameFunctionalGroupsSequence" in d]
    if several and len(found) > 1:
        raise UnreadableFileError("Several files of many frames were given. Give one.")
    planes = dicom.planes_of(found[0]) if several else [dicom.plane_of(d) for d in found]
    stack = stacked(planes)
    shape = (int(found[0].Columns), int(found[0].Rows), stack.slices)
    require_size(shape, 4)
    slices = _pixels(found)
    values = np.empty(shape, dtype=slices[0].dtype)
    for pixels, at in zip(slices, stack.slice_of, strict=True):
        values[:, :, at] = pixels.T
    return (
        Placed(values=values, affine=stack.affine, remarks=tuple(remarks)),
        _modality(found[0]),
        _earliest(found, zone),
    )


def _modality(dataset: Any) -> str | None:
    code = str(dataset.get("Modality") or "").strip()
    return code if is_code(code) else None


def _pixels(found: list[Any]) -> list[NDArray[Any]]:
    """The slices in the order of the files, scaled where any says so."""
    slices: list[NDArray[Any]] = []
    scales: list[tuple[float, float]] = []
    for dataset in found:
        frames = dicom.pixels(dataset)
        slices += list(frames)
        scales += [_scale(dataset, k) for k in range(len(frames))]
    if not np.isfinite(scales).all():
        raise UnreadableFileError("A slice scales its pixels by a number that is not finite.")
    if all(scale == (1.0, 0.0) for scale in scales):
        return slices
    return [(p * a + b).astype(np.float32) for p, (a, b) in zip(slices, scales, strict=True)]


def _scale(dataset: Any, frame: int) -> tuple[float, float]:
    """Slope and intercept of a frame, 1 and 0 where it states none."""
    name = "PixelValueTransformationSequence"
    holder = dataset
    with dicom.refused_if_broken("A slice does not say how its pixels are scaled."):
        if "PerFrameFunctionalGroupsSequence" in dataset:
            shared = dataset.get("SharedFunctionalGroupsSequence") or [{}]
            if name in dataset.PerFrameFunctionalGroupsSequence[frame] or name in shared[0]:
                holder = dicom.group(dataset, frame, name)
        slope, shift = holder.get("RescaleSlope"), holder.get("RescaleIntercept")
        return float(1 if slope is None else slope), float(shift or 0)


def _require_one(found: list[Any]) -> None:
    """Raise unless all slices are of one patient, one series and one frame of reference."""
    for name, what in (
        ("PatientID", "patients"),
        ("SeriesInstanceUID", "series"),
        ("FrameOfReferenceUID", "frames of reference"),
        ("SOPClassUID", "kinds of image"),
    ):
        held = {str(d.get(name) or "") for d in found}
        if len(held) > 1:
            raise UnreadableFileError(
                f"The files are of {len(held)} different {what}. Give the slices of one series."
            )
    doubled = len(found) - len({str(d.get("SOPInstanceUID") or k) for k, d in enumerate(found)})
    if doubled:
        raise UnreadableFileError(f"{doubled} of the slices are there twice. Give each once.")


def _earliest(found: list[Any], zone: tzinfo) -> Instant | None:
    try:
        return min(dicom.instant_of(d, zone=zone) for d in found)
    except UnreadableFileError:
        return None
