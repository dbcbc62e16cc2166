from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bodytwin.errors import InvalidInputError, StoreError
from bodytwin.store import add_reading, patients, read_facts, read_record

LATER = timedelta(days=1)


def test_importing_twice_adds_nothing(store, made, home_hashes):
    reading = made.reading(b"file", made.level(0, 12.5), made.dose(1, 1000), made.weight(0, 70))
    first = add_reading(store, reading, recorded_at=made.start)
    before = home_hashes()
    again = add_reading(store, reading, recorded_at=made.start + LATER)
    assert (first.new, first.known) == (3, 0)
    assert (again.new, again.known) == (0, 3)
    assert home_hashes() == before


def test_one_measurement_from_two_files_is_one_fact_with_two_sources(store, made):
    for data in (b"a", b"b"):
        add_reading(store, made.reading(data, made.level(0, 12.5)), recorded_at=made.start)
    (known,) = read_facts(store, "p1")
    assert len({p.source_sha256 for p in known.sources}) == 2
    assert not known.conflict


def test_two_equal_doses_in_one_file_are_two_doses(store, made):
    reading = made.reading(b"a", made.dose(0, 500, path="1"), made.dose(0, 500, path="2"))
    add_reading(store, reading, recorded_at=made.start)
    assert len(read_record(store, "p1").treatments) == 2


def test_measurements_that_disagree_are_both_kept_and_marked(store, made):
    add_reading(store, made.reading(b"a", made.level(0, 12.5)), recorded_at=made.start)
    add_reading(store, made.reading(b"b", made.level(0, 21.5)), recorded_at=made.start)
    assert [k.conflict for k in read_facts(store, "p1")] == [True, True]
    assert len(read_record(store, "p1").observations) == 2


def test_numbers_and_their_decimals_come_back_exactly(store, made):
    value = 0.1 + 0.2
    add_reading(store, made.reading(b"a", made.level(0.123456, value)), recorded_at=made.start)
    (back,) = read_record(store, "p1").observations
    assert back.quantity.value.hex() == value.hex()
    assert back.quantity.text == str(value)
    assert back.instant == made.at(0.123456)


def test_a_refused_import_leaves_the_store_byte_for_byte(store, made, home_hashes, monkeypatch):
    add_reading(store, made.reading(b"a", made.level(0, 12.5)), recorded_at=made.start)
    before = home_hashes()

    def full(*_):
        raise StoreError("The disk is full.")

    monkeypatch.setattr("bodytwin.store.intake._insert_links", full)
    with pytest.raises(StoreError):
        add_reading(store, made.reading(b"b", made.level(1, 9.5)), recorded_at=made.start)
    assert home_hashes() == before


def test_stopping_an_import_leaves_the_store_byte_for_byte(store, made, home_hashes, monkeypatch):
    empty = home_hashes()

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("bodytwin.store.archive.Staged.keep", stop)
    with pytest.raises(KeyboardInterrupt):
        add_reading(store, made.reading(b"b", made.level(1, 9.5)), recorded_at=made.start)
    assert home_hashes() == empty
    assert patients(store) == ()


def test_a_source_changed_on_disk_is_noticed(store, made):
    added = add_reading(store, made.reading(b"a", made.level(0, 1.5)), recorded_at=made.start)
    assert store.archive.get(added.source) == b"a"
    store.archive.place(added.source).write_bytes(b"changed")
    with pytest.raises(StoreError, match="changed on disk"):
        store.archive.get(added.source)


def test_a_number_that_is_not_finite_is_refused(store, made, home_hashes):
    before = home_hashes()
    reading = made.reading(b"a", made.level(0, float("nan")))
    with pytest.raises(InvalidInputError):
        add_reading(store, reading, recorded_at=made.start)
    assert home_hashes() == before


def test_two_writers_take_turns(store, made):
    def take(name):
        for i in range(8):
            reading = made.reading(
                f"{name}{i}".encode(), made.level(i, 1.5), made.dose(i, ord(name))
            )
            add_reading(store, reading, recorded_at=made.start)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take, "ab"))
    (summary,) = patients(store)
    assert (summary.observations, summary.treatments) == (8, 16)
