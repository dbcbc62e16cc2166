# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""What does a human atrial cell do when it is excited?

Courtemanche, Ramirez & Nattel 1998, *Am J Physiol* 275:H301, doi
10.1152/ajpheart.1998.275.1.H301: 21 states, twelve currents,

.. math::
    \dot V = -(I_{ion} + I_{stim}), \qquad
    g^{t+\Delta t} = g_\infty + (g^t - g_\infty) e^{-\Delta t / \tau_g}           \tag{1}

gates by Rush & Larsen 1978, concentrations by one explicit step. A departure: the stimulus carries
potassium, without which a paced cell slowly loses it (Hund et al. 2001, *Biophys J* 81:3324).
Not for: ventricles, nodes, differences between regions of the atria, vagal tone.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bodytwin.errors import NotFoundError
from bodytwin.twins.rhythm.model.cells.ten_tusscher import apd90_ms

__all__ = ["NUMBERS", "SHARES", "STATES", "Cell", "advance", "apd90_ms", "beat", "cell", "rested"]

Array = NDArray[np.float64]
STATES = (
    "v_mv", "m", "h", "j", "oa", "oi", "ua", "ui", "xr", "xs", "d", "f", "fca", "u", "v", "w",
    "na_i", "k_i", "ca_i", "ca_up", "ca_rel",
)  # fmt: skip
SHARES = ("na", "cal", "kr", "ks", "to", "k1", "kur")
"""What may differ from cell to cell: conductances as shares."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cell:
    """One kind of cell: conductances `shares` (7,), state at the start (21,)."""

    kind: str
    shares: Array
    initial: Array


@cache
def constants() -> dict[str, Any]:
    """The published numbers."""
    path = files("bodytwin.twins.rhythm") / "data" / "courtemanche_1998.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def cell(kind: str) -> Cell:
    """The cell of one kind: "atrium", or "remodelled" by fibrillation."""
    kinds = constants()["kinds"]
    if kind not in kinds:
        raise NotFoundError(f"No kind of cell '{kind[:20]}'. There are: {', '.join(kinds)}.")
    given = kinds[kind]
    return Cell(
        kind=kind,
        shares=np.array([given.get(name, 1.0) for name in SHARES]),
        initial=np.array([constants()["initial"][name] for name in STATES]),
    )


def _numbers() -> Array:
    """Constants in the order in which the kernel takes them."""
    c = constants()
    m, o, g, r = c["membrane"], c["outside"], c["conductance"], c["reticulum"]
    rtf = m["gas_constant_j_per_mol_k"] * m["temperature_k"] / m["faraday_c_per_mmol"]
    return np.array(
        [
            rtf, m["faraday_c_per_mmol"], m["capacitance_pf"], m["cytoplasm_um3"],
            m["uptake_um3"], m["release_um3"], o["potassium_mm"], o["sodium_mm"],
            o["calcium_mm"], g["na"], g["k1"], g["to"], g["kr"], g["ks"], g["cal"], g["b_na"],
            g["b_ca"], g["nak_pa_per_pf"], g["naca_pa_per_pf"], g["p_ca_pa_per_pf"],
            r["release_per_ms"], r["uptake_mm_per_ms"], r["half_uptake_mm"],
            r["most_in_uptake_mm"], r["transfer_ms"],
        ]
    )  # fmt: skip


NUMBERS = _numbers()
PULSE = np.array([2.0, 20.0])
"""How long the stimulus lasts in ms, and how strong it is in mV/ms."""


@njit(cache=True, nogil=True, inline="always")
def _gate(x, steady, tau_ms, dt_ms):
    return steady + (x - steady) * np.exp(-dt_ms / tau_ms)


@njit(cache=True, nogil=True, inline="always")
def _rectified(x, width):
    """Give x / (1 - exp(-x / width)), continued through nought."""
    if abs(x) < 1e-6 * width:
        return width + 0.5 * x
    return x / (1 - np.exp(-x / width))


@njit(cache=True, nogil=True)
def advance(y, share, dt_ms, stimulus_mv_per_ms, c):
    """One step of one cell: `y` (21,) in place; returns the ionic current in mV/ms before it."""
    v, na_i, k_i, ca_i = y[0], y[16], y[17], y[18]
    rtf, f_, cm, v_c = c[0], c[1], c[2], c[3]
    k_o, na_o, ca_o = c[6], c[7], c[8]
    from_na, from_k = v - rtf * np.log(na_o / na_i), v - rtf * np.log(k_o / k_i)
    i_na = share[0] * c[9] * y[1] ** 3 * y[2] * y[3] * from_na
    i_k1 = share[5] * c[10] * from_k / (1 + np.exp(0.07 * (v + 80)))
    i_to = share[4] * c[11] * y[4] ** 3 * y[5] * from_k
    g_kur = 0.005 + 0.05 / (1 + np.exp(-(v - 15) / 13))
    i_kur = share[6] * g_kur * y[6] ** 3 * y[7] * from_k
    i_kr = share[2] * c[12] * y[8] * from_k / (1 + np.exp((v + 15) / 22.4))
    i_ks = share[3] * c[13] * y[9] ** 2 * from_k
    i_cal = share[1] * c[14] * y[10] * y[11] * y[12] * (v - 65)
    sigma = (np.exp(na_o / 67.3) - 1) / 7
    i_nak = (
        c[17] / (1 + 0.1245 * np.exp(-0.1 * v / rtf) + 0.0365 * sigma * np.exp(-v / rtf))
        / (1 + (10.0 / na_i) ** 1.5) * k_o / (k_o + 1.5)
    )  # fmt: skip
    outward = np.exp(0.35 * v / rtf) * na_i**3 * ca_o
    inward = np.exp(-0.65 * v / rtf) * na_o**3 * ca_i
    i_naca = (
        c[18] * (outward - inward)
        / ((87.5**3 + na_o**3) * (1.38 + ca_o) * (1 + 0.1 * np.exp(-0.65 * v / rtf)))
    )  # fmt: skip
    i_bna = c[15] * from_na
    i_bca = c[16] * (v - 0.5 * rtf * np.log(ca_o / ca_i))
    i_pca = c[19] * ca_i / (0.0005 + ca_i)
    i_potassium = i_k1 + i_to + i_kur + i_kr + i_ks
    ion = i_na + i_potassium + i_cal + i_nak + i_naca + i_bna + i_bca + i_pca
    _fast_gates(y, v, dt_ms)
    _slow_gates(y, v, dt_ms)
    _calcium(y, v, dt_ms, c, i_cal, i_naca, i_pca + i_bca)
    over = cm / (v_c * f_)
    y[16] = na_i - dt_ms * over * (i_na + i_bna + 3 * i_nak + 3 * i_naca)
    y[17] = k_i - dt_ms * over * (i_potassium - 2 * i_nak - stimulus_mv_per_ms)
    y[0] = v - dt_ms * (ion - stimulus_mv_per_ms)
    return ion


@njit(cache=True, nogil=True)
def _fast_gates(y, v, dt):
    opens, closes = 0.32 * _rectified(v + 47.13, 10.0), 0.08 * np.exp(-v / 11)
    y[1] = _gate(y[1], opens / (opens + closes), 1 / (opens + closes), dt)
    if v < -40:
        opens_h = 0.135 * np.exp(-(v + 80) / 6.8)
        closes_h = 3.56 * np.exp(0.079 * v) + 310000 * np.exp(0.35 * v)
        opens_j = (
            (-127140 * np.exp(0.2444 * v) - 3.474e-5 * np.exp(-0.04391 * v))
            * (v + 37.78) / (1 + np.exp(0.311 * (v + 79.23)))
        )  # fmt: skip
        closes_j = 0.1212 * np.exp(-0.01052 * v) / (1 + np.exp(-0.1378 * (v + 40.14)))
    else:
        opens_h, opens_j = 0.0, 0.0
        closes_h = 1 / (0.13 * (1 + np.exp(-(v + 10.66) / 11.1)))
        closes_j = 0.3 * np.exp(-2.535e-7 * v) / (1 + np.exp(-0.1 * (v + 32)))
    y[2] = _gate(y[2], opens_h / (opens_h + closes_h), 1 / (opens_h + closes_h), dt)
    y[3] = _gate(y[3], opens_j / (opens_j + closes_j), 1 / (opens_j + closes_j), dt)


@njit(cache=True, nogil=True)
def _slow_gates(y, v, dt):
    opens = 0.65 / (np.exp(-(v + 10) / 8.5) + np.exp(-(v - 30) / 59))
    closes = 0.65 / (2.5 + np.exp((v + 82) / 17))
    tau = 1 / (3 * (opens + closes))
    y[4] = _gate(y[4], 1 / (1 + np.exp(-(v + 20.47) / 17.54)), tau, dt)
    y[6] = _gate(y[6], 1 / (1 + np.exp(-(v + 30.03) / 9.6)), tau, dt)
    rate = 1 / (18.53 + np.exp((v + 113.7) / 10.95)) + 1 / (35.56 + np.exp(-(v + 1.26) / 7.44))
    y[5] = _gate(y[5], 1 / (1 + np.exp((v + 43.1) / 5.3)), 1 / (3 * rate), dt)
    rate = 1 / (21 + np.exp(-(v - 185) / 28)) + np.exp((v - 158) / 16)
    y[7] = _gate(y[7], 1 / (1 + np.exp((v - 99.45) / 27.48)), 1 / (3 * rate), dt)
    rate = 0.0003 * _rectified(v + 14.1, 5.0) + 7.3898e-5 * _rectified(3.3328 - v, 5.1237)
    y[8] = _gate(y[8], 1 / (1 + np.exp(-(v + 14.1) / 6.5)), 1 / rate, dt)
    rate = 4e-5 * _rectified(v - 19.9, 17.0) + 3.5e-5 * _rectified(19.9 - v, 9.0)
    y[9] = _gate(y[9], 1 / np.sqrt(1 + np.exp(-(v - 19.9) / 12.7)), 0.5 / rate, dt)
    tau = 1 / (0.035 * _rectified(v + 10, 6.24) * (1 + np.exp(-(v + 10) / 6.24)))
    y[10] = _gate(y[10], 1 / (1 + np.exp(-(v + 10) / 8)), tau, dt)
    tau = 9 / (0.0197 * np.exp(-((0.0337 * (v + 10)) ** 2)) + 0.02)
    y[11] = _gate(y[11], 1 / (1 + np.exp((v + 28) / 6.9)), tau, dt)


@njit(cache=True, nogil=True)
def _calcium(y, v, dt, c, i_cal, i_naca, i_ca_rest):
    ca_i, ca_up, ca_rel = y[18], y[19], y[20]
    f_, cm, v_c, v_up, v_rel = c[1], c[2], c[3], c[4], c[5]
    released = c[20] * y[13] ** 2 * y[14] * y[15] * (ca_rel - ca_i)
    flux = 1e-12 * v_rel * released - 5e-13 / f_ * cm * (0.5 * i_cal - 0.2 * i_naca)
    high = 1 / (1 + np.exp(-(flux - 3.4175e-13) / 1.367e-15))
    y[12] = _gate(y[12], 1 / (1 + ca_i / 0.00035), 2.0, dt)
    y[13] = _gate(y[13], high, 8.0, dt)
    low = 1 / (1 + np.exp(-(flux - 6.835e-14) / 1.367e-15))
    y[14] = _gate(y[14], 1 - low, 1.91 + 2.09 * high, dt)
    tau = 6 / (_rectified(v - 7.9, 5.0) * (1 + 0.3 * np.exp(-(v - 7.9) / 5)))
    y[15] = _gate(y[15], 1 - 1 / (1 + np.exp(-(v - 40) / 17)), tau, dt)
    passed = (ca_up - ca_rel) / c[24]
    leak, taken = c[21] * ca_up / c[23], c[21] / (1 + c[22] / ca_i)
    total = (
        (2 * i_naca - i_ca_rest - i_cal) * cm / (2 * v_c * f_)
        + (v_up * (leak - taken) + released * v_rel) / v_c
    )  # fmt: skip
    bound = 1 + 0.07 * 0.0005 / (ca_i + 0.0005) ** 2 + 0.05 * 0.00238 / (ca_i + 0.00238) ** 2
    y[18] = ca_i + dt * total / bound
    y[19] = ca_up + dt * (taken - leak - passed * v_rel / v_up)
    y[20] = ca_rel + dt * (passed - released) / (1 + 10.0 * 0.8 / (ca_rel + 0.8) ** 2)


@njit(cache=True, nogil=True)
def _paced(y, share, dt_ms, steps, every, pulse, c, trace):
    for n in range(steps):
        given = pulse[1] if n * dt_ms < pulse[0] else 0.0
        if n % every == 0:
            trace[n // every] = y[0]
        advance(y, share, dt_ms, given, c)


def beat(
    of: Cell, state: Array, *, length_ms: float, dt_ms: float = 0.02, sample_ms: float = 1.0
) -> tuple[Array, Array]:
    """One paced beat: the state after it (21,), and the potential every `sample_ms` (t,) in mV.

    The stimulus is that of the paper: 2 nA for 2 ms, 20 mV/ms in a cell of 100 pF.
    """
    y = state.copy()
    every = max(1, round(sample_ms / dt_ms))
    steps = round(length_ms / dt_ms)
    trace = np.empty((steps + every - 1) // every)
    _paced(y, of.shares, dt_ms, steps, every, PULSE, NUMBERS, trace)
    return y, trace


def rested(of: Cell, *, cycle_ms: float, beats: int = 60) -> Array:
    """The state (21,) after a train of beats."""
    y = of.initial
    for _ in range(beats):
        y, _ = beat(of, y, length_ms=cycle_ms)
    return y
