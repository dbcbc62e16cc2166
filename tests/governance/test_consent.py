from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.governance.consent import Consent, Kind, Period, Provision, Status

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
BREATH = timedelta(microseconds=1)


def test_both_ends_of_a_period_belong_to_it():
    period = Period(NOON, NOON + timedelta(hours=1))
    assert period.holds(NOON)
    assert period.holds(NOON + timedelta(hours=1))
    assert not period.holds(NOON - BREATH)
    assert not period.holds(NOON + timedelta(hours=1) + BREATH)


def test_a_date_is_the_whole_day_in_utc():
    period = Period(date(2024, 3, 1), date(2024, 3, 1))
    midnight = datetime(2024, 3, 1, tzinfo=UTC)
    assert period.holds(midnight)
    assert period.holds(midnight + timedelta(days=1) - BREATH)
    assert not period.holds(midnight - BREATH)
    assert not period.holds(midnight + timedelta(days=1))
    assert period.until() == midnight + timedelta(days=1)
    assert not period.holds(datetime(2024, 3, 1, 1, tzinfo=timezone(timedelta(hours=2))))


def test_an_open_end_is_never_reached():
    assert Period(start=NOON).holds(datetime.max.replace(tzinfo=UTC))
    assert Period(end=date.max).holds(datetime.max.replace(tzinfo=UTC))
    assert Period(end=date.max).until() is None
    assert Period(end=NOON).holds(datetime.min.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, None),
        (NOON, NOON - BREATH),
        (date(2024, 3, 2), NOON),
        (NOON, date(2024, 2, 29)),
        (date(2024, 3, 2), date(2024, 3, 1)),
        (NOON.replace(tzinfo=None), None),
        (None, NOON.replace(tzinfo=None)),
    ],
)
def test_a_period_that_cannot_be_is_refused(start, end):
    with pytest.raises(InvalidInputError):
        Period(start, end)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_a_period_holds_exactly_between_its_ends(one, other):
    start, end = sorted((one, other))
    for moment in (start, end, start + (end - start) / 2):
        assert Period(start, end).holds(moment)


def test_a_provision_names_known_purposes_only():
    with pytest.raises(InvalidInputError):
        Provision(kind=Kind.PERMIT, purposes=("treat",))


def test_an_exception_takes_what_it_lacks_from_its_rule():
    outer = Provision(kind=Kind.PERMIT, purposes=("TREAT",), data_period=Period(start=NOON))
    inner = Provision(kind=Kind.DENY, purposes=("COC",)).below(outer)
    assert (inner.kind, inner.purposes) == (Kind.DENY, ("COC",))
    assert inner.data_period == outer.data_period


def test_a_consent_can_be_withdrawn_and_stays_the_same_else():
    consent = Consent(id="c", patient="p", root=Provision(kind=Kind.PERMIT))
    assert consent.revoked().status is Status.INACTIVE
    assert consent.revoked().root == consent.root
