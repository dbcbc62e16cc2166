"""Delineated images are kept bit for bit, once, sealed, and go when the patient is erased."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select, text

from bodytwin.errors import InvalidInputError
from bodytwin.governance.request import Action
from bodytwin.record import Delineated, Dose, DoseKind, Image, Provenance, Summation
from bodytwin.store import open_store, read_record, schema
from bodytwin.store.erasure import erase
from bodytwin.store.take import belongings, from_json, to_json

SHAPE = (5, 6, 7)


def image(made, values, modality="CT", hours=0.0):
    return Image(
        values=values.astype(np.float32),
        affine=np.diag([2.0, 2.0, 3.0, 1.0]),
        modality=modality,
        instant=made.at(hours),
        provenance=Provenance("", "ct.csv", "test/1"),
    )


def drawn(made, hours=0.0, **changed):
    grid = np.indices(SHAPE).sum(axis=0)
    said = {
        "image": image(made, grid * 10.0, hours=hours),
        "masks": {"PTV70": grid > 9, "Cord": grid % 3 == 0},
        "kinds": {"PTV70": "PTV"},
        "density": image(made, grid / 9.0, hours=hours),
        "dose": Dose(
            image=image(made, grid * 4.0, "RTDOSE", hours),
            kind=DoseKind.PHYSICAL,
            summation=Summation.PLAN,
            frame_uid="1.2.3",
            fractions=35,
        ),
        "possible_dose": grid > 2,
        "prescribed_gy": {"PTV70": 70.0},
        "frame_uid": "1.2.3",
    }
    return Delineated(**(said | changed))


def bring(house, made, *delineated, data=b"file", later=0):
    reading = made.reading(data, made.level(0, 10.0))
    record = replace(reading.records[0], delineated=delineated)
    at = made.start + timedelta(hours=later)
    return house.bring(replace(reading, records=(record,)), at)


def test_it_comes_back_bit_for_bit_with_all_that_was_said_of_it(store, house, made):
    given = drawn(made)
    bring(house, made, given)
    (found,) = read_record(store, house.open()).delineated
    assert found.content_address == given.content_address
    assert found.image.values.tobytes() == given.image.values.tobytes()
    assert found.density.values.tobytes() == given.density.values.tobytes()
    assert found.dose.dose_gy.tobytes() == given.dose.dose_gy.tobytes()
    assert (found.dose.fractions, found.fractions, found.frame_uid) == (35, 35, "1.2.3")
    for name, mask in given.masks.items():
        assert np.array_equal(found.masks[name], mask)
    assert np.array_equal(found.possible_dose, given.possible_dose)
    assert found.prescribed_gy == {"PTV70": 70.0}
    assert found.instant == given.instant


def test_one_without_dose_and_density_comes_back_without(store, house, made):
    bring(house, made, drawn(made, dose=None, density=None, possible_dose=None))
    (found,) = read_record(store, house.open()).delineated
    assert (found.dose, found.density, found.possible_dose) == (None, None, None)


@pytest.mark.parametrize(
    "other",
    [
        {"prescribed_gy": {"PTV70": 66.0}},
        {"kinds": {}},
        {"dose": None, "fractions": 30},
        {"dose": None},
        {"masks": {"PTV70": np.ones(SHAPE, bool)}},
    ],
)
def test_one_that_says_something_else_is_another(store, house, made, other):
    bring(house, made, drawn(made), data=b"a")
    bring(house, made, drawn(made), data=b"again")
    bring(house, made, drawn(made, **other), data=b"b", later=1)
    assert len(read_record(store, house.open()).delineated) == 2
    (summary,) = house.summaries()
    assert summary.delineated == 2


def test_it_is_not_seen_before_it_was_taken(store, house, made):
    bring(house, made, drawn(made), data=b"a")
    bring(house, made, drawn(made, -5.0), data=b"b", later=3)
    (before,) = read_record(store, house.open(), as_of=made.start - timedelta(hours=1)).delineated
    assert before.instant == made.at(-5.0)


def test_an_erased_patient_leaves_none(store, house, made):
    bring(house, made, drawn(made))
    erase(store, house.permit(Action.ERASE), at=house.now())
    with store.reading() as connection:
        assert connection.execute(select(schema.delineated)).all() == []
    assert [p for p in store.archive.folder.rglob("*") if p.is_file()] == []


def test_it_is_taken_along_and_files_from_before_are_read(store, house, made):
    bring(house, made, drawn(made))
    brought = belongings(store, house.open(Action.EXPORT))
    assert len(brought.rows["delineated"]) == 1
    rows = {name: rows for name, rows in brought.rows.items() if name != "delineated"}
    old = to_json(replace(brought, rows=rows))
    assert from_json(old, brought.files).rows["delineated"] == []


def test_a_store_from_before_gets_room_for_them(tmp_path, made, house_of):
    store = open_store(tmp_path)
    with store.writing() as (connection, _):
        connection.execute(text("DROP TABLE delineated"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))
    store.close()
    again = open_store(tmp_path)
    bring(house_of(again), made, drawn(made))
    assert len(read_record(again, house_of(again).open()).delineated) == 1
    again.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"masks": {"PTV70": np.ones((2, 2, 2), bool)}},
        {"prescribed_gy": {"PTV63": 63.0}},
        {"prescribed_gy": {"PTV70": -1.0}},
        {"fractions": 30},
    ],
)
def test_what_contradicts_itself_is_refused(made, wrong):
    with pytest.raises(InvalidInputError):
        drawn(made, **wrong)
