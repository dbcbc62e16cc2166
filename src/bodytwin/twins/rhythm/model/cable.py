# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""How fast does a strand of cells conduct, and how early can it be excited again?

.. math::
    \partial_t V = \partial_x (D \, \partial_x V) - I_{ion}(V, \cdot)              \tag{1}

on points `dx_mm` apart, no flux at both ends, the diffusion by one explicit step and the cells
by one step of their own in turn (Godunov).

Not for: results at another spacing without making them anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.twins.rhythm.model.cells.ten_tusscher import NUMBERS, Cell, advance

Array = NDArray[np.float64]
CROSSING_MV = 0.0
REPOLARISED = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Strand:
    """A strand of equal cells: `points` of them `dx_mm` apart, diffusion in mm^2/ms, step in ms."""

    points: int = 220
    dx_mm: float = 0.1
    diffusion_mm2_per_ms: float = 0.0953
    dt_ms: float = 0.02

    def __post_init__(self) -> None:
        largest = self.dx_mm**2 / (2 * self.diffusion_mm2_per_ms)
        if self.dt_ms > largest:
            raise InvalidInputError(
                f"A step of {self.dt_ms:g} ms is unstable here; at most {largest:.3g} ms is not."
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Passed:
    """Waves that passed two points: arrivals and 90 % repolarisations in ms, speed in m/s."""

    arrival_ms: Array
    repolarised_ms: Array
    speed_m_per_s: Array


def stimulated(
    cell: Cell, strand: Strand, state: Array, times_ms: Sequence[float], until_ms: float
) -> tuple[Array, Passed]:
    """The strand (points, 19) after stimuli at its left end, and the waves that passed.

    They are looked at 40 % and 70 % along it; a wave counts where it came to both.
    """
    y = state.copy()
    steps = round(until_ms / strand.dt_ms)
    starts = np.array([round(t / strand.dt_ms) for t in times_ms], dtype=np.int64)
    watched = np.array([int(0.4 * strand.points), int(0.7 * strand.points)], dtype=np.int64)
    trace = np.empty((steps, 2))
    share = strand.diffusion_mm2_per_ms * strand.dt_ms / strand.dx_mm**2
    _run(y, cell.shares, strand.dt_ms, steps, starts, share, watched, NUMBERS, trace)
    first, second = (_crossings(trace[:, k], strand.dt_ms) for k in range(2))
    pairs = [(a, b) for a in first for b in second if 0 < b - a < 100.0]
    ends = [_repolarised(trace[:, 0], a, strand.dt_ms) for a, _ in pairs]
    gap = float(watched[1] - watched[0]) * strand.dx_mm
    return y, Passed(
        arrival_ms=np.array([a for a, _ in pairs]),
        repolarised_ms=np.array(ends),
        speed_m_per_s=np.array([gap / (b - a) for a, b in pairs]),
    )


def _crossings(v: Array, dt: float) -> list[float]:
    up = np.flatnonzero((v[:-1] <= CROSSING_MV) & (v[1:] > CROSSING_MV))
    return [float((k + (CROSSING_MV - v[k]) / (v[k + 1] - v[k])) * dt) for k in up]


def _repolarised(v: Array, arrival: float, dt: float) -> float:
    k = round(arrival / dt)
    rest, top = float(v[max(0, k - round(8 / dt))]), float(v[k : k + round(60 / dt)].max())
    later = np.flatnonzero(v[k:] < top - REPOLARISED * (top - min(rest, -80.0)))
    later = later[later > round(30 / dt)]
    return float((k + later[0]) * dt) if len(later) else np.nan


@njit(cache=True, nogil=True)
def _run(y, share, dt, steps, starts, d, watched, c, trace):
    n = len(y)
    v = y[:, 0].copy()
    for k in range(steps):
        on = False
        for s in starts:
            if s <= k < s + int(2.0 / dt):
                on = True
        for i in range(n):
            left = v[i - 1] if i > 0 else v[i]
            right = v[i + 1] if i < n - 1 else v[i]
            y[i, 0] = v[i] + d * (left - 2 * v[i] + right)
        for i in range(n):
            advance(y[i], share, dt, 35.714 if on and i < 15 else 0.0, c)
        for i in range(n):
            v[i] = y[i, 0]
        trace[k, 0], trace[k, 1] = v[watched[0]], v[watched[1]]
