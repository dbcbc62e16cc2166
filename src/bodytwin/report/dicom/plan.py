"""A plan as a DICOM RT Plan: never approved, and marked where no machine can give it.

A beam that is planned as a fluence is written as a compensator that lets that fluence through. No
leaves have been fitted to it and no such compensator exists: the plan is then of the intent
RESEARCH, and its label begins with that word.
"""

from itertools import pairwise

from bodytwin.errors import InvalidPlanError
from bodytwin.record import (
    Beam,
    ControlPoint,
    Fluence,
    Limiter,
    Prescription,
    Series,
    TreatmentPlan,
)
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
    label,
    reference,
    time,
    written,
)

CLASS = "1.2.840.10008.5.1.4.1.1.481.5"
STRUCTURES_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
RESEARCH = "RESEARCH"
UNLABELLED = "plan"
STILL = "NONE"
TURNS = 1e-9


def write_plan(
    plan: TreatmentPlan,
    *,
    series: Series,
    person: Person,
    author: Author,
    structures_uid: str,
    uids: Uids | None = None,
) -> bytes:
    """The file of a plan on the frame of reference of `series`.

    Args:
        plan: what is to be given.
        series: the planning image.
        person: whom the file is about.
        author: what wrote it and when.
        structures_uid: of the structure set that the plan was made for.
        uids: of the new file, else derived from the plan and the series.

    Raises:
        InvalidPlanError: of another frame of reference, or a beam has no monitor units or jaws.

    """
    if plan.frame_uid and plan.frame_uid != series.frame_uid:
        raise InvalidPlanError("The plan is in another frame of reference than the image.")
    beams = [_beam(beam) for beam in plan.beams]
    named = uids or Uids.of(author, "plan", repr([_said(beam) for beam in beams]), plan.label,
                            str(plan.fractions), repr(plan.prescriptions), structures_uid,
                            series.uid)  # fmt: skip
    found = begun(CLASS, "RTPLAN", series=series, person=person, author=author, uids=named)
    own = plan.label.removeprefix(RESEARCH).strip()
    found.RTPlanLabel = label(own if plan.is_deliverable else f"{RESEARCH} {own}") or UNLABELLED
    found.RTPlanDate, found.RTPlanTime = day(plan.instant), time(plan.instant)
    found.RTPlanGeometry = "PATIENT"
    if not plan.is_deliverable:
        found.PlanIntent = RESEARCH
    found.ApprovalStatus = "UNAPPROVED"
    found.ReferencedStructureSetSequence = [reference(STRUCTURES_CLASS, structures_uid)]
    if plan.prescriptions:
        found.DoseReferenceSequence = [
            _prescription(k + 1, p) for k, p in enumerate(plan.prescriptions)
        ]
    found.FractionGroupSequence = [_group(plan)]
    found.PatientSetupSequence = [
        item(
            PatientSetupNumber=1,
            PatientPosition=plan.patient_position or series.patient_position or "HFS",
        )
    ]
    found.BeamSequence = beams
    return written(found)


def _said(beam: Dataset) -> str:
    return str(beam.to_json())


def _prescription(number: int, prescription: Prescription) -> Dataset:
    found = item(
        DoseReferenceNumber=number,
        DoseReferenceStructureType="SITE" if prescription.region is None else "VOLUME",
        DoseReferenceType="TARGET",
        TargetPrescriptionDose=decimal(prescription.dose_gy),
    )
    if prescription.region is not None:
        found.ReferencedROINumber = prescription.region
    return found


def _group(plan: TreatmentPlan) -> Dataset:
    return item(
        FractionGroupNumber=1,
        NumberOfFractionsPlanned=plan.fractions,
        NumberOfBeams=len(plan.beams),
        NumberOfBrachyApplicationSetups=0,
        ReferencedBeamSequence=[
            item(ReferencedBeamNumber=beam.number, BeamMeterset=decimal(beam.monitor_units or 0))
            for beam in plan.beams
        ],
    )


def _beam(beam: Beam) -> Dataset:
    if beam.monitor_units is None:
        raise InvalidPlanError(f"Beam {beam.number} has no monitor units.")
    if not beam.limiters:
        raise InvalidPlanError(f"Beam {beam.number} has no jaws: state those around its fluence.")
    compensators = [] if beam.fluence is None else [_compensator(beam.fluence)]
    found = item(
        BeamNumber=beam.number,
        BeamName=beam.name,
        BeamType="STATIC" if _is_still(beam) else "DYNAMIC",
        RadiationType=beam.radiation,
        TreatmentMachineName=label(beam.machine),
        PrimaryDosimeterUnit="MU",
        SourceAxisDistance=decimal(beam.axis_distance_mm),
        BeamLimitingDeviceSequence=[_limiter(limiter) for limiter in beam.limiters],
        ReferencedPatientSetupNumber=1,
        TreatmentDeliveryType="TREATMENT",
        NumberOfWedges=0,
        NumberOfCompensators=len(compensators),
        NumberOfBoli=0,
        NumberOfBlocks=0,
        FinalCumulativeMetersetWeight="1",
        NumberOfControlPoints=len(beam.points),
        ControlPointSequence=[_point(k, beam) for k in range(len(beam.points))],
    )
    if compensators:
        found.CompensatorSequence = compensators
    return found


def _is_still(beam: Beam) -> bool:
    """Whether nothing but the meterset changes from one control point to the next."""
    return all(not _turns(a, b) and not _moves(a, b) for a, b in pairwise(beam.points))


def _turns(a: ControlPoint, b: ControlPoint) -> bool:
    before = (a.gantry_deg, a.collimator_deg, a.couch_deg, *a.isocentre_mm, a.energy_mv)
    after = (b.gantry_deg, b.collimator_deg, b.couch_deg, *b.isocentre_mm, b.energy_mv)
    return max(abs(x - y) for x, y in zip(before, after, strict=True)) > TURNS


def _moves(a: ControlPoint, b: ControlPoint) -> bool:
    return any((x != y).any() for x, y in zip(a.positions_mm, b.positions_mm, strict=True))


def _limiter(limiter: Limiter) -> Dataset:
    found = item(RTBeamLimitingDeviceType=limiter.kind.value, NumberOfLeafJawPairs=limiter.pairs)
    if limiter.boundaries_mm is not None:
        found.LeafPositionBoundaries = decimals(limiter.boundaries_mm)
    return found


def _point(number: int, beam: Beam) -> Dataset:
    """One control point, whole."""
    point = beam.points[number]
    found = item(
        ControlPointIndex=number,
        CumulativeMetersetWeight=decimal(point.meterset),
        NominalBeamEnergy=decimal(point.energy_mv),
        GantryAngle=decimal(point.gantry_deg),
        GantryRotationDirection=_direction(beam, number, "gantry_deg"),
        BeamLimitingDeviceAngle=decimal(point.collimator_deg),
        BeamLimitingDeviceRotationDirection=_direction(beam, number, "collimator_deg"),
        PatientSupportAngle=decimal(point.couch_deg),
        PatientSupportRotationDirection=_direction(beam, number, "couch_deg"),
        TableTopEccentricAngle="0",
        TableTopEccentricRotationDirection=STILL,
        TableTopVerticalPosition=None,
        TableTopLongitudinalPosition=None,
        TableTopLateralPosition=None,
        IsocenterPosition=decimals(point.isocentre_mm),
    )
    if beam.limiters:
        found.BeamLimitingDevicePositionSequence = [
            item(
                RTBeamLimitingDeviceType=limiter.kind.value,
                LeafJawPositions=decimals(positions.ravel()),
            )
            for limiter, positions in zip(beam.limiters, point.positions_mm, strict=True)
        ]
    return found


def _direction(beam: Beam, number: int, name: str) -> str:
    """Which way an angle turns to the next control point, by the shorter way."""
    if number + 1 >= len(beam.points):
        return STILL
    turn = getattr(beam.points[number + 1], name) - getattr(beam.points[number], name)
    turn = (turn + 180.0) % 360.0 - 180.0
    return STILL if abs(turn) < TURNS else "CW" if turn > 0 else "CC"


def _compensator(fluence: Fluence) -> Dataset:
    rows, columns = fluence.weights.shape
    return item(
        CompensatorNumber=1,
        MaterialID="",
        CompensatorType="STANDARD",
        SourceToCompensatorTrayDistance=None,
        CompensatorRows=rows,
        CompensatorColumns=columns,
        CompensatorPixelSpacing=decimals(fluence.spacing_mm),
        CompensatorPosition=decimals(fluence.first_mm),
        CompensatorTransmissionData=decimals(fluence.weights.ravel()),
    )
