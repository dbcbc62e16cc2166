"""Write a new plan and its dose as DICOM, on the image that the course came with."""

from base64 import b64decode
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.study import Shape
from bodytwin.errors import InvalidInputError, MissingDataError, StoreError
from bodytwin.governance.request import Action
from bodytwin.importers.radiotherapy import read_course
from bodytwin.record import (
    Beam,
    ControlPoint,
    Course,
    Dose,
    DoseKind,
    Fluence,
    Image,
    Instant,
    Limiter,
    LimiterKind,
    Prescription,
    Provenance,
    Summation,
    TreatmentPlan,
)
from bodytwin.record.dose import MODALITY
from bodytwin.report.dicom import Author, Person, Uids, write_dose, write_plan
from bodytwin.service.access import fresh, granted
from bodytwin.service.workspace import Workspace
from bodytwin.store.records import originals, read_record

MACHINE, ENERGY_MV = "generic 6 MV", 6.0
LABEL = "bodytwin"


def export_plan(
    workspace: Workspace, patient: str, folder: Path, *, answer: Shape, identifier: str
) -> tuple[Path, Path]:
    """Files of a new plan, `answer` of the study "plan", and of its dose.

    Raises:
        InvalidInputError: no identifier was said, or there are several plans.
        MissingDataError: the course did not come as DICOM.
        StoreError: the files cannot be written.

    """
    if not identifier.strip():
        raise InvalidInputError(
            "DICOM files name the patient; say the number in the clinic with --identifier."
        )
    access = granted(workspace, patient, Action.EXPORT, data="a new plan and its dose as DICOM")
    record = read_record(workspace.store, access)
    course = _course(workspace, access)
    if len(answer["plans"]) != 1:
        raise InvalidInputError("One plan at a time is written as DICOM; say one set of wishes.")
    assert course.structures is not None
    moment = Instant(workspace.clock())
    author = Author(version=version("bodytwin"), instant=moment)
    person = Person(identifier=identifier)
    plan = _plan(answer, course, moment)
    uids = Uids.of(author, "plan", answer["based_on"], str(answer["beamlets"]))
    files = {
        "RTPLAN.dcm": write_plan(
            plan,
            series=course.series,
            person=person,
            author=author,
            structures_uid=course.structures.uid,
            uids=uids,
        ),
        "RTDOSE.dcm": write_dose(
            _dose(answer, record.delineated[-1].image, course, moment),
            series=course.series,
            person=person,
            author=author,
            plan_uid=uids.instance,
        ),
    }
    fresh(workspace, access)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise StoreError(f"The files cannot be written: {error.strerror}.") from error
    return folder / "RTPLAN.dcm", folder / "RTDOSE.dcm"


def _course(workspace: Workspace, access: Any) -> Course:
    """The last course that came as DICOM, read from its files again."""
    for kept in reversed(originals(workspace.store, access)):
        sizes = kept.readings[-1]["settings"].get("sizes", {}) if kept.readings else {}
        if kept.kind != "course" or not all(name.endswith(".dcm") for name in sizes):
            continue
        parts: list[bytes] = []
        start = 0
        for name in sorted(sizes):
            parts.append(kept.data[start : start + sizes[name]])
            start += sizes[name]
        course = read_course(parts).value
        if course.structures is not None:
            return course
    raise MissingDataError(
        "The course did not come as DICOM (.dcm) with contours, so there is no image that a plan "
        "could refer to."
    )


def _plan(answer: Shape, course: Course, moment: Instant) -> TreatmentPlan:
    assert course.structures is not None
    numbers = [r.number for r in course.structures.regions if r.name == answer["target"]]
    return TreatmentPlan(
        label=LABEL,
        beams=tuple(
            _beam(k + 1, f, answer["fractions"])
            for k, f in enumerate(answer["plans"][0]["fluences"])
        ),
        fractions=answer["fractions"],
        instant=moment,
        provenance=Provenance("", "plan", LABEL),
        prescriptions=(
            Prescription(
                dose_gy=answer["prescribed_gy"], region=numbers[0] if len(numbers) == 1 else None
            ),
        ),
        frame_uid=course.series.frame_uid,
        structures_uid=course.structures.uid,
        patient_position=course.series.patient_position,
    )


def _beam(number: int, said: Shape, fractions: int) -> Beam:
    """A still beam whose fluence is laid on the grid of its beamlets."""
    places, weights = _unpacked(said["places_mm"]), _unpacked(said["weights"]) / fractions
    step = said["beamlet_mm"]
    cells = np.rint(places / step).astype(int)
    low, high = cells.min(axis=0), cells.max(axis=0)
    grid = np.zeros((high[1] - low[1] + 1, high[0] - low[0] + 1))
    grid[high[1] - cells[:, 1], cells[:, 0] - low[0]] = weights
    highest = float(grid.max())
    if highest <= 0:
        raise InvalidInputError(f"Beam {number} of the plan is not used. Plan with fewer beams.")
    edges = np.array([low - 0.5, high + 0.5]) * step
    jaws = tuple(np.array([[edges[0, k]], [edges[1, k]]]) for k in range(2))
    x, y, z = said["isocentre_mm"]
    points = tuple(
        ControlPoint(
            gantry_deg=said["gantry_deg"],
            collimator_deg=0.0,
            couch_deg=0.0,
            isocentre_mm=(x, y, z),
            energy_mv=ENERGY_MV,
            meterset=share,
            positions_mm=jaws,
        )
        for share in (0.0, 1.0)
    )
    return Beam(
        number=number,
        name=f"G{said['gantry_deg']:.0f}",
        machine=MACHINE,
        radiation="PHOTON",
        monitor_units=highest,
        axis_distance_mm=said["axis_distance_mm"],
        limiters=(
            Limiter(kind=LimiterKind.ASYMX, pairs=1),
            Limiter(kind=LimiterKind.ASYMY, pairs=1),
        ),
        points=points,
        fluence=Fluence(
            weights=grid / highest,
            first_mm=(float(low[0] * step), float(high[1] * step)),
            spacing_mm=(step, step),
        ),
    )


def _dose(answer: Shape, image: Image, course: Course, moment: Instant) -> Dose:
    assert course.structures is not None
    return Dose(
        image=Image(
            values=_unpacked(next(iter(answer["arrays"].values()))),
            affine=image.affine,
            modality=MODALITY,
            instant=moment,
            provenance=Provenance("", "dose", LABEL),
        ),
        kind=DoseKind.PHYSICAL,
        summation=Summation.PLAN,
        frame_uid=course.series.frame_uid,
        fractions=answer["fractions"],
        structures_uid=course.structures.uid,
    )


def _unpacked(said: Shape) -> NDArray[Any]:
    flat = np.frombuffer(b64decode(said["base64"]), dtype=said["dtype"])
    return flat.reshape(said["shape"])
