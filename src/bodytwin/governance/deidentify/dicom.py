"""Which copy of a DICOM image may be shared?

The Basic Application Level Confidentiality Profile of PS3.15 Annex E, with the
options of a `Profile`. New UIDs, the pseudonym and the shift of days follow
from the key alone, so that files cleaned one by one still belong together.

Not done here: looking at the pixels. Text burned into them stays, and a face
can be rebuilt from a scan of the head. Classes of objects that usually carry
burned-in text are refused until somebody has looked.
"""

import io
import logging
import threading
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bodytwin.errors import InvalidInputError, Refusal, UnreadableFileError
from bodytwin.governance.deidentify.dates import days_back
from bodytwin.governance.deidentify.elements import (
    Cleaning,
    clean,
    identifying_values,
    scrub,
)
from bodytwin.governance.deidentify.pixels import hidden_text, why_pixels_need_a_look
from bodytwin.governance.deidentify.profile import Profile, table
from bodytwin.governance.deidentify.pseudonyms import derive, pseudonym
from bodytwin.governance.deidentify.structure import check

if TYPE_CHECKING:
    from pydicom import Dataset, FileDataset

_ONE_AT_A_TIME = threading.Lock()
BASIC = Profile()
METHOD = "DICOM PS3.15 Annex E Basic Application Confidentiality Profile"
DIRECTORY = "1.2.840.10008.1.3.10"
METHODS = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    ("113108", "Retain Patient Characteristics Option"),
    ("113109", "Retain Device Identity Option"),
)
"""Codes of context group 7050 (PS3.16), in the order of the options of `Profile`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deidentified:
    """A cleaned file, and which attributes were changed and removed, as "(gggg,eeee)"."""

    data: bytes
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    warnings: tuple[str, ...]


def deidentify(
    data: bytes,
    *,
    key: bytes,
    profile: Profile = BASIC,
    patient: str = "",
    pixels_were_checked: bool = False,
) -> Deidentified:
    """A copy of one DICOM file without what identifies the patient.

    `patient` is the pseudonym that the days and the new patient ID follow
    from; without it they follow from the ID in the file. `pixels_were_checked`
    says that a person looked at the pixels and found nothing readable.
    """
    _require_pydicom()
    derive(key, "", "")
    table()
    check(data, _is_sequence)
    with _silence():
        try:
            return _deidentify(data, key, profile, patient, pixels_were_checked)
        except (Refusal, InvalidInputError):
            raise
        except Exception:
            raise UnreadableFileError(
                "This DICOM file cannot be read and written again, so nothing of it is shared. "
                "Have it written anew by the system that it comes from."
            ) from None


@contextmanager
def _silence() -> Generator[None, None, None]:
    """Keep pydicom from warning and logging, because it quotes values. One file at a time."""
    logger = logging.getLogger("pydicom")
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, logger.disabled = logger.disabled, True
        try:
            yield
        finally:
            logger.disabled = before


def _deidentify(
    data: bytes, key: bytes, profile: Profile, patient: str, pixels_were_checked: bool
) -> Deidentified:
    from pydicom import dcmread

    source = dcmread(io.BytesIO(data))
    syntax = source.file_meta.TransferSyntaxUID
    remarks = _admit(source, pixels_were_checked)
    whose = patient or _patient_id(source)
    known = identifying_values(source)
    if profile.modified_dates and not whose:
        remarks += ("Days were emptied: the file does not say whose it is.",)
    days = days_back(key, whose) if whose and profile.modified_dates else None
    job = Cleaning(key=key, profile=profile, days=days)
    clean(source, job)
    scrub(source, known, job)
    if hidden_text(source, known):
        raise Refusal("The pixel data hold a name or an identifier of this file as text.")
    if job.odd:
        remarks += (
            f"Removed because they held an identifier or were not what their tag says: "
            f"{', '.join(_names(job.odd))}.",
        )
    if whose:
        source.PatientID = pseudonym(key, "patient", whose)
    _declare(source, profile, shifted=days is not None)
    return Deidentified(
        data=_written(source, str(syntax)),
        changed=_names(job.changed - job.removed),
        removed=_names(job.removed),
        warnings=remarks,
    )


def _admit(source: "Dataset", pixels_were_checked: bool) -> tuple[str, ...]:
    """Refuse what cannot be cleaned; what to warn of in the rest."""
    if source.get("SOPClassUID", "") == DIRECTORY or "DirectoryRecordSequence" in source:
        raise Refusal(
            "A DICOMDIR lists files by name and place. Make a new one of the clean files."
        )
    if not (source.get("SOPClassUID", "") and source.get("SOPInstanceUID", "")):
        raise UnreadableFileError(
            "The file does not say what it is: SOP class UID (0008,0016) and SOP instance UID "
            "(0008,0018) are both needed."
        )
    why = why_pixels_need_a_look(source)
    if why and not pixels_were_checked:
        raise Refusal(
            f"{why} Text in the pixels is not searched for. Look at them, and say so with "
            "pixels_were_checked=True if nothing can be read there."
        )
    if "PixelData" not in source:
        return ()
    return (
        "Text burned into the pixels was not searched for.",
        "If the head was scanned, a face can be rebuilt from the pixels.",
    )


def _patient_id(source: "Dataset") -> str:
    return str(source.get("PatientID", "") or "").strip()


def _declare(source: "Dataset", profile: Profile, *, shifted: bool) -> None:
    """What PS3.15 E.1.1 asks to be said in the object itself."""
    from pydicom import Dataset, Sequence

    options = (True, shifted, profile.patient_characteristics, profile.device_identity)
    source.PatientIdentityRemoved = "YES"
    source.DeidentificationMethod = METHOD
    source.LongitudinalTemporalInformationModified = "MODIFIED" if shifted else "REMOVED"
    items: list[Dataset] = []
    for (code, meaning), taken in zip(METHODS, options, strict=True):
        if taken:
            item = Dataset()
            item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", meaning
            items.append(item)
    source.DeidentificationMethodCodeSequence = Sequence(items)


def _written(source: "FileDataset", syntax: str) -> bytes:
    """The file with an empty preamble and file meta information made anew."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    meta.MediaStorageSOPClassUID = source.SOPClassUID
    meta.MediaStorageSOPInstanceUID = source.SOPInstanceUID
    source.file_meta, source.preamble = meta, b"\x00" * 128
    out = io.BytesIO()
    source.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _names(tags: set[int]) -> tuple[str, ...]:
    return tuple(f"({t >> 16:04X},{t & 0xFFFF:04X})" for t in sorted(tags))


def _is_sequence(tag: int) -> bool:
    from pydicom.datadict import dictionary_VR

    try:
        return dictionary_VR(tag) == "SQ"
    except KeyError:
        return False


def _require_pydicom() -> None:
    if find_spec("pydicom") is None:
        raise InvalidInputError(
            "DICOM files need pydicom. Install it with: pip install bodytwin[imaging]"
        )
