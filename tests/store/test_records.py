from datetime import timedelta

import pytest

from bodytwin.errors import NotFoundError
from bodytwin.store import add_reading, patients, read_facts, read_record

DAY = timedelta(days=1)


def values(record):
    return [o.quantity.value for o in record.observations]


def test_a_record_as_of_a_time_holds_nothing_later(store, made):
    facts = made.level(0, 10.0), made.level(24, 20.0)
    add_reading(store, made.reading(b"a", *facts), recorded_at=made.start + 3 * DAY)
    assert values(read_record(store, "p1", as_of=made.start + timedelta(hours=23))) == [10.0]


def test_a_record_known_at_a_time_holds_what_had_been_learned(store, made):
    add_reading(store, made.reading(b"a", made.level(0, 10.0)), recorded_at=made.start + DAY)
    add_reading(store, made.reading(b"b", made.level(-5, 5.0)), recorded_at=made.start + 2 * DAY)
    assert values(read_record(store, "p1", known_at=made.start + DAY)) == [10.0]
    assert values(read_record(store, "p1", known_at=made.start + 2 * DAY)) == [5.0, 10.0]


def test_an_amendment_replaces_from_when_it_was_learned_and_not_before(store, made):
    add_reading(store, made.reading(b"a", made.level(0, 10.0)), recorded_at=made.start)
    amended = made.level(0, 11.0, amended=True)
    add_reading(store, made.reading(b"b", amended), recorded_at=made.start + DAY)
    assert values(read_record(store, "p1", known_at=made.start)) == [10.0]
    assert values(read_record(store, "p1")) == [11.0]
    assert sorted(k.superseded for k in read_facts(store, "p1")) == [False, True]


def test_a_patient_nobody_knew_then_is_not_found(store, made):
    add_reading(store, made.reading(b"a", made.level(0, 10.0)), recorded_at=made.start)
    with pytest.raises(NotFoundError):
        read_record(store, "p1", known_at=made.start - DAY)
    with pytest.raises(NotFoundError):
        read_record(store, "p2")


def test_a_message_never_holds_the_name_that_was_asked_for(store):
    with pytest.raises(NotFoundError) as caught:
        read_record(store, "Maria-Muster-1980")
    assert "Muster" not in str(caught.value)


def test_everyone_is_listed_with_how_much_is_held(store, made):
    reading = made.reading(b"a", made.level(0, 10.0), made.dose(-2, 500), made.weight(0, 60))
    add_reading(store, reading, recorded_at=made.start)
    (summary,) = patients(store)
    assert (summary.observations, summary.treatments, summary.covariates) == (1, 1, 1)
    assert summary.first == made.at(-2).moment
