import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, MissingDataError
from bodytwin.twins.radiotherapy.model.gamma import Criterion, gamma, passing_percent

PYMEDPHYS = {(3.0, 3.0): (99.8927, 7457), (2.0, 2.0): (97.2643, 7457)}
STRICT = Criterion(dose_percent=2.0, distance_mm=2.0)


def doses():
    g = np.linspace(-30.0, 30.0, 31)
    x, y, z = np.meshgrid(g, g, g[:21], indexing="ij")
    one = 60 / (1 + np.exp((np.hypot(x, y) - 15) / 3)) * np.exp(-(((z + 10) / 40) ** 2))
    edge = (np.hypot(x - 1.2, y + 0.8) - 15.4) / 3
    return one, 1.015 * 60 / (1 + np.exp(edge)) * np.exp(-(((z + 9) / 40) ** 2))


@pytest.mark.parametrize("steep", [0.5, 1.5])
def test_in_a_linear_dose_it_is_the_closed_form(steep):
    line = np.broadcast_to(50.0 + steep * np.arange(31.0)[:, None, None], (31, 9, 9))
    found = gamma(line, line + 1.0, spacing_mm=(1.0,) * 3, criterion=STRICT, normal_gy=100.0)
    expected = 1.0 / np.hypot(2.0, steep * 2.0)
    np.testing.assert_allclose(found[8:-8, 4, 4], expected, rtol=0.025)


@pytest.mark.parametrize("percent_mm", PYMEDPHYS)
def test_as_many_voxels_pass_as_with_pymedphys(percent_mm):
    by = Criterion(dose_percent=percent_mm[0], distance_mm=percent_mm[1])
    found = gamma(*doses(), spacing_mm=(2.0,) * 3, criterion=by)
    passing, looked = PYMEDPHYS[percent_mm]
    assert np.isfinite(found).sum() == looked
    assert passing_percent(found) == pytest.approx(passing, abs=0.2)


def test_the_same_dose_passes_everywhere_and_one_far_off_nowhere():
    one, _ = doses()
    assert np.nanmax(gamma(one, one, spacing_mm=(2.0,) * 3)) == 0.0
    assert passing_percent(gamma(one, 1.0 + 3.0 * one, spacing_mm=(2.0,) * 3)) == 0.0


def test_what_cannot_be_compared_is_refused():
    one, _ = doses()
    with pytest.raises(InvalidInputError, match="Resample"):
        gamma(one, one[:-1], spacing_mm=(2.0,) * 3)
    with pytest.raises(MissingDataError):
        passing_percent(np.full((2, 2, 2), np.nan))
