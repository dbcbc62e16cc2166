from datetime import timedelta

import pytest

from bodytwin.errors import NotFoundError
from bodytwin.store import read_facts, read_record

DAY = timedelta(days=1)


def values(record):
    return [o.quantity.value for o in record.observations]


def test_a_record_as_of_a_time_holds_nothing_later(store, house, made):
    facts = made.level(0, 10.0), made.level(24, 20.0)
    house.bring(made.reading(b"a", *facts), made.start + 3 * DAY)
    assert values(read_record(store, house.open(), as_of=made.start + timedelta(hours=23))) == [
        10.0
    ]


def test_a_record_known_at_a_time_holds_what_had_been_learned(store, house, made):
    house.bring(made.reading(b"a", made.level(0, 10.0)), made.start + DAY)
    house.bring(made.reading(b"b", made.level(-5, 5.0)), made.start + 2 * DAY)
    assert values(read_record(store, house.open(), known_at=made.start + DAY)) == [10.0]
    assert values(read_record(store, house.open(), known_at=made.start + 2 * DAY)) == [5.0, 10.0]


def test_an_amendment_replaces_from_when_it_was_learned_and_not_before(store, house, made):
    house.bring(made.reading(b"a", made.level(0, 10.0)), made.start)
    amended = made.level(0, 11.0, amended=True)
    house.bring(made.reading(b"b", amended), made.start + DAY)
    assert values(read_record(store, house.open(), known_at=made.start)) == [10.0]
    assert values(read_record(store, house.open())) == [11.0]
    assert sorted(k.superseded for k in read_facts(store, house.open())) == [False, True]


def test_a_patient_nobody_knew_then_is_not_found(store, house, made):
    house.bring(made.reading(b"a", made.level(0, 10.0)), made.start)
    with pytest.raises(NotFoundError):
        read_record(store, house.open(), known_at=made.start - DAY)
    with pytest.raises(NotFoundError):
        house.open(patient="p2")


def test_a_message_never_holds_the_name_that_was_asked_for(house):
    with pytest.raises(NotFoundError) as caught:
        house.open(patient="Maria-Muster-1980")
    assert "Muster" not in str(caught.value)


def test_everyone_is_listed_with_how_much_is_held(store, house, made):
    reading = made.reading(b"a", made.level(0, 10.0), made.dose(-2, 500), made.weight(0, 60))
    house.bring(reading, made.start)
    (summary,) = house.summaries()
    assert (summary.observations, summary.treatments, summary.covariates) == (1, 1, 1)
    assert summary.first == made.at(-2).moment
