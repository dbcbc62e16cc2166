from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bodytwin.errors import InvalidInputError, StoreError
from bodytwin.store import read_facts, read_record
from bodytwin.store.records import original

LATER = timedelta(days=1)


def test_importing_twice_adds_nothing_but_a_line_in_the_log(house, made, kept):
    reading = made.reading(b"file", made.level(0, 12.5), made.dose(1, 1000), made.weight(0, 70))
    first = house.bring(reading, made.start)
    before = kept()
    again = house.bring(reading, made.start + LATER)
    assert (first.new, first.known) == (3, 0)
    assert (again.new, again.known) == (0, 3)
    assert kept() == before


def test_one_measurement_from_two_files_is_one_fact_with_two_sources(store, house, made):
    for data in (b"a", b"b"):
        house.bring(made.reading(data, made.level(0, 12.5)), made.start)
    (known,) = read_facts(store, house.open())
    assert len({p.source_sha256 for p in known.sources}) == 2
    assert not known.conflict


def test_two_equal_doses_in_one_file_are_two_doses(store, house, made):
    reading = made.reading(b"a", made.dose(0, 500, path="1"), made.dose(0, 500, path="2"))
    house.bring(reading, made.start)
    assert len(read_record(store, house.open()).treatments) == 2


def test_measurements_that_disagree_are_both_kept_and_marked(store, house, made):
    house.bring(made.reading(b"a", made.level(0, 12.5)), made.start)
    house.bring(made.reading(b"b", made.level(0, 21.5)), made.start)
    assert [k.conflict for k in read_facts(store, house.open())] == [True, True]
    assert len(read_record(store, house.open()).observations) == 2


def test_numbers_and_their_decimals_come_back_exactly(store, house, made):
    value = 0.1 + 0.2
    house.bring(made.reading(b"a", made.level(0.123456, value)), made.start)
    (back,) = read_record(store, house.open()).observations
    assert back.quantity.value.hex() == value.hex()
    assert back.quantity.text == str(value)
    assert back.instant == made.at(0.123456)


def test_a_refused_import_leaves_the_store_byte_for_byte(
    store, house, made, home_hashes, monkeypatch
):
    house.bring(made.reading(b"a", made.level(0, 12.5)), made.start)
    before = home_hashes()

    def full(*_):
        raise StoreError("The disk is full.")

    monkeypatch.setattr("bodytwin.store.intake._Intake._links", full)
    with pytest.raises(StoreError):
        house.bring(made.reading(b"b", made.level(1, 9.5)), made.start)
    assert home_hashes() == before


def test_stopping_an_import_leaves_the_store_byte_for_byte(
    store, house, made, home_hashes, monkeypatch
):
    empty = home_hashes()

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("bodytwin.store.archive.Staged.keep", stop)
    with pytest.raises(KeyboardInterrupt):
        house.bring(made.reading(b"b", made.level(1, 9.5)), made.start)
    assert home_hashes() == empty
    assert house.summaries() == []


def test_a_source_changed_on_disk_is_noticed(store, house, made):
    added = house.bring(made.reading(b"a", made.level(0, 1.5)), made.start)
    access = house.open()
    assert original(store, access, added.source).data == b"a"
    (file,) = (p for p in store.archive.folder.rglob("*") if p.is_file())
    file.write_bytes(b"changed")
    with pytest.raises(StoreError, match="changed on disk"):
        original(store, access, added.source)


def test_a_number_that_is_not_finite_is_refused(store, house, made, home_hashes):
    before = home_hashes()
    reading = made.reading(b"a", made.level(0, float("nan")))
    with pytest.raises(InvalidInputError):
        house.bring(reading, made.start)
    assert home_hashes() == before


def test_two_writers_take_turns(store, house, made):
    def take(name):
        for i in range(8):
            reading = made.reading(
                f"{name}{i}".encode(), made.level(i, 1.5), made.dose(i, ord(name))
            )
            house.bring(reading, made.start)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take, "ab"))
    (summary,) = house.summaries()
    assert (summary.observations, summary.treatments) == (8, 16)
