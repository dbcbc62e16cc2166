"""Images are kept bit for bit, once, sealed, and go when the patient is erased."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.record import Image, Provenance
from bodytwin.store import read_record


def image(made, hours=0.0, **changed):
    values = (np.arange(4 * 5 * 6).reshape(4, 5, 6) % 3).astype(np.uint8)
    affine = np.diag([1.5, 1.5, 8.0, 1.0])
    affine[:3, 3] = [-20, 5, 100]
    said = {
        "values": values,
        "affine": affine,
        "modality": "SEG",
        "labels": {1: "healthy", 2: "scar"},
        "instant": made.at(hours),
        "provenance": Provenance("", "volume", "test/1"),
    }
    return Image(**(said | changed))


def bring(house, made, *images, data=b"file"):
    reading = made.reading(data, made.level(0, 10.0))
    record = replace(reading.records[0], images=images)
    return house.bring(replace(reading, records=(record,)), made.start)


def test_an_image_comes_back_bit_for_bit(store, house, made):
    given = image(made)
    bring(house, made, given)
    (found,) = read_record(store, house.open()).images
    assert found.values.tobytes() == given.values.tobytes()
    assert found.affine.tobytes() == given.affine.tobytes()
    assert (found.labels, found.modality, found.instant) == (given.labels, "SEG", given.instant)
    assert found.content_address == given.content_address


def test_the_same_image_from_two_files_is_one(store, house, made):
    bring(house, made, image(made), data=b"a")
    bring(house, made, image(made), data=b"b")
    assert len(read_record(store, house.open()).images) == 1
    (summary,) = house.summaries()
    assert summary.images == 1


def test_an_image_that_came_later_is_not_seen_earlier(store, house, made):
    bring(house, made, image(made, 0.0), image(made, 48.0))
    assert len(read_record(store, house.open()).images) == 2
    before = made.start + timedelta(hours=1)
    assert len(read_record(store, house.open(), as_of=before).images) == 1


def test_nothing_of_an_image_lies_open_on_disk(store, house, made):
    given = image(made)
    bring(house, made, given)
    held = [p.read_bytes() for p in store.archive.folder.parent.rglob("*") if p.is_file()]
    assert not any(given.values.tobytes() in body for body in held)


@pytest.mark.parametrize(
    "wrong",
    [
        {"values": np.zeros((3, 3), dtype=np.uint8)},
        {"values": np.zeros((2, 2, 2))},
        {"affine": np.zeros((4, 4))},
        {"affine": np.full((4, 4), np.nan)},
        {"labels": {1: "healthy"}},
    ],
)
def test_what_is_no_image_is_refused(made, wrong):
    with pytest.raises(InvalidInputError):
        image(made, **wrong)
