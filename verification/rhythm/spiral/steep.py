"""The ventricular cell with the restitution slopes of table 2 of ten Tusscher & Panfilov 2006.

The kernels are those of the package with other constants; only the f gate is made anew above
0 mV, where the sets multiply its time.
"""

from dataclasses import replace
from functools import cache

import numpy as np
from numba import njit, prange

from bodytwin.twins.rhythm.model import monodomain_cells as cells
from bodytwin.twins.rhythm.model.cells import ten_tusscher as scalar
from bodytwin.twins.rhythm.model.cells.ten_tusscher import constants
from bodytwin.twins.rhythm.model.monodomain_cells import BLOCK, ten_tusscher
from bodytwin.twins.rhythm.model.monodomain_currents import currents

PLACES = {"kr": 11, "ks": 12, "p_ca_pa_per_pf": 17, "p_k": 18}
"""Where in the constants of the kernel each number of a set stands."""
F_GATE = 7


@cache
def membrane(slope):
    """The membrane of a set, named "0.7", "1.1", "1.4" or "1.8"."""
    numbers = constants()["restitution_slopes"][slope]
    c = cells._C.copy()
    for name, place in PLACES.items():
        c[place] = numbers[name]
    longer = np.float32(numbers["tau_f"])

    def advance(v, states, shares, steps_ms, rates):
        _advance(v, states, shares, steps_ms, rates, c, longer)

    return replace(
        ten_tusscher(("epi",)),
        name=f"ten Tusscher & Panfilov 2006, slope {slope}",
        advance=advance,
    )


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def _advance(v, states, shares, steps_ms, rates, c, longer):
    tasks = min(128, len(steps_ms))
    for task in prange(tasks):
        scratch = np.empty((5, BLOCK), dtype=np.float32)
        before = np.empty(BLOCK, dtype=np.float32)
        for b in range(task, len(steps_ms), tasks):
            if steps_ms[b] > np.float32(0.0):
                dt = steps_ms[b]
                currents(v[b], states[b], shares[b], c, scratch)
                before[:] = states[b, F_GATE]
                cells._gates(v[b], states[b], shares[b, 6], dt)
                _f(v[b], states[b, F_GATE], before, dt, longer)
                y = states[b]
                cells.concentrations(y[12], y[13], y[14], y[15], scratch[2], scratch[3], dt, c)
                rates[b] = cells._charges(v[b], y[16], y[17], scratch, dt, c)


@njit(cache=True, nogil=True, error_model="numpy")
def _f(v, f, before, dt, longer):
    """The f gate once more where the potential is above nought."""
    for i in range(len(v)):
        if v[i] > np.float32(0.0):
            x = np.float64(v[i])
            tau = 1102.5 * np.exp(-((x + 27) ** 2) / 225) + 200 / (1 + np.exp((13 - x) / 10))
            tau = (tau + 180 / (1 + np.exp((x + 30) / 10)) + 20) * longer
            steady = 1 / (1 + np.exp((x + 20) / 7))
            f[i] = np.float32(steady + (before[i] - steady) * np.exp(-dt / tau))


def paced(slope, *, cycles_ms, beats=50, dt_ms=0.02):
    """Rest and the duration that follows it, (2 x cycles, 2) in ms: the last two beats of each.

    One cell, a train of `beats` at each cycle, ever faster, as in the dynamic protocol.
    """
    numbers, of = constants()["restitution_slopes"][slope], scalar.cell("epi")
    c = scalar.NUMBERS.copy()
    for name, place in PLACES.items():
        c[place] = numbers[name]
    y, found = of.initial.copy(), []
    for cycle_ms in cycles_ms:
        trace = np.empty(round(cycle_ms / dt_ms))
        durations = []
        for _ in range(beats):
            _beat(y, of.shares, dt_ms, c, numbers["tau_f"], trace)
            durations.append(scalar.apd90_ms(trace, sample_ms=dt_ms))
        found += [(cycle_ms - durations[k - 1], durations[k]) for k in (-2, -1)]
    return np.array(found)


@njit(cache=True, nogil=True)
def _beat(y, share, dt, c, longer, trace):
    for n in range(len(trace)):
        trace[n] = v = y[0]
        f = y[8]
        scalar.advance(y, share, dt, 52.0 if n * dt < 1.0 else 0.0, c)
        if v > 0.0:
            tau = 1102.5 * np.exp(-((v + 27) ** 2) / 225) + 200 / (1 + np.exp((13 - v) / 10))
            tau = (tau + 180 / (1 + np.exp((v + 30) / 10)) + 20) * longer
            steady = 1 / (1 + np.exp((v + 20) / 7))
            y[8] = steady + (f - steady) * np.exp(-dt / tau)
