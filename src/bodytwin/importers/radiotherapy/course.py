"""A folder of one plan, linked: image, contours, plan and doses of one patient.

Each file is sorted by its kind. Kinds that are not read are listed; a damaged file is refused. All
files must be of one patient, and name each other as DICOM has it: what contradicts is refused.
"""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Any

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.radiotherapy import dose, plan, series, structures
from bodytwin.importers.radiotherapy.found import Found
from bodytwin.importers.radiotherapy.header import (
    DOSE,
    IMAGES,
    PLAN,
    STRUCTURES,
    WHAT,
    opened,
    silently,
)
from bodytwin.importers.report import HeldBack
from bodytwin.importers.volume.dicom import is_dicom
from bodytwin.record import Course, linked


@silently
def read(files: Sequence[bytes], *, zone: tzinfo = UTC) -> Found[Course]:
    """What the files of a folder make together; the names of files do not matter.

    Raises:
        InvalidInputError: of several patients, frames of reference, series or plans; or one of
            the files is refused by its reader.

    """
    kinds, held_back = _sorted(files)
    images = [f for kind in IMAGES for f in kinds.get(kind, ())]
    if not images:
        raise UnreadableFileError("The files hold no planning image. Give its slices as well.")
    image = series.read(images, zone=zone)
    drawn = [structures.read(f, zone=zone) for f in _one(kinds, STRUCTURES)]
    planned = [plan.read(f, zone=zone) for f in _one(kinds, PLAN)]
    doses = [dose.read(group, zone=zone) for group in _grouped(kinds.get(DOSE, []))]
    course = linked(
        image.value,
        structures=drawn[0].value if drawn else None,
        plan=planned[0].value if planned else None,
        doses=tuple(d.value for d in doses),
    )
    parts: list[Found[Any]] = [image, *drawn, *planned, *doses]
    return Found(
        value=course,
        held_back=(*held_back, *(h for part in parts for h in part.held_back)),
        remarks=tuple(remark for part in parts for remark in part.remarks),
    )


def _sorted(files: Sequence[bytes]) -> tuple[dict[str, list[bytes]], list[HeldBack]]:
    """The files by their kind, and those of a kind that is not read."""
    kinds: dict[str, list[bytes]] = {}
    held_back: list[HeldBack] = []
    patients: set[str] = set()
    for k, data in enumerate(files):
        try:
            dataset, _ = opened(data)
        except UnreadableFileError:
            if is_dicom(data):
                raise
            held_back.append(_left_out(k, "no DICOM file"))
            continue
        kind = str(dataset.SOPClassUID)
        if kind in (STRUCTURES, PLAN, DOSE, *IMAGES):
            kinds.setdefault(kind, []).append(data)
            patients.add(str(dataset.get("PatientID") or ""))
        else:
            held_back.append(_left_out(k, WHAT.get(kind, "of a kind that is not known")))
    if len(patients) > 1:
        raise UnreadableFileError(
            f"The files are of {len(patients)} different patients. Give those of one."
        )
    return kinds, held_back


def _left_out(k: int, what: str) -> HeldBack:
    return HeldBack(path=f"file {k + 1}", kind="file", reason=f"It is {what}.")


def _one(kinds: dict[str, list[bytes]], kind: str) -> list[bytes]:
    found = kinds.get(kind, [])
    if len(found) > 1:
        raise UnreadableFileError(
            f"{len(found)} files are each {WHAT[kind]}. Give the one that is meant."
        )
    return found


def _grouped(files: list[bytes]) -> list[list[bytes]]:
    """Doses of many frames each alone; those of one frame together by their series."""
    alone: list[list[bytes]] = []
    frames: dict[str, list[bytes]] = {}
    for data in files:
        dataset, _ = opened(data)
        if int(dataset.get("NumberOfFrames") or 1) > 1:
            alone.append([data])
        else:
            frames.setdefault(str(dataset.get("SeriesInstanceUID") or ""), []).append(data)
    return [*alone, *frames.values()]
