# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""When does a front that spreads through voxels reach each, and which can carry it again?

A front moves from voxel i to voxel j, which lies at the offset d, in

.. math::
    \tau_{ij} = \tfrac12 \big(s_i(d) + s_j(d)\big) / \beta, \qquad
    s(d)^2 = |d|^2 / c_x^2 + (f \cdot d)^2 (1/c_f^2 - 1/c_x^2),                  \tag{1}

with speed :math:`c_f` along the axis f and :math:`c_x` across it. Voxels are joined to the 98
others of the 5 x 5 x 5 around them that no shorter step lies in line with, where
everything between them can carry the front. The shortest path over such steps (Dijkstra 1959)
is too long by a few per cent, by an amount that is known exactly in a homogeneous
medium: there the arrival is a norm whose unit ball is the convex hull of
:math:`d_k / s(d_k)`. Its mean :math:`\beta - 1` is divided out.

Every voxel that was reached cannot be reached again before it has recovered. How long that takes
and how fast it then carries the front depends on how long it had rested (tables over
the rest, :math:`\tau_{ij}` being divided by the share of speed of voxel i), as in the
automaton of Serra et al. 2022 (*Mathematics* 10:1293).

Not for: the shape of the front itself, its curvature, what a source needs to excite
a large sink.
"""

from dataclasses import dataclass
from functools import cache
from math import gcd

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.voxels import Voxels

Array = NDArray[np.float64]
Float = NDArray[np.float32]
NEVER = -1e9
MOST_STEPS = 98


def _primitive() -> NDArray[np.int64]:
    reach = range(-2, 3)
    found = [
        (a, b, c)
        for a in reach
        for b in reach
        for c in reach
        if gcd(gcd(abs(a), abs(b)), abs(c)) == 1
    ]
    found.sort(key=lambda o: (o[0] ** 2 + o[1] ** 2 + o[2] ** 2, o))
    return np.array(found, dtype=np.int64)


STEPS = _primitive()
"""Offsets of the voxels that a front can go to in one step, (98, 3), nearest first."""


@cache
def path_bias(anisotropy: float) -> float:
    """Mean of shortest path over straight line in a homogeneous medium, minus one."""
    from scipy.spatial import ConvexHull

    rng = np.random.default_rng(0)
    d = STEPS.astype(np.float64)
    ratios: list[float] = []
    for _ in range(24):
        f = rng.standard_normal(3)
        f /= np.linalg.norm(f)
        directions = rng.standard_normal((400, 3))

        def cost(v: Array, f: Array = f) -> Array:
            squared = (v * v).sum(axis=1) * anisotropy**2
            return np.sqrt(squared + (v @ f) ** 2 * (1 - anisotropy**2))

        hull = ConvexHull(d / cost(d)[:, None])
        gauge = (directions @ hull.equations[:, :3].T / -hull.equations[:, 3]).max(axis=1)
        ratios.append(float(np.mean(gauge / cost(directions))))
    return float(np.mean(ratios)) - 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Medium:
    """Voxels with the speeds of equation (1), and which steps lead from each.

    `along` and `across` (n,) are squared slownesses in (ms/mm)^2, bias divided
    out; `steps` (n, 2) marks in 98 bits the steps of STEPS that can be taken.
    """

    voxels: Voxels
    axis: Float
    along: Float
    across: Float
    steps: NDArray[np.uint64]


def medium(
    voxels: Voxels,
    *,
    axis: Float,
    speed_along_m_per_s: Float,
    speed_across_m_per_s: Float,
    carries: NDArray[np.bool_],
    steps: NDArray[np.uint64] | None = None,
) -> Medium:
    """A medium on n voxels: `axis` (n, 3) of unit length, speeds (n,), which of them carry (n,).

    `steps` are those of another medium with the same voxels and the same `carries`.

    Raises:
        InvalidInputError: a speed that is not above zero where the front can go.

    """
    slow, fast = speed_across_m_per_s[carries], speed_along_m_per_s[carries]
    if not carries.any() or not (np.isfinite(fast) & (slow > 0) & (fast > 0)).all():
        raise InvalidInputError("A front needs voxels that carry it, at speeds above 0 m/s.")
    bias = 1.0 + path_bias(round(float(np.median(fast / slow)), 1))
    with np.errstate(divide="ignore"):
        along, across = (
            np.where(carries, 1.0 / (speed.astype(np.float64) * bias) ** 2, 0.0).astype(np.float32)
            for speed in (speed_along_m_per_s, speed_across_m_per_s)
        )
    if steps is None:
        steps = np.zeros((voxels.count, 2), dtype=np.uint64)
        _steps(voxels.index, voxels.cells, carries, STEPS, steps)
    return Medium(
        voxels=voxels,
        axis=np.ascontiguousarray(axis, dtype=np.float32),
        along=along,
        across=across,
        steps=steps,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Recovery:
    """What a voxel does after `rest_ms` = first + k * step of rest, for each kind of voxel.

    `active_ms`, `speed_share` and `recovers_ms` are (kinds, k): how long the voxel is active,
    at which share of its speed it carries the front on, and how long after
    being active it must rest before it can be reached again (by kind only: the first
    column counts). `first_ms` may be negative.
    """

    first_ms: float
    step_ms: float
    active_ms: Float
    speed_share: Float
    recovers_ms: Float


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """When each voxel was last reached and how long it is active, (n,) each, at `time_ms`."""

    time_ms: float
    reached_ms: Array
    active_ms: Array
    speed_share: Float
    waiting: "Waiting"


@dataclass(frozen=True, kw_only=True, eq=False)
class Waiting:
    """Fronts under way: when they reach which voxel, from which (-1: from outside)."""

    time_ms: Array
    voxel: NDArray[np.int32]
    source: NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Events:
    """Every time a voxel was reached, in order: when, which, from which, active for how long."""

    time_ms: Array
    voxel: NDArray[np.int32]
    source: NDArray[np.int32]
    active_ms: Float


def no_fronts() -> Waiting:
    """Nothing under way."""
    return Waiting(time_ms=np.empty(0), voxel=np.empty(0, np.int32), source=np.empty(0, np.int32))


def at_rest(count: int, active_ms: float) -> State:
    """Voxels that have rested for ever."""
    return State(
        time_ms=0.0,
        reached_ms=np.full(count, NEVER),
        active_ms=np.full(count, active_ms),
        speed_share=np.ones(count, dtype=np.float32),
        waiting=no_fronts(),
    )


def first_arrival(of: Medium, sources: NDArray[np.int32], delays_ms: Array) -> Array:
    """When a front from `sources` (s,) started at `delays_ms` (s,) reaches each voxel, (n,).

    Infinite where none gets to.
    """
    arrival = np.full(of.voxels.count, np.inf)
    _first(
        of.voxels.index, of.voxels.cells, STEPS, of.steps, of.voxels.spacing_mm,
        of.axis, of.along, of.across, sources.astype(np.int32), delays_ms, arrival,
    )  # fmt: skip
    return arrival


def spread(
    of: Medium,
    state: State,
    *,
    kind: NDArray[np.uint8],
    active_share: Float,
    recovery: Recovery,
    sources: NDArray[np.int32],
    times_ms: Array,
    until_ms: float,
    patience_ms: float,
    smoothing_mm: float,
) -> tuple[State, Events]:
    """Follow all fronts up to `until_ms`, with new ones begun at `sources` (s,) at `times_ms`.

    A front that comes to a voxel which recovers within `patience_ms` waits for
    it; otherwise it dies there. The activity of a voxel is drawn towards that of the one it
    was reached from, by a share that falls with their distance over `smoothing_mm`.
    """
    old = state.waiting
    time = np.concatenate([old.time_ms, times_ms])
    voxel = np.concatenate([old.voxel, sources]).astype(np.int32)
    source = np.concatenate([old.source, np.full(len(sources), -1)]).astype(np.int32)
    order = np.lexsort((voxel, time))
    reached, active = state.reached_ms.copy(), state.active_ms.copy()
    share = state.speed_share.copy()
    made = _spread(
        of.voxels.index, of.voxels.cells, STEPS, of.steps, of.voxels.spacing_mm,
        of.axis, of.along, of.across, kind, active_share,
        recovery.active_ms, recovery.speed_share, recovery.recovers_ms[:, 0],
        recovery.first_ms, recovery.step_ms, reached, active, share,
        time[order], voxel[order], source[order], until_ms, patience_ms, smoothing_mm,
    )  # fmt: skip
    t, v, s, a, wt, wv, ws = made
    waiting = Waiting(time_ms=wt, voxel=wv, source=ws)
    after = State(
        time_ms=until_ms, reached_ms=reached, active_ms=active, speed_share=share, waiting=waiting
    )
    return after, Events(time_ms=t, voxel=v, source=s, active_ms=a)


@njit(cache=True, nogil=True, parallel=True)
def _steps(index, cells, carries, offsets, found):
    for i in prange(len(cells)):
        if carries[i]:
            for k in range(len(offsets)):
                if _open(index, carries, cells[i], offsets[k]):
                    found[i, k >> 6] |= np.uint64(1) << np.uint64(k & 63)


@njit(cache=True, nogil=True)
def _carrying(index, carries, x, y, z):
    if x < 0 or y < 0 or z < 0:
        return False
    if x >= index.shape[0] or y >= index.shape[1] or z >= index.shape[2]:
        return False
    j = index[x, y, z]
    return j >= 0 and carries[j]


@njit(cache=True, nogil=True)
def _open(index, carries, at, d):
    """Whether the voxel at `d` carries the front, and so do those nearest to halfway."""
    x, y, z = at[0], at[1], at[2]
    if not _carrying(index, carries, x + d[0], y + d[1], z + d[2]):
        return False
    if max(abs(d[0]), abs(d[1]), abs(d[2])) < 2:
        return True
    for nudge in (0.499, 0.501):
        a = int(np.floor(x + 0.5 * d[0] + nudge))
        b = int(np.floor(y + 0.5 * d[1] + nudge))
        c = int(np.floor(z + 0.5 * d[2] + nudge))
        if not _carrying(index, carries, a, b, c):
            return False
    return True


@njit(cache=True, nogil=True, inline="always")
def _slowness(axis, along, across, i, dx, dy, dz):
    p = axis[i, 0] * dx + axis[i, 1] * dy + axis[i, 2] * dz
    return np.sqrt((dx * dx + dy * dy + dz * dz) * across[i] + p * p * (along[i] - across[i]))


@njit(cache=True, nogil=True)
def _push(times, voxels, sources, size, t, v, s):
    i = size
    while i > 0:
        up = (i - 1) >> 1
        if times[up] < t or (times[up] == t and voxels[up] <= v):
            break
        times[i], voxels[i], sources[i] = times[up], voxels[up], sources[up]
        i = up
    times[i], voxels[i], sources[i] = t, v, s
    return size + 1


@njit(cache=True, nogil=True)
def _pop(times, voxels, sources, size):
    size -= 1
    t, v, s = times[size], voxels[size], sources[size]
    i = 0
    while True:
        c = 2 * i + 1
        if c >= size:
            break
        if c + 1 < size and (
            times[c + 1] < times[c] or (times[c + 1] == times[c] and voxels[c + 1] < voxels[c])
        ):
            c += 1
        if t < times[c] or (t == times[c] and v <= voxels[c]):
            break
        times[i], voxels[i], sources[i] = times[c], voxels[c], sources[c]
        i = c
    times[i], voxels[i], sources[i] = t, v, s
    return size


@njit(cache=True, nogil=True)
def _grown(times, voxels, sources):
    t = np.empty(2 * len(times))
    v = np.empty(2 * len(times), dtype=np.int32)
    s = np.empty(2 * len(times), dtype=np.int32)
    t[: len(times)], v[: len(times)], s[: len(times)] = times, voxels, sources
    return t, v, s


@njit(cache=True, nogil=True)
def _first(index, cells, offsets, steps, h, axis, along, across, sources, delays, arrival):
    times = np.empty(1 << 16)
    voxels = np.empty(1 << 16, dtype=np.int32)
    froms = np.empty(1 << 16, dtype=np.int32)
    size = 0
    for q in range(len(sources)):
        if size + 1 >= len(times):
            times, voxels, froms = _grown(times, voxels, froms)
        if delays[q] < arrival[sources[q]]:
            arrival[sources[q]] = delays[q]
            size = _push(times, voxels, froms, size, delays[q], sources[q], -1)
    while size > 0:
        t, i = times[0], voxels[0]
        size = _pop(times, voxels, froms, size)
        if t > arrival[i]:
            continue
        x, y, z = cells[i, 0], cells[i, 1], cells[i, 2]
        for k in range(len(offsets)):
            if (steps[i, k >> 6] >> np.uint64(k & 63)) & np.uint64(1) == 0:
                continue
            j = index[x + offsets[k, 0], y + offsets[k, 1], z + offsets[k, 2]]
            if arrival[j] <= t:
                continue
            dx, dy, dz = h * offsets[k, 0], h * offsets[k, 1], h * offsets[k, 2]
            there = t + 0.5 * (
                _slowness(axis, along, across, i, dx, dy, dz)
                + _slowness(axis, along, across, j, dx, dy, dz)
            )
            if there < arrival[j]:
                arrival[j] = there
                if size + 1 >= len(times):
                    times, voxels, froms = _grown(times, voxels, froms)
                size = _push(times, voxels, froms, size, there, j, i)


@njit(cache=True, nogil=True)
def _looked_up(table, kind, rest, first, step):
    x = (rest - first) / step
    last = table.shape[1] - 1
    if x <= 0:
        return table[kind, 0]
    if x >= last:
        return table[kind, last]
    k = int(x)
    return table[kind, k] + (x - k) * (table[kind, k + 1] - table[kind, k])


@njit(cache=True, nogil=True)
def _spread(
    index, cells, offsets, steps, h, axis, along, across, kind, active_share,
    active_of, share_of, recovers, first, step, reached, active, share,
    begin, begin_voxel, begin_source, until, patience, smoothing,
):  # fmt: skip
    n = len(cells)
    expected = np.full(n, np.inf)
    times = np.empty(max(1 << 16, 2 * len(begin)))
    voxels = np.empty(len(times), dtype=np.int32)
    froms = np.empty(len(times), dtype=np.int32)
    size = 0
    for q in range(len(begin)):
        v = begin_voxel[q]
        if begin_source[q] >= 0:
            expected[v] = min(expected[v], begin[q])
        size = _push(times, voxels, froms, size, begin[q], v, begin_source[q])
    room = 4 * n
    out_t = np.empty(room)
    out_v = np.empty(room, dtype=np.int32)
    out_s = np.empty(room, dtype=np.int32)
    out_a = np.empty(room, dtype=np.float32)
    made = 0
    while size > 0:
        t, i, source = times[0], voxels[0], froms[0]
        if t > until:
            break
        size = _pop(times, voxels, froms, size)
        if source >= 0 and expected[i] != t:
            continue
        ready = reached[i] + active[i] + recovers[kind[i]] * active_share[i]
        if t < ready:
            if source >= 0:
                expected[i] = np.inf
                if ready - t <= patience:
                    expected[i] = ready
                    if size + 1 >= len(times):
                        times, voxels, froms = _grown(times, voxels, froms)
                    size = _push(times, voxels, froms, size, ready, i, source)
            continue
        expected[i] = np.inf
        rest = t - reached[i] - active[i]
        own = _looked_up(active_of, kind[i], rest, first, step) * active_share[i]
        if source >= 0:
            gap = 0.0
            for a in range(3):
                gap += float(cells[i, a] - cells[source, a]) ** 2
            own += np.exp(-h * np.sqrt(gap) / smoothing) * (active[source] - own)
        share[i] = _looked_up(share_of, kind[i], rest, first, step)
        reached[i], active[i] = t, own
        if made == room:
            out_t, out_v, out_s, out_a = _longer(out_t, out_v, out_s, out_a)
            room = len(out_t)
        out_t[made], out_v[made], out_s[made], out_a[made] = t, i, source, own
        made += 1
        x, y, z = cells[i, 0], cells[i, 1], cells[i, 2]
        for k in range(len(offsets)):
            if (steps[i, k >> 6] >> np.uint64(k & 63)) & np.uint64(1) == 0:
                continue
            j = index[x + offsets[k, 0], y + offsets[k, 1], z + offsets[k, 2]]
            if t < reached[j] + 0.5 * active[j]:
                continue
            dx, dy, dz = h * offsets[k, 0], h * offsets[k, 1], h * offsets[k, 2]
            there = (
                t
                + 0.5
                * (
                    _slowness(axis, along, across, i, dx, dy, dz)
                    + _slowness(axis, along, across, j, dx, dy, dz)
                )
                / share[i]
            )
            if there < expected[j]:
                expected[j] = there
                if size + 1 >= len(times):
                    times, voxels, froms = _grown(times, voxels, froms)
                size = _push(times, voxels, froms, size, there, j, i)
    left_t = np.empty(size)
    left_v = np.empty(size, dtype=np.int32)
    left_s = np.empty(size, dtype=np.int32)
    left = 0
    for q in range(size):
        if froms[q] < 0 or expected[voxels[q]] == times[q]:
            left_t[left], left_v[left], left_s[left] = times[q], voxels[q], froms[q]
            left += 1
    return (
        out_t[:made].copy(), out_v[:made].copy(), out_s[:made].copy(), out_a[:made].copy(),
        left_t[:left].copy(), left_v[:left].copy(), left_s[:left].copy(),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _longer(a, b, c, d):
    n = len(a)
    e = np.empty(2 * n)
    f = np.empty(2 * n, dtype=np.int32)
    g = np.empty(2 * n, dtype=np.int32)
    k = np.empty(2 * n, dtype=np.float32)
    e[:n], f[:n], g[:n], k[:n] = a, b, c, d
    return e, f, g, k
