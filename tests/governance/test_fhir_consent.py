import copy
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.governance import fhir_moment
from bodytwin.governance.consent import Kind, Status
from bodytwin.governance.decide import decide
from bodytwin.governance.fhir_consent import read, write
from bodytwin.governance.request import Action
from tests.governance.cases import CONSENTS, NOW, RAW, ask
from tests.governance.naive import ODD
from tests.governance.strategies import consents

PLAIN = [name for name in RAW if name not in ODD and name != "own-opt-out"]
GOOD = RAW["pcf-advanced-normal-focused-restricted"]


@pytest.mark.parametrize("name", [n for n in PLAIN if n != "own-opt-in-treat"])
def test_a_resource_of_the_subset_is_written_as_it_was_read(name):
    assert write(read(RAW[name])) == RAW[name]


@pytest.mark.parametrize("name", [*RAW])
def test_a_consent_is_read_as_it_was_written(name):
    through_json = json.loads(json.dumps(write(CONSENTS[name])))
    assert read(through_json) == CONSENTS[name]


@given(consents)
@settings(max_examples=200, deadline=None)
def test_any_consent_is_read_as_it_was_written(consent):
    assert read(json.loads(json.dumps(write(consent)))) == consent


@pytest.mark.parametrize("name", [*RAW])
def test_what_is_not_understood_is_told_and_only_that(name):
    assert bool(CONSENTS[name].not_understood) == (name in ODD)


def test_the_place_of_what_is_not_understood_is_named_and_no_value():
    assert CONSENTS["odd-action"].not_understood == ("Consent.provision.action",)
    assert CONSENTS["odd-extension-within"].not_understood == (
        "Consent.provision.provision[0].extension",
    )
    assert CONSENTS["odd-lower-case"].not_understood == ("Consent.provision.purpose[0]",)


def test_opting_in_needs_a_provision_and_opting_out_does_not():
    assert CONSENTS["own-opt-in-treat"].root.kind is Kind.PERMIT
    assert CONSENTS["own-opt-out"].root.kind is Kind.DENY
    assert CONSENTS["own-opt-in-without-provision"].not_understood


NOT_CONSENTS = [
    None,
    [],
    "Consent",
    7,
    {},
    {"resourceType": "Patient"},
    {"resourceType": ["Consent"]},
]


@pytest.mark.parametrize("value", NOT_CONSENTS, ids=range(len(NOT_CONSENTS)))
def test_what_is_no_consent_is_refused(value):
    with pytest.raises(InvalidInputError):
        read(value)


def places(said, path=()):
    """Every place in a JSON value."""
    yield path
    pairs = (
        said.items()
        if isinstance(said, dict)
        else enumerate(said)
        if isinstance(said, list)
        else ()
    )
    for key, value in pairs:
        yield from places(value, (*path, key))


def changed(path, value):
    said = copy.deepcopy(GOOD)
    inner = said
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return said


WITHIN = [p for p in places(GOOD) if p and p[0] not in ("resourceType",)]
NONSENSE = [None, True, 0, "", " ", "?", [], {}, [None], [[]], {"?": 1}, "#inside", 1e308]


def test_nonsense_anywhere_is_read_and_permits_no_more_than_before():
    """Two askers, with and without the leave of the good consent."""
    asked = [
        ask("doctor", purpose="TREATDS", security_labels=("R",)),
        ask("doctor", purpose="TREATDS", security_labels=("N",)),
        ask("other doctor", purpose="TREATDS", security_labels=("R",)),
        ask("other doctor", Action.COHORT, "HRESCH", security_labels=("N",)),
        ask("local", purpose="TREATDS"),
    ]
    good = [decide(r, [read(GOOD)], now=NOW).permit for r in asked]
    assert good == [True, True, False, False, False]
    for path in WITHIN:
        for value in NONSENSE:
            consent = read(changed(path, value))
            now = [decide(r, [consent], now=NOW).permit for r in asked]
            assert all(old or not new for old, new in zip(good, now, strict=True)), (path, value)


def test_an_unknown_element_anywhere_makes_a_consent_permit_nothing():
    tried = 0
    for path in places(GOOD):
        said = copy.deepcopy(GOOD)
        inner = said
        for key in path:
            inner = inner[key]
        if not isinstance(inner, dict) or path[:1] in (("meta",), ("text",)):
            continue
        inner["modifierExtension"] = [{"url": "http://example.org/not"}]
        tried += 1
        consent = read(said)
        assert consent.not_understood, path
        assert not decide(ask(security_labels=("N",)), [consent], now=NOW).permit
    assert tried > 15


def test_a_refusal_with_an_unknown_part_reaches_further_not_less_far():
    said = copy.deepcopy(RAW["pcf-basic-reject"])
    said["provision"]["purpose"] = [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "COC"},
        {"system": "http://example.org", "code": "forecasts"},
    ]
    permits = CONSENTS["pcf-basic-treat"]
    assert decide(ask(), [permits, read(said)], now=NOW).rule == "consent-deny"


def test_a_purpose_code_of_another_system_is_not_ours():
    said = copy.deepcopy(RAW["pcf-basic-research"])
    said["provision"]["purpose"][0]["system"] = "http://example.org"
    assert read(said).not_understood == ("Consent.provision.purpose[0]",)


def test_an_unknown_status_is_not_taken_for_withdrawn():
    said = {**RAW["pcf-basic-reject"], "status": "on-hold"}
    consent = read(said)
    assert consent.status is Status.ACTIVE
    assert decide(ask(), [CONSENTS["pcf-basic-treat"], consent], now=NOW).rule == "consent-deny"


def test_a_consent_without_an_id_gets_one_of_what_it_says():
    said = {k: v for k, v in GOOD.items() if k != "id"}
    assert read(said).id == read(dict(reversed(said.items()))).id
    assert read(said).id != read({**said, "status": "inactive"}).id


def test_bottomless_exceptions_are_cut_off_and_said_so():
    said = copy.deepcopy(RAW["own-permit-everything"])
    inner = said["provision"]
    for _ in range(500):
        inner["provision"] = [{"type": "permit"}]
        inner = inner["provision"][0]
    consent = read(said)
    assert consent.not_understood
    assert not decide(ask(), [consent], now=NOW).permit


def test_administrative_elements_change_nothing():
    more = {
        "text": {"status": "generated", "div": "<div>…</div>"},
        "language": "en",
        "identifier": [{"value": "7"}],
        "verification": [{"verified": True, "verificationDate": "2022-06-14"}],
    }
    assert read({**GOOD, **more}) == read(GOOD)
    assert read({**GOOD, "meta": {"versionId": "3"}}) == replace(read(GOOD), version="3")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-03", date(2024, 2, 3), date(2024, 2, 3)),
    ],
)
def test_a_part_of_a_date_is_its_first_or_last_day(text, first, last):
    assert (fhir_moment.day(text), fhir_moment.day(text, last=True)) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "", "24", "2024-13", "2024-02-30", "20240203", "2024-W05", "2024-02-03T10:00:00",
        "2024-02-03T10:00Z", "2024-02-03T25:00:00Z", "2024-02-03 10:00:00Z", "٢٠٢٤", None, 2024,
        "2024-02-03T10:00:00+25:00", "2024-02-03\n",
    ],
)  # fmt: skip
def test_a_time_that_is_none_or_lacks_its_zone_is_refused(text):
    with pytest.raises(InvalidInputError):
        fhir_moment.day(text)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5, minutes=-30))])))
def test_a_time_is_read_as_it_was_written(moment):
    assert fhir_moment.day(fhir_moment.text(moment)) == moment


def test_a_time_before_the_year_1000_keeps_its_four_digits():
    moment = datetime(12, 1, 1, tzinfo=UTC)
    assert fhir_moment.text(moment).startswith("0012-")
