from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.governance.audit_event import audit_event
from bodytwin.governance.entry import Details, Entry, Kind, Outcome
from bodytwin.governance.purpose import KNOWN
from bodytwin.governance.request import Action, Role

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
ENTRY = Entry(
    index=3,
    time=datetime(2026, 3, 1, 12, tzinfo=UTC),
    kind=Kind.DECISION,
    patient="3f2a",
    actor="dr-1",
    role="clinician",
    organisation="north",
    purpose="TREATDS",
    action="forecast",
    outcome=Outcome.ALLOWED,
    rule="consent-permit",
    sealed="c2VhbGVk",
)
DETAILS = Details(
    twin="dosing",
    version="1",
    outputs=("trough", "peak"),
    data="the whole record",
    reasons=("A consent permits it.",),
)


def told(details=DETAILS, **changes):
    return audit_event(replace(ENTRY, **changes), details)


@pytest.fixture(scope="module")
def read():
    """As another system reads it: the FHIR model of somebody else."""
    model = pytest.importorskip(
        "fhir.resources.R4B.auditevent", reason="the oracle is in the group 'oracles'"
    )
    return model.AuditEvent.model_validate


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("details", [None, Details(), DETAILS])
def test_another_system_reads_every_kind_of_entry(read, kind, outcome, details):
    seen = read(told(details, kind=kind, outcome=outcome))
    assert seen.type.system == DICOM
    assert seen.outcome == ("4" if outcome is Outcome.REFUSED else "0")
    assert seen.recorded == ENTRY.time


@pytest.mark.parametrize("purpose", KNOWN)
def test_another_system_reads_every_purpose(read, purpose):
    seen = read(told(purpose=purpose))
    (coding,) = seen.purposeOfEvent[0].coding
    assert (coding.system, coding.code) == (KNOWN[purpose].system, purpose)
    assert seen.agent[0].purposeOfUse == seen.purposeOfEvent


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_another_system_reads_every_action_and_role(read, action, role):
    seen = read(told(action=action.value, role=role.value))
    assert [s.display for s in seen.subtype] == [action.value]
    assert [r.text for r in seen.agent[0].role] == [role.value]


def test_another_system_reads_an_entry_that_says_nearly_nothing(read):
    bare = Entry(time=ENTRY.time, kind=Kind.IMPORT, outcome=Outcome.DONE, rule="")
    seen = read(audit_event(bare, None))
    assert seen.agent[0].who.identifier.value == "unknown"
    assert seen.entity is None
    assert seen.outcomeDesc == "done."


@given(st.builds(Details, twin=WORDS, version=WORDS, data=WORDS, reasons=st.tuples(WORDS)), WORDS)
def test_what_is_read_is_what_was_written(read, details, subject):
    seen = read(told(details, subject=subject))
    said = {d.type: d.valueString for d in seen.entity[-1].detail}
    assert said == {"twin": details.twin, "version": details.version, "data": details.data}
    assert seen.entity[1].what.identifier.value == subject
    assert details.reasons[0] in seen.outcomeDesc


def test_the_event_says_who_asked_for_which_organisation():
    asker, organisation = told()["agent"]
    assert asker["who"] == {"identifier": {"value": "dr-1"}}
    assert organisation["who"] == {"identifier": {"value": "north"}}
    assert (asker["requestor"], organisation["requestor"]) == (True, False)
    assert len(told(organisation="")["agent"]) == 1


def test_the_event_says_of_whom_and_what_was_computed():
    person, computed = told()["entity"]
    assert person["what"] == {"reference": "Patient/3f2a"}
    assert (person["type"]["code"], person["role"]["code"]) == ("1", "1")
    assert {d["type"]: d["valueString"] for d in computed["detail"]} == {
        "twin": "dosing",
        "version": "1",
        "outputs": "trough, peak",
        "data": "the whole record",
    }


def test_a_refusal_is_a_failure_with_its_rule_and_reasons():
    details = replace(DETAILS, reasons=("No consent permits it.", "Ask the patient."))
    event = told(details, outcome=Outcome.REFUSED, rule="default-deny")
    assert event["outcome"] == "4"
    assert event["outcomeDesc"] == "refused (default-deny). No consent permits it. Ask the patient."


def test_details_that_were_erased_are_said_to_be_closed_and_not_made_up():
    event = told(None)
    assert event["outcomeDesc"] == "allowed (consent-permit). The details can no longer be opened."
    assert [e["what"] for e in event["entity"]] == [{"reference": "Patient/3f2a"}]
    assert told(None, sealed="")["outcomeDesc"] == "allowed (consent-permit)."


def test_an_entry_about_many_names_nobody():
    assert not any("reference" in e.get("what", {}) for e in told(patient="")["entity"])


def test_a_purpose_that_is_not_known_is_left_out():
    event = told(purpose="nonsense")
    assert "purposeOfEvent" not in event
    assert "purposeOfUse" not in event["agent"][0]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Kind.DECISION, "110110"),
        (Kind.IMPORT, "110107"),
        (Kind.EXPORT, "110106"),
        (Kind.EMERGENCY, "110113"),
        (Kind.RELEASE, "110112"),
        (Kind.ERASURE, "110110"),
    ],
)
def test_each_kind_has_its_type_of_event(kind, code):
    assert told(kind=kind)["type"]["code"] == code


def test_an_emergency_is_a_security_alert_of_its_own_subtype():
    event = told(kind=Kind.EMERGENCY)
    assert event["subtype"][0] == {
        "system": DICOM,
        "code": "110127",
        "display": "Emergency Override Started",
    }


@pytest.mark.parametrize(
    ("action", "letter"),
    [
        ("list", "R"),
        ("read", "R"),
        ("audit", "R"),
        ("export", "R"),
        ("import", "C"),
        ("consent", "U"),
        ("erase", "D"),
        ("forecast", "E"),
        ("compare", "E"),
        ("cohort", "E"),
    ],
)
def test_a_decision_says_what_kind_of_act_it_was_about(action, letter):
    assert told(action=action)["action"] == letter


@pytest.mark.parametrize(
    ("kind", "letter"), [("consent", "U"), ("erasure", "D"), ("import", "C"), ("forecast", "E")]
)
def test_what_was_done_says_what_kind_of_act_it_was(kind, letter):
    assert told(kind=Kind(kind))["action"] == letter


def test_events_of_different_entries_have_different_names():
    assert told(index=3)["id"] != told(index=4)["id"]
