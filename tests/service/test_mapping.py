"""An electroanatomic map comes to a patient who is known: said in full, once, and with leave."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from bodytwin.errors import (
    ConsentError,
    InvalidInputError,
    NotFoundError,
    UnreadableFileError,
)
from bodytwin.governance.request import Action
from bodytwin.record import Rhythm
from bodytwin.service.access import granted
from bodytwin.service.auditing import verify
from bodytwin.service.consenting import choose
from bodytwin.service.erasing import erase
from bodytwin.service.imaging import Described as Shown
from bodytwin.service.imaging import bring_image
from bodytwin.service.mapping import Described, bring_map, columns_of
from bodytwin.service.people import everyone
from bodytwin.service.settings import Settings
from bodytwin.service.taking import take_along, take_in
from bodytwin.service.workspace import workspace
from bodytwin.store.records import originals, read_record
from bodytwin.twins.rhythm.twin import VARIANT, RhythmTwin
from tests.importers.test_electroanatomic import CARTO, EP_POINTS, car_text, zipped

HEART = Path(__file__).parents[2] / "examples" / "data" / "heart" / "ventricles.ply"
WHEN = datetime(2024, 3, 1, 10, tzinfo=UTC)
COLUMNS = columns_of(
    "x,y,z",
    lat="LAT",
    bipolar="Volt",
    length_unit="mm",
    time_unit="ms",
    voltage_unit="mV",
)
SAID = Described(rhythm="sinus", taken=WHEN, columns=COLUMNS)


@pytest.fixture
def patient(bring, tables):
    (found,) = bring(tables.first)
    return found


@pytest.fixture
def file(tmp_path):
    def write(data=EP_POINTS, name="points.csv"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


def maps(work, opened, patient):
    return read_record(work.store, opened(patient)).maps


def test_a_map_is_kept_with_its_original_and_counted(work, opened, patient, file):
    found = bring_map(work, patient, [file()], SAID)
    assert (found.added.new, found.added.patients) == (1, (patient,))
    (shown,) = found.maps
    assert (shown.points, shown.times, shown.rhythm) == (3, 3, "sinus")
    (kept,) = maps(work, opened, patient)
    assert (kept.rhythm, kept.instant.moment) == (Rhythm.SINUS, WHEN)
    assert kept.points_mm[0] == pytest.approx([-15.9375, -29.8125, 11.2656])
    assert originals(work.store, opened(patient))[-1].data == EP_POINTS
    assert everyone(work)[0].maps == 1
    assert verify(work).faults == ()


def test_the_same_file_said_the_same_way_changes_nothing(work, opened, patient, file):
    bring_map(work, patient, [file()], SAID)
    again = bring_map(work, patient, [file()], SAID)
    assert (again.added.new, again.added.known) == (0, 1)
    assert len(maps(work, opened, patient)) == 1


def test_a_rhythm_that_was_said_wrongly_is_put_right_by_saying_it_again(
    work, opened, patient, file
):
    bring_map(work, patient, [file()], SAID)
    right = Described(rhythm="paced", taken=WHEN, columns=COLUMNS)
    assert bring_map(work, patient, [file()], right).added.new == 1
    assert maps(work, opened, patient)[-1].rhythm is Rhythm.PACED


def test_points_that_run_to_the_right_and_the_front_are_turned(work, opened, patient, file):
    bring_map(work, patient, [file()], Described(**(vars_of(SAID) | {"turned": True})))
    (kept,) = maps(work, opened, patient)
    assert kept.points_mm[0] == pytest.approx([15.9375, 29.8125, 11.2656])


def vars_of(said):
    return {name: getattr(said, name) for name in said.__slots__}


@pytest.mark.parametrize(
    ("unsaid", "asked"),
    [
        ({"rhythm": ""}, "--rhythm"),
        ({"rhythm": "Sinus"}, "--rhythm"),
        ({"rhythm": "not stated"}, "--rhythm"),
        ({"taken": None}, "--taken"),
        ({"columns": columns_of("x,y,z", lat="LAT", time_unit="ms")}, "length"),
        ({"columns": columns_of("x,y,z", lat="LAT", length_unit="mm")}, "unit"),
    ],
)
def test_what_was_not_said_is_asked_for_and_nothing_is_kept(
    work, opened, patient, file, unsaid, asked
):
    with pytest.raises(InvalidInputError, match=asked):
        bring_map(work, patient, [file()], Described(**(vars_of(SAID) | unsaid)))
    assert maps(work, opened, patient) == ()


def test_where_the_patient_refuses_care_no_map_is_kept(work, opened, patient, file):
    choose(work, patient, {"care": "deny"})
    with pytest.raises(ConsentError):
        bring_map(work, patient, [file()], SAID)
    choose(work, patient, {"care": "permit"})
    assert maps(work, opened, patient) == ()


def test_of_a_file_of_several_maps_those_are_kept_that_are_named(work, opened, patient, file):
    study = CARTO | {"9-VT_car.txt": car_text("VERSION_5_0 9-VT")}
    path = file(zipped(study), "carto.zip")
    with pytest.raises(InvalidInputError, match="--which"):
        bring_map(work, patient, [path], Described(rhythm="sinus", taken=WHEN))
    sinus = Described(rhythm="sinus", taken=WHEN, which=(1,))
    assert bring_map(work, patient, [path], sinus).maps[0].place == "map 1"
    other = Described(rhythm="tachycardia", taken=WHEN, which=(2,))
    assert bring_map(work, patient, [path], other).added.new == 1
    assert [(m.name, m.rhythm.value) for m in maps(work, opened, patient)] == [
        ("1-LV", "sinus"),
        ("9-VT", "tachycardia"),
    ]
    with pytest.raises(InvalidInputError, match="--which"):
        bring_map(work, patient, [path], Described(rhythm="sinus", taken=WHEN, which=(3,)))


def test_a_patient_nobody_knows_and_a_file_that_is_no_map_are_refused(work, patient, file):
    with pytest.raises(NotFoundError):
        bring_map(work, "nobody", [file()], SAID)
    with pytest.raises(UnreadableFileError):
        bring_map(work, patient, [Path("no such file")], SAID)
    with pytest.raises(UnreadableFileError):
        bring_map(work, patient, [file(b"", "empty.csv")], SAID)


def test_a_map_goes_along_with_the_patient_and_goes_when_they_are_erased(
    work, opened, patient, file, clock, tmp_path
):
    bring_map(work, patient, [file()], SAID)
    (kept,) = maps(work, opened, patient)
    data = take_along(work, patient)
    with workspace(Settings(home=tmp_path / "there"), clock=clock) as there:
        take_in(there, data)
        access = work_access(there, patient)
        (found,) = read_record(there.store, access).maps
        assert found.content_address == kept.content_address
        assert np.array_equal(found.lat_ms, kept.lat_ms)
        again = bring_map(there, patient, [file()], SAID)
        assert again.added.new == 0
    erase(work, patient)
    assert everyone(work) == ()
    assert [p for p in work.store.archive.folder.rglob("*") if p.is_file()] == []


def test_from_a_file_of_points_to_what_the_rhythm_twin_measures(work, file):
    twin, said = RhythmTwin(spacing_mm=1.8), Shown(taken=WHEN, length_unit="mm", turned=True)
    (patient,) = bring_image(work, "Heart A", [HEART], said, new=True).added.patients
    access = work_access(work, patient)
    heart = twin.observe(read_record(work.store, access), variant=VARIANT).inputs.heart
    wall = np.flatnonzero(heart.endocardial)[::97]
    lines = [
        f"{x:.2f},{y:.2f},{z:.2f},{30 + 40 * h:.1f},1.0"
        for (x, y, z), h in zip(
            heart.voxels.positions_mm[wall] * [-1, -1, 1], heart.apicobasal[wall], strict=True
        )
    ]
    table = "\n".join(["X,Y,Z,LAT,Volt", *lines]).encode()
    bring_map(work, patient, [file(table)], Described(**(vars_of(SAID) | {"turned": True})))
    case = twin.observe(read_record(work.store, work_access(work, patient)), variant=VARIANT)
    assert len(case.measurements) == 24
    rows = [int(m.source.rpartition(" ")[2]) - 1 for m in case.measurements]
    there = heart.apicobasal[wall[rows]]
    found = [m.value for m in case.measurements]
    assert found == pytest.approx(40 * (there - there.mean()), abs=0.2)
    assert all("Voltages" in words for words in case.left_out)


def work_access(work, patient):
    return granted(work, patient, Action.READ)
