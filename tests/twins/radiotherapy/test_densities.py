"""Tissues have the electron density that other tables give them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.model.densities import electron_densities, points


@pytest.mark.parametrize(
    ("hu", "wanted", "off"),
    [
        (-1000.0, 0.001, 0.0005),  # air
        (-100.0, 0.95, 0.03),  # adipose tissue, ICRU 44: 0.951
        (50.0, 1.04, 0.02),  # skeletal muscle, ICRU 44: 1.040
        (1500.0, 1.78, 0.05),  # cortical bone, ICRU 44: 1.781
    ],
)
def test_tissues_are_as_dense_as_in_other_tables(hu, wanted, off):
    assert electron_densities(np.array([hu])).item() == pytest.approx(wanted, abs=off)


def test_lung_has_the_density_of_its_mass_and_composition():
    density = 0.00121 + (0.93 - 0.00121) * (-700.0 + 1000.0) / (-98.0 + 1000.0)
    wanted = density * 0.55048 / 0.55508  # electrons per weight of lung and water, NIST
    assert electron_densities(np.array([-700.0])).item() == pytest.approx(wanted, rel=0.01)


@given(st.floats(-1050.0, 1600.0), st.floats(-1050.0, 1600.0))
def test_more_attenuation_is_more_electrons_but_for_the_step_at_100(first, second):
    low, high = sorted((first, second))
    step = low < 101.0 and high > 60.0
    found = electron_densities(np.array([low, high]))
    assert found[1] >= found[0] - (0.06 if step else 1e-6)


@pytest.mark.parametrize("hu", [-1051.0, 1601.0, np.nan])
def test_what_is_no_tissue_is_refused(hu):
    with pytest.raises(InvalidInputError, match="1 voxels of 2 lie outside"):
        electron_densities(np.array([0.0, hu]))


def test_an_image_keeps_its_shape():
    assert electron_densities(np.zeros((2, 3, 4))).shape == (2, 3, 4)
    assert (np.diff(points()[0]) > 0).all()
