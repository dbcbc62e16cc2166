import hashlib
import hmac
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import ConsentError, InvalidInputError
from bodytwin.governance.permit import SIGNATURE_BYTES, Permit, issue, verify

KEY = bytes(range(32))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def permit(**changes):
    given = {
        "id": "5f" * 16,
        "actor": "dr-1",
        "role": "clinician",
        "patients": ("3f2a",),
        "action": "forecast",
        "purpose": "TREATDS",
        "twin": "dosing",
        "version": "1",
        "outputs": ("concentration", "trough"),
        "consents": ("c-1",),
        "issued_at": NOON,
        "expires_at": NOON + timedelta(seconds=60),
    }
    return Permit(**{**given, **changes})


def asked(**changes):
    given = {
        "patient": "3f2a",
        "action": "forecast",
        "twin": "dosing",
        "version": "1",
        "outputs": ("trough",),
    }
    return {**given, **changes}


def signed(body):
    """A body of our own making under the right key."""
    return hmac.new(KEY, b"permit" + body, hashlib.sha256).digest() + body


@given(
    texts=st.tuples(*[TEXT] * 7),
    patients=st.sets(TEXT, min_size=1, max_size=5),
    lists=st.tuples(*[st.lists(TEXT, max_size=4).map(tuple)] * 2),
    since=st.timedeltas(-timedelta(days=20_000), timedelta(days=60_000)),
    life=st.integers(1, 60_000_000),
)
def test_a_permit_comes_back_as_it_was_issued(texts, patients, lists, since, life):
    names = ("id", "actor", "role", "action", "purpose", "twin", "version")
    at = NOON + since
    made = permit(
        **dict(zip(names, texts, strict=True)),
        patients=tuple(sorted(patients)),
        outputs=lists[0],
        consents=lists[1],
        issued_at=at,
        expires_at=at + timedelta(microseconds=life),
    )
    assert verify(issue(made, KEY), KEY, now=at) == made


def test_every_bit_that_is_altered_is_seen():
    data = issue(permit(), KEY)
    for place in range(len(data)):
        for bit in range(8):
            altered = bytearray(data)
            altered[place] ^= 1 << bit
            with pytest.raises(ConsentError):
                verify(bytes(altered), KEY, now=NOON)


def test_a_permit_cut_short_or_drawn_out_is_refused():
    data = issue(permit(), KEY)
    others = [data[:n] for n in range(len(data))] + [data[n:] for n in range(1, len(data))]
    for altered in (*others, data + b"\x00", data + b" ", b" " + data, data + data):
        with pytest.raises(ConsentError):
            verify(altered, KEY, now=NOON)


def test_a_permit_of_another_store_is_refused():
    with pytest.raises(ConsentError, match="not one of this store"):
        verify(issue(permit(), bytes(32)), KEY, now=NOON)


def test_the_parts_of_two_permits_do_not_make_a_third():
    one, other = issue(permit(), KEY), issue(permit(twin="rhythm"), KEY)
    with pytest.raises(ConsentError):
        verify(one[:SIGNATURE_BYTES] + other[SIGNATURE_BYTES:], KEY, now=NOON)


@pytest.mark.parametrize("key", [b"", bytes(31)])
def test_a_key_that_could_be_guessed_signs_nothing(key):
    with pytest.raises(InvalidInputError, match="32 bytes"):
        issue(permit(), key)


@pytest.mark.parametrize("seconds", [-1, 0, 30, 59.999999])
def test_a_permit_holds_while_it_lasts(seconds):
    now = NOON + timedelta(seconds=seconds)
    assert verify(issue(permit(), KEY), KEY, now=now) == permit()


@pytest.mark.parametrize("seconds", [-86400, -1.000001, 60, 60.000001, 86400])
def test_a_permit_too_old_or_from_the_future_is_refused(seconds):
    with pytest.raises(ConsentError, match="run out"):
        verify(issue(permit(), KEY), KEY, now=NOON + timedelta(seconds=seconds))


def test_the_zone_of_the_clock_makes_no_difference():
    data = issue(permit(), KEY)
    there = timezone(timedelta(hours=9))
    assert verify(data, KEY, now=(NOON + timedelta(seconds=59)).astimezone(there))
    with pytest.raises(ConsentError):
        verify(data, KEY, now=(NOON + timedelta(seconds=61)).astimezone(there))


def test_a_clock_without_a_zone_opens_nothing():
    with pytest.raises(ConsentError):
        verify(issue(permit(), KEY), KEY, now=NOON.replace(tzinfo=None))


@pytest.mark.parametrize("seconds", [-1, 0, 60.000001, 3600])
def test_a_permit_lasts_more_than_nothing_and_at_most_a_minute(seconds):
    with pytest.raises(InvalidInputError, match="at most 60 seconds"):
        permit(expires_at=NOON + timedelta(seconds=seconds))


def test_no_permit_lasts_an_hour_because_the_clocks_went_back():
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 10, 25, 2, 30, 0, tzinfo=berlin, fold=0)
    after = datetime(2026, 10, 25, 2, 30, 30, tzinfo=berlin, fold=1)
    with pytest.raises(InvalidInputError, match="at most 60 seconds"):
        permit(issued_at=before, expires_at=after)


@pytest.mark.parametrize("name", ["issued_at", "expires_at"])
def test_a_permit_needs_times_with_their_zone(name):
    with pytest.raises(InvalidInputError, match="zone"):
        permit(**{name: (NOON + timedelta(seconds=1)).replace(tzinfo=None)})


@pytest.mark.parametrize("patients", [(), ("b", "a"), ("a", "a"), ["a"], "a"])
def test_a_permit_names_its_patients_once_each_in_order(patients):
    with pytest.raises(InvalidInputError, match="patients"):
        permit(patients=patients)


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": NOON + timedelta(hours=1)},
        {"issued_at": NOON.replace(tzinfo=None)},
        {"patients": ()},
        {"patients": "3f2a"},
        {"outputs": None},
        {"twin": 3},
    ],
)
def test_what_is_no_permit_is_refused_even_under_the_right_key(change):
    body = msgspec.to_builtins(permit(), builtin_types=(datetime,)) | change
    with pytest.raises(ConsentError):
        verify(signed(msgspec.json.encode(body)), KEY, now=NOON)


@pytest.mark.parametrize("field", [f.name for f in fields(Permit)])
def test_a_permit_that_lacks_a_field_is_refused(field):
    body = msgspec.to_builtins(permit())
    del body[field]
    with pytest.raises(ConsentError):
        verify(signed(msgspec.json.encode(body)), KEY, now=NOON)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused_even_under_the_right_key(body):
    with pytest.raises(ConsentError):
        verify(signed(body), KEY, now=NOON)


@pytest.mark.parametrize("outputs", [(), ("trough",), ("trough", "concentration")])
def test_a_permit_covers_what_was_allowed_and_less(outputs):
    assert permit().covers(**asked(outputs=outputs)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"patient": "3f2b"},
        {"patient": "3f2"},
        {"patient": ""},
        {"action": "compare"},
        {"action": "FORECAST"},
        {"action": ""},
        {"twin": "rhythm"},
        {"twin": ""},
        {"version": "2"},
        {"version": ""},
        {"outputs": ("trough", "clearance")},
        {"outputs": ("clearance",)},
        {"outputs": ("",)},
    ],
)
def test_a_permit_covers_nothing_else(change):
    with pytest.raises(ConsentError, match="something else"):
        permit().covers(**asked(**change))


def test_a_permit_without_a_twin_is_for_none_and_not_for_any():
    reading = permit(action="read", twin="", version="", outputs=())
    assert reading.covers(**asked(action="read", twin="", version="", outputs=())) is None
    for change in ({"twin": "dosing"}, {"version": "1"}, {"outputs": ("trough",)}):
        with pytest.raises(ConsentError):
            reading.covers(**asked(**{"action": "read", "twin": "", "version": ""} | change))


def test_the_permit_of_a_cohort_covers_each_of_it_and_nobody_else():
    many = permit(patients=("a", "b", "c"))
    for patient in "abc":
        assert many.covers(**asked(patient=patient)) is None
    with pytest.raises(ConsentError):
        many.covers(**asked(patient="d"))


def test_a_refusal_never_says_whose_permit_it_is():
    with pytest.raises(ConsentError) as wrong:
        permit().covers(**asked(patient="somebody"))
    with pytest.raises(ConsentError) as late:
        verify(issue(permit(), KEY), KEY, now=NOON + timedelta(hours=1))
    assert not any(name in str(e.value) for e in (wrong, late) for name in ("3f2a", "somebody"))


def test_two_permits_that_differ_in_anything_differ_in_their_bytes():
    base = permit()
    later = NOON + timedelta(seconds=1)
    changes = [{f.name: "x"} for f in fields(Permit) if isinstance(getattr(base, f.name), str)]
    changes += [{f: ("x",)} for f in ("patients", "outputs", "consents")]
    changes += [{"issued_at": later}, {"expires_at": later}]
    issued = {issue(p, KEY) for p in (base, *(replace(base, **c) for c in changes))}
    assert len(issued) == len(fields(Permit)) + 1
