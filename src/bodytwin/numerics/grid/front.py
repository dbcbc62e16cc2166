# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""When does a front that spreads through voxels reach each, and which can carry it again?

A front moves from voxel i to voxel j, which lies at the offset d, in

.. math::
    \tau_{ij} = s_i(d) / \beta, \qquad
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
from functools import cache, cached_property
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
READY, EXPECTED = 0, 1


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
LINES = STEPS[[tuple(step) > (0, 0, 0) for step in STEPS]]
"""One of each two opposite steps, (49, 3)."""
_LINE_OF = np.array(
    [
        np.flatnonzero((step == LINES).all(axis=1) | (-step == LINES).all(axis=1))[0]
        for step in STEPS
    ]
)


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

    @cached_property
    def fastest_ms(self) -> float:
        """The shortest time that any step takes."""
        carries = self.along > 0
        least = float(np.minimum(self.along, self.across)[carries].min())
        return self.voxels.spacing_mm * least**0.5

    @cached_property
    def slowest_ms(self) -> float:
        """No step takes longer."""
        most = float(np.maximum(self.along, self.across).max())
        return 3.0 * self.voxels.spacing_mm * most**0.5

    @cached_property
    def jumps(self) -> NDArray[np.int64]:
        """By how much the place in the flat box changes with each step, (98,)."""
        _, y, z = self.voxels.index.shape
        return np.asarray(STEPS @ np.array([y * z, z, 1]), dtype=np.int64)

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """Place of each voxel in the flat box, (n,)."""
        flat = np.ravel_multi_index(tuple(self.voxels.cells.T), self.voxels.index.shape)
        return np.asarray(flat, dtype=np.int64)

    @cached_property
    def times_ms(self) -> Float:
        """How long a front takes from each voxel along each line, (n, 49): 196 bytes each."""
        found = np.empty((self.voxels.count, len(LINES)), dtype=np.float32)
        lines = (self.voxels.spacing_mm * LINES).astype(np.float32)
        _all_times(self.axis, self.along, self.across, lines, found)
        return found


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
    margin = int(of.jumps.max())
    arrival = np.full(of.voxels.index.size + 2 * margin, np.inf, dtype=np.float32)
    lines = (of.voxels.spacing_mm * LINES).astype(np.float32)
    width = 0.999 * of.fastest_ms
    ahead = float(np.ptp(delays_ms)) + of.slowest_ms if len(delays_ms) else 0.0
    _first(
        of.voxels.index.reshape(-1), of.places, of.jumps, _LINE_OF, of.steps,
        of.axis, of.along, of.across, lines, width, int(ahead / width) + 3,
        sources.astype(np.int32), delays_ms, arrival, margin,
    )  # fmt: skip
    return arrival[of.places + margin].astype(np.float64)


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
    smoothing_ms: float,
) -> tuple[State, Events]:
    """Follow all fronts up to `until_ms`, with new ones begun at `sources` (s,) at `times_ms`.

    A front that comes to a voxel which recovers within `patience_ms` waits for
    it; otherwise it dies there. The activity of a voxel is drawn towards that of the one it
    was reached from, by a share that falls with the time between them over
    `smoothing_ms`.
    """
    old = state.waiting
    time = np.concatenate([old.time_ms, times_ms])
    voxel = np.concatenate([old.voxel, sources]).astype(np.int32)
    source = np.concatenate([old.source, np.full(len(sources), -1)]).astype(np.int32)
    order = np.lexsort((voxel, time))
    reached, active = state.reached_ms.copy(), state.active_ms.copy()
    share = state.speed_share.copy()
    width = 0.999 * of.fastest_ms / max(1.0, float(recovery.speed_share.max()))
    ahead = of.slowest_ms / float(recovery.speed_share.min()) + patience_ms
    made = _spread(
        of.voxels.index.reshape(-1), of.places, of.jumps, _LINE_OF, of.steps, of.times_ms,
        kind, active_share,
        recovery.active_ms, recovery.speed_share, recovery.recovers_ms[:, 0],
        recovery.first_ms, recovery.step_ms, reached, active, share,
        time[order], voxel[order], source[order], until_ms, patience_ms, smoothing_ms,
        width, int(ahead / width) + 3,
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


@njit(cache=True, nogil=True)
def _times(fx, fy, fz, along, across, lines, found):
    more = along - across
    for m in range(len(lines)):
        dx, dy, dz = lines[m, 0], lines[m, 1], lines[m, 2]
        p = fx * dx + fy * dy + fz * dz
        found[m] = np.sqrt((dx * dx + dy * dy + dz * dz) * across + p * p * more)


@njit(cache=True, nogil=True, parallel=True)
def _all_times(axis, along, across, lines, found):
    for i in prange(len(axis)):
        _times(axis[i, 0], axis[i, 1], axis[i, 2], along[i], across[i], lines, found[i])


@njit(cache=True, nogil=True)
def _first(
    index, places, jumps, line_of, steps, axis, along, across, lines, width, bins,
    sources, delays, arrival, margin,
):  # fmt: skip
    """Bins of times no wider than the shortest step: what lies in one cannot change within it.

    `arrival` is over the flat box, with `margin` more at both ends: what a step
    leads to is read before it is asked whether the step can be taken, since
    that costs less than to guess the answer.
    """
    room = max(4 * len(places), 1 << 12)
    head = np.full(bins, -1, dtype=np.int64)
    following, spots = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    times = np.empty(room, dtype=np.float32)
    take = np.empty(len(lines), dtype=np.float32)
    sooner, when = np.empty(len(jumps) + 1, np.int64), np.empty(len(jumps) + 1, np.float32)
    free, waiting, per = 0, 0, np.float32(1.0 / width)
    start = np.float32(np.inf)
    for q in range(len(sources)):
        start = min(start, np.float32(delays[q]))
    for q in range(len(sources)):
        at, delay = places[sources[q]] + margin, np.float32(delays[q])
        if delay < arrival[at]:
            b = int((delay - start) * per) % bins
            following[free], spots[free], times[free] = head[b], at, delay
            head[b] = free
            arrival[at] = delay
            free += 1
            waiting += 1
    now = 0
    while waiting > 0:
        e = head[now % bins]
        head[now % bins] = -1
        while e >= 0:
            here, t = spots[e], times[e]
            e = following[e]
            waiting -= 1
            if t > arrival[here]:
                continue
            i = index[here - margin]
            _times(axis[i, 0], axis[i, 1], axis[i, 2], along[i], across[i], lines, take)
            found = 0
            for k in range(len(jumps)):
                there, open_ = t + take[line_of[k]], steps[i, k >> 6] >> np.uint64(k & 63)
                sooner[found], when[found] = here + jumps[k], there
                earlier = there < arrival[np.uint64(here + jumps[k])]
                found += np.int64(open_ & np.uint64(earlier) & np.uint64(1))
            for q in range(found):
                if free == room:
                    following, spots, times = _roomier(following, spots, times)
                    room = len(times)
                arrival[sooner[q]] = when[q]
                b = np.uint64((when[q] - start) * per) % np.uint64(bins)
                following[free], spots[free], times[free] = head[b], sooner[q], when[q]
                head[b] = free
                free += 1
            waiting += found
        now += 1


@njit(cache=True, nogil=True)
def _roomier(following, voxels, times):
    n = len(times)
    a, b, c = np.empty(2 * n, np.int64), np.empty(2 * n, np.int64), np.empty(2 * n, np.float32)
    a[:n], b[:n], c[:n] = following, voxels, times
    return a, b, c


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
    index, places, jumps, line_of, steps, take, kind, active_share,
    active_of, share_of, recovers, first, step, reached, active, share,
    begin, begin_voxel, begin_source, until, patience, smoothing, width, bins,
):  # fmt: skip
    """Bins of times as in `_first`; what lies in one is put in order when its time has come."""
    n = len(places)
    margin = jumps.max()
    ahead = np.full((len(index) + 2 * margin, 2), np.inf)
    for i in range(n):
        ahead[places[i] + margin, READY] = (
            reached[i] + active[i] + recovers[kind[i]] * active_share[i]
        )
    sooner, when = np.empty(len(jumps) + 1, np.int64), np.empty(len(jumps) + 1)
    for q in range(len(begin)):
        if begin_source[q] >= 0:
            at = places[begin_voxel[q]] + margin
            ahead[at, EXPECTED] = min(ahead[at, EXPECTED], begin[q])
    head = np.full(bins, -1, dtype=np.int64)
    times, voxels, froms, following = _pool(1 << 16)
    vacant, waiting, per = 0, 0, 1.0 / width
    due_t, due_v, due_s = np.empty(1024), np.empty(1024, np.int32), np.empty(1024, np.int32)
    room = 4 * n
    out_t = np.empty(room)
    out_v = np.empty(room, dtype=np.int32)
    out_s = np.empty(room, dtype=np.int32)
    out_a = np.empty(room, dtype=np.float32)
    made, begun, now, due, late = 0, 0, 0, 0, False
    origin = begin[0] if len(begin) else 0.0
    while not late and (waiting > 0 or begun < len(begin)):
        if waiting == 0:
            now = int((begin[begun] - origin) * per)
        if origin + now * width > until:
            break
        due = 0
        while begun < len(begin) and int((begin[begun] - origin) * per) <= now:
            if due == len(due_t):
                due_t, due_v, due_s = _twice(due_t, due_v, due_s)
            due_t[due], due_v[due], due_s[due] = (
                begin[begun],
                begin_voxel[begun],
                begin_source[begun],
            )
            begun += 1
            due += 1
        e = head[now % bins]
        head[now % bins] = -1
        while e >= 0:
            if ahead[places[voxels[e]] + margin, EXPECTED] == times[e]:
                if due == len(due_t):
                    due_t, due_v, due_s = _twice(due_t, due_v, due_s)
                due_t[due], due_v[due], due_s[due] = times[e], voxels[e], froms[e]
                due += 1
            after = following[e]
            following[e] = vacant
            vacant = e
            waiting -= 1
            e = after
        order = np.argsort(due_v[:due], kind="mergesort")
        order = order[np.argsort(due_t[:due][order], kind="mergesort")]
        for o in order:
            t, i, source = due_t[o], due_v[o], due_s[o]
            here = places[i] + margin
            if t > until:
                late = True
                break
            if (source >= 0 and ahead[here, EXPECTED] != t) or t < ahead[here, READY]:
                continue
            ahead[here, EXPECTED] = np.inf
            rest = t - reached[i] - active[i]
            own = _looked_up(active_of, kind[i], rest, first, step) * active_share[i]
            if source >= 0:
                own += np.exp(-_gap(places[i] - places[source], jumps, take[source], line_of)
                              / smoothing) * (active[source] - own)  # fmt: skip
            share[i] = _looked_up(share_of, kind[i], rest, first, step)
            reached[i], active[i] = t, own
            ahead[here, READY] = t + own + recovers[kind[i]] * active_share[i]
            if made == room:
                out_t, out_v, out_s, out_a = _longer(out_t, out_v, out_s, out_a)
                room = len(out_t)
            out_t[made], out_v[made], out_s[made], out_a[made] = t, i, source, own
            made += 1
            found = 0
            for k in range(len(jumps)):
                there, open_ = (
                    t + take[i, line_of[k]] / share[i],
                    steps[i, k >> 6] >> np.uint64(k & 63),
                )
                j = np.uint64(here + jumps[k])
                able = ahead[j, READY]
                sooner[found], when[found] = here + jumps[k], max(there, able)
                goes = (there >= able - patience) & (max(there, able) < ahead[j, EXPECTED])
                found += np.int64(open_ & np.uint64(goes) & np.uint64(1))
            for q in range(found):
                ahead[sooner[q], EXPECTED] = when[q]
                e = vacant
                vacant = following[e]
                if vacant < 0:
                    vacant = len(times)
                    times, voxels, froms, following = _larger(times, voxels, froms, following)
                b = int((when[q] - origin) * per) % bins
                times[e], voxels[e], froms[e] = when[q], index[sooner[q] - margin], i
                following[e] = head[b]
                head[b] = e
            waiting += found
        now += 1
    # What is left: of the last bin what came too late, then all later bins.
    left = 0
    for o in range(due):
        if due_t[o] > until:
            due_t[left], due_v[left], due_s[left] = due_t[o], due_v[o], due_s[o]
            left += 1
    for b in range(bins):
        e = head[b]
        while e >= 0:
            if ahead[places[voxels[e]] + margin, EXPECTED] == times[e]:
                if left == len(due_t):
                    due_t, due_v, due_s = _twice(due_t, due_v, due_s)
                due_t[left], due_v[left], due_s[left] = times[e], voxels[e], froms[e]
                left += 1
            e = following[e]
    while begun < len(begin):
        if left == len(due_t):
            due_t, due_v, due_s = _twice(due_t, due_v, due_s)
        due_t[left], due_v[left], due_s[left] = (
            begin[begun],
            begin_voxel[begun],
            begin_source[begun],
        )
        left += 1
        begun += 1
    return (
        out_t[:made].copy(), out_v[:made].copy(), out_s[:made].copy(), out_a[:made].copy(),
        due_t[:left].copy(), due_v[:left].copy(), due_s[:left].copy(),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _gap(way, jumps, take, line_of):
    """How long a front took for the step `way` in the flat box."""
    for k in range(len(jumps)):
        if jumps[k] == way:
            return take[line_of[k]]
    return np.float32(0.0)


@njit(cache=True, nogil=True)
def _pool(size):
    """Entries of a linked list, all vacant, each leading to the next."""
    following = np.arange(1, size + 1)
    following[-1] = -1
    return np.empty(size), np.empty(size, np.int32), np.empty(size, np.int32), following


@njit(cache=True, nogil=True)
def _larger(times, voxels, froms, following):
    n = len(times)
    t, v, s, f = _pool(2 * n)
    t[:n], v[:n], s[:n], f[:n] = times, voxels, froms, following
    return t, v, s, f


@njit(cache=True, nogil=True)
def _twice(a, b, c):
    n = len(a)
    d, e, f = np.empty(2 * n), np.empty(2 * n, np.int32), np.empty(2 * n, np.int32)
    d[:n], e[:n], f[:n] = a, b, c
    return d, e, f


@njit(cache=True, nogil=True)
def _longer(a, b, c, d):
    n = len(a)
    e = np.empty(2 * n)
    f = np.empty(2 * n, dtype=np.int32)
    g = np.empty(2 * n, dtype=np.int32)
    k = np.empty(2 * n, dtype=np.float32)
    e[:n], f[:n], g[:n], k[:n] = a, b, c, d
    return e, f, g, k
