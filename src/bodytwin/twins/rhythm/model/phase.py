r"""Where does a rotating wave turn, and what way does its tip go?

Beside the tip every phase of the action potential is found, and at the tip itself none
(Winfree 1987). It lies where the potential neither rises nor falls while it is at a level
between rest and plateau (Fenton & Karma 1998, *Chaos* 8:20, doi 10.1063/1.166311):

.. math::
    V = V^*, \qquad \partial_t V = 0                                               \tag{1}

A face between four voxels is pierced by that line where the vector
:math:`(V - V^*, \partial_t V)` turns once as one goes round it,

.. math::
    \frac{1}{2\pi} \oint d \arg\big(V - V^*, \; \partial_t V\big) = \pm 1          \tag{2}

(Iyer & Gray 2001, *Ann Biomed Eng* 29:47, doi 10.1114/1.1335538, for faces of a grid). What
goes into a cube of voxels by one face comes out by another, so the pierced faces of a
block make threads, the filaments, which close or end at the surface.

Not for: circuits round a scar, which turn about tissue that is not there (`circuit`); noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.voxels import Voxels

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
LEVEL_MV = -40.0
"""V* unless told otherwise: half-way up, where the front is steepest."""
TOUCHING = 1.75
"""Points of one filament lie at most so many voxels apart: those of two faces of one cube."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tips:
    """k points at which waves turn: `at_mm` (k, 3), on a face across `axis` (k,).

    `turn` (k,) is +1 where the phase runs counter-clockwise, looked at against that axis, -1 where
    clockwise.
    """

    at_mm: Array
    axis: Numbers
    turn: Numbers

    def across(self, axis: int) -> "Tips":
        """Only those on faces across one axis; in a sheet across `axis` these are all."""
        own = self.axis == axis
        return Tips(at_mm=self.at_mm[own], axis=self.axis[own], turn=self.turn[own])


@dataclass(frozen=True, kw_only=True, eq=False)
class Path:
    """Where one tip was: `times_ms` (t,), `at_mm` (t, 3) and which way it turns."""

    times_ms: Array
    at_mm: Array
    turn: int

    @property
    def lasted_ms(self) -> float:
        """From where it was first seen to where it was last seen."""
        return float(self.times_ms[-1] - self.times_ms[0])


def tips(
    voxels: Voxels,
    *,
    before_mv: NDArray[np.floating],
    now_mv: NDArray[np.floating],
    level_mv: float = LEVEL_MV,
) -> Tips:
    """Where waves turn, from the potential (n,) of n voxels at two moments close together.

    Faces that are not between four active voxels are left out.

    Raises:
        InvalidInputError: the potentials are not of these voxels.

    """
    if before_mv.shape != (voxels.count,) or now_mv.shape != (voxels.count,):
        raise InvalidInputError(
            f"Potentials of {voxels.count} voxels are wanted, got {before_mv.shape} and "
            f"{now_mv.shape}."
        )
    above = now_mv.astype(np.float64) - level_mv
    rise = now_mv.astype(np.float64) - before_mv.astype(np.float64)
    found = [_across(voxels, axis, above, rise) for axis in range(3)]
    return Tips(
        at_mm=np.concatenate([f.at_mm for f in found]),
        axis=np.concatenate([f.axis for f in found]),
        turn=np.concatenate([f.turn for f in found]),
    )


def _across(voxels: Voxels, axis: int, above: Array, rise: Array) -> Tips:
    """Those on faces across one axis."""
    u, v = np.eye(3, dtype=np.int64)[[(axis + 1) % 3, (axis + 2) % 3]]
    first = np.arange(voxels.count)
    corners = np.stack([first, *(voxels.neighbours(_offset(o)) for o in (u, u + v, v))], axis=1)
    corners = corners[(corners >= 0).all(axis=1)]
    heights = above[corners]
    corners = corners[(heights.min(axis=1) <= 0) & (heights.max(axis=1) >= 0)]
    angle = np.arctan2(rise[corners], above[corners])
    around = np.diff(angle, axis=1, append=angle[:, :1])
    turn = -np.rint(around / (2 * np.pi)).sum(axis=1).astype(np.int64)
    corners, turn = corners[turn != 0], turn[turn != 0]
    within = _crossing(above[corners], rise[corners])
    at = voxels.positions_mm[corners[:, 0]] + voxels.spacing_mm * (within @ np.stack([u, v]))
    return Tips(at_mm=at, axis=np.full(len(turn), axis, dtype=np.int64), turn=turn)


def _offset(cells: Numbers) -> tuple[int, int, int]:
    a, b, c = cells.tolist()
    return a, b, c


def _crossing(above: Array, rise: Array) -> Array:
    """Where in the unit square both planes through four corners (k, 4) are zero, (k, 2)."""
    rows = np.stack([_plane(above), _plane(rise)], axis=1)
    slopes, heights = rows[:, :, 1:], rows[:, :, 0]
    size = np.linalg.det(slopes)
    flat = np.abs(size) <= 1e-12 * (np.abs(slopes).max(axis=(1, 2), initial=0.0) ** 2 + 1e-300)
    slopes = np.where(flat[:, None, None], np.eye(2), slopes)
    at = np.linalg.solve(slopes, -heights[:, :, None])[:, :, 0]
    return np.clip(np.where(flat[:, None], 0.5, at), 0.0, 1.0)


def _plane(z: Array) -> Array:
    """Height and two slopes (k, 3) of the plane nearest to corners (0,0), (1,0), (1,1), (0,1)."""
    across = 0.5 * (z[:, 1] + z[:, 2] - z[:, 0] - z[:, 3])
    up = 0.5 * (z[:, 2] + z[:, 3] - z[:, 0] - z[:, 1])
    return np.stack([z.mean(axis=1) - 0.5 * (across + up), across, up], axis=1)


def filaments(found: Tips, *, spacing_mm: float) -> Numbers:
    """Which thread each of the k points belongs to, (k,), numbered from 0."""
    count = len(found.at_mm)
    if not count:
        return np.empty(0, dtype=np.int64)
    pairs = KDTree(found.at_mm).query_pairs(TOUCHING * spacing_mm, output_type="ndarray")
    joined = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, numbers = connected_components(joined, directed=False)
    return np.asarray(numbers, dtype=np.int64)


def paths(
    times_ms: Sequence[float], frames: Sequence[Tips], *, reach_mm: float, gap_ms: float
) -> tuple[Path, ...]:
    """The tips of one moment joined to those of the next, longest first.

    A tip goes on as the nearest that turns the same way and lies within `reach_mm`;
    it may be missing for `gap_ms`.
    """
    growing: list[_Growing] = []
    ended: list[_Growing] = []
    for time, frame in zip(times_ms, frames, strict=True):
        ended += [g for g in growing if time - g.times[-1] > gap_ms]
        growing = [g for g in growing if time - g.times[-1] <= gap_ms]
        growing += _joined(growing, time, frame, reach_mm)
    made = [g.path() for g in ended + growing]
    return tuple(sorted(made, key=lambda p: -p.lasted_ms))


class _Growing:
    """A path that is being made."""

    def __init__(self, time: float, at: Array, turn: int) -> None:
        self.times, self.at, self.turn = [time], [at], turn

    def path(self) -> Path:
        return Path(times_ms=np.array(self.times), at_mm=np.stack(self.at), turn=self.turn)


def _joined(growing: list[_Growing], time: float, frame: Tips, reach_mm: float) -> list[_Growing]:
    """Let paths go on, nearest pairs first; those that begin."""
    free = set(range(len(frame.at_mm)))
    pairs = sorted(
        (float(np.linalg.norm(g.at[-1] - frame.at_mm[k])), i, k)
        for i, g in enumerate(growing)
        for k in free
        if g.turn == frame.turn[k]
    )
    moved: set[int] = set()
    for away, i, k in pairs:
        if away <= reach_mm and i not in moved and k in free:
            growing[i].times.append(time)
            growing[i].at.append(frame.at_mm[k])
            moved.add(i)
            free.discard(k)
    return [_Growing(time, frame.at_mm[k], int(frame.turn[k])) for k in sorted(free)]
