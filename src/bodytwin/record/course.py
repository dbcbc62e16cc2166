"""What belongs together in one course of radiotherapy, on one planning image.

The links are those of DICOM: the frame of reference that all share, the series that the
contours were drawn on, the plan that a dose is of. What contradicts is refused.
"""

from dataclasses import dataclass, replace

import numpy as np

from bodytwin.errors import InvalidInputError
from bodytwin.record.beam import TreatmentPlan
from bodytwin.record.contour import FLAT_MM, TILT, StructureSet
from bodytwin.record.dose import Dose, Summation
from bodytwin.record.series import Series

WHOLE = (Summation.PLAN,)


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """A planning image with the contours, plan and doses made on it; made by `linked`."""

    series: Series
    structures: StructureSet | None = None
    plan: TreatmentPlan | None = None
    doses: tuple[Dose, ...] = ()


def linked(
    series: Series,
    *,
    structures: StructureSet | None = None,
    plan: TreatmentPlan | None = None,
    doses: tuple[Dose, ...] = (),
) -> Course:
    """The parts as one course: contours on the slices, doses of the plan with its fractions.

    Raises:
        InvalidInputError: another frame of reference, series, structure set or plan, or a
            contour that lies off the slices.

    """
    if structures is not None:
        structures = on_slices(structures, series)
    if plan is not None:
        _require_same("plan", "frame of reference", plan.frame_uid, series.frame_uid)
        if structures is not None:
            _require_same("plan", "structure set", plan.structures_uid, structures.uid)
    return Course(
        series=series,
        structures=structures,
        plan=plan,
        doses=tuple(_of(dose, series, structures, plan) for dose in doses),
    )


def on_slices(structures: StructureSet, series: Series) -> StructureSet:
    """The structure set, knowing the slices of the image it was drawn on.

    Raises:
        InvalidInputError: of another frame or series, or a contour lies off the slices.

    """
    _require_same("structure set", "frame of reference", structures.frame_uid, series.frame_uid)
    _require_same("structure set", "series", structures.series_uid, series.uid)
    if abs(abs(structures.normal @ series.normal) - 1) > TILT:
        raise InvalidInputError("The contours are not parallel to the slices of the image.")
    heights = np.sort(series.heights_mm * float(np.sign(structures.normal @ series.normal)))
    for region in structures.regions:
        for contour in region.contours_mm:
            off = float(np.abs(heights - (contour @ structures.normal).mean()).min())
            if off > FLAT_MM:
                raise InvalidInputError(
                    f"A contour of region {region.number} lies {off:.3g} mm off every slice of "
                    "the image. Are slices lacking?"
                )
    return replace(structures, slices_mm=heights)


def _of(
    dose: Dose, series: Series, structures: StructureSet | None, plan: TreatmentPlan | None
) -> Dose:
    _require_same("dose", "frame of reference", dose.frame_uid, series.frame_uid)
    if structures is not None:
        _require_same("dose", "structure set", dose.structures_uid, structures.uid)
    if plan is None:
        return dose
    _require_same("dose", "plan", dose.plan_uid, plan.uid)
    if not set(dose.beams) <= {beam.number for beam in plan.beams}:
        raise InvalidInputError("A dose is of a beam that the plan does not have.")
    if dose.fractions is None and dose.summation in WHOLE:
        return replace(dose, fractions=plan.fractions)
    return dose


def _require_same(part: str, what: str, stated: str, expected: str) -> None:
    """Raise where both sides name something and the names differ."""
    if stated and expected and stated != expected:
        raise InvalidInputError(
            f"The {part} belongs to another {what}. Give the files of one plan of one image."
        )
