"""A course of radiotherapy comes to a patient: whole, once, and with what was said of it."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, MissingDataError, UnreadableFileError
from bodytwin.governance.request import Action
from bodytwin.importers.radiotherapy import read_dose, read_plan
from bodytwin.record import Record
from bodytwin.service.access import granted
from bodytwin.service.course_export import export_plan
from bodytwin.service.delineating import (
    Described,
    bring_course,
    prescriptions_of,
    record_fractions,
    weekdays,
)
from bodytwin.service.people import everyone
from bodytwin.service.studying import study
from bodytwin.store.records import read_record
from tests.importers.radiotherapy import files

PATIENT = Path(__file__).parents[2] / "examples" / "data" / "openkbp" / "pt_202"
WHEN = datetime(2026, 3, 5, 10, tzinfo=UTC)
SAID = Described(taken=WHEN, fractions=35)


@pytest.fixture
def dicom(tmp_path):
    """A folder as a planning system writes it."""
    whole = [files.structures(), files.plan(), files.dose(), *files.ct()]
    for k, data in enumerate(whole):
        (tmp_path / f"{k:03d}.dcm").write_bytes(data)
    return tmp_path


@pytest.fixture
def brought(work):
    return bring_course(work, "Head A", PATIENT, SAID, new=True)


def kept(work, opened, patient) -> Record:
    return read_record(work.store, opened(patient))


def read_record_of(work, patient):
    access = granted(work, patient, Action.READ)
    return read_record(work.store, access).delineated[-1]


def test_a_patient_of_openkbp_is_kept_with_dose_and_prescription(work, opened, brought):
    (patient,) = brought.added.patients
    (found,) = kept(work, opened, patient).delineated
    assert found.prescribed_gy == {"PTV56": 56.0, "PTV63": 63.0, "PTV70": 70.0}
    assert found.fractions == 35
    assert brought.greatest_dose_gy == pytest.approx(74.57, abs=0.01)
    assert found.volume_ml("PTV63") == pytest.approx(248.7, abs=0.1)
    assert everyone(work)[0].delineated == 1
    again = bring_course(work, patient, PATIENT, SAID)
    assert (again.added.new, again.added.known) == (0, 1)


def test_a_folder_of_dicom_is_kept(work, opened, dicom):
    found = bring_course(work, "Box", dicom, Described(spacing_mm=2.0), new=True)
    (patient,) = found.added.patients
    (course,) = kept(work, opened, patient).delineated
    assert course.fractions == 30
    assert course.dose is not None
    assert found.held_back


def test_what_was_said_is_added_and_what_contradicts_is_refused(work, dicom):
    with pytest.raises(InvalidInputError, match="30 fractions, 20 were said"):
        bring_course(work, "Box", dicom, Described(fractions=20), new=True)
    with pytest.raises(InvalidInputError, match="no region"):
        bring_course(work, "Box", dicom, Described(prescribed_gy={"Nose": 9.0}), new=True)
    with pytest.raises(InvalidInputError, match="--taken"):
        bring_course(work, "Head A", PATIENT, Described(fractions=35), new=True)
    with pytest.raises(InvalidInputError, match="no region"):
        bring_course(
            work, "Head A", PATIENT, Described(taken=WHEN, prescribed_gy={"X": 9.0}), new=True
        )
    with pytest.raises(InvalidInputError, match="bodytwin twins"):
        bring_course(work, "Head A", PATIENT, Described(taken=WHEN, tumour="unknown"), new=True)
    assert everyone(work) == ()


def test_nothing_and_the_wrong_thing_are_refused(work, tmp_path):
    with pytest.raises(UnreadableFileError):
        bring_course(work, "Head A", tmp_path, SAID, new=True)
    (tmp_path / "letter.txt").write_text("Dear colleague")
    with pytest.raises(UnreadableFileError):
        bring_course(work, "Head A", tmp_path, SAID, new=True)


def test_fractions_are_noted_on_weekdays_and_never_more_than_planned(work, opened, brought):
    (patient,) = brought.added.patients
    friday = datetime(2026, 3, 6, 9, tzinfo=UTC)
    assert record_fractions(work, patient, 3, first=friday).new == 3
    given = kept(work, opened, patient).treatments
    assert [t.instant.moment.weekday() for t in given] == [4, 0, 1]
    assert {t.amount.value for t in given} == {2.0}
    with pytest.raises(InvalidInputError, match="3 were given"):
        record_fractions(work, patient, 33, first=friday)


def test_without_a_prescription_no_fraction_can_be_noted(work, bring, tables):
    (patient,) = bring(tables.first)
    with pytest.raises(MissingDataError, match="prescription"):
        record_fractions(work, patient, 1, first=WHEN)


def test_weekends_are_left_out():
    days = weekdays(datetime(2026, 3, 7, 9, tzinfo=UTC), 6)
    assert [d.day for d in days] == [9, 10, 11, 12, 13, 16]


@pytest.mark.parametrize("text", ["PTV70", "=70", "PTV70=much", "PTV70=70 mg"])
def test_a_prescription_that_says_nothing_is_refused(text):
    with pytest.raises(InvalidInputError, match="PTV70=70"):
        prescriptions_of([text])


def test_a_plan_on_a_dicom_course_goes_out_as_dicom(work, dicom, tmp_path):
    target = {"PTV": 60.0}
    said = Described(spacing_mm=2.0, prescribed_gy=target)
    (patient,) = bring_course(work, "Box", dicom, said, new=True).added.patients
    asked = {"beams": 3, "beamlet_mm": 5.0, "wishes": "PTV gets 60 Gy; body below 30 Gy"}
    answer = study(work, patient, "radiotherapy", "plan", asked)
    with pytest.raises(InvalidInputError, match="--identifier"):
        export_plan(work, patient, tmp_path / "out", answer=answer, identifier="")
    planned, dosed = export_plan(work, patient, tmp_path / "out", answer=answer, identifier="7")
    plan = read_plan(planned.read_bytes()).value
    assert plan.fractions == 30
    assert [b.points[0].gantry_deg for b in plan.beams] == [0.0, 120.0, 240.0]
    dose = read_dose([dosed.read_bytes()]).value
    assert dose.plan_uid == plan.uid
    with pytest.raises(InvalidInputError, match="One plan at a time"):
        export_plan(work, patient, tmp_path, answer={"plans": [{}, {}]}, identifier="7")
    inside = read_record_of(work, patient).masks["PTV"]
    assert np.percentile(dose.dose_gy[inside], 50) == pytest.approx(60.0, abs=3.0)


def test_a_plan_on_another_course_has_no_image_to_refer_to(work, brought, tmp_path):
    (patient,) = brought.added.patients
    with pytest.raises(MissingDataError, match="DICOM"):
        export_plan(work, patient, tmp_path, answer={}, identifier="7")
