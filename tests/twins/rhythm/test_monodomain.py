"""Excitation of tissue current by current: its cells, its spread, and how a run is kept."""

from dataclasses import replace

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, NumericalError, UnreadableFileError
from bodytwin.numerics.grid import Voxels, single
from bodytwin.numerics.grid.diffusion import Diffusion
from bodytwin.numerics.grid.stencil import OFFSETS, stencil
from bodytwin.twins.rhythm.model.cells.ten_tusscher import apd90_ms, beat, cell
from bodytwin.twins.rhythm.model.monodomain import Monodomain, Pulse
from bodytwin.twins.rhythm.model.monodomain_cells import BLOCK, ten_tusscher
from bodytwin.twins.rhythm.model.monodomain_state import State

ALONG, ACROSS = 0.0953, 0.0126
DT_MS, BEAT_MS = 0.02, 450.0
KINDS = ("epi", "mid", "endo", "border")


def piece(shape, *, fibre=(1.0, 0.0, 0.0), spacing_mm=0.35, hole=0.0, blend=0.15):
    """Voxels of a box, a share `hole` of them removed, and their stencil."""
    mask = np.random.default_rng(4).random(shape) >= hole
    voxels = Voxels.of_mask(mask, spacing_mm=spacing_mm)
    n = voxels.count
    made = stencil(
        voxels,
        fibre=np.tile(np.float32(fibre) / np.float32(np.linalg.norm(fibre)), (n, 1)),
        along_mm2_per_ms=np.full(n, ALONG, np.float32),
        across_mm2_per_ms=np.full(n, ACROSS, np.float32),
        blend=blend,
    )
    return voxels, made


def tissue(shape=(40, 5, 3), *, kinds=("epi",), dt_ms=DT_MS, **given):
    voxels, made = piece(shape, **given)
    return Monodomain(
        stencil=made,
        membrane=ten_tusscher(),
        kinds=(np.arange(voxels.count) % len(kinds)).astype(np.uint8),
        kind_names=kinds,
        dt_ms=dt_ms,
    )


def left_end(made):
    return Pulse(voxels=tuple(range(made.stencil.count // 8)), start_ms=1.0)


def test_exponential_and_logarithm_are_those_of_double_precision():
    x = np.linspace(-87, 88, 4001).astype(np.float32)
    wide = x.astype(float)
    np.testing.assert_allclose([single.exp(v) for v in x], np.exp(wide), rtol=2e-7)
    y = np.exp(wide).astype(np.float32)
    np.testing.assert_allclose(
        [single.log(v) for v in y], np.log(y.astype(float)), rtol=2e-7, atol=2e-7
    )


@pytest.fixture(scope="module")
def in_tissue():
    """One beat of every kind, a block of each in single precision: potentials (steps, kinds)."""
    membrane = ten_tusscher()
    v, states = membrane.start(len(KINDS))
    each = np.repeat(np.arange(len(KINDS), dtype=np.uint8), BLOCK)
    shares = membrane.shares(each, KINDS)
    steps, rates = (np.full(len(KINDS), x, np.float32) for x in (DT_MS, 0.0))
    found = np.empty((round(BEAT_MS / DT_MS), len(KINDS)))
    for k in range(len(found)):
        found[k] = v[:, -1]
        membrane.advance(v, states, shares, steps, rates)
        v += np.float32(52.0 * DT_MS) if k * DT_MS < 1.0 else np.float32(0.0)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_in_tissue_beats_as_it_does_alone_in_double_precision(kind, in_tissue):
    alone = cell(kind)
    _, wanted = beat(alone, alone.initial, length_ms=BEAT_MS, dt_ms=DT_MS, sample_ms=DT_MS)
    found = in_tissue[:, KINDS.index(kind)]
    assert np.abs(found - wanted).max() < 0.5
    apd = [apd90_ms(trace, sample_ms=DT_MS) for trace in (found, wanted)]
    assert apd[0] == pytest.approx(apd[1], abs=0.5)


@pytest.mark.parametrize("fibre", [(1, 0, 0), (1, 1, 0), (1, -0.6, 0.3), (1, 1, 1)])
def test_the_weights_are_symmetric_and_hold_the_diffusion_they_were_made_of(fibre):
    voxels, made = piece((7, 7, 7), fibre=fibre)
    for k in range(len(OFFSETS)):
        back = made.weights[made.neighbours[:, k], 25 - k]
        there = made.neighbours[:, k] != np.arange(voxels.count)
        np.testing.assert_array_equal(back[there], made.weights[there, k])
    f = np.array(fibre) / np.linalg.norm(fibre)
    wanted = ACROSS * np.eye(3) + (ALONG - ACROSS) * np.outer(f, f)
    middle = made.weights[voxels.index[4, 4, 4]].astype(float)
    held = 0.5 * 0.35**2 * np.einsum("k,ka,kb->ab", middle, OFFSETS, OFFSETS)
    np.testing.assert_allclose(held, wanted, atol=1e-7)


def test_what_does_not_change_along_the_fibres_does_not_feel_them():
    """45 degrees in the grid, an edge as steep as that of a wave: the error is that of ACROSS."""
    voxels, made = piece((24, 24, 3), fibre=(1, 1, 0), spacing_mm=0.35, blend=0.0)
    v = np.cos(2.0 * (voxels.positions_mm @ [1, -1, 0]) / np.sqrt(2)).astype(np.float32)
    inner = np.all((voxels.cells[:, :2] > 3) & (voxels.cells[:, :2] < 22), axis=1)
    rate = (made.weights * (v[made.neighbours] - v[:, None])).sum(axis=1)
    felt = -(rate[inner] @ v[inner]) / (v[inner] @ v[inner])
    assert felt == pytest.approx(ACROSS * 4.0, rel=0.1)


@pytest.mark.parametrize("blend", [0.0, 0.15])
def test_what_is_even_stays_and_what_spreads_is_kept_where_the_surface_is_rough(blend):
    voxels, made = piece((14, 12, 10), fibre=(1, -0.6, 0.3), hole=0.25, blend=blend)
    walk = Diffusion(made, dt_ms=0.9 * made.largest_step_ms)
    v = np.full(voxels.count, -85.23, np.float32)
    out = np.empty_like(v)
    walk.step(v, out)
    np.testing.assert_array_equal(out, v)
    v = np.random.default_rng(1).normal(size=voxels.count).astype(np.float32)
    total, size = v.sum(dtype=float), np.abs(v).max()
    for _ in range(2000):
        walk.step(v, out)
        v, out = out, v
        assert np.abs(v).max() <= 1.5 * size
    assert v.sum(dtype=float) == pytest.approx(total, abs=0.002)
    assert np.ptp(v) < 0.2 * size


def test_dead_voxels_carry_nothing():
    voxels = Voxels.of_mask(np.ones((9, 3, 3), bool), spacing_mm=0.35)
    n, wall = voxels.count, voxels.cells[:, 0] == 5
    made = stencil(
        voxels,
        fibre=np.tile(np.float32([1, 0, 0]), (n, 1)),
        along_mm2_per_ms=np.full(n, ALONG, np.float32),
        across_mm2_per_ms=np.full(n, ACROSS, np.float32),
        conducting=~wall,
    )
    v = (voxels.cells[:, 0] < 5).astype(np.float32)
    out = np.empty_like(v)
    Diffusion(made, dt_ms=0.02).step(v, out)
    np.testing.assert_array_equal(out, v)


def test_a_wave_runs_to_the_end_and_every_cell_of_it_repolarises():
    made = tissue()
    _, activity = made.run(made.rested(), [left_end(made)], 360.0)
    first = activity.first_ms(made.stencil.count).reshape(40, 5, 3)
    assert np.isfinite(first).all()
    assert (np.diff(first[6:, 2, 1]) > 0).all()
    assert len(activity.voxel) == made.stencil.count
    apd = activity.apd_ms()
    assert np.isfinite(apd).all()
    assert apd.min() > 250.0
    assert apd.max() < 320.0


def test_leaving_quiet_cells_alone_changes_arrival_and_duration_by_little():
    exact = replace(tissue(), quiet_mv_per_ms=0.0)
    found = []
    for made in (exact, tissue()):
        _, activity = made.run(made.rested(), [left_end(made)], 340.0)
        found.append((activity.first_ms(made.stencil.count), activity.apd_ms()))
    np.testing.assert_allclose(found[0][0], found[1][0], atol=0.1)
    np.testing.assert_allclose(np.sort(found[0][1]), np.sort(found[1][1]), atol=0.5)


def test_a_run_that_was_kept_and_taken_up_again_is_the_same_to_the_bit():
    made = tissue(kinds=("epi", "endo"))
    whole, activity = made.run(made.rested(), [left_end(made)], 12.0)
    half, before = made.run(made.rested(), [left_end(made)], 5.5)
    kept = half.to_bytes()
    again, after = made.run(State.from_bytes(kept), [left_end(made)], 12.0)
    assert again.to_bytes() == whole.to_bytes()
    np.testing.assert_array_equal(before.followed_by(after).time_ms, activity.time_ms)
    assert half.to_bytes() == kept


def test_the_results_do_not_depend_on_the_number_of_threads():
    made = tissue((30, 12, 8), fibre=(1, 0.5, 0.2))
    (one, a), (two, b) = (made.run(made.rested(), [left_end(made)], 6.0, threads=n) for n in (1, 2))
    assert one.to_bytes() == two.to_bytes()
    np.testing.assert_array_equal(a.time_ms, b.time_ms)


class StoppedError(Exception):
    pass


def test_who_is_told_how_far_it_is_may_stop_it():
    told = []

    def report(stage, share):
        told.append(share)
        if share > 0.3:
            raise StoppedError

    made = tissue((8, 3, 3))
    with pytest.raises(StoppedError):
        made.run(made.rested(), [left_end(made)], 10.0, report=report)
    assert told == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_a_step_that_is_not_stable_is_refused_with_the_largest_that_is():
    largest = tissue(spacing_mm=0.1, dt_ms=0.01).stencil.largest_step_ms
    with pytest.raises(InvalidInputError, match=f"at most {largest:.4g} ms"):
        tissue(spacing_mm=0.1, dt_ms=0.05)


def test_a_checkpoint_of_other_tissue_or_a_damaged_one_is_refused():
    made, other = tissue((8, 3, 3)), tissue((9, 3, 3))
    with pytest.raises(InvalidInputError, match="other tissue"):
        made.run(other.rested(), [], 1.0)
    kept = made.rested().to_bytes()
    for content in (b"", b"no checkpoint", kept[: len(kept) // 2]):
        with pytest.raises(UnreadableFileError):
            State.from_bytes(content)


def test_what_cannot_be_is_refused_in_words():
    made = tissue((8, 3, 3))
    with pytest.raises(InvalidInputError, match="pulse"):
        made.run(made.rested(), [Pulse(voxels=(10_000,), start_ms=0.0)], 1.0)
    with pytest.raises(InvalidInputError):
        Pulse(voxels=(), start_ms=0.0)
    with pytest.raises(InvalidInputError, match="kind"):
        tissue((8, 3, 3), kinds=("atrial",)).run(made.rested(), [], 1.0)
    with pytest.raises(InvalidInputError, match="blend"):
        tissue((8, 3, 3), blend=0.3)
    flood = Pulse(voxels=(3,), start_ms=0.0, strength_mv_per_ms=1e6)
    with pytest.raises(NumericalError):
        made.run(made.rested(), [flood], 1.0)
