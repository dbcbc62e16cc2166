import numpy as np
import pytest

from bodytwin.twins.rhythm.model.leads import LeadField, course, twelve
from bodytwin.twins.rhythm.model.torso import numbers
from verification.rhythm.leads.slab import APD_MS, arrival_ms, electrodes, integrated, slab

TIMES_MS = np.r_[np.arange(0.0, 75.0, 1.5), np.arange(75.0, 420.0, 15.0)]


@pytest.fixture(scope="module")
def correlations():
    """The worst and the middle one of twelve leads, by the edge of the voxels."""
    found = {}
    for spacing_mm in (1.5, 1.0, 0.75):
        heart = slab(spacing_mm)
        field = LeadField.of(heart, electrodes())
        n = heart.voxels.count
        leads = field.ecg(arrival_ms(heart.voxels.positions_mm), np.full(n, APD_MS), TIMES_MS)
        direct = twelve(integrated(course(), TIMES_MS))
        pairs = zip(leads, direct, strict=True)
        each = [np.corrcoef(one, other)[0, 1] for one, other in pairs]
        size = np.abs(leads - direct).max() / np.abs(direct).max()
        found[spacing_mm] = (min(each), np.median(each), size)
    return found


def test_every_lead_is_the_volume_integral_where_voxels_are_small(correlations):
    assert correlations[0.75][0] >= 0.999


def test_the_middle_lead_is_so_at_the_working_size_and_none_is_far_from_it(correlations):
    assert correlations[1.0][1] >= 0.999
    assert correlations[1.5][0] >= 0.99


def test_the_difference_falls_as_voxels_get_smaller(correlations):
    worst = [1 - correlations[h][0] for h in (1.5, 1.0, 0.75)]
    size = [correlations[h][2] for h in (1.5, 1.0, 0.75)]
    assert worst == sorted(worst, reverse=True)
    assert size == sorted(size, reverse=True)


def test_a_small_source_and_an_electrode_can_be_exchanged():
    """A dipole p at x is seen at e as p is seen by the field that a current at e makes at x."""
    way = np.array([0.6, 0.48, 0.64])
    heart = slab(0.5, np.array([2.0, 2.0, 2.0]), lambda x: np.tile(way, (len(x), 1)))
    x = heart.voxels.positions_mm
    field = LeadField.of(heart, electrodes())
    s = numbers()["conductivity"]
    along, across = s["intracellular_along_s_per_m"], s["intracellular_across_s_per_m"]
    away = electrodes().positions_mm - x.mean(axis=0)
    of_current = (
        away / np.linalg.norm(away, axis=1)[:, None] ** 3 / (4 * np.pi * s["trunk_s_per_m"])
    )
    for slope in np.eye(3):
        dipole = -(across * slope + (along - across) * (way @ slope) * way) * 2.0**3
        found = field.potentials_mv((x @ slope)[:, None])[:, 0]
        scale = np.linalg.norm(dipole) * np.linalg.norm(of_current, axis=1)
        assert (found - of_current @ dipole) / scale == pytest.approx(0.0, abs=1e-3)


def test_muscle_that_is_all_excited_or_all_at_rest_is_silent():
    heart = slab(1.5)
    field = LeadField.of(heart, electrodes())
    everywhere = np.full((heart.voxels.count, 1), 100.0)
    largest = np.abs(field.weights).sum(axis=0) * 100.0
    assert (np.abs(field.potentials_mv(everywhere)[:, 0]) < 1e-12 * largest).all()
