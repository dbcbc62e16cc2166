"""Where rotating waves turn: points in sheets, threads in blocks, paths in time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid import Voxels
from bodytwin.twins.rhythm.model.phase import LEVEL_MV, filaments, paths, tips

SPACING_MM = 0.5


def box(*shape):
    return Voxels.of_mask(np.ones(shape, bool), spacing_mm=SPACING_MM)


def turning(voxels, centre_mm, *, turn=1, phase=0.0):
    """Potential of a wave that turns about a line along z, at a moment."""
    x, y, _ = (voxels.positions_mm - voxels.positions_mm.min(axis=0)).T
    angle = turn * np.arctan2(y - centre_mm[1], x - centre_mm[0])
    return LEVEL_MV + 40.0 * np.cos(angle - phase)


def of(voxels, centre_mm, *, turn=1, phase=0.3):
    before, now = (turning(voxels, centre_mm, turn=turn, phase=p) for p in (phase - 0.05, phase))
    return tips(voxels, before_mv=before, now_mv=now)


def at(found, voxels):
    return found.at_mm - voxels.positions_mm.min(axis=0)


@given(
    x=st.floats(3.1, 16.1), y=st.floats(3.1, 12.1), phase=st.floats(0, 6.28),
    turn=st.sampled_from([1, -1]),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_the_tip_of_a_turning_wave_is_found_where_it_is_and_turns_as_it_does(x, y, phase, turn):
    sheet = box(40, 30, 1)
    found = of(sheet, (x, y), turn=turn, phase=phase)
    assert len(found.at_mm) == 1
    assert np.linalg.norm(at(found, sheet)[0, :2] - (x, y)) < SPACING_MM
    assert found.turn[0] == turn
    assert found.axis[0] == 2


def test_a_plane_wave_and_a_ring_have_no_tip():
    sheet = box(40, 30, 1)
    x, y, _ = sheet.positions_mm.T
    for way in (x, np.hypot(x - 5.3, y - 6.1)):
        before, now = (LEVEL_MV + 40.0 * np.cos(0.7 * way - p) for p in (0.2, 0.3))
        assert len(tips(sheet, before_mv=before, now_mv=now).at_mm) == 0


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_what_turns_in_a_cube_by_one_face_comes_out_by_another(seed):
    """Whatever the potentials, the turns of the six faces of a cube, seen from outside, cancel."""
    cube = box(2, 2, 2)
    draw = np.random.default_rng(seed)
    found = tips(
        cube, before_mv=draw.uniform(-85, 30, cube.count), now_mv=draw.uniform(-85, 30, cube.count)
    )
    place = at(found, cube)[np.arange(len(found.axis)), found.axis]
    outward = np.where(place > SPACING_MM / 2, 1, -1)
    assert (outward * found.turn).sum() == 0
    assert len(found.turn) % 2 == 0


def test_in_a_block_the_points_are_a_thread_through_it():
    block = box(24, 20, 9)
    found = of(block, (5.2, 4.9))
    thread = found.across(2)
    assert len(thread.at_mm) == 9
    assert set(filaments(found, spacing_mm=SPACING_MM)) == {0}
    assert np.ptp(at(thread, block)[:, 2]) == pytest.approx(8 * SPACING_MM)


def test_two_waves_are_two_threads_that_turn_against_each_other():
    block = box(60, 20, 5)
    x, y, _ = (block.positions_mm - block.positions_mm.min(axis=0)).T
    angle = np.arctan2(y - 4.9, x - 7.2) - np.arctan2(y - 4.9, x - 22.1)
    before, now = (LEVEL_MV + 40.0 * np.cos(angle - p) for p in (0.2, 0.3))
    found = tips(block, before_mv=before, now_mv=now)
    number = filaments(found, spacing_mm=SPACING_MM)
    assert set(number) == {0, 1}
    assert {int(found.turn[(number == k) & (found.axis == 2)][0]) for k in (0, 1)} == {1, -1}


def test_a_tip_that_would_lie_in_tissue_that_is_not_there_is_none():
    mask = np.ones((40, 30, 1), bool)
    mask[14:26, 9:21] = False
    ring = Voxels.of_mask(mask, spacing_mm=SPACING_MM)
    assert len(of(ring, (10.0, 7.5)).at_mm) == 0


def test_a_tip_that_walks_is_one_path_and_one_that_begins_later_another():
    sheet = box(60, 30, 1)
    times = np.arange(0.0, 40.0, 2.0)
    frames = [of(sheet, (5.1 + 0.2 * t, 7.1), phase=0.1 * t) for t in times]
    (path,) = paths(times, frames, reach_mm=1.5, gap_ms=5.0)
    assert path.lasted_ms == 38.0
    assert path.turn == 1
    assert np.ptp(path.at_mm[:, 0]) == pytest.approx(7.6, abs=SPACING_MM)
    frames[10:] = [of(sheet, (25.1, 7.1), phase=0.1 * t) for t in times[10:]]
    first, second = paths(times, frames, reach_mm=1.5, gap_ms=5.0)
    assert first.lasted_ms == second.lasted_ms == 18.0


def test_a_path_goes_on_over_a_short_gap_and_not_as_one_that_turns_the_other_way():
    sheet = box(40, 30, 1)
    here, other = of(sheet, (9.1, 7.1)), of(sheet, (9.1, 7.1), turn=-1)
    none = of(sheet, (-50.0, -50.0))
    assert len(paths([0, 2, 4], [here, none, here], reach_mm=1.0, gap_ms=5.0)) == 1
    assert len(paths([0, 2, 4], [here, none, here], reach_mm=1.0, gap_ms=1.0)) == 2
    assert len(paths([0, 2], [here, other], reach_mm=1.0, gap_ms=5.0)) == 2


def test_potentials_of_other_tissue_are_refused():
    sheet = box(6, 5, 1)
    with pytest.raises(InvalidInputError, match="30 voxels"):
        tips(sheet, before_mv=np.zeros(29), now_mv=np.zeros(30))


def test_nothing_has_no_filaments():
    sheet = box(6, 5, 1)
    none = tips(sheet, before_mv=np.zeros(30), now_mv=np.zeros(30))
    assert len(filaments(none, spacing_mm=SPACING_MM)) == 0
