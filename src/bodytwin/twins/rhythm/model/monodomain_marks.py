# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

"""When was each cell activated, and when had it repolarised?

Activated: the potential rises through `CROSSING_MV`. Repolarised: it has fallen by 90 % of what
it rose from its lowest since the beat before to its highest. Times lie between steps by
linear interpolation, in double precision from the count of steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from bodytwin.numerics.grid.voxels import Voxels
from bodytwin.twins.rhythm.model.wave import Beats

Array = NDArray[np.float64]
Int = NDArray[np.int32]
CROSSING_MV = 0.0
REPOLARISED = 0.9
LONGEST_JOIN_MS = 20.0
"""A neighbour activated longer before than this did not excite a voxel."""
_LEFT = np.float32(1.0 - REPOLARISED)
_CROSSING = np.float32(CROSSING_MV)
_ARMED = np.float32(-1e9)


@dataclass(frozen=True, kw_only=True, eq=False)
class Activity:
    """Every activation and every repolarisation, each in order of time."""

    voxel: Int
    time_ms: Array
    repolarised_voxel: Int
    repolarised_ms: Array

    def first_ms(self, count: int) -> Array:
        """First activation of each of `count` voxels, (n,); infinite where there was none."""
        found = np.full(count, np.inf)
        np.minimum.at(found, self.voxel, self.time_ms)
        return found

    def apd_ms(self) -> Array:
        """Time from each activation to the repolarisation that ends it; NaN if none yet."""
        voxel = np.concatenate([self.voxel, self.repolarised_voxel])
        time = np.concatenate([self.time_ms, self.repolarised_ms])
        order = np.lexsort((time, voxel))
        up = order < len(self.voxel)
        ended = up[:-1] & ~up[1:] & (voxel[order][:-1] == voxel[order][1:])
        found = np.full(len(self.voxel), np.nan)
        found[order[:-1][ended]] = (time[order][1:] - time[order][:-1])[ended]
        return found

    def followed_by(self, later: "Activity") -> "Activity":
        """These, then `later`."""
        return joined([self, later])

    def beats(self, voxels: Voxels) -> Beats:
        """As beats of the fast mode: each from the neighbour down the steepest slope of arrival."""
        source = np.full(len(self.voxel), -1, dtype=np.int32)
        cells = voxels.cells + 1
        _sources(
            np.pad(voxels.index, 1, constant_values=-1), cells, self.voxel, self.time_ms, source
        )
        return Beats(
            voxel=self.voxel,
            time_ms=self.time_ms,
            apd_ms=self.apd_ms().astype(np.float32),
            from_voxel=source,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Marks:
    """Highest (or not activated) and lowest potential of the beat under way, (n,) float32 each."""

    top: NDArray[np.float32]
    low: NDArray[np.float32]

    @classmethod
    def at(cls, v: NDArray[np.float32]) -> "Marks":
        """Nothing activated yet."""
        return cls(top=np.full(len(v), _ARMED), low=v.copy())

    def note(
        self, before: NDArray[np.float32], v: NDArray[np.float32], step: int, up: Array, down: Array
    ) -> None:
        """Write to `up` and `down` (n,), in steps, what happened from step `step` to the next."""
        _note(before, v, float(step), self.top, self.low, up, down)


def joined(parts: Sequence[Activity]) -> Activity:
    """All of them, one after the other."""
    none, never = np.empty(0, dtype=np.int32), np.empty(0)
    return Activity(
        voxel=np.concatenate([none, *(p.voxel for p in parts)]),
        time_ms=np.concatenate([never, *(p.time_ms for p in parts)]),
        repolarised_voxel=np.concatenate([none, *(p.repolarised_voxel for p in parts)]),
        repolarised_ms=np.concatenate([never, *(p.repolarised_ms for p in parts)]),
    )


def collected(up: Array, down: Array, dt_ms: float) -> Activity:
    """What was noted in `up` and `down` (n,), NaN elsewhere, which are cleared."""
    (a, t), (b, s) = (_taken(steps, dt_ms) for steps in (up, down))
    return Activity(voxel=a, time_ms=t, repolarised_voxel=b, repolarised_ms=s)


def _taken(steps: Array, dt_ms: float) -> tuple[Int, Array]:
    found = np.flatnonzero(~np.isnan(steps))
    time = steps[found] * dt_ms
    steps[found] = np.nan
    order = np.lexsort((found, time))
    return found[order].astype(np.int32), time[order]


@njit(cache=True, nogil=True, parallel=True, error_model="numpy")
def _note(before, v, step, top, low, up, down):
    for i in prange(len(v)):
        x, old = v[i], before[i]
        if top[i] == _ARMED:
            low[i] = min(low[i], x)
            if x > _CROSSING and old <= _CROSSING:
                up[i] = step + (_CROSSING - old) / (x - old)
                top[i] = x
        else:
            top[i] = max(top[i], x)
            level = low[i] + _LEFT * (top[i] - low[i])
            if x < level:
                down[i] = step + ((old - level) / (old - x) if old > level else 1.0)
                top[i], low[i] = _ARMED, x


@njit(cache=True, nogil=True)
def _sources(index, cells, voxel, time, source):
    last = np.full(len(cells), -np.inf)
    start = 0
    for e in range(len(voxel)):
        while start <= e and time[start] < time[e]:
            last[voxel[start]] = time[start]
            start += 1
        source[e] = _steepest(index, cells[voxel[e]], last, time[e])


@njit(cache=True, nogil=True)
def _steepest(index, at, last, time):
    best, found = 0.0, -1
    for a in range(-1, 2):
        for b in range(-1, 2):
            for c in range(-1, 2):
                j = index[at[0] + a, at[1] + b, at[2] + c]
                if j >= 0 and (a or b or c):
                    gap = time - last[j]
                    slope = gap / np.sqrt(a * a + b * b + c * c)
                    if gap <= LONGEST_JOIN_MS and slope > best:
                        best, found = slope, j
    return found
