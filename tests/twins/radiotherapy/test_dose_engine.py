"""Beams, densities and machines that cannot be are refused; beamlets cover the target."""

from dataclasses import replace

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.model.geometry import Beam, beamlets
from bodytwin.twins.radiotherapy.model.influence import influence, influence_at
from bodytwin.twins.radiotherapy.model.pencil import generic
from bodytwin.twins.radiotherapy.model.trace import Densities, traced

BEAM = Beam(gantry_deg=0.0, isocentre_mm=(0.0, 0.0, 0.0))


def box(value=1.0, half=20):
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    affine[:3, 3] = -5.0 * half
    return Densities(values=np.full((2 * half + 1,) * 3, value, np.float32), affine=affine)


def test_gantry_angles_go_as_the_standard_has_them():
    front, left = BEAM, replace(BEAM, gantry_deg=90.0)
    assert front.source_mm == pytest.approx([0.0, -1000.0, 0.0], abs=1e-9)
    assert left.source_mm == pytest.approx([1000.0, 0.0, 0.0], abs=1e-9)
    for beam in (front, left, replace(BEAM, gantry_deg=200.0, couch_deg=30.0)):
        assert beam.axes @ beam.axes.T == pytest.approx(np.eye(3), abs=1e-12)


def test_what_lies_nearer_to_the_source_is_seen_larger():
    near, far = BEAM.seen(np.array([[10.0, -200.0, 0.0], [10.0, 200.0, 0.0]]))
    assert near[0] == pytest.approx(12.5)
    assert far[0] == pytest.approx(10.0 / 1.2)


def test_beamlets_cover_the_target_with_one_more_all_round():
    target = np.array([[-12.0, 0.0, 0.0], [12.0, 0.0, 0.0]])
    found = {tuple(at) for at in beamlets(BEAM, target).tolist()}
    assert {(-10.0, 0.0), (10.0, 0.0), (-15.0, 5.0), (15.0, -5.0)} <= found
    assert (0.0, 0.0) not in found


def test_dose_scales_with_density_only_through_depth():
    voxels, target = np.array([[0.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 0.0]])
    doses = [
        influence([BEAM], box(v), generic(), voxels_mm=voxels, target_mm=target).matrix.sum()
        for v in (0.3, 1.0, 1.6)
    ]
    assert doses[0] > doses[1] > doses[2] > 0


def test_empty_space_around_a_body_changes_nothing():
    wide = np.zeros((41, 61, 81), np.float32)
    wide[10:31, 20:41, 30:51] = 0.7
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    affine[:3, 3] = (-100.0, -150.0, -200.0)
    tight = affine.copy()
    tight[:3, 3] += 5.0 * np.array([9.0, 19.0, 29.0])
    places = np.random.default_rng(0).uniform(-60.0, 60.0, (200, 3))
    for beam in (BEAM, replace(BEAM, gantry_deg=37.0, couch_deg=20.0)):
        depths = [
            traced(beam, Densities(values=values, affine=to_mm)).at(beam.seen(places))
            for values, to_mm in ((wide, affine), (wide[9:32, 19:42, 29:52].copy(), tight))
        ]
        assert depths[0] == pytest.approx(depths[1], abs=1e-3)
        assert depths[0].max() > 50.0


def test_depths_asked_for_in_part_are_those_of_the_whole():
    for beam in (BEAM, replace(BEAM, gantry_deg=110.0)):
        seen = beam.seen(np.random.default_rng(1).uniform(-40.0, 30.0, (100, 3)))
        whole, part = traced(beam, box()), traced(beam, box(), seen=seen)
        assert part.depth_mm.size < 0.5 * whole.depth_mm.size
        assert part.at(seen) == pytest.approx(whole.at(seen), abs=1e-6)
        assert part.surface_mm == whole.surface_mm


def test_a_body_of_nothing_has_no_depth():
    depths = traced(BEAM, box(0.0))
    assert not depths.depth_mm.any()
    assert depths.surface_mm == BEAM.axis_distance_mm


def test_beamlets_at_stated_places_are_those_that_cover_a_target():
    voxels = np.random.default_rng(2).uniform(-60.0, 60.0, (300, 3))
    beams = [BEAM, replace(BEAM, gantry_deg=90.0)]
    whole = influence(beams, box(), generic(), voxels_mm=voxels, target_mm=voxels[:3])
    at = [whole.beamlets_mm[whole.beam == k] for k in range(2)]
    stated = influence_at(beams, box(), generic(), voxels_mm=voxels, beamlets_mm=at)
    assert (stated.beam == whole.beam).all()
    assert abs(stated.matrix - whole.matrix).max() == 0.0
    single = influence_at([beams[1]], box(), generic(), voxels_mm=voxels, beamlets_mm=[at[1]])
    later = whole.matrix[:, np.flatnonzero(whole.beam == 1)]
    assert abs(single.matrix - later).max() == 0.0


def test_a_beam_that_sees_no_voxel_leaves_nothing():
    far = [np.array([[400.0, 0.0]])]
    found = influence_at([BEAM], box(), generic(), voxels_mm=np.zeros((1, 3)), beamlets_mm=far)
    assert found.matrix.shape == (1, 1)
    assert found.matrix.nnz == 0


def test_what_cannot_be_is_refused():
    with pytest.raises(InvalidInputError, match="Relative densities"):
        box(np.nan)
    with pytest.raises(InvalidInputError, match="Relative densities"):
        box(-1.0)
    with pytest.raises(InvalidInputError, match="above 0 mm"):
        Beam(gantry_deg=0.0, isocentre_mm=(0.0, 0.0, 0.0), beamlet_mm=0.0)
    with pytest.raises(InvalidInputError, match="behind the source"):
        traced(replace(BEAM, isocentre_mm=(0.0, 1000.0, 0.0)), box())
    with pytest.raises(InvalidInputError, match="mm are known"):
        generic().tables(beamlet_mm=5.0, surface_mm=300.0)
    with pytest.raises(InvalidInputError, match="at least one voxel"):
        beamlets(BEAM, np.empty((0, 3)))
    with pytest.raises(InvalidInputError, match="at least one beam"):
        influence([], box(), generic(), voxels_mm=np.zeros((1, 3)), target_mm=np.zeros((1, 3)))
    for at in ([], [np.empty((0, 2))]):
        with pytest.raises(InvalidInputError, match="lists of beamlets"):
            influence_at([BEAM], box(), generic(), voxels_mm=np.zeros((1, 3)), beamlets_mm=at)
    with pytest.raises(InvalidInputError, match="Kernels"):
        replace(generic(), radius_mm=np.arange(3.0))
