"""How the patient was to be irradiated (DICOM RT Plan)?

DICOM states at a control point only what changed; here every control point is whole. The
cumulative weight is divided by the final one, so that it goes from 0 to 1. A beam is taken
whole or not at all: one with a wedge, block or bolus, or that is for setup only, is held back.

Source: DICOM PS3.3 C.8.8.9 to C.8.8.14.
"""

from datetime import UTC, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.radiotherapy.found import Found
from bodytwin.importers.radiotherapy.header import (
    PLAN,
    made,
    of_kind,
    provenance,
    referenced,
    silently,
    uid,
)
from bodytwin.importers.report import HeldBack
from bodytwin.importers.volume.dicom import refused_if_broken
from bodytwin.record import (
    Beam,
    ControlPoint,
    Fluence,
    Limiter,
    LimiterKind,
    Prescription,
    TreatmentPlan,
)

NOT_READ = {
    "NumberOfWedges": "a wedge",
    "NumberOfBlocks": "a block",
    "NumberOfBoli": "a bolus",
}
ANGLES = ("GantryAngle", "BeamLimitingDeviceAngle", "PatientSupportAngle")
APPROVALS = ("APPROVED", "UNAPPROVED", "REJECTED")


class _HeldError(Exception):
    """Why a beam cannot be used."""


@silently
def read(data: bytes, *, zone: tzinfo = UTC) -> Found[TreatmentPlan]:
    """The plan in a file.

    Raises:
        InvalidInputError: the plan contradicts itself.
        UnreadableFileError: not whole, of another kind, or no beam can be used.

    """
    dataset, remarks = of_kind(data, PLAN)
    group = _group(dataset)
    metersets = _metersets(group)
    beams: list[Beam] = []
    held_back: list[HeldBack] = []
    for item in dataset.get("BeamSequence") or ():
        with refused_if_broken("A beam of the plan has no number."):
            number = int(item.BeamNumber)
        try:
            beams.append(_beam(item, number, metersets.get(number)))
        except (_HeldError, InvalidInputError) as error:
            path = f"BeamSequence/{number}"
            held_back.append(HeldBack(path=path, kind="beam", reason=str(error)))
    if not beams:
        reasons = " ".join(sorted({h.reason for h in held_back})[:3])
        raise UnreadableFileError(f"No beam of the plan can be used. {reasons}")
    approval = str(dataset.get("ApprovalStatus") or "")
    plan = TreatmentPlan(
        label=str(dataset.get("RTPlanLabel") or ""),
        beams=tuple(beams),
        fractions=_fractions(group),
        prescriptions=_prescriptions(dataset),
        frame_uid=uid(dataset, "FrameOfReferenceUID"),
        uid=uid(dataset, "SOPInstanceUID"),
        structures_uid=referenced(dataset, "ReferencedStructureSetSequence"),
        patient_position=_position(dataset),
        approval=approval if approval in APPROVALS else "",
        instant=made(dataset, "RTPlan", zone),
        provenance=provenance(data, "BeamSequence"),
    )
    return Found(value=plan, held_back=tuple(held_back), remarks=remarks)


def _group(dataset: Any) -> Any:
    """The only group of fractions."""
    groups = dataset.get("FractionGroupSequence") or ()
    if len(groups) != 1:
        raise UnreadableFileError(
            f"The plan has {len(groups)} groups of fractions; one is expected. Export each as a "
            "plan of its own."
        )
    if int(groups[0].get("NumberOfBrachyApplicationSetups") or 0):
        raise UnreadableFileError("The plan has sources in the body, which are not read.")
    return groups[0]


def _fractions(group: Any) -> int:
    with refused_if_broken("The plan does not say how many fractions it has."):
        return int(group.NumberOfFractionsPlanned)


def _metersets(group: Any) -> dict[int, float]:
    with refused_if_broken("The plan does not say which beam has which meterset."):
        return {
            int(beam.ReferencedBeamNumber): float(beam.BeamMeterset)
            for beam in group.get("ReferencedBeamSequence") or ()
            if beam.get("BeamMeterset") is not None
        }


def _beam(item: Any, number: int, meterset: float | None) -> Beam:
    delivery = str(item.get("TreatmentDeliveryType") or "TREATMENT")
    if delivery != "TREATMENT":
        raise _HeldError("It is not for treatment but for setup or for an image.")
    for name, what in NOT_READ.items():
        if int(item.get(name) or 0):
            raise _HeldError(f"It has {what}, which is not read.")
    if str(item.get("PrimaryDosimeterUnit") or "MU") != "MU":
        raise _HeldError("Its dose is not counted in monitor units.")
    try:
        limiters = tuple(_limiter(d) for d in item.get("BeamLimitingDeviceSequence") or ())
        points = _points(item, limiters)
        fluence = _fluence(item)
        distance_mm = float(item.SourceAxisDistance)
    except (_HeldError, InvalidInputError):
        raise
    except Exception:  # whatever pydicom makes of what is lacking or damaged
        raise _HeldError("It lacks what a beam must state, or states no numbers.") from None
    return Beam(
        number=number,
        name=str(item.get("BeamName") or ""),
        machine=str(item.get("TreatmentMachineName") or ""),
        radiation=str(item.get("RadiationType") or ""),
        monitor_units=meterset or None,
        axis_distance_mm=distance_mm,
        limiters=limiters,
        points=points,
        fluence=fluence,
    )


def _limiter(device: Any) -> Limiter:
    kind = str(device.RTBeamLimitingDeviceType)
    if kind not in set(LimiterKind):
        raise _HeldError("It has a limiter of an unknown kind.")
    edges = device.get("LeafPositionBoundaries")
    return Limiter(
        kind=LimiterKind(kind),
        pairs=int(device.NumberOfLeafJawPairs),
        boundaries_mm=None if edges is None else np.array(edges, dtype=np.float64),
    )


def _points(item: Any, limiters: tuple[Limiter, ...]) -> tuple[ControlPoint, ...]:
    """Every control point with all that still holds from those before it."""
    items = item.ControlPointSequence
    if len(items) != int(item.NumberOfControlPoints):
        raise _HeldError(
            f"It announces {int(item.NumberOfControlPoints)} control points and has {len(items)}."
        )
    final = float(item.get("FinalCumulativeMetersetWeight") or 0)
    if not final > 0:
        raise _HeldError("It does not state its final cumulative meterset weight.")
    held: dict[str, Any] = {}
    positions: dict[str, NDArray[np.float64]] = {}
    found: list[ControlPoint] = []
    for point in items:
        for name in (*ANGLES, "NominalBeamEnergy", "IsocenterPosition", "CumulativeMetersetWeight"):
            if point.get(name) is not None:
                held[name] = point.get(name)
        for device in point.get("BeamLimitingDevicePositionSequence") or ():
            placed = np.array(device.LeafJawPositions, dtype=np.float64)
            positions[str(device.RTBeamLimitingDeviceType)] = placed.reshape(2, -1)
        found.append(_point(held, positions, limiters, final))
    return tuple(found)


def _point(
    held: dict[str, Any],
    positions: dict[str, NDArray[np.float64]],
    limiters: tuple[Limiter, ...],
    final: float,
) -> ControlPoint:
    gantry, collimator, couch = (float(held[name]) for name in ANGLES)
    x, y, z = (float(v) for v in held["IsocenterPosition"])
    return ControlPoint(
        gantry_deg=gantry,
        collimator_deg=collimator,
        couch_deg=couch,
        isocentre_mm=(x, y, z),
        energy_mv=float(held["NominalBeamEnergy"]),
        meterset=float(held["CumulativeMetersetWeight"]) / final,
        positions_mm=tuple(positions[limiter.kind.value] for limiter in limiters),
    )


def _fluence(item: Any) -> Fluence | None:
    """What a compensator lets through; None where the beam has none."""
    items: Any = item.get("CompensatorSequence") or ()
    if len(items) != int(item.get("NumberOfCompensators") or 0) or len(items) > 1:
        raise _HeldError("It has several compensators, or not as many as it announces.")
    if not len(items):
        return None
    found = items[0]
    if found.get("CompensatorTransmissionData") is None:
        raise _HeldError("It has a compensator that does not state what it lets through.")
    rows, columns = int(found.CompensatorRows), int(found.CompensatorColumns)
    x, y = (float(v) for v in found.CompensatorPosition)
    down, across = (float(v) for v in found.CompensatorPixelSpacing)
    weights = np.array(found.CompensatorTransmissionData, dtype=np.float64)
    return Fluence(
        weights=weights.reshape(rows, columns), first_mm=(x, y), spacing_mm=(down, across)
    )


def _prescriptions(dataset: Any) -> tuple[Prescription, ...]:
    found: list[Prescription] = []
    with refused_if_broken("A prescription of the plan is no number."):
        for item in dataset.get("DoseReferenceSequence") or ():
            dose, roi = item.get("TargetPrescriptionDose"), item.get("ReferencedROINumber")
            if dose is not None and float(dose) > 0:
                region = None if roi is None else int(roi)
                found.append(Prescription(dose_gy=float(dose), region=region))
    return tuple(found)


def _position(dataset: Any) -> str:
    """How the patient lay, where all setups agree."""
    setups = dataset.get("PatientSetupSequence") or ()
    found = {str(setup.get("PatientPosition") or "") for setup in setups}
    return found.pop() if len(found) == 1 else ""
