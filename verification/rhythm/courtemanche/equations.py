"""The atrial cell once more, from the paper's rates and currents in pA, for a stiff solver.

Nothing is shared with the package but the numbers a test passes in: written in rates (alpha, beta)
rather than steady states and times, in pA rather than pA/pF, as pages H317 to H319 have it.
"""

from math import exp, log, sqrt

import numpy as np
from scipy.integrate import solve_ivp

R, T, F, CM = 8.3143, 310.0, 96.4867, 100.0
V_CELL = 20100.0
V_I, V_UP, V_REL = 0.68 * V_CELL, 0.0552 * V_CELL, 0.0048 * V_CELL
NA_O, K_O, CA_O = 140.0, 5.4, 1.8


def sodium_rates(v):
    a_m = 3.2 if abs(v + 47.13) < 1e-9 else 0.32 * (v + 47.13) / (1 - exp(-0.1 * (v + 47.13)))
    b_m = 0.08 * exp(-v / 11)
    if v >= -40:
        b_h = 1 / (0.13 * (1 + exp((v + 10.66) / -11.1)))
        b_j = 0.3 * exp(-2.535e-7 * v) / (1 + exp(-0.1 * (v + 32)))
        return a_m, b_m, 0.0, b_h, 0.0, b_j
    a_h = 0.135 * exp((80 + v) / -6.8)
    b_h = 3.56 * exp(0.079 * v) + 3.1e5 * exp(0.35 * v)
    a_j = -1.2714e5 * exp(0.2444 * v) - 3.474e-5 * exp(-0.04391 * v)
    a_j *= (v + 37.78) / (1 + exp(0.311 * (v + 79.23)))
    b_j = 0.1212 * exp(-0.01052 * v) / (1 + exp(-0.1378 * (v + 40.14)))
    return a_m, b_m, a_h, b_h, a_j, b_j


def delayed_rates(v):
    a_xr = 0.0015 if abs(v + 14.1) < 1e-9 else 0.0003 * (v + 14.1) / (1 - exp((v + 14.1) / -5))
    b_xr = (
        7.3898e-5 * 5.1237
        if abs(v - 3.3328) < 1e-9
        else 7.3898e-5 * (v - 3.3328) / (exp((v - 3.3328) / 5.1237) - 1)
    )
    a_xs = 0.00068 if abs(v - 19.9) < 1e-9 else 4e-5 * (v - 19.9) / (1 - exp((v - 19.9) / -17))
    b_xs = 0.000315 if abs(v - 19.9) < 1e-9 else 3.5e-5 * (v - 19.9) / (exp((v - 19.9) / 9) - 1)
    return a_xr, b_xr, a_xs, b_xs


def transient_rates(v):
    a_oa = 0.65 / (exp((v + 10) / -8.5) + exp((v - 30) / -59))
    b_oa = 0.65 / (2.5 + exp((v + 82) / 17))
    a_oi, b_oi = 1 / (18.53 + exp((v + 113.7) / 10.95)), 1 / (35.56 + exp((v + 1.26) / -7.44))
    a_ui, b_ui = 1 / (21 + exp((v - 185) / -28)), exp((v - 158) / 16)
    return a_oa, b_oa, a_oi, b_oi, a_ui, b_ui


def logistic(x):
    return 1 / (1 + exp(-x)) if x > -700 else 0.0


def slopes(y, shares, i_stim):
    """dy/dt; `shares` by name of current; `i_stim` in pA, outward positive."""
    v, m, h, j, oa, oi, ua, ui, xr, xs, d, f, fca, u, vv, w, na, k, ca, up, rel = y
    e_na, e_k = R * T / F * log(NA_O / na), R * T / F * log(K_O / k)
    e_ca = R * T / (2 * F) * log(CA_O / ca)
    i_na = CM * 7.8 * shares["na"] * m**3 * h * j * (v - e_na)
    i_k1 = CM * 0.09 * shares["k1"] * (v - e_k) / (1 + exp(0.07 * (v + 80)))
    i_to = CM * 0.1652 * shares["to"] * oa**3 * oi * (v - e_k)
    g_kur = 0.005 + 0.05 / (1 + exp((v - 15) / -13))
    i_kur = CM * g_kur * shares["kur"] * ua**3 * ui * (v - e_k)
    i_kr = CM * 0.029411765 * shares["kr"] * xr * (v - e_k) / (1 + exp((v + 15) / 22.4))
    i_ks = CM * 0.12941176 * shares["ks"] * xs**2 * (v - e_k)
    i_cal = CM * 0.12375 * shares["cal"] * d * f * fca * (v - 65)
    vf = v * F / (R * T)
    sigma = (exp(NA_O / 67.3) - 1) / 7
    f_nak = 1 / (1 + 0.1245 * exp(-0.1 * vf) + 0.0365 * sigma * exp(-vf))
    i_nak = CM * 0.59933874 * f_nak / (1 + sqrt((10 / na) ** 3)) * K_O / (K_O + 1.5)
    i_naca = CM * 1600 * (exp(0.35 * vf) * na**3 * CA_O - exp(-0.65 * vf) * NA_O**3 * ca)
    i_naca /= (87.5**3 + NA_O**3) * (1.38 + CA_O) * (1 + 0.1 * exp(-0.65 * vf))
    i_bna, i_bca = CM * 0.0006744375 * (v - e_na), CM * 0.001131 * (v - e_ca)
    i_pca = CM * 0.275 * ca / (0.0005 + ca)
    i_rel = 30 * u**2 * vv * w * (rel - ca)
    fn = 1e-12 * V_REL * i_rel - 5e-13 / F * (0.5 * i_cal - 0.2 * i_naca)
    i_tr, i_leak, i_up = (up - rel) / 180, 0.005 * up / 15, 0.005 / (1 + 0.00092 / ca)
    a_m, b_m, a_h, b_h, a_j, b_j = sodium_rates(v)
    a_oa, b_oa, a_oi, b_oi, a_ui, b_ui = transient_rates(v)
    a_xr, b_xr, a_xs, b_xs = delayed_rates(v)
    x = v + 10
    tau_d = (
        4.579 / 2 if abs(x) < 1e-9 else (1 - exp(x / -6.24)) / (0.035 * x * (1 + exp(x / -6.24)))
    )
    tau_f = 9 / (0.0197 * exp(-(0.0337**2) * x**2) + 0.02)
    x = v - 7.9
    tau_w = (
        6 * 0.2 / 1.3 if abs(x) < 1e-9 else 6 * (1 - exp(-x / 5)) / ((1 + 0.3 * exp(-x / 5)) * x)
    )
    out = i_k1 + i_to + i_kur + i_kr + i_ks
    total = i_na + out + i_cal + i_nak + i_naca + i_bna + i_bca + i_pca
    b1 = (2 * i_naca - i_pca - i_cal - i_bca) / (2 * V_I * F)
    b1 += (V_UP * (i_leak - i_up) + i_rel * V_REL) / V_I
    b2 = 1 + 0.07 * 0.0005 / (ca + 0.0005) ** 2 + 0.05 * 0.00238 / (ca + 0.00238) ** 2
    return np.array(
        [
            -(total + i_stim) / CM,
            a_m * (1 - m) - b_m * m,
            a_h * (1 - h) - b_h * h,
            a_j * (1 - j) - b_j * j,
            (logistic((v + 20.47) / 17.54) - oa) * 3 * (a_oa + b_oa),
            (logistic(-(v + 43.1) / 5.3) - oi) * 3 * (a_oi + b_oi),
            (logistic((v + 30.03) / 9.6) - ua) * 3 * (a_oa + b_oa),
            (logistic(-(v - 99.45) / 27.48) - ui) * 3 * (a_ui + b_ui),
            (logistic((v + 14.1) / 6.5) - xr) * (a_xr + b_xr),
            (sqrt(logistic((v - 19.9) / 12.7)) - xs) * 2 * (a_xs + b_xs),
            (logistic((v + 10) / 8) - d) / tau_d,
            (logistic(-(v + 28) / 6.9) - f) / tau_f,
            (1 / (1 + ca / 0.00035) - fca) / 2,
            (logistic((fn - 3.4175e-13) / 13.67e-16) - u) / 8,
            (1 - logistic((fn - 6.835e-14) / 13.67e-16) - vv)
            / (1.91 + 2.09 * logistic((fn - 3.4175e-13) / 13.67e-16)),
            (1 - logistic((v - 40) / 17) - w) / tau_w,
            (-3 * i_nak - 3 * i_naca - i_bna - i_na) / (V_I * F),
            (2 * i_nak - out - i_stim) / (V_I * F),
            b1 / b2,
            i_up - i_leak - i_tr * V_REL / V_UP,
            (i_tr - i_rel) / (1 + 10 * 0.8 / (rel + 0.8) ** 2),
        ]
    )


def solved(state, shares, length_ms, times_ms, *, pulse_pa=-2000.0, pulse_ms=2.0):
    """Potential at `times_ms` after a pulse, by a solver for stiff equations."""
    found, y = [], np.array(state)
    spans = ((0.0, pulse_ms, pulse_pa), (pulse_ms, length_ms, 0.0))
    for begin, end, stimulus in spans:
        run = solve_ivp(
            lambda t, y, s=stimulus: slopes(y, shares, s),
            (begin, end),
            y,
            method="BDF",
            rtol=1e-7,
            atol=1e-9,
            max_step=2.0,
            dense_output=True,
        )
        within = times_ms[(times_ms >= begin) & (times_ms < end)]
        found.append(run.sol(within)[0])
        y = run.y[:, -1]
    return np.concatenate(found)
