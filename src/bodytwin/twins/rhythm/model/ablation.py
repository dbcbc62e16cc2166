"""Where must be burnt so that no circuit is left, and as little as possible?

For each circuit the smallest set of voxels that parts the two ends of its isthmus is found
(the maximum flow equals the minimum cut: Ford & Fulkerson 1956, *Can J Math* 8:399), and
covered by lesions that a catheter can make from the inner or the outer surface. Then the
heart is stimulated again from every site; what can still be induced gets its own lesions;
and in the end each lesion is left out in turn, to see whether it was needed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.front import STEPS
from bodytwin.twins.rhythm.model.circuit import Circuit, find
from bodytwin.twins.rhythm.model.heart import Heart, Tissue
from bodytwin.twins.rhythm.model.screening import Report, SiteResult, silent

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
Screened = Callable[[Heart], tuple[SiteResult, ...]]
REACH_MM = 12.0
"""The cut is looked for within this distance of the middle of the isthmus."""
PLENTY = 10_000
APART_MM = 10.0
"""Circuits whose isthmuses lie closer than this are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesion:
    """Dead muscle around a point in mm, or around each of several."""

    points_mm: tuple[tuple[float, float, float], ...]
    radius_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One turn of the search: from where a tachycardia could be induced, and what was added."""

    inducible: tuple[str, ...]
    circuits: int
    added: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Search:
    """What the search found; `non_inducible` after the last stimulation from all sites."""

    lesions: tuple[Lesion, ...]
    volume_ml: float
    rounds: tuple[Round, ...]
    non_inducible: bool
    left_out: int
    after: tuple[SiteResult, ...]


def burnt(heart: Heart, lesions: Sequence[Lesion]) -> Heart:
    """The heart with lesions: lines are burnt along their whole length."""
    x = heart.voxels.positions_mm
    dead = np.zeros(len(x), dtype=np.bool_)
    for lesion in lesions:
        if lesion.radius_mm <= 0:
            raise InvalidInputError(f"A lesion has a radius above 0 mm, not {lesion.radius_mm:g}.")
        points = np.array(lesion.points_mm, dtype=np.float64)
        if len(points) == 1:
            dead |= ((x - points[0]) ** 2).sum(axis=1) <= lesion.radius_mm**2
        for a, b in zip(points[:-1], points[1:], strict=True):
            dead |= _from_segment(x, a, b) <= lesion.radius_mm
    able = heart.tissue != Tissue.SCAR
    return heart.with_tissue(
        np.where(dead & able, np.uint8(Tissue.LESION), heart.tissue).astype(np.uint8)
    )


def volume_ml(heart: Heart, lesions: Sequence[Lesion]) -> float:
    """How much muscle that conducted is burnt."""
    return burnt(heart, lesions).volume_ml(Tissue.LESION)


def cut(heart: Heart, circuit: Circuit) -> Numbers:
    """The fewest voxels that part entrance and exit of the isthmus; empty where there is none."""
    if len(circuit.isthmus) < 3:
        return circuit.isthmus[:0]
    x = heart.voxels.positions_mm
    middle = _middle_of(circuit.isthmus, x)
    near = np.flatnonzero(
        heart.conducting & (((x - x[middle]) ** 2).sum(axis=1) <= REACH_MM**2)
    ).astype(np.int64)
    back = np.full(len(x), -1, dtype=np.int64)
    back[near] = np.arange(len(near))
    inside = circuit.isthmus[back[circuit.isthmus] >= 0]
    if len(inside) < 3:
        return inside
    spacing = heart.voxels.spacing_mm
    ends = [_ball(x, near, x[inside[k]], 2.5 * spacing) for k in (0, -1)]
    if np.intersect1d(ends[0], ends[1]).size:
        return np.array([middle], dtype=np.int64)
    return near[_cut_nodes(heart, near, back, ends)]


def _middle_of(isthmus: Numbers, x: Array) -> int:
    """The voxel halfway along the isthmus."""
    step = np.linalg.norm(np.diff(x[isthmus], axis=0), axis=1)
    gone = np.r_[0.0, np.cumsum(step)]
    return int(isthmus[int(np.argmin(np.abs(gone - 0.5 * gone[-1])))])


def _ball(x: Array, near: Numbers, at: Array, radius_mm: float) -> Numbers:
    return np.flatnonzero(((x[near] - at) ** 2).sum(axis=1) <= radius_mm**2)


def _cut_nodes(heart: Heart, near: Numbers, back: Numbers, ends: list[Numbers]) -> Numbers:
    """Nodes of the smallest cut: each voxel is an edge of capacity one, steps are unlimited."""
    n = len(near)
    rows, columns, room = [np.arange(n)], [np.arange(n) + n], [np.ones(n, dtype=np.int32)]
    for end in ends:
        room[0][end] = PLENTY
    for a, b, c in STEPS[np.abs(STEPS).max(axis=1) == 1]:
        to = heart.voxels.neighbours((int(a), int(b), int(c)))[near]
        other = np.where(to >= 0, back[to], -1)
        there = other >= 0
        rows.append(np.flatnonzero(there) + n)
        columns.append(other[there])
        room.append(np.full(int(there.sum()), PLENTY, dtype=np.int32))
    source, sink = 2 * n, 2 * n + 1
    rows += [np.full(len(ends[0]), source), ends[1] + n]
    columns += [ends[0], np.full(len(ends[1]), sink)]
    room += [np.full(len(e), PLENTY, dtype=np.int32) for e in ends]
    graph = coo_matrix(
        (np.concatenate(room), (np.concatenate(rows), np.concatenate(columns))),
        shape=(2 * n + 2, 2 * n + 2),
    ).tocsr()
    flow = maximum_flow(graph, source, sink)
    residual = graph - flow.flow
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = np.zeros(2 * n + 2, dtype=np.bool_)
    reached[breadth_first_order(residual, source, return_predecessors=False)] = True
    return np.flatnonzero(reached[:n] & ~reached[n : 2 * n])


def lesions_for(heart: Heart, circuit: Circuit, *, radius_mm: float) -> tuple[Lesion, ...]:
    """Point lesions from a surface that cover the smallest cut of the isthmus."""
    left = cut(heart, circuit)
    if not len(left):
        left = np.array([circuit.path[len(circuit.path) // 2]])
    x = heart.voxels.positions_mm
    surface = np.flatnonzero(heart.endocardial | heart.epicardial)
    away = ((x[surface] - x[left].mean(axis=0)) ** 2).sum(axis=1)
    reachable = surface[away <= (REACH_MM + radius_mm) ** 2]
    covers = ((x[reachable][:, None, :] - x[left][None, :, :]) ** 2).sum(axis=2) <= radius_mm**2
    made: list[Lesion] = []
    bare = np.ones(len(left), dtype=np.bool_)
    while len(reachable) and bare.any():
        gain = (covers & bare).sum(axis=1)
        best = int(np.argmax(gain))
        if not gain[best]:
            break
        a, b, c = (float(q) for q in x[reachable[best]])
        made.append(Lesion(points_mm=((a, b, c),), radius_mm=radius_mm))
        bare &= ~covers[best]
    return tuple(made)


def search(
    heart: Heart,
    screened: Screened,
    *,
    radius_mm: float = 5.0,
    rounds: int = 8,
    report: Report = silent,
) -> Search:
    """The smallest set of lesions found that leaves the heart non-inducible from every site."""
    lesions: tuple[Lesion, ...] = ()
    told: list[Round] = []
    results: tuple[SiteResult, ...] = ()
    for turn in range(rounds):
        report(f"Round {turn + 1}: stimulating from every site", turn / (rounds + 1))
        now = burnt(heart, lesions)
        results = screened(now)
        again = tuple(r for r in results if r.inducible)
        if not again:
            told.append(Round(inducible=(), circuits=0, added=0))
            break
        circuits = distinct(now, again)
        added = tuple(
            lesion for c in circuits for lesion in lesions_for(now, c, radius_mm=radius_mm)
        )
        told.append(
            Round(inducible=tuple(r.site for r in again), circuits=len(circuits), added=len(added))
        )
        if not added:
            break
        lesions = (*lesions, *added)
    quiet = not any(r.inducible for r in results)
    before = len(lesions)
    if quiet:
        lesions, results = _needed(heart, screened, lesions, results, report)
    return Search(
        lesions=lesions,
        volume_ml=volume_ml(heart, lesions) if lesions else 0.0,
        rounds=tuple(told),
        non_inducible=quiet,
        left_out=before - len(lesions),
        after=results,
    )


def distance_mm(heart: Heart, one: Circuit, other: Circuit) -> float:
    """How far the middles of two circuits' isthmuses lie apart; of their paths without isthmus."""
    x = heart.voxels.positions_mm
    ends = [x[_middle_of(c.isthmus if c.has_isthmus else c.path, x)] for c in (one, other)]
    return float(np.linalg.norm(ends[0] - ends[1]))


def distinct(heart: Heart, results: Sequence[SiteResult]) -> list[Circuit]:
    """One circuit of each that the tachycardias show; those that share an isthmus are one."""
    found: list[Circuit] = []
    for result in results:
        circuit = find(heart, result.beats) if result.beats is not None else None
        if circuit and all(distance_mm(heart, circuit, c) > APART_MM for c in found):
            found.append(circuit)
    return found


def _needed(
    heart: Heart, screened: Screened, lesions: tuple[Lesion, ...],
    results: tuple[SiteResult, ...], report: Report,
) -> tuple[tuple[Lesion, ...], tuple[SiteResult, ...]]:  # fmt: skip
    """Leave out each lesion without which the heart stays non-inducible, largest overlap first."""
    kept = list(lesions)
    for lesion in reversed(lesions):
        if len(kept) == 1:
            break
        rest = [k for k in kept if k is not lesion]
        report(f"Is one of {len(kept)} lesions needless?", 0.9)
        without = screened(burnt(heart, rest))
        if not any(r.inducible for r in without):
            kept, results = rest, without
    return tuple(kept), results


def _from_segment(x: Array, a: Array, b: Array) -> Array:
    along = b - a
    share = np.clip((x - a) @ along / max(float(along @ along), 1e-12), 0.0, 1.0)
    return np.linalg.norm(x - (a + share[:, None] * along), axis=1)


def sized(lesions: Sequence[Lesion], share: float) -> tuple[Lesion, ...]:
    """The same lesions, larger or smaller than planned."""
    return tuple(replace(lesion, radius_mm=lesion.radius_mm * share) for lesion in lesions)
