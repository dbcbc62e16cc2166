r"""A dose as a DICOM RT Dose.

A voxel of dose D is stored as the whole number

.. math::
    n = \mathrm{round}(D / s), \qquad s = D_{max} / (2^{32} - 2),                  \tag{1}

with s rounded up to the 16 characters of a decimal, so that the error is below
:math:`10^{-9} D_{max}`. Frames are written from the foot end of the third axis on, with offsets
relative to the first (DICOM PS3.3 C.8.8.3.2 a).
"""

import numpy as np

from bodytwin.errors import InvalidInputError
from bodytwin.record import Dose, DoseKind, Series, Summation
from bodytwin.record.contour import TILT
from bodytwin.report.dicom.file import (
    Author,
    Dataset,
    Person,
    Uids,
    begun,
    day,
    decimal,
    decimals,
    item,
    reference,
    time,
    written,
)

CLASS = "1.2.840.10008.5.1.4.1.1.481.2"
PLAN_CLASS = "1.2.840.10008.5.1.4.1.1.481.5"
STRUCTURES_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
OF_BEAMS = (Summation.BEAM, Summation.BEAM_SESSION, Summation.CONTROL_POINT)
LARGEST = 2**32 - 2
OFFSETS = 0x3004000C


def write_dose(
    dose: Dose,
    *,
    series: Series,
    person: Person,
    author: Author,
    plan_uid: str,
    uids: Uids | None = None,
) -> bytes:
    """The file of a dose on the frame of reference of `series`.

    Args:
        dose: not a difference of doses, on voxels at right angles.
        series: the planning image.
        person: whom the file is about.
        author: what wrote it and when.
        plan_uid: of the plan that the dose is of; the standard demands it.
        uids: of the new file, else derived from the dose, the plan and the series.

    Raises:
        InvalidInputError: below 0 Gy, 0 Gy throughout, sheared, of another frame, no plan.

    """
    _require(dose, series, plan_uid)
    named = uids or Uids.of(author, "dose", dose.image.content_address, dose.kind, dose.summation,
                            plan_uid, series.uid)  # fmt: skip
    found = begun(CLASS, "RTDOSE", series=series, person=person, author=author, uids=named)
    for part in (_grid(dose), _about(dose, plan_uid)):
        found.update(part)
    found.ContentDate, found.ContentTime = day(dose.image.instant), time(dose.image.instant)
    return written(found)


def _require(dose: Dose, series: Series, plan_uid: str) -> None:
    if not plan_uid:
        raise InvalidInputError("A dose refers to its plan. Write the plan first.")
    if dose.frame_uid and dose.frame_uid != series.frame_uid:
        raise InvalidInputError("The dose is in another frame of reference than the image.")
    if dose.summation in OF_BEAMS and not dose.beams:
        raise InvalidInputError(f"A dose of {dose.summation} names its beams.")
    if dose.kind is DoseKind.ERROR:
        raise InvalidInputError("A difference of doses is not written; write both doses.")
    if not dose.dose_gy.max() > 0:
        raise InvalidInputError("The dose is 0 Gy throughout, which cannot be scaled.")
    axes = dose.image.affine[:3, :3] / np.array(dose.image.spacing_mm)
    if np.abs(axes.T @ axes - np.eye(3)).max() > TILT:
        raise InvalidInputError("The axes of the dose are not at right angles. Resample it first.")


def _grid(dose: Dose) -> Dataset:
    """Place and numbers of the grid."""
    affine, values = dose.image.affine, dose.dose_gy
    across, down, along = dose.image.spacing_mm
    right, below, above = (affine[:3, k] / dose.image.spacing_mm[k] for k in range(3))
    heading = float(np.sign(np.cross(right, below) @ above))
    offsets = heading * along * np.arange(values.shape[2])
    scale = _scale(float(values.max()))
    stored = np.rint(values.astype(np.float64) / float(scale)).astype("<u4")
    return item(
        ImagePositionPatient=decimals(affine[:3, 3]),
        ImageOrientationPatient=decimals([*right, *below]),
        SliceThickness=decimal(along),
        PixelSpacing=decimals([down, across]),
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        NumberOfFrames=values.shape[2],
        FrameIncrementPointer=OFFSETS,
        Rows=values.shape[1],
        Columns=values.shape[0],
        BitsAllocated=32,
        BitsStored=32,
        HighBit=31,
        PixelRepresentation=0,
        GridFrameOffsetVector=decimals(offsets),
        DoseGridScaling=scale,
        PixelData=stored.transpose(2, 1, 0).tobytes(),
    )


def _scale(highest_gy: float) -> str:
    """The scaling of (1), no smaller than exact."""
    exact = highest_gy / LARGEST
    found = decimal(exact)
    return found if float(found) >= exact else decimal(exact * (1 + 1e-9))


def _about(dose: Dose, plan_uid: str) -> Dataset:
    """What it is the dose of."""
    plan = reference(PLAN_CLASS, plan_uid)
    if dose.beams:
        beams = [item(ReferencedBeamNumber=number) for number in dose.beams]
        plan.ReferencedFractionGroupSequence = [
            item(ReferencedFractionGroupNumber=1, ReferencedBeamSequence=beams)
        ]
    found = item(
        DoseUnits="GY",
        DoseType=dose.kind.value,
        DoseSummationType=dose.summation.value,
        ReferencedRTPlanSequence=[plan],
    )
    if dose.structures_uid:
        found.ReferencedStructureSetSequence = [reference(STRUCTURES_CLASS, dose.structures_uid)]
    return found
