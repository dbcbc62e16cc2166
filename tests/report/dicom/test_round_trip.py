"""What is written is what was there, as our own reader and pydicom see it."""

import io
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from bodytwin.errors import InvalidInputError, InvalidPlanError
from bodytwin.importers import radiotherapy
from bodytwin.record import DoseKind, Image, Summation, inside, linked, volume_ml
from bodytwin.report.dicom import Uids, write_dose, write_plan, write_structures
from tests.importers.radiotherapy import files
from tests.report.dicom import made


def dose_file(dose=None, **how):
    return write_dose(
        dose or made.dose(), series=made.series(), person=made.PERSON, author=made.AUTHOR,
        plan_uid=made.PLAN_UID, **how,
    )  # fmt: skip


def structures_file(structures=None, **how):
    return write_structures(
        structures or made.structures(), series=made.series(), person=made.PERSON,
        author=made.AUTHOR, **how,
    )  # fmt: skip


def plan_file(plan=None, **how):
    return write_plan(
        plan or made.plan(), series=made.series(), person=made.PERSON, author=made.AUTHOR,
        structures_uid=made.STRUCTURES_UID, **how,
    )  # fmt: skip


def opened(data):
    return pydicom.dcmread(io.BytesIO(data))


@pytest.mark.parametrize("lying", files.LYING)
def test_a_dose_comes_back_in_its_place_however_the_patient_lay(lying):
    dose = made.dose(files.LYING[lying])
    back = radiotherapy.read_dose(dose_file(dose)).value
    assert back.dose_gy == pytest.approx(dose.dose_gy, abs=60 * 1e-9, rel=1e-7)
    assert back.image.affine == pytest.approx(dose.image.affine, abs=1e-9)
    assert (back.kind, back.summation) == (dose.kind, dose.summation)
    assert (back.plan_uid, back.structures_uid) == (made.PLAN_UID, made.STRUCTURES_UID)
    assert back.image.instant == made.WHEN


def test_a_dose_whose_slices_count_downwards_comes_back_at_the_same_places():
    dose = made.dose(mirrored=True)
    back = radiotherapy.read_dose(dose_file(dose)).value
    assert back.dose_gy[:, :, ::-1] == pytest.approx(dose.dose_gy, rel=1e-6)
    last = dose.image.affine @ [0, 0, 4, 1]
    assert back.image.affine[:, 3] == pytest.approx(last)


@pytest.mark.parametrize("highest_gy", [1e-6, 0.7, 73.21, 2e5])
def test_the_rounding_of_a_dose_is_a_billionth_of_its_highest(highest_gy):
    values = np.linspace(0, highest_gy, 315).reshape(9, 7, 5)
    dose = made.dose()
    image = Image(
        values=values, affine=dose.image.affine, modality="RTDOSE", instant=made.WHEN,
        provenance=made.FROM,
    )  # fmt: skip
    found = opened(dose_file(replace(dose, image=image)))
    stored = found.pixel_array.transpose(2, 1, 0).astype(float) * float(found.DoseGridScaling)
    assert np.abs(stored - values).max() <= 1e-9 * highest_gy
    assert (found.BitsAllocated, found.DoseUnits) == (32, "GY")


def test_contours_come_back_and_each_refers_to_its_slice():
    structures, series = made.structures(), made.series()
    data = structures_file()
    back = radiotherapy.read_structures(data).value
    assert [(r.number, r.name, r.kind) for r in back.regions] == [
        (1, "Kügelchen", "PTV"), (5, "ring", "ORGAN")
    ]  # fmt: skip
    for before, after in zip(structures.regions, back.regions, strict=True):
        for a, b in zip(before.contours_mm, after.contours_mm, strict=True):
            assert b == pytest.approx(a, abs=1e-9)
    for roi in opened(data).ROIContourSequence:
        for contour in roi.ContourSequence:
            slice_uid = contour.ContourImageSequence[0].ReferencedSOPInstanceUID
            k = series.slice_uids.index(slice_uid)
            place = series.image.affine[2, 3] + k * series.image.affine[2, 2]
            assert float(contour.ContourData[2]) == pytest.approx(place)


def test_a_body_of_more_points_than_an_explicit_file_can_hold_comes_back():
    structures = made.structures()
    long = replace(
        structures.regions[0],
        contours_mm=tuple(made.circle(15.123456789, z, 4000) for z in (-3.0, 0.0, 3.0)),
    )
    back = radiotherapy.read_structures(structures_file(replace(structures, regions=(long,)))).value
    assert [len(c) for c in back.regions[0].contours_mm] == [4000] * 3


@pytest.mark.parametrize("fluence", [False, True])
def test_a_plan_comes_back_whole(fluence):
    plan = made.plan(fluence=fluence)
    found = radiotherapy.read_plan(plan_file(plan))
    back = found.value
    assert not found.held_back
    assert (back.fractions, back.prescriptions) == (20, plan.prescriptions)
    assert (back.frame_uid, back.structures_uid) == (files.FRAME, made.STRUCTURES_UID)
    for a, b in zip(plan.beams, back.beams, strict=True):
        assert (a.number, a.name, a.machine, a.radiation) == (
            b.number,
            b.name,
            b.machine,
            b.radiation,
        )
        assert a.monitor_units == b.monitor_units
        for p, q in zip(a.points, b.points, strict=True):
            assert (p.gantry_deg, p.collimator_deg, p.isocentre_mm, p.energy_mv) == (
                q.gantry_deg, q.collimator_deg, q.isocentre_mm, q.energy_mv
            )  # fmt: skip
            assert p.meterset == pytest.approx(q.meterset, abs=1e-13)
            for x, y in zip(p.positions_mm, q.positions_mm, strict=True):
                assert x == pytest.approx(y, abs=1e-12)
    assert (back.beams[1].fluence is not None) is fluence
    if plan.beams[1].fluence is not None and back.beams[1].fluence is not None:
        assert back.beams[1].fluence.weights == pytest.approx(plan.beams[1].fluence.weights)
        assert back.beams[1].fluence.first_mm == (-15, 10)


def test_no_plan_is_written_as_approved_and_a_fluence_is_marked_as_research():
    deliverable = opened(plan_file(replace(made.plan(), approval="APPROVED")))
    assert deliverable.ApprovalStatus == "UNAPPROVED"
    assert deliverable.RTPlanLabel == "Prostate 60/20 p"
    assert "PlanIntent" not in deliverable
    research = opened(plan_file(made.plan(fluence=True)))
    assert research.ApprovalStatus == "UNAPPROVED"
    assert research.RTPlanLabel == "RESEARCH Prostat"
    assert research.PlanIntent == "RESEARCH"
    assert not radiotherapy.read_plan(plan_file(made.plan(fluence=True))).value.is_deliverable


def test_the_gantry_turns_the_shorter_way_and_only_a_moving_beam_is_dynamic():
    arc, field = opened(plan_file()).BeamSequence
    assert [p.GantryRotationDirection for p in arc.ControlPointSequence] == ["CW", "CW", "NONE"]
    assert (arc.BeamType, field.BeamType) == ("DYNAMIC", "STATIC")


def test_the_same_value_is_the_same_file_and_another_value_another_uid():
    assert dose_file() == dose_file()
    assert plan_file() == plan_file()
    assert structures_file() == structures_file()
    other = replace(made.plan(), fractions=21)
    names = {opened(d).SOPInstanceUID for d in (plan_file(), plan_file(other), dose_file())}
    assert len(names) == 3
    assert all(name.startswith("2.25.") and len(name) <= 64 for name in names)
    given = opened(dose_file(uids=Uids(instance="1.2.9.1", series="1.2.9.2")))
    assert (given.SOPInstanceUID, given.SeriesInstanceUID) == ("1.2.9.1", "1.2.9.2")


def test_the_three_files_and_the_image_make_one_course():
    structures = structures_file()
    uid = opened(structures).SOPInstanceUID
    series = made.series()
    plan = write_plan(made.plan(), series=series, person=made.PERSON, author=made.AUTHOR,
                      structures_uid=uid)  # fmt: skip
    dose = write_dose(
        replace(made.dose(), structures_uid=uid), series=series, person=made.PERSON,
        author=made.AUTHOR, plan_uid=opened(plan).SOPInstanceUID,
    )  # fmt: skip
    image = [d.replace(files.MARKER.encode(), b"P1          ") for d in files.ct()]
    course = radiotherapy.read_course([dose, plan, structures, *image]).value
    assert course.structures is not None
    ball = course.structures.regions[0]
    assert volume_ml(course.structures, ball) == pytest.approx(
        4 / 3 * np.pi * 19.6**3 / 1e3, rel=0.02
    )
    assert course.doses[0].fractions == 20
    before = linked(series, structures=made.structures()).structures
    assert before is not None
    assert (
        inside(before, before.regions[1], series.image)
        == inside(course.structures, course.structures.regions[1], series.image)
    ).all()


def test_what_cannot_be_written_is_refused_and_names_no_one():
    dose, plan, structures = made.dose(), made.plan(), made.structures()
    other = {"frame_uid": "1.2.3.9"}
    nothing = Image(
        values=np.zeros((2, 2, 2), "f4"), affine=np.eye(4), modality="RTDOSE", instant=made.WHEN,
        provenance=made.FROM,
    )  # fmt: skip
    shear = np.eye(4)
    shear[0, 1] = 0.2
    sheared = Image(
        values=np.ones((2, 2, 2), "f4"), affine=shear, modality="RTDOSE", instant=made.WHEN,
        provenance=made.FROM,
    )  # fmt: skip
    beam = plan.beams[0]
    unpaid = replace(plan, beams=(replace(beam, monitor_units=None),))
    open_points = tuple(replace(p, positions_mm=()) for p in beam.points)
    wide = replace(plan, beams=(replace(beam, limiters=(), points=open_points),))
    for write, value, error, reason in (
        (dose_file, replace(dose, **other), InvalidInputError, "another frame"),
        (dose_file, replace(dose, summation=Summation.BEAM), InvalidInputError, "its beams"),
        (dose_file, replace(dose, kind=DoseKind.ERROR), InvalidInputError, "difference"),
        (dose_file, replace(dose, image=nothing), InvalidInputError, "0 Gy throughout"),
        (dose_file, replace(dose, image=sheared), InvalidInputError, "right angles"),
        (plan_file, replace(plan, **other), InvalidPlanError, "another frame"),
        (plan_file, unpaid, InvalidPlanError, "no monitor units"),
        (plan_file, wide, InvalidPlanError, "no jaws"),
        (structures_file, replace(structures, **other), InvalidInputError, "another frame"),
    ):
        with pytest.raises(error, match=reason) as raised:
            write(value)
        files.refused(raised)
    assert "Jane" not in repr(made.PERSON)
