"""The published spectrum, and one that is filtered a little more, beside a measured beam."""

from functools import cache

import numpy as np
import pytest

from bodytwin.twins.radiotherapy.model.collapsed_cone_kernels import water_6mv
from bodytwin.twins.radiotherapy.model.forward import dose_of_fluence
from bodytwin.twins.radiotherapy.model.pencil import generic
from verification.radiotherapy.collapsed_cone import water
from verification.radiotherapy.commissioned import tank

DEPTH_MM = 2.5 * (np.arange(130) + 0.5)
LARGE, SMALL = (100.0, 100.0), (50.0, 50.0)
FILTER_MM = 150.0


@cache
def body():
    return water.block((53, 130, 53), (5.0, 2.5, 5.0), top_mm=-100.0)


@cache
def computed(side, filter_mm):
    return water.axis(water.of_field(body(), water_6mv().hardened(water_mm=filter_mm), side))


def off(sides, filter_mm):
    """Per cent by which the depth dose, over that at 100 mm, is off at every depth."""
    (scan,) = (s for s in tank.scans()[sides] if s.along is tank.Along.AXIS)
    wanted = np.interp(DEPTH_MM, scan.place_mm, scan.dose)
    wanted /= np.interp(100.0, scan.place_mm, scan.dose)
    dose = computed(sides[0], filter_mm)
    return 100.0 * (dose / np.interp(100.0, DEPTH_MM, dose) / wanted - 1.0)


def told(values):
    return {f"{d:g}": round(float(np.interp(d, DEPTH_MM, values)), 1) for d in PLACES}


PLACES = (5.0, 10.0, 15.0, 20.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0)


@pytest.mark.parametrize(("sides", "most"), [(LARGE, 3.5), (SMALL, 6.0)])
def test_the_published_spectrum_is_a_few_per_cent_off_a_beam_that_it_is_not_of(
    sides, most, record_property
):
    found = off(sides, 0.0)
    record_property("percent_at_mm", told(found))
    near = (DEPTH_MM > 10.0) & (DEPTH_MM <= 200.0)
    assert np.abs(found[near]).max() < most


def test_with_one_number_fitted_to_the_large_field_the_small_one_follows(record_property):
    fitted, foretold = off(LARGE, FILTER_MM), off(SMALL, FILTER_MM)
    record_property("percent_fitted_at_mm", told(fitted))
    record_property("percent_foretold_at_mm", told(foretold))
    deep = (DEPTH_MM > 10.0) & (DEPTH_MM <= 300.0)
    record_property("largest", [float(np.abs(v[deep]).max()) for v in (fitted, foretold)])
    assert np.abs(fitted[deep]).max() < 2.0
    assert np.abs(foretold[deep & (DEPTH_MM <= 200.0)]).max() < 3.0
    assert np.abs(foretold[deep]).max() < 5.0


@pytest.mark.parametrize("filter_mm", [0.0, FILTER_MM])
def test_the_output_of_the_small_field_is_foretold_within_two_per_cent(filter_mm, record_property):
    small, large = (np.interp(100.0, DEPTH_MM, computed(s, filter_mm)) for s in (50.0, 100.0))
    record_property("output", float(small / large))
    assert small / large == pytest.approx(tank.outputs()[SMALL], rel=0.025)


def test_under_reference_conditions_a_weight_leaves_what_it_leaves_in_the_pencil_beam(
    record_property,
):
    at, place = water.field(100.0), np.zeros((1, 3))
    (pencil,) = dose_of_fluence(
        water.beam(), body(), generic(), voxels_mm=place, beamlets_mm=at, weights=np.ones(len(at))
    )
    cone = float(np.interp(100.0, DEPTH_MM, computed(100.0, 0.0)))
    record_property("over_pencil_beam", cone / pencil)
    assert cone == pytest.approx(pencil, rel=0.01)
