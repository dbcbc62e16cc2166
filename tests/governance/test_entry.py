import hashlib
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.governance.entry import (
    DID,
    DOES,
    ROLES,
    Details,
    Entry,
    Kind,
    Outcome,
    canonical,
    parse,
    patients_digest,
    words,
)
from bodytwin.governance.purpose import KNOWN
from bodytwin.governance.request import Action, Role
from bodytwin.governance.words import PURPOSE_WORDS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TEXTS = [f.name for f in fields(Entry) if f.type is str]
ENTRIES = st.builds(
    Entry,
    index=st.integers(0, 2**53),
    time=st.timedeltas(-timedelta(days=20_000), timedelta(days=60_000)).map(lambda d: NOON + d),
    kind=st.sampled_from(Kind),
    outcome=st.sampled_from(Outcome),
    **{name: TEXT for name in TEXTS},
)


def entry(**changes):
    given = {
        "index": 3,
        "time": NOON,
        "kind": Kind.DECISION,
        "patients": patients_digest(["3f2a"]),
        "patient": "3f2a",
        "actor": "dr-1",
        "role": "clinician",
        "organisation": "North Hospital",
        "purpose": "TREATDS",
        "action": "forecast",
        "outcome": Outcome.ALLOWED,
        "rule": "consent-permit",
        "permit": "5f" * 16,
        "sealed": "c2VhbGVk",
    }
    return Entry(**{**given, **changes})


DETAILS = Details(
    twin="dosing",
    version="1",
    outputs=("trough",),
    data="the whole record",
    reasons=("A consent permits it.",),
)


def told(details=DETAILS, **changes):
    return words(entry(**changes), details, purposes=PURPOSE_WORDS)


@given(ENTRIES)
def test_an_entry_comes_back_as_it_was_written(written):
    assert parse(canonical(written)) == written


@given(ENTRIES, st.integers(-14, 14))
def test_equal_entries_are_written_alike_in_whichever_zone(written, hours):
    there = replace(written, time=written.time.astimezone(timezone(timedelta(hours=hours))))
    assert there == written
    assert canonical(there) == canonical(written)


@given(ENTRIES, ENTRIES)
def test_different_entries_are_written_differently(one, other):
    assert (canonical(one) == canonical(other)) == (one == other)


@pytest.mark.parametrize("name", [f.name for f in fields(Entry)])
def test_every_field_is_in_what_is_hashed(name):
    others = {
        "index": 4,
        "time": NOON + timedelta(microseconds=1),
        "kind": Kind.IMPORT,
        "outcome": Outcome.REFUSED,
    }
    assert canonical(entry(**{name: others.get(name, "x")})) != canonical(entry())


def test_every_field_is_written_even_where_it_is_empty():
    short = Entry(time=NOON, kind=Kind.IMPORT, outcome=Outcome.DONE, rule="")
    assert set(msgspec.json.decode(canonical(short))) == {f.name for f in fields(Entry)}


def test_an_entry_without_a_zone_is_not_written():
    with pytest.raises(InvalidInputError, match="zone"):
        canonical(entry(time=NOON.replace(tzinfo=None)))


@pytest.mark.parametrize("name", [f.name for f in fields(Entry)])
def test_an_entry_that_lacks_a_field_is_refused(name):
    body = msgspec.json.decode(canonical(entry()))
    del body[name]
    with pytest.raises(InvalidInputError):
        parse(msgspec.json.encode(body, order="deterministic"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"', b'{"extra":1,"'),
        (b'{"', b'{"zextra":"","'),
        (b'"role":"clinician"', b'"role":"clinician","role":"clinician"'),
        (b'"role":"clinician"', b'"role":"patient","role":"clinician"'),
        (b'"index":3', b'"index":3.0'),
        (b'"index":3', b'"index":03'),
        (b'"index":3', b'"index":"3"'),
        (b'"index":3', b'"index":1e400'),
        (b'"index":3', b'"index":null'),
        (b'"kind":"decision"', b'"kind":"Decision"'),
        (b'"kind":"decision"', b'"kind":"verdict"'),
        (b'"outcome":"allowed"', b'"outcome":"permitted"'),
        (b'"dr-1"', b'"\\u0064r-1"'),
        (b'"dr-1"', b'"\\ud800"'),
        (b'"dr-1"', b'"dr\x00-1"'),
        (b'"dr-1"', b'"\xff"'),
        (b'"dr-1"', b'[["dr-1"]]'),
        (b"12:00:00Z", b"12:00:00+00:00"),
        (b"12:00:00Z", b"13:00:00+01:00"),
        (b"12:00:00Z", b"12:00:00.000Z"),
        (b"12:00:00Z", b"12:00:00"),
        (b"2026-03-01T12:00:00Z", b"0001-01-01T00:00:00+10:00"),
        (b'","', b'", "'),
        (b"}", b"} "),
        (b"}", b"}\n"),
        (b"}", b"}}"),
        (b"}", b""),
        (b"{", b"\xef\xbb\xbf{"),
    ],
)
def test_what_the_log_would_not_have_written_is_refused(old, new):
    said = canonical(entry())
    assert old in said
    with pytest.raises(InvalidInputError):
        parse(said.replace(old, new))


def test_fields_in_another_order_are_refused():
    body = msgspec.json.decode(canonical(entry()))
    with pytest.raises(InvalidInputError):
        parse(msgspec.json.encode(dict(reversed(body.items()))))


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"{}", b"[" * 200_000, b'{"x":' * 200_000])
def test_what_is_no_entry_is_refused(data):
    with pytest.raises(InvalidInputError):
        parse(data)


def test_a_refusal_to_read_an_entry_holds_nothing_of_it():
    with pytest.raises(InvalidInputError) as refusal:
        parse(canonical(entry()) + b" ")
    assert "3f2a" not in str(refusal.value)


def test_patients_have_one_digest_in_whichever_order():
    assert patients_digest(["b", "a", "b"]) == patients_digest(["a", "b"])
    assert patients_digest(["a", "b"]) == hashlib.sha256(b"a\nb").hexdigest()
    assert patients_digest([]) == ""
    assert len({patients_digest(s) for s in ([], ["a"], ["b"], ["a", "b"], ["ab"])}) == 5


@given(st.builds(Details, twin=TEXT, version=TEXT, data=TEXT, reasons=st.tuples(TEXT, TEXT)))
def test_details_come_back_as_they_were_sealed(details):
    assert Details.from_bytes(details.to_bytes()) == details


@pytest.mark.parametrize("data", [b"", b"null", b"\xff", b'{"twin":1}', b'{"x":' * 200_000])
def test_what_holds_no_details_is_refused(data):
    with pytest.raises(InvalidInputError):
        Details.from_bytes(data)


def test_the_patient_reads_who_did_what_for_whom_and_on_which_data():
    assert told() == (
        "A clinician of North Hospital (dr-1) was allowed to forecast what will be measured in "
        "you for decisions about your treatment that a computer supports, with the dosing twin 1 "
        "on the whole record."
    )


def test_the_patient_is_addressed_as_you():
    assert told(
        details=Details(data="the log"),
        role="patient",
        actor="me",
        organisation="",
        purpose="PATRQT",
        action="audit",
    ) == ("You were allowed to see who looked for your own view: the log.")


def test_a_refusal_reads_as_one():
    said = told(outcome=Outcome.REFUSED)
    assert said.startswith("A clinician of North Hospital (dr-1) was not allowed to forecast")


def test_whoever_was_refused_as_a_patient_is_not_called_you():
    said = told(outcome=Outcome.REFUSED, role="patient", actor="someone-else", organisation="")
    assert said.startswith("Somebody who came as a patient (someone-else) was not allowed to")
    said = told(outcome=Outcome.REFUSED, role="proxy", actor="someone-else", organisation="")
    assert said.startswith("Somebody who says they act for you (someone-else) was not allowed to")


def test_whoever_owns_the_computer_needs_no_name():
    said = told(role="local", actor="local", organisation="")
    assert said.startswith("The person at this computer was allowed to")


def test_details_that_were_erased_are_said_to_be_closed():
    assert told(details=None).endswith(" (the details can no longer be opened).")
    assert "details" not in told(details=None, sealed="")


def test_what_was_done_is_told_with_what_it_was():
    said = told(
        details=Details(data="Use for your treatment is allowed."),
        kind=Kind.CONSENT,
        outcome=Outcome.DONE,
        role="patient",
        organisation="",
        purpose="",
    )
    assert said == "You changed what you allow: Use for your treatment is allowed."


def test_a_purpose_that_is_not_known_is_left_out():
    assert " for " not in told(purpose="nonsense")


@pytest.mark.parametrize("purpose", KNOWN)
def test_every_purpose_is_put_in_words(purpose):
    assert f" for {PURPOSE_WORDS[purpose]}" in told(purpose=purpose)


def test_every_action_role_and_kind_has_its_words():
    assert set(DOES) == set(Action)
    assert set(ROLES) == set(Role)
    assert set(DID) == set(Kind) - {Kind.DECISION}


@given(ENTRIES, st.none() | st.builds(Details, twin=TEXT, data=TEXT))
def test_every_entry_can_be_told_in_one_sentence(written, details):
    said = words(written, details, purposes=PURPOSE_WORDS)
    assert said.endswith(".")
    assert said[0] == said[0].upper()
    assert any(verb in said for verb in (" allowed to ", *DID.values()))


def test_no_sentence_names_the_pseudonym():
    for kind in Kind:
        for outcome in Outcome:
            assert "3f2a" not in told(kind=kind, outcome=outcome)
