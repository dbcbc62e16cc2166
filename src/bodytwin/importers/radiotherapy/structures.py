"""Which regions were drawn on the planning image (DICOM RT Structure Set)?

A region is taken whole or not at all: where one of its contours is open, a point, of another
frame of reference or cut short, the region is held back with the reason. Lines that enclose
nothing are passed over, since they change no region.

Source: DICOM PS3.3 C.8.8.5, C.8.8.6 and C.8.8.8.
"""

from datetime import UTC, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.radiotherapy.found import Found
from bodytwin.importers.radiotherapy.header import (
    STRUCTURES,
    made,
    of_kind,
    provenance,
    silently,
    uid,
)
from bodytwin.importers.report import HeldBack
from bodytwin.importers.volume.dicom import refused_if_broken
from bodytwin.record import Region, StructureSet
from bodytwin.record.contour import encloses

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
KINDS = {"POINT": "a point", "OPEN_PLANAR": "open", "OPEN_NONPLANAR": "open and not planar"}


class _HeldError(Exception):
    """Why a region cannot be used."""


@silently
def read(data: bytes, *, zone: tzinfo = UTC) -> Found[StructureSet]:
    """The structure set in a file.

    Raises:
        InvalidInputError: contours that are not planar, or not parallel to each other.
        UnreadableFileError: not whole, of another kind, or no region can be used.

    """
    dataset, remarks = of_kind(data, STRUCTURES)
    frame = _frame(dataset)
    regions: list[Region] = []
    held_back: list[HeldBack] = []
    empty = 0
    for number, roi, contours, kind in _rois(dataset):
        try:
            drawn, passed_over = _contours(roi, contours, frame)
            regions.append(Region(number=number, name=_name(roi), contours_mm=drawn, kind=kind))
            empty += passed_over
        except (_HeldError, InvalidInputError) as error:
            path = f"StructureSetROISequence/{number}"
            held_back.append(HeldBack(path=path, kind="region", reason=str(error)))
    if not regions:
        reasons = " ".join(sorted({h.reason for h in held_back})[:3])
        raise UnreadableFileError(f"No region of the structure set can be used. {reasons}")
    if empty:
        remarks += (f"{empty} lines that enclose nothing were passed over.",)
    structures = StructureSet(
        regions=tuple(regions),
        frame_uid=frame,
        series_uid=_series(dataset),
        uid=uid(dataset, "SOPInstanceUID"),
        label=str(dataset.get("StructureSetLabel") or ""),
        instant=made(dataset, "StructureSet", zone),
        provenance=provenance(data, "ROIContourSequence"),
    )
    return Found(value=structures, held_back=tuple(held_back), remarks=remarks)


def _rois(dataset: Any) -> list[tuple[int, Any, Any, str]]:
    """Number, description, contours (None if it has none) and interpreted type of each region."""
    with refused_if_broken("The structure set does not list its regions."):
        drawn = {int(c.ReferencedROINumber): c for c in dataset.get("ROIContourSequence") or ()}
        kinds = {
            int(o.ReferencedROINumber): str(o.get("RTROIInterpretedType") or "").strip()
            for o in dataset.get("RTROIObservationsSequence") or ()
        }
        numbers = [int(r.ROINumber) for r in dataset.StructureSetROISequence]
        found = [
            (n, roi, drawn.get(n), kinds.get(n, ""))
            for n, roi in zip(numbers, dataset.StructureSetROISequence, strict=True)
        ]
    if len(set(numbers)) < len(numbers):
        raise UnreadableFileError("Two regions of the structure set have the same number.")
    return found


def _contours(roi: Any, drawn: Any, frame: str) -> tuple[tuple[NDArray[np.float64], ...], int]:
    """The contours of a region, and how many lines enclose nothing."""
    if frame and uid(roi, "ReferencedFrameOfReferenceUID") not in ("", frame):
        raise _HeldError("It is in another frame of reference than the first region.")
    items = (drawn.get("ContourSequence") if drawn is not None else None) or ()
    if not len(items):
        raise _HeldError("It has no contour.")
    found = [_points(item) for item in items]
    kept = tuple(points for points in found if encloses(points))
    if not kept:
        raise _HeldError("None of its contours encloses anything.")
    return kept, len(found) - len(kept)


def _points(item: Any) -> NDArray[np.float64]:
    kind = str(item.get("ContourGeometricType") or "").strip()
    if kind not in CLOSED:
        raise _HeldError(
            f"One of its contours is {KINDS.get(kind, 'of an unknown type')}; closed planar "
            "contours are expected."
        )
    try:
        points = np.array(item.ContourData, dtype=np.float64).reshape(-1, 3)
        stated = int(item.get("NumberOfContourPoints") or len(points))
    except Exception:  # whatever pydicom makes of damaged numbers
        raise _HeldError("The points of a contour are no triples of numbers.") from None
    if stated != len(points):
        raise _HeldError(f"A contour announces {stated} points and has {len(points)}.")
    if not np.isfinite(points).all():
        raise _HeldError("The points of a contour are not finite.")
    return points


def _name(roi: Any) -> str:
    return str(roi.get("ROIName") or "").strip()


def _frame(dataset: Any) -> str:
    """The frame of reference of the first region that names one, else of the file."""
    for roi in dataset.get("StructureSetROISequence") or ():
        if found := uid(roi, "ReferencedFrameOfReferenceUID"):
            return found
    return uid(dataset, "FrameOfReferenceUID")


def _series(dataset: Any) -> str:
    """The image series that the contours refer to, "" where they name none or several."""
    with refused_if_broken("The structure set refers to its image in a way that is not read."):
        found = {
            uid(series, "SeriesInstanceUID")
            for frame in dataset.get("ReferencedFrameOfReferenceSequence") or ()
            for study in frame.get("RTReferencedStudySequence") or ()
            for series in study.get("RTReferencedSeriesSequence") or ()
        }
    return found.pop() if len(found) == 1 else ""
