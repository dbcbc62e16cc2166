# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

"""Which currents flow through the membranes of many ventricular cells, and what do they carry?

The currents of `cells.ten_tusscher` in single precision, a few per loop over a block of
cells. They are summed by what they change: `k` (potassium), `na` (sodium), `ca` (calcium of the
cytoplasm) and `cal` (calcium of the subspace), in pA/pF; the potential falls by their sum.
Sodium and potassium are kept as what they lie above the published start, as a step
changes them by less than single precision can tell apart in the whole.

`c` (21,) float32 are the constants of `cells.ten_tusscher.NUMBERS` (0 to 18), the concentrations
of sodium and potassium at the start (19, 20).
"""

import numpy as np
from numba import njit

from bodytwin.numerics.grid.single import F, exp, log, sigmoid

_ONE, _HALF, _TWO, _FOUR = F(1.0), F(0.5), F(2.0), F(4.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _inward_rectifier(k, e_k, v, k_i, share, c):
    rtf, k_o, k_0, g = c[0], c[6], c[20], c[10] * np.sqrt(c[6] / F(5.4))
    for i in range(len(v)):
        e = rtf * log(k_o / (k_0 + k_i[i]))
        x = v[i] - e
        a = sigmoid(x, 200.0, -1.0 / 0.06, 0.1)
        b = F(3.0) * exp(F(0.0002) * (x + F(100.0))) + exp(F(0.1) * (x - F(10.0)))
        b = b * sigmoid(x, 0.0, 2.0, 1.0)
        e_k[i] = e
        k[i] = share[i] * g * a / (a + b) * x


@njit(cache=True, nogil=True, error_model="numpy")
def _rapid(k, e_k, v, xr1, xr2, share, c):
    g, plateau = c[11] * np.sqrt(c[6] / F(5.4)), c[18]
    for i in range(len(v)):
        x = v[i] - e_k[i]
        k[i] += share[i] * g * xr1[i] * xr2[i] * x + plateau * sigmoid(v[i], 25.0, 5.98, 1.0) * x


@njit(cache=True, nogil=True, error_model="numpy")
def _transient(k, e_k, v, s, r, share, c):
    g = c[13]
    for i in range(len(v)):
        k[i] += share[i] * g * r[i] * s[i] * (v[i] - e_k[i])


@njit(cache=True, nogil=True, error_model="numpy")
def _slow(k, v, k_i, na_i, xs, share, c):
    rtf, out, na_0, k_0, g = c[0], c[6] + F(0.03) * c[7], c[19], c[20], c[12]
    for i in range(len(v)):
        e = rtf * log(out / (k_0 + k_i[i] + F(0.03) * (na_0 + na_i[i])))
        k[i] += share[i] * g * xs[i] * xs[i] * (v[i] - e)


@njit(cache=True, nogil=True, error_model="numpy")
def _sodium(na, v, na_i, m, h, j, share, c):
    rtf, out, na_0, g, leak = c[0], c[7], c[19], c[9], c[15]
    for i in range(len(v)):
        x = v[i] - rtf * log(out / (na_0 + na_i[i]))
        na[i] = (share[i] * g * m[i] * m[i] * m[i] * h[i] * j[i] + leak) * x


@njit(cache=True, nogil=True, error_model="numpy")
def _pump(k, na, v, na_i, c):
    per_mv, na_0, most = _ONE / c[0], c[19], F(2.724) * c[6] / (c[6] + _ONE)
    for i in range(len(v)):
        x, inside = v[i] * per_mv, na_0 + na_i[i]
        pump = most * inside / (inside + F(40.0))
        pump /= _ONE + F(0.1245) * exp(F(-0.1) * x) + F(0.0353) * exp(-x)
        k[i] -= _TWO * pump
        na[i] += F(3.0) * pump


@njit(cache=True, nogil=True, error_model="numpy")
def _exchanger(na, ca, v, na_i, ca_i, c):
    per_mv, na_0, na_o, ca_o = _ONE / c[0], c[19], c[7], c[8]
    most = F(1000.0) / ((F(87.5**3) + na_o * na_o * na_o) * (F(1.38) + ca_o))
    outside = na_o * na_o * na_o * F(2.5)
    for i in range(len(v)):
        x, inside = v[i] * per_mv, na_0 + na_i[i]
        back = exp(F(-0.65) * x)
        flow = exp(F(0.35) * x) * inside * inside * inside * ca_o - back * outside * ca_i[i]
        flow = most * flow / (_ONE + F(0.1) * back)
        na[i] += F(3.0) * flow
        ca[i] = -_TWO * flow


@njit(cache=True, nogil=True, error_model="numpy")
def _calcium_leaks(ca, v, ca_i, c):
    half, ca_o, leak, most = _HALF * c[0], c[8], c[16], c[17]
    for i in range(len(v)):
        inside = ca_i[i]
        ca[i] += leak * (v[i] - half * log(ca_o / inside)) + most * inside / (inside + F(0.0005))


@njit(cache=True, nogil=True, error_model="numpy")
def _drive(cal, v, ca_ss, c):
    rtf, f_, ca_o = c[0], c[1], c[8]
    for i in range(len(v)):
        x = _TWO * (v[i] - F(15.0)) / rtf
        grown = exp(x)
        ratio = x / (grown - _ONE)
        ratio = _ONE - x * (_HALF - x * F(1.0 / 12.0)) if abs(x) < F(0.02) else ratio
        cal[i] = _TWO * f_ * ratio * (F(0.25) * ca_ss[i] * grown - ca_o)


@njit(cache=True, nogil=True, error_model="numpy")
def _calcium(cal, d, f, f2, fcass, share, c):
    g = c[14]
    for i in range(len(d)):
        cal[i] *= share[i] * g * d[i] * f[i] * f2[i] * fcass[i]


@njit(cache=True, nogil=True, error_model="numpy")
def currents(v, y, share, c, sums):
    """Currents of cells at `v` (n,) mV with states `y` (18, n), into `sums` (5, n).

    `share` is (7, n) in the order of `cells.ten_tusscher.SHARES`; the last sum is scratch.
    """
    k, na, ca, cal, e_k = sums[0], sums[1], sums[2], sums[3], sums[4]
    ca_i, ca_ss, na_i, k_i = y[12], y[15], y[16], y[17]
    _inward_rectifier(k, e_k, v, k_i, share[5], c)
    _rapid(k, e_k, v, y[0], y[1], share[2], c)
    _transient(k, e_k, v, y[10], y[11], share[4], c)
    _slow(k, v, k_i, na_i, y[2], share[3], c)
    _sodium(na, v, na_i, y[3], y[4], y[5], share[0], c)
    _pump(k, na, v, na_i, c)
    _exchanger(na, ca, v, na_i, ca_i, c)
    _calcium_leaks(ca, v, ca_i, c)
    _drive(cal, v, ca_ss, c)
    _calcium(cal, y[6], y[7], y[8], y[9], share[1], c)


@njit(cache=True, nogil=True, error_model="numpy")
def concentrations(ca_i, r, ca_sr, ca_ss, ca, cal, dt, c):
    """Calcium of cytoplasm, store and subspace (mM) and the share of open channels, (n,) each."""
    cm, v_c, v_sr, v_ss = c[2], c[3], c[4], c[5]
    charge_c, charge_ss = cm / (_TWO * v_c * c[1]), cm / (_TWO * v_ss * c[1])
    into_c, into_ss, from_ss = v_sr / v_c, v_sr / v_ss, v_c / v_ss
    for i in range(len(ca_i)):
        x, sr, ss, ready = ca_i[i], ca_sr[i], ca_ss[i], r[i]
        up = F(0.006375) * x * x / (x * x + F(0.00025**2))
        leak, transfer = F(0.00036) * (sr - x), F(0.0038) * (ss - x)
        kcasr = F(2.5) - F(1.5) * sr * sr / (sr * sr + F(2.25))
        k1 = F(0.15) / kcasr * ss * ss
        release = F(0.102) * k1 * ready / (F(0.06) + k1) * (sr - ss)
        r[i] = ready + dt * (F(0.005) * (_ONE - ready) - F(0.045) * kcasr * ss * ready)
        gain = (leak - up) * into_c + transfer - ca[i] * charge_c
        ca_i[i] = x + dt * gain / (_ONE + F(0.2 * 0.001) / ((x + F(0.001)) * (x + F(0.001))))
        held = _ONE + F(3.0) / ((sr + F(0.3)) * (sr + F(0.3)))
        ca_sr[i] = sr + dt * (up - release - leak) / held
        gain = release * into_ss - transfer * from_ss - cal[i] * charge_ss
        held = _ONE + F(0.4 * 0.00025) / ((ss + F(0.00025)) * (ss + F(0.00025)))
        ca_ss[i] = ss + dt * gain / held
