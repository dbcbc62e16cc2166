"""A spiral wave in a sheet of muscle, begun by two stimuli at right angles, and its tip.

S1 along the left edge; when the middle of the sheet has come down to `RECOVERED_MV` behind it, S2
in the lower left quarter, whose wave can only run up and then round.
"""

from dataclasses import dataclass, replace

import numpy as np

from bodytwin.numerics.grid import Voxels
from bodytwin.numerics.grid.stencil import stencil
from bodytwin.twins.rhythm.model.calibrate import Scheme, calibrated
from bodytwin.twins.rhythm.model.monodomain import Monodomain, Pulse
from bodytwin.twins.rhythm.model.monodomain_marks import joined
from bodytwin.twins.rhythm.model.phase import paths, tips
from verification.rhythm.spiral.steep import membrane

SPEED_M_PER_S = 0.68
RECOVERED_MV = -75.0
EDGE_MM, NEAR_MM = 5.0, 10.0
"""Tips nearer to the edge are none; tips this near to one another count as one."""
LOOK_MS = 2.0
REACH_MM, GAP_MS = 12.0, 30.0


@dataclass(frozen=True)
class Seen:
    """What happened: start of S2, tips (a list of (k, 2) arrays) every LOOK_MS, activations."""

    side_mm: float
    s2_ms: float
    times_ms: np.ndarray
    tips: tuple
    path: object
    activity: object
    voxels: Voxels
    v: np.ndarray


def sheet(side_mm, *, slope="1.1", spacing_mm=0.5, dt_ms=0.05, width=None):
    """The sheet, or a strip of `width` voxels of it, ready, and its voxels."""
    n = round(side_mm / spacing_mm)
    voxels = Voxels.of_mask(np.ones((n, width or n, 1), bool), spacing_mm=spacing_mm)
    scheme = Scheme(spacing_mm=spacing_mm, dt_ms=dt_ms)
    diffusion = calibrated(SPEED_M_PER_S, scheme).diffusion_mm2_per_ms
    every = np.full(voxels.count, diffusion, np.float32)
    made = stencil(
        voxels,
        fibre=np.tile(np.float32([1, 0, 0]), (voxels.count, 1)),
        along_mm2_per_ms=every,
        across_mm2_per_ms=every,
        blend=scheme.blend,
    )
    kinds = np.zeros(voxels.count, np.uint8)
    tissue = Monodomain(stencil=made, membrane=membrane(slope), kinds=kinds, dt_ms=dt_ms)
    return tissue, voxels


def spiral(side_mm, until_ms, *, slope="1.1", spacing_mm=0.5, dt_ms=0.05, threads=None):
    """Begin one and follow it until `until_ms`, or until all is quiet."""
    tissue, voxels = sheet(side_mm, slope=slope, spacing_mm=spacing_mm, dt_ms=dt_ms)
    at = voxels.positions_mm - voxels.positions_mm.min(axis=0)
    state = _after_s1(side_mm, tissue, slope)
    found = []
    s2_ms = state.step * dt_ms
    corner = Pulse(
        voxels=_where((at[:, :2] < side_mm / 2).all(axis=1)), start_ms=s2_ms, duration_ms=5.0
    )
    times, frames, now = [], [], s2_ms
    while now < until_ms:
        before = _potential(state, voxels)
        now += LOOK_MS
        state, more = tissue.run(state, [corner], now, threads=threads)
        found.append(more)
        v = _potential(state, voxels)
        if now > s2_ms + 10.0:
            times.append(now)
            frames.append(_inner(tips(voxels, before_mv=before, now_mv=v), voxels, side_mm))
        if v.max() < RECOVERED_MV:
            break
    return Seen(
        side_mm=side_mm,
        s2_ms=s2_ms,
        times_ms=np.array(times),
        tips=tuple(_apart(f.at_mm - voxels.positions_mm.min(axis=0)) for f in frames),
        path=paths(times, frames, reach_mm=REACH_MM, gap_ms=GAP_MS),
        activity=joined(found),
        voxels=voxels,
        v=_potential(state, voxels),
    )


def _after_s1(side_mm, tissue, slope):
    """The sheet when its middle has recovered behind S1, which is a strand beside itself."""
    h, dt = tissue.stencil.spacing_mm, tissue.dt_ms
    strip, voxels = sheet(side_mm, slope=slope, spacing_mm=h, dt_ms=dt, width=1)
    x = voxels.positions_mm[:, 0] - voxels.positions_mm[0, 0]
    left = Pulse(voxels=_where(x < 2.0), start_ms=0.0)
    state, _ = strip.run(strip.rested(), [left], 200.0)
    while _potential(state, voxels)[len(x) // 2] > RECOVERED_MV:
        state, _ = strip.run(state, [], state.step * dt + LOOK_MS)
    return _widened(state, tissue, len(x))


def _widened(state, tissue, n):
    """The state of a strip of n voxels, as that of the sheet made of n such strips."""
    whole = tissue.rested()
    rows = state.states.transpose(1, 0, 2).reshape(state.states.shape[1], -1)[:, :n]
    blocks, count, size = whole.states.shape
    states = whole.states.transpose(1, 0, 2).reshape(count, -1).copy()
    states[:, : n * n] = np.repeat(rows, n, axis=1)
    v = whole.v.reshape(-1).copy()
    v[: n * n] = np.repeat(state.v.reshape(-1)[:n], n)
    return replace(
        whole,
        step=state.step,
        v=v.reshape(whole.v.shape),
        states=np.ascontiguousarray(states.reshape(count, blocks, size).transpose(1, 0, 2)),
        top=np.repeat(state.top, n),
        low=np.repeat(state.low, n),
    )


def periods_ms(seen, *, after_ms):
    """Times from activation to activation, where and whenever after `after_ms`."""
    late = seen.activity.time_ms > after_ms
    voxel, time = seen.activity.voxel[late], seen.activity.time_ms[late]
    order = np.lexsort((time, voxel))
    same = np.diff(voxel[order]) == 0
    return np.diff(time[order])[same]


def broke_ms(seen, *, after_ms, held_ms=50.0):
    """When at least two tips first stay for `held_ms`, NaN where they never do."""
    several = np.array([len(t) >= 2 for t in seen.tips], dtype=bool) & (seen.times_ms > after_ms)
    run = 0
    for k, yes in enumerate(several):
        run = run + 1 if yes else 0
        if run * LOOK_MS >= held_ms:
            return float(seen.times_ms[k - run + 1])
    return float("nan")


def _where(mask):
    return tuple(np.flatnonzero(mask).tolist())


def _potential(state, voxels):
    return state.v.reshape(-1)[: voxels.count].copy()


def _inner(found, voxels, side_mm):
    at = found.at_mm - voxels.positions_mm.min(axis=0)
    inner = ((at[:, :2] > EDGE_MM) & (at[:, :2] < side_mm - EDGE_MM)).all(axis=1)
    return replace(found, at_mm=found.at_mm[inner], axis=found.axis[inner], turn=found.turn[inner])


def _apart(points):
    """Points, those near to one another as one."""
    kept = []
    for p in points[:, :2]:
        if all(np.linalg.norm(p - q) > NEAR_MM for q in kept):
            kept.append(p)
    return np.array(kept).reshape(-1, 2)
