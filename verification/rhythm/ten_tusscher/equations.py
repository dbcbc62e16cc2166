"""The ventricular cell once more, for a stiff solver.

Nothing is shared with the package but the state and the shares a test passes in. Calcium is
followed as total calcium of each space, the free part being the root of a quadratic, as in
the appendix of the paper; the package follows free calcium.
"""

from math import exp, log, sqrt

import numpy as np
from scipy.integrate import solve_ivp

R, T, F = 8314.472, 310.0, 96485.3415
RTF = R * T / F
CM, V_C, V_SR, V_SS = 0.185, 0.016404, 0.001094, 0.00005468
NA_O, K_O, CA_O = 140.0, 5.4, 2.0
BUFFERS = {"i": (0.2, 0.001), "sr": (10.0, 0.3), "ss": (0.4, 0.00025)}


def total(free, where):
    most, half = BUFFERS[where]
    return free + most * free / (free + half)


def free(all_of_it, where):
    most, half = BUFFERS[where]
    b = most + half - all_of_it
    return 0.5 * (sqrt(b * b + 4 * half * all_of_it) - b)


def logistic(x):
    return 1 / (1 + exp(-x))


def sodium_gates(v):
    """Steady state and time of m, then of h and j, as (alpha, beta) give them."""
    a_m = logistic((v + 60) / 5)
    b_m = 0.1 * logistic(-(v + 35) / 5) + 0.1 * logistic(-(v - 50) / 200)
    if v < -40:
        a_h = 0.057 * exp(-(v + 80) / 6.8)
        b_h = 2.7 * exp(0.079 * v) + 3.1e5 * exp(0.3485 * v)
        a_j = (-2.5428e4 * exp(0.2444 * v) - 6.948e-6 * exp(-0.04391 * v)) * (v + 37.78)
        a_j *= logistic(-0.311 * (v + 79.23))
        b_j = 0.02424 * exp(-0.01052 * v) * logistic(0.1378 * (v + 40.14))
    else:
        a_h, b_h = 0.0, 0.77 / 0.13 * logistic((v + 10.66) / 11.1)
        a_j, b_j = 0.0, 0.6 * exp(0.057 * v) * logistic(0.1 * (v + 32))
    h_inf = logistic(-(v + 71.55) / 7.43) ** 2
    return (
        (logistic((v + 56.86) / 9.03) ** 2, a_m * b_m),
        (h_inf, 1 / (a_h + b_h)),
        (h_inf, 1 / (a_j + b_j)),
    )


def potassium_gates(v, slow_s):
    xr1 = logistic((v + 26) / 7), 450 * logistic((v + 45) / 10) * 6 * logistic(-(v + 30) / 11.5)
    xr2 = logistic(-(v + 88) / 24), 3 * logistic((v + 60) / 20) * 1.12 * logistic(-(v - 60) / 20)
    tau_xs = 1400 / sqrt(1 + exp((5 - v) / 6)) * logistic(-(v - 35) / 15) + 80
    xs = logistic((v + 5) / 14), tau_xs
    r = logistic((v - 20) / 6), 9.5 * exp(-((v + 40) ** 2) / 1800) + 0.8
    if slow_s:
        s = logistic(-(v + 28) / 5), 1000 * exp(-((v + 67) ** 2) / 1000) + 8
    else:
        tau_s = 85 * exp(-((v + 45) ** 2) / 320) + 5 * logistic(-(v - 20) / 5) + 3
        s = logistic(-(v + 20) / 5), tau_s
    return xr1, xr2, xs, s, r


def calcium_gates(v, ca_ss):
    tau_d = (1.4 * logistic((v + 35) / 13) + 0.25) * 1.4 * logistic(-(v + 5) / 5)
    tau_d += logistic((v - 50) / 20)
    tau_f = 1102.5 * exp(-(((v + 27) / 15) ** 2)) + 200 * logistic((v - 13) / 10)
    tau_f += 180 * logistic(-(v + 30) / 10) + 20
    tau_f2 = 562 * exp(-((v + 27) ** 2) / 240) + 31 * logistic((v - 25) / 10)
    tau_f2 += 80 * logistic(-(v + 30) / 10)
    load = 1 / (1 + (ca_ss / 0.05) ** 2)
    return (
        (logistic((v + 8) / 7.5), tau_d),
        (logistic(-(v + 20) / 7), tau_f),
        (0.67 * logistic(-(v + 35) / 7) + 0.33, tau_f2),
        (0.6 * load + 0.4, 80 * load + 2),
    )


def slopes(y, share, i_stim):
    """dy/dt; calcium of the three spaces in total; `i_stim` in pA/pF, outward positive."""
    v, xr1, xr2, xs, m, h, j, d, f, f2, fcass, s, r, tot_i, rp, tot_sr, tot_ss, na, k = y
    ca, ca_sr, ca_ss = free(tot_i, "i"), free(tot_sr, "sr"), free(tot_ss, "ss")
    e_k, e_na, e_ca = RTF * log(K_O / k), RTF * log(NA_O / na), 0.5 * RTF * log(CA_O / ca)
    e_ks = RTF * log((K_O + 0.03 * NA_O) / (k + 0.03 * na))
    a_k1 = 0.1 / (1 + exp(0.06 * (v - e_k - 200)))
    b_k1 = 3 * exp(0.0002 * (v - e_k + 100)) + exp(0.1 * (v - e_k - 10))
    b_k1 /= 1 + exp(-0.5 * (v - e_k))
    i_k1 = 5.405 * share["k1"] * a_k1 / (a_k1 + b_k1) * (v - e_k) * sqrt(K_O / 5.4)
    i_to = 0.294 * share["to"] * r * s * (v - e_k)
    i_kr = 0.153 * share["kr"] * sqrt(K_O / 5.4) * xr1 * xr2 * (v - e_k)
    i_ks = 0.392 * share["ks"] * xs**2 * (v - e_ks)
    i_pk = 0.0146 * (v - e_k) / (1 + exp((25 - v) / 5.98))
    i_na = 14.838 * share["na"] * m**3 * h * j * (v - e_na)
    x = 2 * (v - 15) * F / (R * T)
    i_cal = 3.98e-5 * share["cal"] * d * f * f2 * fcass * 4 * (v - 15) * F * F / (R * T)
    i_cal *= (0.25 * exp(x) * ca_ss - CA_O) / (exp(x) - 1)
    i_nak = 2.724 * K_O * na / ((K_O + 1) * (na + 40))
    i_nak /= 1 + 0.1245 * exp(-0.1 * v / RTF) + 0.0353 * exp(-v / RTF)
    i_naca = 1000 * (exp(0.35 * v / RTF) * na**3 * CA_O - exp(-0.65 * v / RTF) * NA_O**3 * ca * 2.5)
    i_naca /= (87.5**3 + NA_O**3) * (1.38 + CA_O) * (1 + 0.1 * exp(-0.65 * v / RTF))
    i_bna, i_bca = 0.00029 * (v - e_na), 0.000592 * (v - e_ca)
    i_pca = 0.1238 * ca / (0.0005 + ca)
    kcasr = 2.5 - 1.5 / (1 + (1.5 / ca_sr) ** 2)
    k1, k2 = 0.15 / kcasr, 0.045 * kcasr
    i_rel = 0.102 * k1 * ca_ss**2 * rp / (0.06 + k1 * ca_ss**2) * (ca_sr - ca_ss)
    i_leak, i_up = 0.00036 * (ca_sr - ca), 0.006375 / (1 + (0.00025 / ca) ** 2)
    i_xfer = 0.0038 * (ca_ss - ca)
    over = CM / (V_C * F)
    potassium = i_k1 + i_to + i_kr + i_ks + i_pk
    ion = potassium + i_na + i_cal + i_nak + i_naca + i_bna + i_bca + i_pca
    gates = (*potassium_gates(v, share["slow_s"] > 0.5)[:3], *sodium_gates(v))
    gates = (*gates, *calcium_gates(v, ca_ss), *potassium_gates(v, share["slow_s"] > 0.5)[3:])
    values = (xr1, xr2, xs, m, h, j, d, f, f2, fcass, s, r)
    moves = [(steady - g) / tau for g, (steady, tau) in zip(values, gates, strict=True)]
    into = -(i_bca + i_pca - 2 * i_naca) * over / 2 + (i_leak - i_up) * V_SR / V_C + i_xfer
    into_ss = -i_cal * CM / (2 * V_SS * F) + i_rel * V_SR / V_SS - i_xfer * V_C / V_SS
    return np.array(
        [
            -(ion + i_stim),
            *moves,
            into,
            0.005 * (1 - rp) - k2 * ca_ss * rp,
            i_up - i_rel - i_leak,
            into_ss,
            -(i_na + i_bna + 3 * i_nak + 3 * i_naca) * over,
            -(potassium - 2 * i_nak + i_stim) * over,
        ]
    )


def solved(state, shares, length_ms, times_ms, *, pulse=-52.0, pulse_ms=1.0):
    """Potential at `times_ms` after a pulse, by a solver for stiff equations."""
    y = np.array(state)
    y[13], y[15], y[16] = total(y[13], "i"), total(y[15], "sr"), total(y[16], "ss")
    found = []
    for begin, end, stimulus in ((0.0, pulse_ms, pulse), (pulse_ms, length_ms, 0.0)):
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
