"""One DICOM file: what kind it is, where its slices lie, when it was taken.

Only the elements named here are decoded, and among them no name; the identifier of the
patient is compared between files and forgotten.
"""

import io
import re
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.volume.library import library
from bodytwin.importers.volume.stack import Plane
from bodytwin.importers.volume.volume import require_size
from bodytwin.record import Instant, Precision

MAGIC = b"DICM"
SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
PLAIN = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.5")
DEFLATED = b"1.2.840.10008.1.2.1.99"
MOMENTS = ("Acquisition", "Content", "Series", "Study")
TAGS = [
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "PatientID",
    "Modality", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "PhotometricInterpretation",
    "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient",
    "RescaleSlope", "RescaleIntercept", "TimezoneOffsetFromUTC", "AcquisitionDateTime",
    *(f"{m}{kind}" for m in MOMENTS for kind in ("Date", "Time")),
    "SegmentationType", "MaximumFractionalValue", "SegmentSequence",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "PixelData",
]  # fmt: skip
ZONE = re.compile(r"([+-])(\d\d)([0-5]\d)")
TIME = re.compile(r"(\d\d)(\d\d)?(\d\d)?(?:\.\d{1,6})?")
Dataset = Any


def is_dicom(data: bytes) -> bool:
    """Whether a file is DICOM with a preamble."""
    return data[128:132] == MAGIC


def opened(data: bytes) -> Dataset:
    """The elements of the file of an image that are needed.

    Raises:
        UnreadableFileError: not whole, no image, or packed in a way that is not read.

    """
    found = image_in(data)
    if found is None:
        raise UnreadableFileError("The DICOM file holds no image.")
    return found


def image_in(data: bytes) -> Dataset | None:
    """What `opened` gives; None where the file is of another kind, such as an index or a report."""
    pydicom = library("pydicom")
    if DEFLATED in data:
        raise UnreadableFileError("The DICOM file is deflated. Write it uncompressed first.")
    with refused_if_broken("The DICOM file is damaged or ends too early."):
        found = pydicom.dcmread(io.BytesIO(data), specific_tags=TAGS)
        if "Rows" not in found and "PixelData" not in found:
            return None
        syntax = str(found.file_meta.TransferSyntaxUID)
        str(found.SOPClassUID)
        for name in ("Rows", "Columns"):
            int(found[name].value)
    if syntax not in PLAIN:
        raise UnreadableFileError(
            f"The pixels are compressed (transfer syntax {_code(syntax)}). Write the file "
            "uncompressed first."
        )
    if "PixelData" not in found:
        raise UnreadableFileError("The DICOM file ends before its pixels, or has none.")
    return found


@contextmanager
def refused_if_broken(message: str) -> Generator[None]:
    """Any failure of the reader within becomes a refusal that repeats nothing of the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except UnreadableFileError:
            raise
        except Exception:
            raise UnreadableFileError(message) from None


def frames_of(dataset: Dataset) -> int:
    """How many frames a file holds; refused where its pixels would be too many."""
    with refused_if_broken("The number of frames is no number."):
        frames = int(dataset.get("NumberOfFrames") or 1)
        shape = int(dataset.Columns), int(dataset.Rows), frames
        samples = int(dataset.get("SamplesPerPixel") or 1)
    require_size(shape, 4)
    if samples != 1:
        raise UnreadableFileError("The image is in colour; one number per pixel is expected.")
    return frames


def pixels(dataset: Dataset) -> NDArray[Any]:
    """The numbers (frame, row, column) as they are stored."""
    frames = frames_of(dataset)
    with refused_if_broken("The pixels of the file are not those that its header announces."):
        found = np.asarray(dataset.pixel_array)
        shape = (frames, int(dataset.Rows), int(dataset.Columns))
        return found.reshape(shape)


def plane_of(dataset: Dataset) -> Plane:
    """Where the slice of a file of one slice lies."""
    with refused_if_broken("A slice does not say where it lies."):
        return _plane(dataset, dataset.ImagePositionPatient, dataset.ImageOrientationPatient,
                      dataset.PixelSpacing)  # fmt: skip


def planes_of(dataset: Dataset) -> list[Plane]:
    """Where each frame of a file of several lies, by its own or the shared functional groups."""
    with refused_if_broken("A frame does not say where it lies."):
        return [
            _plane(
                dataset,
                group(dataset, k, "PlanePositionSequence").ImagePositionPatient,
                group(dataset, k, "PlaneOrientationSequence").ImageOrientationPatient,
                group(dataset, k, "PixelMeasuresSequence").PixelSpacing,
            )
            for k in range(frames_of(dataset))
        ]


def group(dataset: Dataset, frame: int, name: str) -> Dataset:
    """What the functional group `name` says of a frame, or of all."""
    own = dataset.PerFrameFunctionalGroupsSequence[frame]
    holder = own if name in own else dataset.SharedFunctionalGroupsSequence[0]
    return holder[name].value[0]


def instant_of(dataset: Dataset, *, zone: tzinfo = UTC, first: str = "Acquisition") -> Instant:
    """When the image was taken, by the first of the times of `MOMENTS` from `first` on.

    Raises:
        UnreadableFileError: the file states none.

    """
    offset = ZONE.fullmatch(str(dataset.get("TimezoneOffsetFromUTC") or "").strip())
    where = _zone(offset) if offset else zone
    for name in MOMENTS[MOMENTS.index(first) :]:
        day = str(dataset.get(f"{name}Date") or "")
        time = TIME.fullmatch(str(dataset.get(f"{name}Time") or "").strip())
        if name == MOMENTS[0] and (both := str(dataset.get("AcquisitionDateTime") or "")):
            day, time = both[:8], TIME.match(both[8:14])
        if len(day) == 8 and day.isdecimal():
            return _instant(day, time, where, offset is None)
    raise UnreadableFileError("The file does not say when it was taken. Say it when importing.")


def _plane(dataset: Dataset, position: Any, directions: Any, spacing: Any) -> Plane:
    turned = np.array([float(x) for x in directions])
    rows, columns = (float(x) for x in spacing)
    return Plane(
        position_mm=np.array([float(x) for x in position]),
        along=turned[:3],
        down=turned[3:],
        between_rows_mm=rows,
        between_columns_mm=columns,
        shape=(int(dataset.Rows), int(dataset.Columns)),
    )


def _zone(offset: re.Match[str]) -> tzinfo:
    ahead = timedelta(hours=int(offset[2]) % 24, minutes=int(offset[3]))
    return timezone(-ahead if offset[1] == "-" else ahead)


def _instant(day: str, time: re.Match[str] | None, where: tzinfo, is_assumed: bool) -> Instant:
    hour, minute, second = (int(n or 0) for n in (time.groups() if time else (0, 0, 0)))
    with refused_if_broken("The time of the image is no time. Say it when importing."):
        moment = datetime(
            int(day[:4]), int(day[4:6]), int(day[6:]), hour, minute, min(second, 59), tzinfo=where
        ).astimezone(UTC)
    precision = Precision.SECOND if time else Precision.DAY
    return Instant(moment, precision, is_assumed)


def _code(text: str) -> str:
    return text if re.fullmatch(r"[0-9.]{1,64}", text) else "unknown"
