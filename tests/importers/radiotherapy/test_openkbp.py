"""Patients of OpenKBP, cropped to eight slices."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from bodytwin.errors import UnreadableFileError
from bodytwin.importers import radiotherapy
from bodytwin.record import Instant

FOLDER = Path(__file__).parent / "data" / "openkbp_202"
WHEN = Instant(datetime(2026, 3, 5, tzinfo=UTC))


def patient(**changed):
    found = {path.name: path.read_bytes() for path in FOLDER.glob("*.csv")}
    found.update({f"{name}.csv": data for name, data in changed.items()})
    return found


def centre(value, name):
    return np.argwhere(value.masks[name]).mean(axis=0) @ value.image.affine[:3, :3].T


def test_the_patient_faces_the_front_with_the_left_on_the_left():
    value = radiotherapy.read_openkbp(patient(), instant=WHEN).value
    assert value.image.spacing_mm == pytest.approx((3.906, 3.906, 2.5))
    left, right = centre(value, "LeftParotid"), centre(value, "RightParotid")
    assert left[0] - right[0] > 60
    assert centre(value, "Mandible")[1] < centre(value, "SpinalCord")[1] - 40


def test_brainstem_lies_above_cord():
    value = radiotherapy.read_openkbp(patient(), instant=WHEN).value
    assert centre(value, "Brainstem")[2] > centre(value, "SpinalCord")[2]


def test_dose_and_tissue_have_their_units():
    found = radiotherapy.read_openkbp(patient(), instant=WHEN, fractions=35)
    value = found.value
    assert value.dose is not None
    assert value.dose.fractions == 35
    assert 55 < value.dose.dose_gy[value.masks["PTV56"]].mean() < 70
    assert abs(np.median(value.image.values[value.masks["RightParotid"]])) < 50
    assert value.image.values[0, 0, 0] == -1000
    assert value.possible_dose is not None
    assert not value.dose.dose_gy[~value.possible_dose].any()
    assert "inferred" in found.remarks[0]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ct": b",data\n5,1\n5,2\n"}, "twice"),
        ({"ct": b",data\n2097152,1\n"}, "from 0 to 2097151"),
        ({"ct": b",data\n5,\n"}, "without a number"),
        ({"ct": b",data\n5,inf\n"}, "without a number"),
        ({"ct": b"index,data\n5,1\n"}, "starts with"),
        ({"ct": b""}, "empty"),
        ({"PTV70": b",data\nx,\n"}, "other than numbers"),
        ({"voxel_dimensions": b"1\n2\n"}, "three numbers"),
        ({"voxel_dimensions": b"1\n2\n-3\n"}, "above 0 mm"),
    ],
)
def test_what_is_no_table_of_openkbp_is_refused(changed, reason):
    with pytest.raises(UnreadableFileError, match=reason):
        radiotherapy.read_openkbp(patient(**changed), instant=WHEN)


def test_a_folder_without_an_image_is_refused():
    given = patient()
    del given["ct.csv"]
    with pytest.raises(UnreadableFileError, match=r"ct\.csv"):
        radiotherapy.read_openkbp(given, instant=WHEN)
