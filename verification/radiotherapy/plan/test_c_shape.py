import numpy as np
import pytest

from verification.radiotherapy.plan.c_shape import made, phantom, planned, told


@pytest.fixture(scope="module")
def course():
    of = phantom()
    found, _ = made(of)
    return of, found, planned(of, found.matrix)


def test_the_goals_of_the_easy_c_shape_are_met(course):
    of, _, dose = course
    target, core = told(of, dose, "target"), told(of, dose, "core")
    assert target.dose_at_gy(95.0) == pytest.approx(50.0)
    assert target.dose_at_gy(10.0) < 55.0
    assert core.dose_at_gy(10.0) < 25.0


def test_the_volumes_are_those_of_the_phantom(course):
    of, _, dose = course
    assert told(of, dose, "target").total_cm3 == pytest.approx(167.8, rel=0.02)
    assert told(of, dose, "core").total_cm3 == pytest.approx(29.7, rel=0.05)


def test_every_beam_covers_the_target(course):
    of, found, _ = course
    for beam in range(9):
        own = found.matrix @ (found.beam == beam).astype(float)
        inside = own[of.regions["target"]]
        assert inside.min() > 0.3 * inside.max()
    assert np.isfinite(found.matrix.data).all()
    assert (found.matrix.data >= 0).all()
