"""Whole files: what a reader must keep, and what it must not pass on."""

import copy
import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import BodytwinError, UnreadableFileError
from bodytwin.importers import fhir
from bodytwin.record import Precision

SYNTHEA = Path(__file__).parents[2] / "examples" / "data" / "synthea"
FILES = sorted(SYNTHEA.glob("*.json"))
NAME, NUMBER = "Zebedee Quux", "MRN-4711-SECRET"
MARKERS = (NAME, "Zebedee", "Quux", NUMBER, "4711")
UCUM = "http://unitsofmeasure.org"
US = "urn:uuid:00000000-0000-4000-8000-00000000000a"

PERSON = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": "urn:example:mrn", "value": NUMBER}],
    "name": [{"text": NAME, "family": "Quux", "given": ["Zebedee"]}],
    "gender": "male",
    "birthDate": "1954-03-02",
}
LEVEL = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "4049-3"}], "text": NAME},
    "subject": {"reference": US, "display": NAME},
    "effectiveDateTime": "2021-05-04T03:02:01Z",
    "valueQuantity": {"value": 12.5, "system": UCUM, "code": "mg/L"},
}
INFUSION = {
    "resourceType": "MedicationAdministration",
    "status": "completed",
    "medicationCodeableConcept": {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "11124"}]
    },
    "subject": {"reference": US, "display": NAME},
    "effectiveDateTime": "2021-05-04T03:02:01Z",
    "dosage": {
        "route": {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]},
        "dose": {"value": 1000, "system": UCUM, "code": "mg"},
    },
}


def bundle(*resources):
    urls = [US] + [f"{US[:-2]}{n:02}" for n in range(1, len(resources))]
    entries = [{"fullUrl": u, "resource": r} for u, r in zip(urls, resources, strict=True)]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def at(document, pointer):
    for step in pointer.strip("/").split("/"):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def clean(report):
    return not any(marker in repr(report) for marker in MARKERS)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_provenance_of_every_value_leads_to_that_value(path):
    data = path.read_bytes()
    document = json.loads(data, parse_float=str, parse_int=str)
    imported = fhir.read(data)
    for record in imported.records:
        for o in record.observations:
            quantity = at(document, o.provenance.path)["valueQuantity"]
            assert quantity["value"] == o.quantity.text
            assert float(quantity["value"]) == o.quantity.value
            assert o.provenance.source_sha256 == imported.report.source_sha256


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_reading_twice_gives_equal_results(path):
    assert fhir.read(path.read_bytes()) == fhir.read(path.read_bytes())


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_same_resources_line_by_line_give_the_same_facts(path):
    data = path.read_bytes()
    resources = [e["resource"] for e in json.loads(data)["entry"]]
    local = json.dumps(resources).replace(
        json.loads(data)["entry"][0]["fullUrl"], f"Patient/{resources[0]['id']}"
    )
    lines = "\n".join(json.dumps(r) for r in json.loads(local)).encode()
    one, other = fhir.read(data), fhir.read(lines)

    def facts(imported):
        (record,) = imported.records
        return record.patient, record.demographics, sorted(
            (o.code.code, o.quantity.text, o.quantity.unit, o.instant) for o in record.observations
        )  # fmt: skip

    assert facts(one) == facts(other)
    assert one.report.not_read == other.report.not_read


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_no_name_of_a_patient_leaves_the_reader(path):
    data = path.read_bytes()
    (name,) = json.loads(data)["entry"][0]["resource"]["name"][:1]
    found = repr(fhir.read(data))
    assert name["family"] not in found
    assert not any(given in found for given in name["given"])


def test_a_blood_pressure_of_a_real_file_comes_as_two_values_of_one_time():
    (record,) = fhir.read(FILES[0].read_bytes()).records
    upper = [o for o in record.observations if o.code.code == "8480-6"]
    lower = [o for o in record.observations if o.code.code == "8462-4"]
    assert len(upper) == len(lower) > 0
    assert [o.instant for o in upper] == [o.instant for o in lower]
    assert all(u.quantity.value > v.quantity.value for u, v in zip(upper, lower, strict=True))


def test_a_single_resource_needs_no_bundle_and_is_still_about_somebody():
    (record,) = fhir.read(json.dumps(PERSON).encode()).records
    assert record.demographics.birth_date == date(1954, 3, 2)
    with pytest.raises(UnreadableFileError, match="no Patient"):
        fhir.read(json.dumps(LEVEL).encode())


def test_facts_come_in_order_of_time_whatever_the_order_of_the_file():
    days = ["2021-05-06", "2021-05-04", "2021-05-05"]
    (record,) = fhir.read(
        bundle(PERSON, *(LEVEL | {"effectiveDateTime": day} for day in days))
    ).records
    assert [o.instant.moment.day for o in record.observations] == [4, 5, 6]
    assert {o.instant.precision for o in record.observations} == {Precision.DAY}


@pytest.mark.parametrize(("text", "middle"), [("1954", (1954, 7, 1)), ("1954-03", (1954, 3, 15))])
def test_a_partial_birth_date_counts_as_its_middle_and_that_is_said(text, middle):
    imported = fhir.read(bundle(PERSON | {"birthDate": text}))
    assert imported.records[0].demographics.birth_date == date(*middle)
    assert any("partial" in remark for remark in imported.report.remarks)


@pytest.mark.parametrize("text", ["1954-W01-1", "19540302", "1954-02-30", "0000-01-01", NAME])
def test_a_birth_date_in_another_form_is_held_back_and_the_person_kept(text):
    imported = fhir.read(bundle(PERSON | {"birthDate": text}, LEVEL))
    assert imported.records[0].demographics.birth_date is None
    assert [h.kind for h in imported.report.held_back] == ["birth date"]
    assert imported.report.counts["observations"] == 1
    assert clean(imported.report)


@pytest.mark.parametrize("status", ["registered", "cancelled", "unknown", "", NAME])
def test_an_observation_that_is_not_a_result_yet_or_no_more_is_held_back(status):
    report = fhir.read(bundle(PERSON, LEVEL | {"status": status})).report
    assert report.counts["observations"] == 0
    assert [h.path for h in report.held_back] == ["/entry/1/resource"]
    assert clean(report)


@pytest.mark.parametrize("status", ["not-done", "in-progress", "on-hold", "entered-in-error", ""])
def test_a_dose_that_was_not_completed_is_no_dose(status):
    report = fhir.read(bundle(PERSON, INFUSION | {"status": status})).report
    assert report.counts["treatments"] == 0
    assert len(report.held_back) == 1


@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationStatement", "MedicationDispense"])
def test_what_was_ordered_or_said_is_not_what_was_given(kind):
    report = fhir.read(bundle(PERSON, INFUSION | {"resourceType": kind})).report
    assert report.counts["treatments"] == 0
    assert report.not_read == {kind: 1}


@pytest.mark.parametrize("amount", [0, -5, 1e-15, 0.05])
def test_a_rate_that_no_pump_has_is_held_back(amount):
    rate = {"value": amount, "system": UCUM, "code": "mg/h"}
    dosage = INFUSION["dosage"] | {"rateQuantity": rate}
    report = fhir.read(bundle(PERSON, INFUSION | {"dosage": dosage})).report
    assert report.counts["treatments"] == 0
    assert len(report.held_back) == 1


def test_a_rate_with_a_comparator_is_held_back():
    rate = {"value": 500, "system": UCUM, "code": "mg/h", "comparator": ">"}
    dosage = INFUSION["dosage"] | {"rateQuantity": rate}
    (held,) = fhir.read(bundle(PERSON, INFUSION | {"dosage": dosage})).report.held_back
    assert "exact" in held.reason


@pytest.mark.parametrize(
    ("end", "word"), [("2021-05-04T03:00:00Z", "before"), ("2031-05-04T03:00:00Z", "year")]
)
def test_an_infusion_ends_after_it_starts_and_within_a_year(end, word):
    given_dose = INFUSION | {"effectivePeriod": {"start": "2021-05-04T03:02:01Z", "end": end}}
    (held,) = fhir.read(bundle(PERSON, given_dose)).report.held_back
    assert word in held.reason


def test_a_product_within_the_administration_is_found_among_other_things():
    other = {"resourceType": "Practitioner", "id": "q", "code": [NAME]}
    product = {"resourceType": "Medication", "id": "m",
               "code": INFUSION["medicationCodeableConcept"]}  # fmt: skip
    given_dose = copy.deepcopy(INFUSION) | {
        "contained": [other, product],
        "medicationReference": {"reference": "#m"},
    }
    del given_dose["medicationCodeableConcept"]
    imported = fhir.read(bundle(PERSON, given_dose))
    assert imported.records[0].treatments[0].code.code == "11124"
    assert clean(imported)


def test_two_resources_of_one_full_url_must_say_the_same():
    entries = [{"fullUrl": US, "resource": PERSON}] + [
        {"fullUrl": "urn:uuid:b", "resource": LEVEL | {"effectiveDateTime": day}}
        for day in ("2021-05-04", "2021-05-05")
    ]
    data = json.dumps({"resourceType": "Bundle", "entry": entries}).encode()
    with pytest.raises(UnreadableFileError, match="Two different Observation") as refusal:
        fhir.read(data)
    assert clean(str(refusal.value))


def test_a_line_cut_short_refuses_the_whole_file_even_where_it_would_not_be_read():
    lines = [json.dumps(PERSON), json.dumps({"resourceType": "Condition", "id": "c"})[:-6]]
    with pytest.raises(UnreadableFileError):
        fhir.read("\n".join(lines).encode())


def test_the_part_of_a_resource_in_its_own_line_has_a_path_that_leads_to_it():
    parts = LEVEL | {"subject": {"reference": "Patient/p"}, "component": [
        {"code": LEVEL["code"], "valueQuantity": LEVEL["valueQuantity"]}]}  # fmt: skip
    del parts["valueQuantity"]
    lines = f"{json.dumps(PERSON)}\n{json.dumps(parts)}".encode()
    (observation,) = fhir.read(lines).records[0].observations
    assert observation.provenance.path == "line 2/component/0"


def test_every_truncation_of_a_bundle_is_refused():
    whole = bundle(PERSON, LEVEL, INFUSION)
    for length in range(len(whole)):
        with pytest.raises(UnreadableFileError) as refusal:
            fhir.read(whole[:length])
        assert clean(str(refusal.value))


@given(st.data())
def test_bytes_flipped_anywhere_import_or_are_refused(data):
    whole = bytearray(bundle(PERSON, LEVEL, INFUSION))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        fhir.read(bytes(whole))
    except BodytwinError as refusal:
        assert NUMBER not in str(refusal)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(st.sampled_from([PERSON, LEVEL, INFUSION]), st.data(), JSON)
def test_any_value_in_any_field_imports_or_is_refused(resource, data, strange):
    changed = resource | {data.draw(st.sampled_from(sorted(resource))): strange}
    try:
        fhir.read(bundle(PERSON, changed))
    except BodytwinError:
        return


@given(st.integers(-(2**31), 2**32))
def test_any_time_with_a_zone_is_read_to_the_second(seconds):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    text = moment.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
    (record,) = fhir.read(bundle(PERSON, LEVEL | {"effectiveDateTime": text})).records
    assert record.observations[0].instant.moment == moment


@pytest.mark.parametrize("lone", [rb"\ud800", rb"\udfff x"])
def test_half_a_character_imports_or_is_refused(lone):
    for field in (NUMBER, NAME, "urn:example:mrn", "1954-03-02", "4049-3"):
        try:
            fhir.read(bundle(PERSON, LEVEL).replace(field.encode(), lone))
        except BodytwinError as refusal:
            assert clean(str(refusal))
