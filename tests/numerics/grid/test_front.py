"""A front arrives when it should, waits for what has not recovered, and forgets nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid import Voxels
from bodytwin.numerics.grid.front import (
    NEVER,
    Recovery,
    at_rest,
    first_arrival,
    medium,
    path_bias,
    spread,
)


def block(h=1.0, n=31, axis=(1.0, 0.0, 0.0), along=0.6, across=0.25, carries=None):
    voxels = Voxels.of_mask(np.ones((n, n, n), dtype=bool), spacing_mm=h)
    count = voxels.count
    f = np.array(axis) / np.linalg.norm(axis)
    made = medium(
        voxels,
        axis=np.tile(f, (count, 1)).astype(np.float32),
        speed_along_m_per_s=np.full(count, along, dtype=np.float32),
        speed_across_m_per_s=np.full(count, across, dtype=np.float32),
        carries=np.ones(count, dtype=bool) if carries is None else carries(voxels),
    )
    return made, f


def middle(voxels):
    n = voxels.index.shape[0] // 2
    return int(voxels.index[n, n, n])


def exact(voxels, source, f, along=0.6, across=0.25):
    d = voxels.positions_mm - voxels.positions_mm[source]
    return np.sqrt((d**2).sum(axis=1) / across**2 + (d @ f) ** 2 * (1 / along**2 - 1 / across**2))


@settings(max_examples=8, deadline=None)
@given(x=st.floats(-1, 1), y=st.floats(-1, 1), z=st.floats(0.2, 1), across=st.floats(0.2, 0.55))
def test_in_a_uniform_block_it_arrives_when_theory_says(x, y, z, across):
    made, f = block(axis=(x, y, z), across=across)
    source = middle(made.voxels)
    found = first_arrival(made, np.array([source], dtype=np.int32), np.zeros(1))
    truth = exact(made.voxels, source, f, across=across)
    far = truth > 0.4 * truth.max()
    error = found[far] / truth[far] - 1
    assert abs(error.mean()) < 0.015
    assert np.sqrt((error**2).mean()) < 0.03


def test_the_bias_of_paths_is_small_and_grows_with_anisotropy():
    assert 0 < path_bias(1.0) < path_bias(4.0) < 0.06


def test_where_nothing_carries_it_does_not_arrive():
    wall = lambda v: v.cells[:, 0] != 16  # noqa: E731
    made, _ = block(carries=wall)
    source = int(np.flatnonzero(made.voxels.cells[:, 0] < 5)[0])
    found = first_arrival(made, np.array([source], dtype=np.int32), np.zeros(1))
    beyond = made.voxels.cells[:, 0] >= 16
    assert np.isinf(found[beyond]).all()
    assert np.isfinite(found[made.voxels.cells[:, 0] < 16]).all()


RECOVERY = Recovery(
    first_ms=0.0,
    step_ms=100.0,
    active_ms=np.array([[150.0, 200.0, 250.0]], dtype=np.float32),
    speed_share=np.array([[0.6, 0.9, 1.0]], dtype=np.float32),
    recovers_ms=np.array([[20.0]], dtype=np.float32),
)


def run(made, state, sources, times, until):
    count = made.voxels.count
    return spread(
        made,
        state,
        kind=np.zeros(count, dtype=np.uint8),
        active_share=np.ones(count, dtype=np.float32),
        recovery=RECOVERY,
        sources=np.array(sources, dtype=np.int32),
        times_ms=np.array(times, dtype=np.float64),
        until_ms=until,
        patience_ms=5.0,
        smoothing_ms=3.0,
    )


def test_one_beat_of_rested_voxels_is_the_first_arrival():
    made, _ = block(n=15)
    source = middle(made.voxels)
    _, events = run(made, at_rest(made.voxels.count, 250.0), [source], [10.0], 1e4)
    found = first_arrival(made, np.array([source], dtype=np.int32), np.array([10.0]))
    assert len(events.voxel) == made.voxels.count
    assert events.time_ms == pytest.approx(found[events.voxel])
    assert (np.diff(events.time_ms) >= 0).all()


def test_a_beat_that_comes_too_early_dies_and_a_later_one_does_not():
    made, _ = block(n=15)
    source = middle(made.voxels)
    rested = at_rest(made.voxels.count, 250.0)
    for second, reached in ((200.0, 1), (320.0, 2)):
        _, events = run(made, rested, [source, source], [0.0, second], 1e4)
        assert len(events.voxel) == reached * made.voxels.count


def test_a_run_in_parts_is_the_run_in_one():
    made, _ = block(n=15)
    source, rested = middle(made.voxels), at_rest(made.voxels.count, 250.0)
    _, whole = run(made, rested, [source, source], [0.0, 330.0], 900.0)
    state, first = run(made, rested, [source], [0.0], 20.0)
    state, second = run(made, state, [source], [330.0], 345.0)
    _, third = run(made, state, [], [], 900.0)
    for name in ("time_ms", "voxel", "source", "active_ms"):
        parts = np.concatenate([getattr(e, name) for e in (first, second, third)])
        assert np.array_equal(parts, getattr(whole, name)), name


def test_a_state_is_not_changed_by_a_run():
    made, _ = block(n=9)
    rested = at_rest(made.voxels.count, 250.0)
    run(made, rested, [middle(made.voxels)], [0.0], 1e4)
    assert (rested.reached_ms == NEVER).all()


def test_a_medium_that_stands_still_is_refused():
    with pytest.raises(InvalidInputError):
        block(across=0.0)
