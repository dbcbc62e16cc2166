# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""What does a human ventricular cell do when it is excited?

ten Tusscher & Panfilov 2006, *Am J Physiol Heart Circ Physiol* 291:H1088, doi
10.1152/ajpheart.00109.2006: 19 states, twelve currents,

.. math::
    \dot V = -(I_{ion} + I_{stim}), \qquad
    g^{t+\Delta t} = g_\infty + (g^t - g_\infty) e^{-\Delta t / \tau_g}           \tag{1}

gates by Rush & Larsen 1978 (exact while V stands still), concentrations by one explicit step.
Not for: atria, Purkinje cells, acute ischaemia, hyperkalaemia.
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

Array = NDArray[np.float64]
STATES = (
    "v_mv", "xr1", "xr2", "xs", "m", "h", "j", "d", "f", "f2", "fcass", "s", "r",
    "ca_i", "r_prime", "ca_sr", "ca_ss", "na_i", "k_i",
)  # fmt: skip
SHARES = ("na", "cal", "kr", "ks", "to", "k1", "slow_s")
"""What may differ from cell to cell: conductances as shares, and which s gate it has."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cell:
    """One kind of cell: conductances `shares` (7,), state at the start (19,)."""

    kind: str
    shares: Array
    initial: Array


@cache
def constants() -> dict[str, Any]:
    """The published numbers."""
    path = files("bodytwin.twins.rhythm") / "data" / "ten_tusscher_2006.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def cell(kind: str) -> Cell:
    """The cell of one kind: "epi", "mid", "endo" or "border"."""
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
    m, o, g = c["membrane"], c["outside"], c["conductance"]
    rtf = m["gas_constant_j_per_mol_k"] * m["temperature_k"] / m["faraday_c_per_mmol"]
    return np.array(
        [
            rtf, m["faraday_c_per_mmol"], m["capacitance_pf"], m["cytoplasm_um3"],
            m["reticulum_um3"], m["subspace_um3"], o["potassium_mm"], o["sodium_mm"],
            o["calcium_mm"], g["na"], g["k1"], g["kr"], g["ks"], g["to"], g["cal_l_per_f_s"],
            g["b_na"], g["b_ca"], g["p_ca_pa_per_pf"], g["p_k"],
        ]
    )  # fmt: skip


NUMBERS = _numbers()


@njit(cache=True, nogil=True, inline="always")
def _gate(x, steady, tau_ms, dt_ms):
    return steady + (x - steady) * np.exp(-dt_ms / tau_ms)


@njit(cache=True, nogil=True)
def advance(y, share, dt_ms, stimulus_mv_per_ms, c):
    """One step of one cell: `y` (19,) in place; returns the ionic current in mV/ms before it."""
    v, ca_i, ca_ss, na_i, k_i = y[0], y[13], y[16], y[17], y[18]
    rtf, f_, cm, v_c = c[0], c[1], c[2], c[3]
    k_o, na_o, ca_o = c[6], c[7], c[8]
    e_na = rtf * np.log(na_o / na_i)
    e_k = rtf * np.log(k_o / k_i)
    e_ks = rtf * np.log((k_o + 0.03 * na_o) / (k_i + 0.03 * na_i))
    e_ca = 0.5 * rtf * np.log(ca_o / ca_i)
    a_k1 = 0.1 / (1 + np.exp(0.06 * (v - e_k - 200)))
    b_k1 = (3 * np.exp(0.0002 * (v - e_k + 100)) + np.exp(0.1 * (v - e_k - 10))) / (
        1 + np.exp(-0.5 * (v - e_k))
    )
    root_k = np.sqrt(k_o / 5.4)
    i_k1 = share[5] * c[10] * root_k * a_k1 / (a_k1 + b_k1) * (v - e_k)
    i_kr = share[2] * c[11] * root_k * y[1] * y[2] * (v - e_k)
    i_ks = share[3] * c[12] * y[3] * y[3] * (v - e_ks)
    i_na = share[0] * c[9] * y[4] ** 3 * y[5] * y[6] * (v - e_na)
    i_to = share[4] * c[13] * y[12] * y[11] * (v - e_k)
    x = 2 * (v - 15) / rtf
    if abs(x) < 1e-6:
        drive = (0.25 * ca_ss - ca_o) * (2 * f_ - 0.0)
    else:
        grown = np.exp(x)
        drive = 4 * (v - 15) * f_ / rtf * (0.25 * ca_ss * grown - ca_o) / (grown - 1)
    i_cal = share[1] * c[14] * y[7] * y[8] * y[9] * y[10] * drive
    i_nak = (
        2.724 * k_o / (k_o + 1.0) * na_i / (na_i + 40.0)
        / (1 + 0.1245 * np.exp(-0.1 * v / rtf) + 0.0353 * np.exp(-v / rtf))
    )  # fmt: skip
    i_naca = (
        1000.0
        * (np.exp(0.35 * v / rtf) * na_i**3 * ca_o - np.exp(-0.65 * v / rtf) * na_o**3 * ca_i * 2.5)
        / ((87.5**3 + na_o**3) * (1.38 + ca_o) * (1 + 0.1 * np.exp(-0.65 * v / rtf)))
    )
    i_bna, i_bca = c[15] * (v - e_na), c[16] * (v - e_ca)
    i_pca = c[17] * ca_i / (ca_i + 0.0005)
    i_pk = c[18] * (v - e_k) / (1 + np.exp((25 - v) / 5.98))
    ion = i_k1 + i_to + i_kr + i_ks + i_cal + i_nak + i_na + i_bna + i_naca + i_bca + i_pk + i_pca
    _gates(y, v, ca_ss, share[6], dt_ms)
    _concentrations(y, dt_ms, c, i_cal, i_bca + i_pca - 2 * i_naca)
    over = cm / (v_c * f_)
    y[17] = na_i - dt_ms * over * (i_na + i_bna + 3 * i_nak + 3 * i_naca)
    y[18] = k_i - dt_ms * over * (i_k1 + i_to + i_kr + i_ks + i_pk - 2 * i_nak - stimulus_mv_per_ms)
    y[0] = v - dt_ms * (ion - stimulus_mv_per_ms)
    return ion


@njit(cache=True, nogil=True)
def _gates(y, v, ca_ss, slow_s, dt):
    tau = 450 / (1 + np.exp((-45 - v) / 10)) * 6 / (1 + np.exp((v + 30) / 11.5))
    y[1] = _gate(y[1], 1 / (1 + np.exp((-26 - v) / 7)), tau, dt)
    tau = 3 / (1 + np.exp((-60 - v) / 20)) * 1.12 / (1 + np.exp((v - 60) / 20))
    y[2] = _gate(y[2], 1 / (1 + np.exp((v + 88) / 24)), tau, dt)
    tau = 1400 / np.sqrt(1 + np.exp((5 - v) / 6)) / (1 + np.exp((v - 35) / 15)) + 80
    y[3] = _gate(y[3], 1 / (1 + np.exp((-5 - v) / 14)), tau, dt)
    tau = (
        (0.1 / (1 + np.exp((v + 35) / 5)) + 0.1 / (1 + np.exp((v - 50) / 200)))
        / (1 + np.exp((-60 - v) / 5))
    )  # fmt: skip
    y[4] = _gate(y[4], 1 / (1 + np.exp((-56.86 - v) / 9.03)) ** 2, tau, dt)
    steady = 1 / (1 + np.exp((v + 71.55) / 7.43)) ** 2
    if v < -40:
        rate_h = (
            0.057 * np.exp(-(v + 80) / 6.8) + 2.7 * np.exp(0.079 * v) + 310000 * np.exp(0.3485 * v)
        )
        rate_j = (-25428 * np.exp(0.2444 * v) - 6.948e-6 * np.exp(-0.04391 * v)) * (v + 37.78) / (
            1 + np.exp(0.311 * (v + 79.23))
        ) + 0.02424 * np.exp(-0.01052 * v) / (1 + np.exp(-0.1378 * (v + 40.14)))
    else:
        rate_h = 0.77 / (0.13 * (1 + np.exp((v + 10.66) / -11.1)))
        rate_j = 0.6 * np.exp(0.057 * v) / (1 + np.exp(-0.1 * (v + 32)))
    y[5] = _gate(y[5], steady, 1 / rate_h, dt)
    y[6] = _gate(y[6], steady, 1 / rate_j, dt)
    tau = (1.4 / (1 + np.exp((-35 - v) / 13)) + 0.25) * 1.4 / (1 + np.exp((v + 5) / 5)) + 1 / (
        1 + np.exp((50 - v) / 20)
    )
    y[7] = _gate(y[7], 1 / (1 + np.exp((-8 - v) / 7.5)), tau, dt)
    tau = (
        1102.5 * np.exp(-((v + 27) ** 2) / 225)
        + 200 / (1 + np.exp((13 - v) / 10))
        + 180 / (1 + np.exp((v + 30) / 10))
        + 20
    )
    y[8] = _gate(y[8], 1 / (1 + np.exp((v + 20) / 7)), tau, dt)
    tau = (
        562 * np.exp(-((v + 27) ** 2) / 240)
        + 31 / (1 + np.exp((25 - v) / 10))
        + 80 / (1 + np.exp((v + 30) / 10))
    )
    y[9] = _gate(y[9], 0.67 / (1 + np.exp((v + 35) / 7)) + 0.33, tau, dt)
    load = 1 + (ca_ss / 0.05) ** 2
    y[10] = _gate(y[10], 0.6 / load + 0.4, 80 / load + 2, dt)
    if slow_s > 0.5:
        tau = 1000 * np.exp(-((v + 67) ** 2) / 1000) + 8
        y[11] = _gate(y[11], 1 / (1 + np.exp((v + 28) / 5)), tau, dt)
    else:
        tau = 85 * np.exp(-((v + 45) ** 2) / 320) + 5 / (1 + np.exp((v - 20) / 5)) + 3
        y[11] = _gate(y[11], 1 / (1 + np.exp((v + 20) / 5)), tau, dt)
    tau = 9.5 * np.exp(-((v + 40) ** 2) / 1800) + 0.8
    y[12] = _gate(y[12], 1 / (1 + np.exp((20 - v) / 6)), tau, dt)


@njit(cache=True, nogil=True)
def _concentrations(y, dt, c, i_cal, i_ca_rest):
    ca_i, r, ca_sr, ca_ss = y[13], y[14], y[15], y[16]
    f_, cm, v_c, v_sr, v_ss = c[1], c[2], c[3], c[4], c[5]
    up = 0.006375 / (1 + 0.00025**2 / ca_i**2)
    leak, transfer = 0.00036 * (ca_sr - ca_i), 0.0038 * (ca_ss - ca_i)
    kcasr = 2.5 - 1.5 / (1 + (1.5 / ca_sr) ** 2)
    k1, k2 = 0.15 / kcasr, 0.045 * kcasr
    opened = k1 * ca_ss**2 * r / (0.06 + k1 * ca_ss**2)
    release = 0.102 * opened * (ca_sr - ca_ss)
    y[14] = r + dt * (-k2 * ca_ss * r + 0.005 * (1 - r))
    total_i = -i_ca_rest * cm / (2 * v_c * f_) + (leak - up) * v_sr / v_c + transfer
    total_sr = up - release - leak
    total_ss = -i_cal * cm / (2 * v_ss * f_) + release * v_sr / v_ss - transfer * v_c / v_ss
    y[13] = ca_i + dt * total_i / (1 + 0.2 * 0.001 / (ca_i + 0.001) ** 2)
    y[15] = ca_sr + dt * total_sr / (1 + 10.0 * 0.3 / (ca_sr + 0.3) ** 2)
    y[16] = ca_ss + dt * total_ss / (1 + 0.4 * 0.00025 / (ca_ss + 0.00025) ** 2)


@njit(cache=True, nogil=True)
def _paced(y, share, dt_ms, steps, every, start, length, strength, c, trace):
    for n in range(steps):
        t = n * dt_ms
        given = strength if start <= t < start + length else 0.0
        if n % every == 0:
            trace[n // every] = y[0]
        advance(y, share, dt_ms, given, c)


def beat(
    of: Cell, state: Array, *, length_ms: float, dt_ms: float = 0.02, sample_ms: float = 1.0
) -> tuple[Array, Array]:
    """One paced beat: the state after it (19,), and the potential every `sample_ms` (t,) in mV."""
    y = state.copy()
    every = max(1, round(sample_ms / dt_ms))
    steps = round(length_ms / dt_ms)
    trace = np.empty((steps + every - 1) // every)
    _paced(y, of.shares, dt_ms, steps, every, 0.0, 1.0, 52.0, NUMBERS, trace)
    return y, trace


def rested(of: Cell, *, cycle_ms: float, beats: int = 60) -> Array:
    """The state (19,) after a train of beats."""
    y = of.initial
    for _ in range(beats):
        y, _ = beat(of, y, length_ms=cycle_ms)
    return y


def apd90_ms(trace_mv: Array, *, sample_ms: float = 1.0) -> float:
    """From the steepest rise to 90 % of the way back to rest, NaN where it does not come back."""
    rest, top = float(trace_mv[0]), float(trace_mv.max())
    up = int(np.argmax(np.diff(trace_mv)))
    level = top - 0.9 * (top - rest)
    later = np.flatnonzero(trace_mv[int(np.argmax(trace_mv)) :] < level)
    if not len(later):
        return float("nan")
    k = int(np.argmax(trace_mv)) + int(later[0])
    part = (trace_mv[k - 1] - level) / (trace_mv[k - 1] - trace_mv[k])
    return (k - 1 + float(part) - up - 0.5) * sample_ms
