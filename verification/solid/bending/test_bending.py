"""Cook's membrane, LE1 and LE10."""

import numpy as np
import pytest

from verification.solid.bending import shapes

CORNER_MM = 6.9
LE1_MPA, LE10_MPA = 92.7, -5.38


def test_a_panel_that_hardly_changes_its_volume_does_not_lock(record_property):
    rises = np.array([shapes.cook(count) for count in (4, 8, 16)])
    record_property("corner_mm", rises.tolist())
    print("Cook:", rises)
    assert rises[-1] == pytest.approx(CORNER_MM, rel=0.005)
    assert abs(rises[0] / rises[-1] - 1) < 0.01


def test_the_thin_elliptic_plate_bears_the_stress_of_le1(record_property):
    stresses = np.array([shapes.le1(*counts) for counts in ((8, 4), (16, 8), (32, 16))])
    record_property("mpa", stresses.tolist())
    print("LE1:", stresses)
    errors = np.abs(stresses / LE1_MPA - 1)
    assert (np.diff(errors) < 0).all()
    assert errors[-1] < 0.01


def test_the_thick_elliptic_plate_bears_the_stress_of_le10(record_property):
    stress = shapes.le10((12, 8, 4))
    record_property("mpa", float(stress))
    print("LE10:", stress)
    assert stress == pytest.approx(LE10_MPA, rel=0.02)
