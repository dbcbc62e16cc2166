"""Which way does the wave of a tachycardia run, and where is it most narrowly led?

Every activation has one before it, from which the wave came. Followed back through whole cycles
this chain ends in the part of the heart that drives the rest: a path that closes
(re-entry), or a place from which every beat starts (a focus). A closed path of which a part
runs through wounded muscle is scar-related; its isthmus is the longest such part,
its exit the first healthy muscle after it (Stevenson et al. 1993, *Circulation* 88:1647).

Not for: fibrillation, where no path closes twice.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bodytwin.twins.rhythm.model.heart import Heart
from bodytwin.twins.rhythm.model.screening import cycle_length_ms
from bodytwin.twins.rhythm.model.substrate import WOUNDED
from bodytwin.twins.rhythm.model.wave import Beats

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
CLOSES_MM = 6.0
"""A path closes where its ends, one cycle apart, lie at most this far from each other."""
WOUNDED_SHARE = 0.1
"""Least share of a path that runs through wounded muscle for the circuit to be scar-related."""


class Kind(StrEnum):
    """What drives a tachycardia."""

    SCAR = "scar-related re-entry"
    FUNCTIONAL = "functional re-entry"
    FOCAL = "focal"


@dataclass(frozen=True, kw_only=True, eq=False)
class Circuit:
    """A tachycardia: its path as voxels in order, isthmus and where it ends in healthy muscle.

    `cycle_length_ms` with its sd over the voxels; `lat_ms` (n,) is the activation of
    each voxel within one cycle from the exit on, NaN where it was not activated in it.
    """

    kind: Kind
    cycle_length_ms: float
    cycle_length_sd_ms: float
    path: Numbers
    isthmus: Numbers
    entrance: int
    exit: int
    exit_place: str
    lat_ms: Array

    @property
    def has_isthmus(self) -> bool:
        """Whether a part of the path runs through wounded muscle."""
        return len(self.isthmus) > 0


def find(heart: Heart, beats: Beats) -> Circuit | None:
    """The circuit that the last cycles of `beats` show, None where there are fewer than three."""
    cycle, sd = cycle_length_ms(beats, cycles=2)
    if not np.isfinite(cycle):
        return None
    chain = _chain(beats, heart.voxels.count)
    x = heart.voxels.positions_mm
    loop = chain[_once_round(beats.time_ms[chain], x[beats.voxel[chain]], cycle)]
    if not len(loop):
        return None
    voxels = beats.voxel[loop].astype(np.int64)
    gap = float(np.linalg.norm(x[voxels[0]] - x[voxels[-1]])) if len(voxels) > 2 else 0.0
    spread = float(np.ptp(x[voxels], axis=0).max()) if len(voxels) > 2 else 0.0
    wounded = np.isin(heart.tissue[voxels], WOUNDED)
    if spread < CLOSES_MM:
        kind = Kind.FOCAL
    elif wounded.mean() >= WOUNDED_SHARE:
        kind = Kind.SCAR
    else:
        kind = Kind.FUNCTIONAL
    if gap > max(CLOSES_MM, 4 * heart.voxels.spacing_mm) and kind is not Kind.FOCAL:
        return None
    turned, isthmus = _isthmus(voxels, wounded)
    entrance = int(isthmus[0]) if len(isthmus) else int(voxels[0])
    out = int(turned[len(isthmus) % len(turned)]) if len(isthmus) else int(voxels[-1])
    return Circuit(
        kind=kind,
        cycle_length_ms=cycle,
        cycle_length_sd_ms=sd,
        path=turned,
        isthmus=isthmus,
        entrance=entrance,
        exit=out,
        exit_place=place_of(heart, out),
        lat_ms=_within_cycle(heart, beats, out, cycle),
    )


def place_of(heart: Heart, voxel: int) -> str:
    """The name of the site nearest to a voxel."""
    x = heart.voxels.positions_mm
    names = list(heart.sites)
    away = ((x[[heart.sites[n] for n in names]] - x[voxel]) ** 2).sum(axis=1)
    if heart.segment[voxel]:
        return f"segment {int(heart.segment[voxel])}"
    return names[int(np.argmin(away))]


def _chain(beats: Beats, count: int) -> Numbers:
    """Numbers of the events that led to the last one, in order of time."""
    order = np.lexsort((beats.time_ms, beats.voxel))
    first = np.searchsorted(beats.voxel[order], np.arange(count + 1))
    chain = [len(beats.voxel) - 1]
    while True:
        e = chain[-1]
        source = int(beats.from_voxel[e])
        if source < 0:
            break
        own = order[first[source] : first[source + 1]]
        earlier = own[beats.time_ms[own] < beats.time_ms[e]]
        if not len(earlier):
            break
        chain.append(int(earlier[-1]))
    return np.array(chain[::-1], dtype=np.int64)


def _once_round(when: Array, at_mm: Array, cycle_ms: float) -> slice:
    """The stretch of a chain that comes back closest to where it began, after about one cycle."""
    lead = int(np.searchsorted(when, when[-1] - 1.2 * cycle_ms))
    best, stretch = np.inf, slice(0)
    for last in range(lead, max(-1, lead - 12), -1):
        low, high = np.searchsorted(when, when[last] - np.array([1.35, 0.65]) * cycle_ms)
        if low >= high:
            continue
        away = np.linalg.norm(at_mm[low:high] - at_mm[last], axis=1)
        k = int(np.argmin(away))
        if away[k] < best:
            best, stretch = float(away[k]), slice(int(low) + k + 1, last + 1)
    return stretch


def _isthmus(voxels: Numbers, wounded: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """The path begun at its longest wounded part, and that part."""
    if not wounded.any() or wounded.all():
        return voxels, voxels if wounded.all() else voxels[:0]
    start = int(np.flatnonzero(~wounded)[0])
    v, w = np.roll(voxels, -start), np.roll(wounded, -start)
    edges = np.flatnonzero(np.diff(np.r_[0, w.astype(int), 0]))
    begins, ends = edges[::2], edges[1::2]
    k = int(np.argmax(ends - begins))
    return np.roll(v, -int(begins[k])), v[begins[k] : ends[k]]


def _within_cycle(heart: Heart, beats: Beats, out: int, cycle: float) -> Array:
    """Activation of each voxel in the last whole cycle that starts at the exit."""
    at = beats.time_ms[beats.voxel == out]
    starts = at[at <= beats.last_ms - cycle]
    lat = np.full(heart.voxels.count, np.nan)
    if not len(starts):
        return lat
    inside = (beats.time_ms >= starts[-1]) & (beats.time_ms < starts[-1] + cycle)
    lat[beats.voxel[inside]] = beats.time_ms[inside] - starts[-1]
    return lat
