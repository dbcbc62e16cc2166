"""Is the equation of transport solved right?"""

from itertools import pairwise

import numpy as np
import pytest

from bodytwin.twins.radiotherapy.model.collapsed_cone import spread
from bodytwin.twins.radiotherapy.model.collapsed_cone_kernels import water_6mv
from verification.radiotherapy.collapsed_cone import water

PHOTONS = water_6mv()


def one_voxel(shape, at=None):
    given = np.zeros((*shape, 2), np.float32)
    given[tuple(at or (n // 2 for n in shape))] = (1.0, 1.0)
    return given


def test_all_energy_that_is_released_is_absorbed_where_nothing_gets_out(record_property):
    body = water.block(41, 10.0, top_mm=-205.0, density=40.0)
    body.values[10:30, 5:20, 12:33] = 12.5
    rng = np.random.default_rng(1)
    given = np.zeros((41, 41, 41, 2), np.float32)
    given[16:25, 16:25, 16:25] = rng.random((9, 9, 9, 2))
    dose = spread(water.beam(30.0), body, PHOTONS.cones(), released_gy=given)
    absorbed = (dose * body.values).sum(dtype=float)
    sent = (given.sum(axis=-1) * body.values).sum(dtype=float)
    record_property("absorbed_over_released", absorbed / sent)
    assert absorbed / sent == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("gantry", [0.0, 35.0])
def test_what_leaves_a_box_is_what_the_lengths_to_its_faces_say(gantry, record_property):
    count, spacing = 61, 5.0
    body, cones = water.block(count, spacing, top_mm=-0.5 * count * spacing), PHOTONS.cones()
    dose = spread(water.beam(gantry), body, cones, released_gy=one_voxel(body.values.shape))
    ways = cones.directions @ water.beam(gantry).axes
    length = 0.5 * count * spacing / np.abs(ways).max(axis=1)
    kept = (cones.share * (1.0 - np.exp(-cones.rate_per_mm * length[:, None]))).sum()
    record_property("kept", [float(dose.sum(dtype=float)), float(kept)])
    assert 1.3 < kept < 1.7
    assert dose.sum(dtype=float) == pytest.approx(kept, rel=2e-3)


def test_turning_beam_and_body_together_changes_nothing(record_property):
    count, at = 33, water.field(40.0)
    weights = np.random.default_rng(2).random(len(at))
    body = water.block(count, 5.0, top_mm=-82.5)
    body.values[8:14, 3:20, 10:30] = 0.3
    doses = []
    for turns, gantry in enumerate((0.0, 90.0, 180.0, 270.0)):
        turned = water.Densities(
            values=np.ascontiguousarray(np.rot90(body.values, turns, axes=(0, 1))),
            affine=body.affine,
        )
        dose = water.grid_dose(water.beam(gantry), turned, PHOTONS, beamlets_mm=at, weights=weights)
        doses.append(np.rot90(dose, -turns, axes=(0, 1)))
    off = [float(np.abs(d - doses[0]).max() / doses[0].max()) for d in doses[1:]]
    record_property("largest_of_maximum", off)
    assert max(off) < 2e-3


def test_source_and_place_can_be_exchanged_with_the_beam_reversed(record_property):
    body = water.block(31, 5.0, top_mm=-77.5)
    body.values[:, 12:20] = 0.25
    near = (slice(9, 14), slice(5, 10), slice(13, 18))
    far = (slice(16, 21), slice(20, 25), slice(14, 19))
    found = []
    for gantry, source, place in ((0.0, near, far), (180.0, far, near)):
        given = np.zeros((*body.values.shape, 2), np.float32)
        given[source] = 1.0
        dose = spread(
            water.beam(gantry), body, PHOTONS.cones(rings=16, around=16), released_gy=given
        )
        found.append(float(dose[place].mean()))
    record_property("there_and_back", found)
    assert found[0] == pytest.approx(found[1], rel=0.02)


def test_48_cones_are_within_one_per_cent_of_many_on_the_axis(record_property):
    body, off = water.block((49, 60, 49), 5.0, top_mm=-100.0, slab=(50.0, 150.0, 0.25)), []
    many = water.axis(water.of_field(body, PHOTONS, 50.0, cones=PHOTONS.cones(rings=20, around=20)))
    for rings, around in ((4, 6), (6, 8), (12, 12)):
        cones = PHOTONS.cones(rings=rings, around=around)
        off.append(water.axis(water.of_field(body, PHOTONS, 50.0, cones=cones)) / many - 1.0)
    mean = [float(np.sqrt((o**2).mean())) for o in off]
    record_property("rms_for_24_48_144_cones", mean)
    record_property("largest_for_24_48_144_cones", [float(np.abs(o).max()) for o in off])
    assert all(b < a for a, b in pairwise(mean))
    assert mean[1] < 0.01
    assert np.abs(off[1]).max() < 0.025


def test_the_dose_of_layers_of_10_mm_goes_to_a_limit_with_their_voxels(record_property):
    found = []
    for spacing in (10.0, 5.0, 2.5):
        count = (2 * round(60 / spacing) + 1, round(140 / spacing), 2 * round(60 / spacing) + 1)
        dose = water.axis(water.of_field(water.block(count, spacing, top_mm=-70.0), PHOTONS, 50.0))
        found.append(dose.reshape(14, -1).mean(axis=1))
    off = [np.abs(f / found[-1] - 1.0) for f in found[:-1]]
    record_property("percent_10_mm", np.round(100 * off[0], 2).tolist())
    record_property("percent_5_mm", np.round(100 * off[1], 2).tolist())
    assert off[1][1:].mean() < 0.5 * off[0][1:].mean()
    assert off[1].max() < 0.02
