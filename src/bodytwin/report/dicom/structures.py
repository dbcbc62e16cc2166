"""Contours as a DICOM RT Structure Set that refers to the slices of its image."""

import numpy as np
from numpy.typing import NDArray

from bodytwin.record import Region, Series, StructureSet
from bodytwin.record.course import on_slices
from bodytwin.report.dicom.file import (
    STUDY_CLASS,
    Author,
    Dataset,
    Person,
    Uids,
    begun,
    day,
    decimals,
    item,
    label,
    reference,
    time,
    written,
)

CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
CLOSED = "CLOSED_PLANAR"
UNLABELLED = "contours"


def write_structures(
    structures: StructureSet,
    *,
    series: Series,
    person: Person,
    author: Author,
    uids: Uids | None = None,
) -> bytes:
    """The file of a structure set drawn on `series`; each contour refers to its slice.

    Raises:
        InvalidInputError: of another image, or a contour lies off its slices.

    """
    drawn = on_slices(structures, series)
    named = uids or Uids.of(author, "structures", structures.content_address, series.uid)
    found = begun(CLASS, "RTSTRUCT", series=series, person=person, author=author, uids=named)
    found.StructureSetLabel = label(structures.label) or UNLABELLED
    found.StructureSetDate, found.StructureSetTime = (
        day(structures.instant),
        time(structures.instant),
    )
    found.ApprovalStatus = "UNAPPROVED"
    found.ReferencedFrameOfReferenceSequence = [_image(series)]
    found.StructureSetROISequence = [_roi(region, series) for region in drawn.regions]
    places = series.heights_mm * float(np.sign(series.normal @ drawn.normal))
    found.ROIContourSequence = [
        item(
            ReferencedROINumber=region.number,
            ContourSequence=[
                _contour(k + 1, contour, series, int(np.argmin(np.abs(places - height))))
                for k, contour in enumerate(region.contours_mm)
                for height in ((contour @ drawn.normal).mean(),)
            ],
        )
        for region in drawn.regions
    ]
    found.RTROIObservationsSequence = [
        item(
            ObservationNumber=k + 1,
            ReferencedROINumber=region.number,
            RTROIInterpretedType=region.kind,
            ROIInterpreter="",
        )
        for k, region in enumerate(drawn.regions)
    ]
    return written(found)


def _image(series: Series) -> Dataset:
    slices = [reference(series.class_uid, uid) for uid in series.slice_uids]
    study = reference(STUDY_CLASS, series.study_uid)
    study.RTReferencedSeriesSequence = [
        item(SeriesInstanceUID=series.uid, ContourImageSequence=slices)
    ]
    return item(FrameOfReferenceUID=series.frame_uid, RTReferencedStudySequence=[study])


def _roi(region: Region, series: Series) -> Dataset:
    return item(
        ROINumber=region.number,
        ReferencedFrameOfReferenceUID=series.frame_uid,
        ROIName=region.name,
        ROIGenerationAlgorithm="",
    )


def _contour(number: int, points: NDArray[np.float64], series: Series, at: int) -> Dataset:
    return item(
        ContourNumber=number,
        ContourImageSequence=[reference(series.class_uid, series.slice_uids[at])],
        ContourGeometricType=CLOSED,
        NumberOfContourPoints=len(points),
        ContourData=decimals(points.ravel()),
    )
