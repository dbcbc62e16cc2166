"""One DICOM file of radiotherapy: opened, of the kind expected, and when it was made.

Names of the patient are never decoded. The patient's identifier is compared between files and
forgotten.
"""

import io
import warnings
from collections.abc import Callable
from datetime import UTC, tzinfo
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.radiotherapy.found import READER
from bodytwin.importers.source import sha256
from bodytwin.importers.volume import dicom
from bodytwin.importers.volume.library import library
from bodytwin.importers.volume.volume import LARGEST_BYTES
from bodytwin.record import Instant, Provenance

STRUCTURES = "1.2.840.10008.5.1.4.1.1.481.3"
PLAN = "1.2.840.10008.5.1.4.1.1.481.5"
DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
IMAGES = (
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.5.1.4.1.1.4.1",
    "1.2.840.10008.5.1.4.1.1.128",
)
WHAT = {
    "1.2.840.10008.5.1.4.1.1.481.1": "a projection image of radiotherapy",
    STRUCTURES: "a structure set",
    PLAN: "a plan",
    DOSE: "a dose",
    "1.2.840.10008.5.1.4.1.1.481.4": "a record of treatment",
    "1.2.840.10008.5.1.4.1.1.481.8": "a plan of ions",
    "1.2.840.10008.1.3.10": "an index of files",
    **dict.fromkeys(IMAGES, "an image"),
}
IMPLICIT = "1.2.840.10008.1.2"
BROKEN = "The DICOM file is damaged or ends too early."
NO_PREAMBLE = "The file has no preamble; it was read in the default transfer syntax of DICOM."
Dataset = Any
P = ParamSpec("P")
T = TypeVar("T")


def silently(read: Callable[P, T]) -> Callable[P, T]:
    """The same reader without the warnings of pydicom, which repeat what is in the file."""

    @wraps(read)
    def quiet(*args: P.args, **named: P.kwargs) -> T:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read(*args, **named)

    return quiet


def opened(data: bytes) -> tuple[Dataset, tuple[str, ...]]:
    """The elements of a DICOM file, and a remark if it has no preamble.

    Raises:
        UnreadableFileError: too large, deflated, damaged or not DICOM.

    """
    if len(data) > LARGEST_BYTES:
        raise UnreadableFileError(f"The file is larger than {LARGEST_BYTES} bytes.")
    if dicom.DEFLATED in data[:1024]:
        raise UnreadableFileError("The DICOM file is deflated. Write it uncompressed first.")
    pydicom = library("pydicom")
    with dicom.refused_if_broken(BROKEN):
        found = pydicom.dcmread(io.BytesIO(data), force=True)
        if "SOPClassUID" not in found:
            found.SOPClassUID = found.file_meta.MediaStorageSOPClassUID
    if found.file_meta.get("TransferSyntaxUID") is None:
        found.file_meta.TransferSyntaxUID = IMPLICIT
    return found, () if dicom.is_dicom(data) else (NO_PREAMBLE,)


def of_kind(data: bytes, kind: str) -> tuple[Dataset, tuple[str, ...]]:
    """What `opened` gives, refused where the file is of another kind."""
    found, remarks = opened(data)
    if found.SOPClassUID != kind:
        other = WHAT.get(str(found.SOPClassUID), "of a kind that is not read")
        raise UnreadableFileError(f"The file is {other}; {WHAT[kind]} is expected.")
    return found, remarks


def made(dataset: Dataset, name: str, zone: tzinfo = UTC) -> Instant:
    """When the content `name` was made, else the file, else the study.

    Raises:
        UnreadableFileError: the file states no day.

    """
    for prefix in (name, "InstanceCreation", "Study"):
        stated = {
            "StudyDate": dataset.get(f"{prefix}Date"),
            "StudyTime": dataset.get(f"{prefix}Time"),
            "TimezoneOffsetFromUTC": dataset.get("TimezoneOffsetFromUTC"),
        }
        if stated["StudyDate"]:
            return dicom.instant_of(stated, zone=zone, first="Study")
    raise UnreadableFileError("The file does not say when it was made.")


def provenance(data: bytes, path: str) -> Provenance:
    """Where what was read stands."""
    return Provenance(sha256(data), path, READER)


def uid(dataset: Dataset, name: str) -> str:
    """A UID of the dataset, "" where it has none."""
    return str(dataset.get(name) or "").strip()


def referenced(dataset: Dataset, name: str) -> str:
    """The instance that the only item of a sequence refers to, "" for none or several."""
    items = dataset.get(name) or ()
    return uid(items[0], "ReferencedSOPInstanceUID") if len(items) == 1 else ""
