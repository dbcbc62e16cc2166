"""What every DICOM file of radiotherapy states: patient, study, series, equipment.

Files are written in implicit little endian, the default transfer syntax: the explicit one cannot
hold the contours of a body, which are longer than 65 534 bytes. A UID is 2.25 and a number of 128
bits (DICOM PS3.5 B.2), here from a hash of what it names.
"""

import io
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from bodytwin.importers.volume.library import library
from bodytwin.record import Instant, Series

IMPLICIT = "1.2.840.10008.1.2"
STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"
MAKER = "bodytwin"
LABEL = 16
Dataset = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who the file is about, as the clinic knows them: not part of the text of this value."""

    identifier: str
    name: str = ""
    birth_date: date | None = None
    sex: str = ""

    def __repr__(self) -> str:
        return "Person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Which version of the software wrote the file, and when its content was made."""

    version: str
    instant: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Uids:
    """Names of the new file and of its series."""

    instance: str
    series: str

    @classmethod
    def of(cls, author: Author, *parts: str) -> "Uids":
        """The same names for the same content by the same author at the same time."""
        parts = (author.version, author.instant.moment.isoformat(), *parts)
        return cls(instance=derived("instance", *parts), series=derived("series", *parts))


def derived(*parts: str) -> str:
    """A UID from texts, always the same for the same texts."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, '|'.join((MAKER, *parts))).int}"


def begun(
    class_uid: str, modality: str, *, series: Series, person: Person, author: Author, uids: Uids
) -> Dataset:
    """A dataset with the modules that all three kinds of file share."""
    found = item(
        SpecificCharacterSet="ISO_IR 192",
        SOPClassUID=class_uid,
        SOPInstanceUID=uids.instance,
        InstanceCreationDate=day(author.instant),
        InstanceCreationTime=time(author.instant),
        TimezoneOffsetFromUTC="+0000",
        PatientName=person.name,
        PatientID=person.identifier,
        PatientBirthDate=f"{person.birth_date:%Y%m%d}" if person.birth_date else "",
        PatientSex=person.sex,
        StudyInstanceUID=series.study_uid,
        StudyDate="",
        StudyTime="",
        ReferringPhysicianName="",
        StudyID="",
        AccessionNumber="",
        Modality=modality,
        SeriesInstanceUID=uids.series,
        SeriesNumber=None,
        OperatorsName="",
        InstanceNumber=1,
        FrameOfReferenceUID=series.frame_uid,
        PositionReferenceIndicator="",
        Manufacturer=MAKER,
        ManufacturerModelName=MAKER,
        SoftwareVersions=author.version,
    )
    meta: Any = library("pydicom.dataset").FileMetaDataset()
    meta.MediaStorageSOPClassUID = class_uid
    meta.MediaStorageSOPInstanceUID = uids.instance
    meta.TransferSyntaxUID = IMPLICIT
    found.file_meta = meta
    return found


def item(**elements: Any) -> Dataset:
    """One dataset of elements by their keywords; a list of datasets is a sequence."""
    found: Any = library("pydicom.dataset").Dataset()
    for keyword, value in elements.items():
        setattr(found, keyword, value)
    return found


def written(dataset: Dataset) -> bytes:
    """The bytes of a file, with its preamble."""
    target = io.BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


def decimal(value: float) -> str:
    """A number in the 16 characters that a decimal of DICOM has."""
    return str(library("pydicom.valuerep").format_number_as_ds(float(value)))


def decimals(values: Any) -> list[str]:
    """Numbers in the 16 characters that each has."""
    return [decimal(v) for v in values]


def reference(class_uid: str, uid: str) -> Dataset:
    """What points to another file."""
    return item(ReferencedSOPClassUID=class_uid, ReferencedSOPInstanceUID=uid)


def label(text: str) -> str:
    """A text in the 16 characters of a label."""
    return text[:LABEL].strip()


def day(instant: Instant) -> str:
    """A day of DICOM, in UTC."""
    return f"{instant.moment:%Y%m%d}"


def time(instant: Instant) -> str:
    """A time of DICOM, in UTC."""
    return f"{instant.moment:%H%M%S}"
