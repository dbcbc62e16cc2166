"""DICOM RT plans."""

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from bodytwin.errors import InvalidPlanError, UnreadableFileError
from bodytwin.importers import radiotherapy
from bodytwin.record import LimiterKind, Prescription
from tests.importers.radiotherapy import files

DATA = Path(__file__).parent / "data"


def read(**how):
    return radiotherapy.read_plan(files.plan(**how))


def test_a_plan_has_its_fractions_prescription_and_monitor_units():
    plan = read().value
    assert plan.fractions == 30
    assert plan.prescriptions == (Prescription(dose_gy=60, region=1),)
    assert plan.approval == "APPROVED"
    assert plan.patient_position == "HFS"
    assert plan.is_deliverable
    (beam,) = plan.beams
    assert (beam.number, beam.machine, beam.radiation) == (7, "M", "PHOTON")
    assert beam.monitor_units == 123.5
    assert beam.axis_distance_mm == 1000
    assert [limiter.kind for limiter in beam.limiters] == [
        LimiterKind.ASYMX, LimiterKind.ASYMY, LimiterKind.MLCX
    ]  # fmt: skip
    assert beam.limiters[2].boundaries_mm is not None
    assert beam.limiters[2].boundaries_mm.tolist() == [-15, -5, 5, 15]


def test_every_control_point_is_whole_though_the_file_states_changes_only():
    points = read().value.beams[0].points
    assert [p.gantry_deg for p in points] == [350, 355, 355]
    assert [p.meterset for p in points] == pytest.approx([0, 0.25, 1])
    assert all(p.isocentre_mm == (1, 2, -18) and p.energy_mv == 6 for p in points)
    assert all(p.positions_mm[0].tolist() == [[-40], [50]] for p in points)
    assert points[1].positions_mm[2].tolist() == [[-10, -9, -8], [10, 9, 8]]
    assert points[2].positions_mm[2].tolist() == [[-5, -4, -3], [5, 4, 3]]


def set_to(**elements):
    def change(found):
        for keyword, value in elements.items():
            setattr(found, keyword, value)

    return change


def passed(beam):
    beam.ControlPointSequence[0].BeamLimitingDevicePositionSequence[2].LeafJawPositions = [
        10, 9, 8, -10, -9, -8
    ]  # fmt: skip


def falling(beam):
    beam.ControlPointSequence[1].CumulativeMetersetWeight = 81


def nowhere(beam):
    del beam.ControlPointSequence[0].IsocenterPosition


HELD = {
    "a wedge": (set_to(NumberOfWedges=1), "has a wedge, which is not read"),
    "a block": (set_to(NumberOfBlocks=2), "has a block"),
    "setup": (set_to(TreatmentDeliveryType="SETUP"), "not for treatment"),
    "minutes": (set_to(PrimaryDosimeterUnit="MINUTE"), "not counted in monitor units"),
    "lost points": (set_to(NumberOfControlPoints=4), "announces 4 control points and has 3"),
    "no final weight": (set_to(FinalCumulativeMetersetWeight=None), "final cumulative"),
    "leaves": (passed, "passed the one opposite"),
    "meterset": (falling, "meterset from 0 to 1"),
    "no isocentre": (nowhere, "lacks what a beam must state"),
}


@pytest.mark.parametrize("name", HELD)
def test_a_beam_is_taken_whole_or_the_plan_says_why_not(name):
    beam, reason = HELD[name]
    with pytest.raises(UnreadableFileError) as error:
        read(beam=beam)
    assert "No beam of the plan can be used" in str(error.value)
    assert reason in files.refused(error)


def test_of_several_beams_the_one_not_understood_is_listed():
    def change(found):
        second = deepcopy(found.BeamSequence[0])
        second.BeamNumber, second.NumberOfBoli = 8, 1
        found.BeamSequence.append(second)

    found = read(change=change)
    assert [beam.number for beam in found.value.beams] == [7]
    assert [(h.path, h.reason) for h in found.held_back] == [
        ("BeamSequence/8", "It has a bolus, which is not read.")
    ]


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        (set_to(FractionGroupSequence=[]), UnreadableFileError, "0 groups of fractions"),
        (lambda d: setattr(d.FractionGroupSequence[0], "NumberOfFractionsPlanned", None),
         UnreadableFileError, "how many fractions"),
        (lambda d: setattr(d.FractionGroupSequence[0], "NumberOfFractionsPlanned", 0),
         InvalidPlanError, "1 fraction or more"),
        (lambda d: setattr(d.FractionGroupSequence[0], "NumberOfBrachyApplicationSetups", 1),
         UnreadableFileError, "sources in the body"),
    ],
)  # fmt: skip
def test_a_plan_without_its_fractions_is_refused(change, error, reason):
    with pytest.raises(error) as raised:
        read(change=change)
    assert reason in files.refused(raised)


def test_the_measured_fields_of_the_water_tank_are_squares():
    plan = radiotherapy.read_plan((DATA / "water_tank_plan.dcm").read_bytes()).value
    assert [beam.name for beam in plan.beams][:3] == ["02x02", "03x03", "04x04"]
    ten = next(beam for beam in plan.beams if beam.name == "10x10")
    assert ten.monitor_units == 1000
    jaws, leaves = ten.points[0].positions_mm
    assert jaws.ravel().tolist() == [-50, 50]
    assert ten.limiters[1].boundaries_mm is not None
    edges = ten.limiters[1].boundaries_mm
    middles = (edges[1:] + edges[:-1]) / 2
    opened = np.abs(middles) < 50
    assert (leaves[:, opened] == [[-50.0], [50.0]]).all()


def test_the_plan_of_pydicom_is_read():
    path = Path(str(get_testdata_file("rtplan.dcm")))
    plan = radiotherapy.read_plan(path.read_bytes()).value
    assert plan.fractions == 30
    assert plan.beams[0].monitor_units == pytest.approx(116.0036697)
    assert plan.beams[0].points[1].positions_mm[0].ravel().tolist() == [-100, 100]
