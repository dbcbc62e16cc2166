# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""What do the twelve leads of an ECG show of this heart?

In an unbounded conductor of conductivity :math:`\sigma_b` the potential at :math:`x_e` is

.. math::
    \varphi_e(t) = -\int \sigma_i \nabla V \cdot \nabla Z_e \, dv, \qquad
    Z_e(x) = \frac{1}{4 \pi \sigma_b |x - x_e|},                                  \tag{1}

which on voxels is a row of weights times V: with the slope G of a field on the voxels,
:math:`w_e = -h^3 G^T \sigma_i \nabla Z_e` is made once per heart and electrode (the lead field of
McFee & Johnston 1953; as in Pezzuto et al. 2017, doi 10.1093/europace/euw346). V follows from
when a voxel was activated and for how long: the course of a ten Tusscher-Panfilov beat,
stretched after its upstroke to the duration of the voxel, and drawn out over the time that a
front needs to pass through a voxel, without which every voxel would be heard as a click.

May be trusted for the duration and the sequence of the QRS complex, and for which way it points.
Not for: absolute amplitudes (a trunk has an end, and lungs), the T wave where durations were not
given voxel by voxel, P waves.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid import Voxels
from bodytwin.twins.rhythm.model.cells.ten_tusscher import apd90_ms, beat, cell, rested
from bodytwin.twins.rhythm.model.heart import Heart
from bodytwin.twins.rhythm.model.torso import ELECTRODES, Electrodes, electrodes_of, numbers
from bodytwin.twins.rhythm.model.wave import Beats

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
NEAREST_MM = 10.0
"""An electrode nearer to the muscle than this is inside the trunk."""
FOOT_MS = 4.0
STEP_MS = 0.2
BLOCK = 64
CROSSING_M_PER_S = 0.3
"""Speed at which a front is taken to pass through a cube, whose corners it has to reach too."""
LONGEST_CROSSING_MS = 6.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """An action potential above rest, from `FOOT_MS` before the upstroke, every `STEP_MS`."""

    above_rest_mv: Array
    apd_ms: float

    def above_rest_at(self, after_ms: Array, apd_ms: float) -> Array:
        """Potential above rest at times after activation, for one duration."""
        squeezed = np.where(after_ms < 0, after_ms, after_ms * self.apd_ms / apd_ms) + FOOT_MS
        places = STEP_MS * np.arange(len(self.above_rest_mv))
        return np.interp(squeezed, places, self.above_rest_mv, left=0.0, right=0.0)


@cache
def course(crossing_ms: float = STEP_MS) -> Course:
    """That of a ten Tusscher-Panfilov epicardial cell at 600 ms, passed by a front in this time."""
    of = cell("epi")
    state = rested(of, cycle_ms=600.0, beats=10)
    _, trace = beat(of, state, length_ms=600.0, sample_ms=STEP_MS)
    up = int(np.argmax(np.diff(trace)))
    width = round(crossing_ms / STEP_MS) | 1
    lead_in = np.full(round(FOOT_MS / STEP_MS) + width, trace[0])
    whole = np.concatenate([lead_in, trace]) - trace[0]
    drawn_out = np.convolve(whole, np.full(width, 1.0 / width), mode="same")[up + width :]
    end = int(np.flatnonzero(drawn_out > 0.1)[-1]) + 1
    shape = np.maximum(np.append(drawn_out[:end], [0.0, 0.0]), 0.0)
    shape[0] = 0.0
    return Course(above_rest_mv=shape, apd_ms=apd90_ms(trace, sample_ms=STEP_MS))


@dataclass(frozen=True, kw_only=True, eq=False)
class LeadField:
    """Weights (n, 9) of the potential of each voxel in that of each electrode, mV per mV."""

    weights: Array
    electrodes: Electrodes
    crossing_ms: float

    @classmethod
    def of(cls, heart: Heart, electrodes: Electrodes | None = None) -> "LeadField":
        """The lead field of this heart; electrodes of the template where none are given."""
        placed = electrodes or electrodes_of(heart)
        s = numbers()["conductivity"]
        return cls(
            weights=weights(
                heart.voxels,
                heart.conducting,
                np.asarray(heart.fibre, dtype=np.float64),
                placed.positions_mm,
                along=s["intracellular_along_s_per_m"] / s["trunk_s_per_m"],
                across=s["intracellular_across_s_per_m"] / s["trunk_s_per_m"],
            ),
            electrodes=placed,
            crossing_ms=min(LONGEST_CROSSING_MS, heart.voxels.spacing_mm / CROSSING_M_PER_S),
        )

    @property
    def course(self) -> Course:
        """How the potential of a voxel runs."""
        return course(self.crossing_ms)

    def potentials_mv(self, above_rest_mv: Array) -> Array:
        """Potential at each electrode (9, t) from that of each voxel (n, t)."""
        return self.weights.T @ above_rest_mv

    def ecg(self, arrival_ms: Array, apd_ms: Array, times_ms: Array) -> Array:
        """Twelve leads (12, t) in mV of one beat; voxels that are never reached stay at rest."""
        n = len(self.weights)
        if arrival_ms.shape != (n,) or apd_ms.shape != (n,):
            raise InvalidInputError(f"Arrivals and durations are {n} numbers each, one per voxel.")
        reached = np.flatnonzero(np.isfinite(arrival_ms))
        return self._of(reached, arrival_ms[reached], apd_ms[reached], times_ms)

    def ecg_of(self, beats: Beats, times_ms: Array) -> Array:
        """Twelve leads (12, t) in mV of any number of beats; before the first all is at rest."""
        return self._of(beats.voxel, beats.time_ms, beats.apd_ms, times_ms)

    def _of(
        self, voxel: NDArray[np.integer], start_ms: Array, apd_ms: NDArray[np.floating], t: Array
    ) -> Array:
        if len(t) == 0 or (np.diff(t) <= 0).any():
            raise InvalidInputError("Times of an ECG rise, and there is at least one.")
        order = np.argsort(start_ms, kind="stable")
        v, begin = voxel[order].astype(np.int64), start_ms[order].astype(np.float64)
        shape = self.course
        found = np.zeros((len(t), len(ELECTRODES)))
        _summed(
            found, np.ascontiguousarray(t, dtype=np.float64), v, begin,
            _until(v, begin), shape.apd_ms / apd_ms[order].astype(np.float64),
            shape.above_rest_mv, self.weights,
        )  # fmt: skip
        return twelve(found.T)


def twelve(potentials_mv: Array) -> Array:
    """The leads (12, t) of Einthoven, Goldberger and Wilson from the nine electrodes (9, t)."""
    ra, la, ll = potentials_mv[:3]
    terminal = (ra + la + ll) / 3.0
    limbs = [la - ra, ll - ra, ll - la, *(1.5 * (p - terminal) for p in (ra, la, ll))]
    return np.stack([*limbs, *(p - terminal for p in potentials_mv[3:])])


def weights(
    voxels: Voxels,
    conducting: Mask,
    fibre: Array,
    electrodes_mm: Array,
    *,
    along: float,
    across: float,
) -> Array:
    """The weights of equation (1), (n, electrodes); conductivities over that of the trunk."""
    x = voxels.positions_mm
    near = x[voxels.nearest(electrodes_mm)]
    gap = float(np.linalg.norm(near - electrodes_mm, axis=1).min())
    if gap < NEAREST_MM:
        raise InvalidInputError(
            f"An electrode lies {gap:.0f} mm from the muscle; on the skin it is at least "
            f"{NEAREST_MM:g} mm away. Positions are in mm in the frame of the heart."
        )
    pairs = [_beside(voxels, conducting, axis) for axis in range(3)]
    scale = -(voxels.spacing_mm**2) / (4.0 * np.pi)
    found = np.zeros((voxels.count, len(electrodes_mm)))
    for e, place in enumerate(electrodes_mm):
        away = place - x
        slope = away / np.linalg.norm(away, axis=1)[:, None] ** 3
        pull = across * slope + (along - across) * (fibre * slope).sum(axis=1)[:, None] * fibre
        pull = np.where(conducting[:, None], scale * pull, 0.0)
        for axis, (ahead, behind, steps) in enumerate(pairs):
            share = pull[:, axis] / steps
            found[:, e] += np.bincount(ahead, share, minlength=voxels.count)
            found[:, e] -= np.bincount(behind, share, minlength=voxels.count)
    return found


def _beside(
    voxels: Voxels, conducting: Mask, axis: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], Array]:
    """Voxels between which the slope along an axis is taken at each voxel, and their distance."""
    own = np.arange(voxels.count, dtype=np.int32)
    ends: list[NDArray[np.int32]] = []
    steps = np.zeros(voxels.count)
    for sign in (1, -1):
        there = voxels.neighbours((sign * (axis == 0), sign * (axis == 1), sign * (axis == 2)))
        open_ = (there >= 0) & conducting[there] & conducting
        ends.append(np.where(open_, there, own))
        steps += open_
    return ends[0], ends[1], np.maximum(steps, 1.0)


def _until(voxel: NDArray[np.int64], start_ms: Array) -> Array:
    """When each activation gives way to the next one of its voxel."""
    until = np.full(len(voxel), np.inf)
    order = np.lexsort((start_ms, voxel))
    same = voxel[order][:-1] == voxel[order][1:]
    until[order[:-1][same]] = start_ms[order[1:][same]] - FOOT_MS
    return until


@njit(cache=True, nogil=True, parallel=True)
def _summed(out, times, voxel, start, until, squeeze, shape, weight):
    n, electrodes, blocks = len(times), weight.shape[1], (len(times) + BLOCK - 1) // BLOCK
    length = len(shape)
    for b in prange(blocks):
        first, last = b * BLOCK, min(n, (b + 1) * BLOCK)
        for k in range(len(voxel)):
            begin = start[k] - FOOT_MS
            if begin > times[last - 1]:
                break
            end = min(until[k], start[k] + (length * STEP_MS - FOOT_MS) / squeeze[k])
            if end < times[first]:
                continue
            i = voxel[k]
            for m in range(first, last):
                t = times[m]
                if t < begin:
                    continue
                if t >= end:
                    break
                s = t - start[k]
                s = (s if s < 0 else s * squeeze[k]) + FOOT_MS
                place = s / STEP_MS
                j = int(place)
                if j >= length - 1:
                    continue
                u = shape[j] + (place - j) * (shape[j + 1] - shape[j])
                for e in range(electrodes):
                    out[m, e] += weight[i, e] * u
