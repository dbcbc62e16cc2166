"""Water, lung, water: beside a Monte Carlo of our own, and beside the pencil beam."""

import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bodytwin.twins.radiotherapy.model.collapsed_cone_kernels import water_6mv
from bodytwin.twins.radiotherapy.model.forward import dose_of_fluence
from bodytwin.twins.radiotherapy.model.pencil import generic
from verification.radiotherapy.collapsed_cone import water

REFERENCE = tomllib.loads((Path(__file__).parent / "reference.toml").read_text())
SLABS = {"water": None, "lung": (50.0, 150.0, 0.25)}
DEPTH_MM = 5.0 * (np.arange(60) + 0.5)
INSIDE = (DEPTH_MM > 60.0) & (DEPTH_MM < 140.0)
BESIDE = np.abs(DEPTH_MM - 50.0) < 10.0


@cache
def computed(slab, side):
    """On the axis of a parallel field with a sharp edge, in cm2/g per energy fluence."""
    photons = replace(water_6mv(), penumbra_mm=0.1, fluence_per_weight=10.0)
    body = water.block((61, 60, 61), 5.0, top_mm=0.0, slab=SLABS[slab])
    return water.axis(water.of_field(body, photons, side, distance_mm=water.FAR_MM))


def simulated(slab, side):
    return np.array(REFERENCE[slab][f"field_{side:g}_mm"])


@pytest.mark.parametrize("slab", ["water", "lung"])
@pytest.mark.parametrize("side", [30.0, 50.0, 100.0])
def test_the_dose_is_that_of_the_monte_carlo_with_nothing_fitted_to_it(slab, side, record_property):
    off = computed(slab, side) / simulated(slab, side) - 1.0
    deep = DEPTH_MM > 10.0
    record_property("percent_first_two_layers", np.round(100 * off[:2], 2).tolist())
    record_property("percent_mean", float(100 * off[deep].mean()))
    record_property("percent_largest", float(100 * np.abs(off[deep]).max()))
    record_property("percent_rms", float(100 * np.sqrt((off[deep] ** 2).mean())))
    assert abs(off[deep].mean()) < 0.02
    assert np.sqrt((off[deep] ** 2).mean()) < 0.025
    assert np.abs(off[deep]).max() < 0.06


def pencil(slab, side):
    """The same with the pencil beam of the generic machine, the surface at 900 mm."""
    body = water.block((61, 60, 61), 5.0, top_mm=-100.0, slab=SLABS[slab])
    at = water.field(side)
    places = np.column_stack([0 * DEPTH_MM, DEPTH_MM - 100.0, 0 * DEPTH_MM])
    return dose_of_fluence(
        water.beam(), body, generic(), voxels_mm=places, beamlets_mm=at, weights=np.ones(len(at))
    )


@pytest.mark.parametrize("side", [30.0, 50.0])
def test_in_lung_small_fields_get_what_the_monte_carlo_says_and_not_what_a_pencil_beam_says(
    side, record_property
):
    """Dose with lung over dose with water alone, in the middle of the lung."""
    ratio = {
        "monte_carlo": (simulated("lung", side) / simulated("water", side))[INSIDE].mean(),
        "collapsed_cone": (computed("lung", side) / computed("water", side))[INSIDE].mean(),
        "pencil_beam": (pencil("lung", side) / pencil("water", side))[INSIDE].mean(),
    }
    record_property("ratios", {k: round(float(v), 4) for k, v in ratio.items()})
    assert ratio["collapsed_cone"] == pytest.approx(ratio["monte_carlo"], rel=0.02)
    assert ratio["pencil_beam"] > 1.03 * ratio["monte_carlo"]
