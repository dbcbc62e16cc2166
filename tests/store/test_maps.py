"""Electroanatomic maps are kept bit for bit, once, sealed, and go when the patient is erased."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select, text

from bodytwin.errors import InvalidInputError
from bodytwin.governance.request import Action
from bodytwin.record import Map, Provenance, Rhythm
from bodytwin.store import open_store, read_record, schema
from bodytwin.store.erasure import erase
from bodytwin.store.take import belongings, from_json, to_json

PLACES = np.array([[0.1, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]])


def taken(made, hours=0.0, **changed):
    said = {
        "vertices_mm": PLACES,
        "triangles": np.array([[0, 1, 2], [1, 2, 3]]),
        "points_mm": PLACES + 0.3,
        "lat_ms": np.array([-20.0, 5.0, np.nan, 40.0]),
        "bipolar_mv": np.array([0.2, 1.1, 3.5, np.nan]),
        "unipolar_mv": np.full(4, np.nan),
        "instant": made.at(hours),
        "provenance": Provenance("", "map 2", "test/1"),
        "rhythm": Rhythm.SINUS,
        "name": "2-LV",
        "reference": "QRS onset",
        "annotation": "first deflection",
    }
    return Map(**(said | changed))


def bring(house, made, *maps, data=b"file", later=0):
    reading = made.reading(data, made.level(0, 10.0))
    record = replace(reading.records[0], maps=maps)
    at = made.start + timedelta(hours=later)
    return house.bring(replace(reading, records=(record,)), at)


def test_a_map_comes_back_bit_for_bit_with_all_that_was_said_of_it(store, house, made):
    given = taken(made)
    bring(house, made, given)
    (found,) = read_record(store, house.open()).maps
    for name in (
        "vertices_mm", "triangles", "points_mm", "lat_ms", "bipolar_mv", "unipolar_mv",
    ):  # fmt: skip
        assert getattr(found, name).tobytes() == getattr(given, name).tobytes(), name
    for name in ("instant", "rhythm", "name", "reference", "annotation", "content_address"):
        assert getattr(found, name) == getattr(given, name), name
    assert found.provenance.path == "map 2"


def test_the_same_map_from_two_files_is_one_and_is_counted(store, house, made):
    first = bring(house, made, taken(made), data=b"a")
    elsewhere = Provenance("b" * 64, "map 1", "test/1")
    again = bring(house, made, taken(made, provenance=elsewhere), data=b"b")
    assert (first.new, again.new, again.known) == (2, 0, 2)
    assert len(read_record(store, house.open()).maps) == 1
    (summary,) = house.summaries()
    assert summary.maps == 1


@pytest.mark.parametrize(
    "other",
    [
        {"rhythm": Rhythm.PACED},
        {"reference": "pacing spike"},
        {"lat_ms": np.array([-20.0, 5.0, np.nan, 41.0])},
        {"points_mm": PLACES},
    ],
)
def test_a_map_that_says_something_else_is_another(store, house, made, other):
    bring(house, made, taken(made), data=b"a")
    assert taken(made).content_address != taken(made, **other).content_address
    bring(house, made, taken(made, **other), data=b"b", later=1)
    assert len(read_record(store, house.open()).maps) == 2


def test_of_two_maps_of_one_moment_the_one_that_was_learned_of_later_comes_last(store, house, made):
    bring(house, made, taken(made, rhythm=Rhythm.PACED), data=b"a")
    bring(house, made, taken(made), data=b"b", later=1)
    bring(house, made, taken(made, rhythm=Rhythm.OTHER), data=b"c", later=2)
    found = read_record(store, house.open()).maps
    assert [m.rhythm for m in found] == [Rhythm.PACED, Rhythm.SINUS, Rhythm.OTHER]


def test_a_map_is_not_seen_before_it_was_taken_nor_before_it_was_known(store, house, made):
    bring(house, made, taken(made, 0.0), data=b"a")
    bring(house, made, taken(made, -5.0), data=b"b", later=3)
    known_at = made.start + timedelta(hours=1)
    assert len(read_record(store, house.open()).maps) == 2
    (before,) = read_record(store, house.open(), as_of=made.start - timedelta(hours=1)).maps
    assert before.instant == made.at(-5.0)
    (known,) = read_record(store, house.open(), known_at=known_at).maps
    assert known.instant == made.at(0.0)


def test_nothing_of_a_map_lies_open_on_disk(store, house, made):
    given = taken(made)
    bring(house, made, given)
    held = [p.read_bytes() for p in store.archive.folder.parent.rglob("*") if p.is_file()]
    secrets = (given.points_mm.tobytes(), b"2-LV", b"first deflection")
    assert not any(secret in body for body in held for secret in secrets)


def test_of_a_reading_that_cannot_be_kept_no_map_is_kept(store, house, made):
    first = replace(made.reading(b"a").records[0], patient="p1", maps=(taken(made),))
    second = replace(first, patient="p2")
    reading = replace(made.reading(b"a"), records=(first, second), parts={"p1": b"a part"})
    with pytest.raises(InvalidInputError, match="parts"):
        house.bring(reading)
    with store.reading() as connection:
        assert connection.execute(select(schema.heart_map)).all() == []
    assert [p for p in store.archive.folder.rglob("*") if p.is_file()] == []


def test_an_erased_patient_leaves_no_map(store, house, made):
    bring(house, made, taken(made))
    erase(store, house.permit(Action.ERASE), at=house.now())
    with store.reading() as connection:
        assert connection.execute(select(schema.heart_map)).all() == []
    assert [p for p in store.archive.folder.rglob("*") if p.is_file()] == []


def test_a_file_of_a_twin_from_before_there_were_maps_is_read(store, house, made):
    bring(house, made, taken(made))
    brought = belongings(store, house.open(Action.EXPORT))
    assert len(brought.rows["heart_map"]) == 1
    rows = {name: rows for name, rows in brought.rows.items() if name != "heart_map"}
    old = to_json(replace(brought, rows=rows))
    assert from_json(old, brought.files).rows["heart_map"] == []


def test_a_store_from_before_there_were_maps_gets_room_for_them(tmp_path, made, house_of):
    store = open_store(tmp_path)
    with store.writing() as (connection, _):
        connection.execute(text("DROP TABLE heart_map"))
        connection.execute(text("DROP TABLE delineated"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    store.close()
    again = open_store(tmp_path)
    bring(house_of(again), made, taken(made))
    assert len(read_record(again, house_of(again).open()).maps) == 1
    again.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"lat_ms": np.zeros(3)},
        {"lat_ms": np.full(4, np.inf)},
        {"points_mm": np.zeros((4, 2))},
        {"triangles": np.array([[0, 1, 9]])},
    ],
)
def test_what_is_no_map_is_refused(made, wrong):
    with pytest.raises(InvalidInputError):
        taken(made, **wrong)
