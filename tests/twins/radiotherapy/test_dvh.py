import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError, MissingDataError
from bodytwin.twins.radiotherapy.model.dvh import between_voxels, conformity, dvh

DOSES = st.lists(st.floats(0.0, 90.0), min_size=2, max_size=40)


@given(DOSES)
def test_the_curve_falls_from_all_to_nothing(doses):
    found = dvh(np.array(doses), np.linspace(0.5, 2.0, len(doses)))
    at = found.cumulative(np.linspace(-1.0, 95.0, 60))
    assert at[0] == 100.0
    assert at[-1] == 0.0
    assert np.all(np.diff(at) <= 1e-9)


@given(DOSES, st.floats(0.0, 100.0))
def test_doses_at_a_volume_lie_between_the_least_and_the_greatest(doses, volume):
    found = dvh(np.array(doses), np.ones(len(doses)))
    assert min(doses) - 1e-6 <= found.dose_at_gy(volume) <= max(doses) + 1e-6


@given(DOSES)
def test_the_mean_is_that_of_the_voxels(doses):
    volume = np.linspace(0.5, 2.0, len(doses))
    expected = np.average(doses, weights=volume)
    assert dvh(np.array(doses), volume).mean_gy == pytest.approx(expected, abs=1e-5)


def test_a_voxel_half_inside_counts_half():
    half = dvh(np.array([60.0, 20.0]), np.array([0.5, 1.0]))
    assert half.mean_gy == pytest.approx(100.0 / 3.0)
    assert half.total_cm3 == 1.5


def test_bins_hold_all_of_the_volume():
    doses = np.random.default_rng(0).uniform(0.0, 70.0, 500)
    found = dvh(doses, np.full(500, 0.1))
    edges = np.linspace(0.0, 70.0, 36)
    counts, _ = np.histogram(doses, bins=edges)
    np.testing.assert_allclose(found.differential_cm3(edges), 0.1 * counts)
    assert found.differential_cm3(edges).sum() == pytest.approx(50.0)


def test_an_even_dose_has_no_spread():
    found = dvh(np.full(30, 50.0), np.ones(30))
    assert found.homogeneity == 0.0
    assert [found.uniform_gy(a) for a in (-np.inf, -8.0, 1.0, 8.0, np.inf)] == pytest.approx(
        [50.0] * 5, abs=1e-10
    )


def test_the_hottest_cm3_of_a_smaller_structure_is_refused():
    found = dvh(np.array([10.0, 20.0]), np.array([0.2, 0.2]))
    assert 10.0 < found.dose_at_cm3_gy(0.2) < 20.0
    with pytest.raises(MissingDataError, match=r"0\.4 cm3, 2 cm3"):
        found.dose_at_cm3_gy(2.0)


def test_a_dose_that_covers_the_target_and_no_more_conforms():
    target = np.zeros(10)
    target[3:6] = 1.0
    assert conformity(60.0 * target, target, prescribed_gy=57.0) == 1.0
    assert conformity(np.full(10, 60.0), target, prescribed_gy=57.0) == pytest.approx(0.3)
    with pytest.raises(MissingDataError):
        conformity(target, target, prescribed_gy=57.0)


def test_what_cannot_be_is_refused():
    with pytest.raises(InvalidInputError, match="One volume for each dose"):
        dvh(np.ones(3), np.ones(2))
    with pytest.raises(InvalidInputError, match="negative"):
        dvh(np.array([1.0, -1.0]), np.ones(2))


@given(st.integers(1, 4))
def test_reading_between_voxels_keeps_the_mean_of_an_even_dose(finer):
    assert between_voxels(np.full((2, 3, 4), 7.0), finer) == pytest.approx(7.0)
    assert between_voxels(np.full((2, 3, 4), 7.0), finer).shape == (2 * finer, 3 * finer, 4 * finer)
