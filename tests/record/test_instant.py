from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.record import Instant

ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)


def test_an_instant_needs_a_zone():
    with pytest.raises(InvalidInputError, match="zone"):
        Instant(datetime(2020, 1, 1))  # noqa: DTZ001


@given(st.integers(-10_000_000, 10_000_000))
def test_hours_count_from_the_origin(minutes):
    instant = Instant(ORIGIN + timedelta(minutes=minutes))
    assert instant.hours_since(ORIGIN) == minutes / 60


def test_instants_are_in_order_of_time():
    assert Instant(ORIGIN) < Instant(ORIGIN + timedelta(seconds=1))
