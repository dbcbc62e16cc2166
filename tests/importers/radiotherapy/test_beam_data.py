"""Scans in a tank of water and output factors, and files that are neither."""

from pathlib import Path

import numpy as np
import pytest

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.radiotherapy.beam_data import Along, read_output_factors, read_scans

FOLDER = Path(__file__).parents[3] / "examples" / "data" / "linac-6mv"
SCAN = """
    BEGIN_SCAN  {n}
        MODALITY=X
        ISOCENTER=1000.00
        ENERGY=6.00
        SSD=900.00
        FIELD_INPLANE=50.00
        FIELD_CROSSPLANE=100.00
        SCAN_CURVETYPE={kind}
        SCAN_DEPTH=15.00
        {more}
        BEGIN_DATA
            {points}
        END_DATA
    END_SCAN  {n}
"""
POINTS = "-1.0 2.0E-03\n 0.0 3.0\n 1.5 1.0"


def scan(n=1, kind="INPLANE_PROFILE", more="WEDGE_ANGLE=0.00", points=POINTS):
    return SCAN.format(n=n, kind=kind, more=more, points=points)


def file(*scans):
    return f"BEGIN_SCAN_DATA\nFORMAT=CC-Export V1.9\n{''.join(scans)}END_SCAN_DATA\n".encode()


def test_a_measured_file_is_read_whole():
    found = read_scans((FOLDER / "06MV_10x10.mcc").read_bytes())
    assert not found.held_back
    assert [s.along for s in found.value].count(Along.AXIS) == 1
    assert sorted(s.depth_mm for s in found.value if s.along is Along.X) == [15, 50, 100, 200]
    (deep,) = (s for s in found.value if s.along is Along.AXIS)
    assert (deep.sides_mm, deep.surface_mm, deep.axis_distance_mm) == ((100, 100), 900, 1000)
    assert deep.place_mm[np.argmax(deep.dose)] == 14.0
    assert np.interp(200.0, deep.place_mm, deep.dose) / np.interp(
        100.0, deep.place_mm, deep.dose
    ) == pytest.approx(0.573, abs=0.001)
    assert deep.detector == "PTW 31002 Semiflex"
    assert "SMOOTHED_CORR" in deep.corrections
    assert "SCAN_SPEEDS" in found.remarks[0]


def test_crossplane_is_x_and_a_scan_that_falls_is_turned():
    found = read_scans(file(scan(points="1.5 1.0\n0.0 3.0 0.9\n-1.0 2.0E-03"))).value[0]
    assert found.along is Along.Z
    assert found.sides_mm == (100.0, 50.0)
    assert found.place_mm.tolist() == [-1.0, 0.0, 1.5]
    assert found.dose.tolist() == [2e-3, 3.0, 1.0]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (scan(2, more="WEDGE_ANGLE=30.00"), "WEDGE_ANGLE"),
        (scan(2, more="SCAN_OFFAXIS_INPLANE=5.0"), "OFFAXIS"),
        (scan(2, more="MODALITY=EL"), "MODALITY"),
        (scan(2, more="SSD=-900"), "SSD"),
        (scan(2, more="SSD=ninety"), "no decimal|not a decimal"),
        (scan(2, kind="TPR"), "none of PDD"),
        (scan(2, points="0 1\n1 2"), "got 2"),
        (scan(2, points="0 1\n1 2\n2"), "points"),
        (scan(2, points="0 1\n2 2\n1 3"), "grow or fall"),
        (scan(2, points="0 1\n1 0\n2 3"), "above 0"),
        (scan(2, points="0 1\n1 nan\n2 3"), "decimal"),
    ],
)
def test_a_scan_that_is_no_open_field_is_held_back_with_the_reason(wrong, reason):
    found = read_scans(file(scan(), wrong))
    assert len(found.value) == 1
    assert [h.path for h in found.held_back] == ["scan 2"]
    assert any(part in found.held_back[0].reason for part in reason.split("|"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"SOMETHING\n", "starts with"),
        (file(scan())[:-20], "cut off"),
        (file(), "no scan"),
        (file(scan(kind="TPR")), "None of 1"),
        (file(scan().replace("END_SCAN  1", "")), "no end"),
        (file(scan().replace("END_SCAN  1", "END_SCAN  3")), "damaged"),
        (file(scan().replace("END_DATA", "")), "damaged"),
        (file(scan(), "Smith\n"), "text of 5 characters in no scan"),
        (b"", "empty"),
        (b"PK\x03\x04", "ZIP"),
    ],
)
def test_what_is_no_file_of_scans_is_refused(data, reason):
    with pytest.raises(UnreadableFileError, match=reason):
        read_scans(data)


def test_output_factors_have_energy_and_sides():
    (small, reference) = read_output_factors((FOLDER / "OutputFactors.csv").read_bytes()).value
    assert (small.energy_mv, small.sides_mm, small.factor) == (6.0, (50.0, 50.0), 0.906)
    assert (reference.sides_mm, reference.factor) == ((100.0, 100.0), 1.0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b",05x05\n6 MV,0\n", "above 0"),
        (b",05x05\n6 MV,high\n", "decimal"),
        (b",small\n6 MV,1\n", "sides of a field"),
        (b",0x5\n6 MV,1\n", "sides of a field"),
        (b",05x05\nsix,1\n", "energy"),
        (b",05x05\n6 MV,1,2\n", "energy"),
        (b",05x05\n", "no factor"),
        (b",05x05,5x5\n6 MV,0.9,0.9\n", "twice"),
    ],
)
def test_a_table_that_holds_no_output_factors_is_refused(data, reason):
    with pytest.raises(UnreadableFileError, match=reason):
        read_output_factors(data)
