import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.importers import fhir
from bodytwin.record import Comparator, Precision, Route, Sex

sys.path.insert(0, str(Path(__file__).parent))
from malformed import GIVEN, LEVEL, PATIENT, bundle, dose, value

DATA = Path(__file__).parents[2] / "examples" / "data"
MG = {"system": "http://unitsofmeasure.org", "code": "mg"}
IV = {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]}


def only(imported):
    (record,) = imported.records
    return record


def level_of(data, **how):
    (level,) = only(fhir.read(data, **how)).observations
    return level


def dose_of(data):
    (given_dose,) = only(fhir.read(data)).treatments
    return given_dose


def test_a_number_keeps_its_decimals():
    data = value().replace(b"7.5", b"7.50")
    level = level_of(data)
    assert (level.quantity.value, level.quantity.text) == (7.5, "7.50")


@given(st.decimals(-1000, 1000, places=3))
def test_any_decimal_is_read_as_written(number):
    level = level_of(value().replace(b"7.5", str(number).encode()))
    assert (level.quantity.value, level.quantity.text) == (float(number), str(number))


@pytest.mark.parametrize("comparator", ["<", "<=", ">", ">="])
def test_a_comparator_makes_the_value_censored(comparator):
    assert level_of(value(comparator=comparator)).quantity.comparator is Comparator(comparator)


@pytest.mark.parametrize(
    ("text", "precision", "moment"),
    [
        ("2020", Precision.YEAR, datetime(2020, 1, 1, tzinfo=UTC)),
        ("2020-05", Precision.MONTH, datetime(2020, 5, 1, tzinfo=UTC)),
        ("2020-05-06", Precision.DAY, datetime(2020, 5, 6, tzinfo=UTC)),
        ("2020-05-06T07:08:09+02:00", Precision.SECOND, datetime(2020, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("2020-05-06T07:08:09.250Z", Precision.SECOND,
         datetime(2020, 5, 6, 7, 8, 9, 250000, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_time_is_kept_as_precisely_as_it_was_stated(text, precision, moment):
    level = level_of(bundle(PATIENT, LEVEL | {"effectiveDateTime": text}))
    assert (level.instant.moment, level.instant.precision) == (moment, precision)


def test_a_time_without_a_zone_is_used_only_with_the_zone_of_the_source():
    data = bundle(PATIENT, LEVEL | {"effectiveDateTime": "2020-07-01T08:00:00"})
    assert only(fhir.read(data)).observations == ()
    level = level_of(data, assumed_zone=ZoneInfo("Europe/Vienna"))
    assert level.instant.moment == datetime(2020, 7, 1, 6, tzinfo=UTC)
    assert level.instant.zone_assumed


def test_blood_pressure_is_two_observations():
    part = {"system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
    pressure = {k: v for k, v in LEVEL.items() if k != "valueQuantity"} | {
        "component": [
            {"code": {"coding": [{"system": "http://loinc.org", "code": c}]},
             "valueQuantity": {"value": v} | part}
            for c, v in (("8480-6", 121), ("8462-4", 77))
        ]
    }  # fmt: skip
    found = only(fhir.read(bundle(PATIENT, pressure))).observations
    assert [(o.code.code, o.quantity.value) for o in found] == [("8480-6", 121.0), ("8462-4", 77.0)]
    assert [o.provenance.path for o in found] == [
        "/entry/1/resource/component/0",
        "/entry/1/resource/component/1",
    ]


@pytest.mark.parametrize("status", ["amended", "corrected"])
def test_a_corrected_value_is_marked(status):
    assert level_of(bundle(PATIENT, LEVEL | {"status": status})).amended


def test_demographics_are_read():
    record = only(fhir.read(bundle(PATIENT)))
    assert record.demographics.sex is Sex.FEMALE
    assert record.demographics.birth_date == date(1971, 2, 3)


def test_reading_twice_gives_the_same_pseudonym_and_the_order_of_identifiers_does_not_matter():
    first = {"system": "urn:a", "value": "1"}
    second = {"system": "urn:b", "value": "2"}
    names = {
        only(fhir.read(bundle(PATIENT | {"identifier": ids}))).patient
        for ids in ([first, second], [second, first], [first, second])
    }
    assert len(names) == 1


def test_a_bare_id_in_two_files_is_not_taken_for_one_person():
    here = bundle(PATIENT | {"identifier": []}, LEVEL)
    there = bundle(PATIENT | {"identifier": []}, GIVEN)
    assert only(fhir.read(here)).patient != only(fhir.read(there)).patient


def test_two_patients_in_one_file_are_two_records():
    other = PATIENT | {"id": "b", "identifier": [{"system": "urn:a", "value": "b"}]}
    theirs = LEVEL | {"id": "l2", "subject": {"reference": "Patient/b"}}
    mine, yours = fhir.read(bundle(PATIENT, other, LEVEL, theirs)).records
    assert mine.patient != yours.patient
    assert (len(mine.observations), len(yours.observations)) == (1, 1)


def test_one_resource_per_line_is_read_like_a_bundle():
    lines = "\n".join(json.dumps(r) for r in (PATIENT, LEVEL, GIVEN)).encode()
    record = only(fhir.read(lines))
    assert (len(record.observations), len(record.treatments)) == (1, 1)
    assert record.observations[0].provenance.path == "line 2"


def test_a_swallowed_dose_has_no_duration():
    given_dose = dose_of(bundle(PATIENT, GIVEN))
    assert (given_dose.amount.value, given_dose.amount.unit) == (320.0, "mg")
    assert (given_dose.route, given_dose.duration_h) == (Route.ORAL, 0.0)


def test_an_infusion_lasts_for_its_period():
    data = bundle(
        PATIENT,
        GIVEN
        | {
            "effectiveDateTime": "",
            "effectivePeriod": {"start": "2020-01-01T00:00:00Z", "end": "2020-01-01T01:30:00Z"},
            "dosage": GIVEN["dosage"] | {"route": IV},
        },
    )
    assert dose_of(data).duration_h == 1.5


@pytest.mark.parametrize(
    "rate",
    [
        {"rateQuantity": {"value": 160, "system": MG["system"], "code": "mg/h"}},
        {"rateRatio": {"numerator": {"value": 80} | MG,
                       "denominator": {"value": 30, "system": MG["system"], "code": "min"}}},
    ],
)  # fmt: skip
def test_a_rate_gives_the_duration(rate):
    assert dose_of(dose(route=IV, **rate)).duration_h == pytest.approx(2.0, rel=1e-12)


def test_a_rate_of_volume_cannot_give_the_duration_of_a_dose_in_mg():
    rate = {"value": 100, "system": MG["system"], "code": "mL/h"}
    report = fhir.read(dose(route=IV, rateQuantity=rate)).report
    assert [h.kind for h in report.held_back] == ["MedicationAdministration"]


def test_a_dose_may_point_at_its_product():
    product = {"resourceType": "Medication", "id": "m",
               "code": GIVEN["medicationCodeableConcept"]}  # fmt: skip
    pointed = {k: v for k, v in GIVEN.items() if k != "medicationCodeableConcept"}
    near = pointed | {"medicationReference": {"reference": "#m"}, "contained": [product]}
    far = pointed | {"medicationReference": {"reference": "Medication/m"}}
    assert dose_of(bundle(PATIENT, near)).code.code == "10438"
    assert dose_of(bundle(PATIENT, product, far)).code.code == "10438"


def test_an_order_is_not_a_dose_given():
    order = {"resourceType": "MedicationRequest", "id": "o", "status": "active"}
    report = fhir.read(bundle(PATIENT, order)).report
    assert report.counts["treatments"] == 0
    assert report.not_read == {"MedicationRequest": 1}
    assert any("orders" in remark for remark in report.remarks)


@pytest.mark.parametrize(
    ("name", "observations"),
    [("clemente_kreiger", 48), ("joie_morissette", 61), ("mary_lind", 80)],
)
def test_a_synthetic_patient_is_read_whole(name, observations):
    report = fhir.read((DATA / "synthea" / f"{name}.json").read_bytes()).report
    assert report.counts["observations"] == observations
    assert report.held_back == ()


def test_the_example_bundle_holds_the_study():
    record = only(fhir.read((DATA / "theophylline_subject_1.fhir.json").read_bytes()))
    levels = [o for o in record.observations if o.code.code == "4049-3"]
    assert len(levels) == 11
    assert (levels[3].quantity.value, levels[-1].quantity.value) == (10.5, 3.28)
    (given_dose,) = record.treatments
    assert (given_dose.amount.value, given_dose.amount.unit) == (319.992, "mg")
    hours = [o.instant.hours_since(given_dose.instant.moment) for o in levels]
    assert hours[-1] == pytest.approx(24.37, abs=1e-6)
