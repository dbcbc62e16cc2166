# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Concentration of a drug in one to three compartments, by closed form.

With amounts :math:`x` in the central and peripheral compartments, clearances and
volumes :math:`CL, V_1, Q_j, V_j`, and input :math:`u(t)` into the centre,

.. math::
    x_1' = u - (k_{10} + \sum_j k_{1j})\, x_1 + \sum_j k_{j1} x_j, \quad
    x_j' = k_{1j} x_1 - k_{j1} x_j                                        \tag{1}

The scaling :math:`x_j = s_j \sqrt{V_j / V_1}` makes the matrix of (1) symmetric,
:math:`S = -Q \Lambda Q^T` with real rates :math:`\lambda > 0`, so that each mode
:math:`m = Q^T s` obeys

.. math::
    m_i' = -\lambda_i m_i + Q_{1i}\, u                                    \tag{2}

Between events :math:`u` is a constant rate plus what leaves a chain of n equal
absorption compartments of rate :math:`k_a`; both are integrated exactly:

.. math::
    \int_0^t k_a \frac{(k_a s)^{n}}{n!} e^{-k_a s} e^{-\lambda (t - s)}\, ds
    = \frac{k_a^{n+1} t^{n+1}}{n!} e^{-\lambda t}
      \int_0^1 w^n e^{-(k_a - \lambda) t w}\, dw                          \tag{3}

which is finite where :math:`k_a = \lambda`. Area under the curve follows from what
has left the body: :math:`\Delta AUC = (\text{input} - \Delta \text{amount}) / CL`.

Sources: Gibaldi & Perrier, *Pharmacokinetics*, 2nd ed. (1982), ch. 2 (1);
Golub & Van Loan, *Matrix Computations*, 4th ed. (2013), 8.5 (Jacobi rotations);
absorption chain: Rousseau et al., *Ther Drug Monit* 2004;26:23-30 (Erlang).
Not for: saturable elimination, absorption at a rate that differs along the chain.
"""

import math

import numpy as np
from numba import njit

from bodytwin.twins.dosing.model.columns import CL, KA, LAG, Q2, Q3, V1, V2, V3
from bodytwin.twins.dosing.model.infusion import (
    ABSORBED,
    CENTRAL,
    MOST_RUNNING,
    TOO_MANY,
    begun,
    earliest_end,
    ended,
    entering,
)

MAX_CHAIN = 12
"""Longest absorption chain."""


@njit(cache=True, error_model="numpy")
def _modes(p, n, q, rate, scale):  # pragma: no cover
    """Rates `rate` and eigenvectors `q` of (1) for n compartments, by Jacobi rotations."""
    s = np.zeros((3, 3))
    v = p[V1]
    scale[0] = 1.0
    s[0, 0] = p[CL] / v
    for j in range(1, n):
        flow, volume = (p[Q2], p[V2]) if j == 1 else (p[Q3], p[V3])
        s[0, 0] += flow / v
        s[j, j] = flow / volume
        s[0, j] = s[j, 0] = -flow / math.sqrt(v * volume)
        scale[j] = math.sqrt(volume / v)
    q[:, :] = 0.0
    for i in range(3):
        q[i, i] = 1.0
    for _sweep in range(30 if n > 1 else 0):
        off = 0.0
        for i in range(n):
            for j in range(i + 1, n):
                off += abs(s[i, j])
        if off <= 1e-300:
            break
        for i in range(n - 1):
            for j in range(i + 1, n):
                if s[i, j] == 0.0:
                    continue
                theta = 0.5 * (s[j, j] - s[i, i]) / s[i, j]
                t = 1.0 / (abs(theta) + math.sqrt(theta * theta + 1.0))
                if theta < 0.0:
                    t = -t
                c = 1.0 / math.sqrt(t * t + 1.0)
                z = t * c
                for k in range(n):
                    a, b = s[k, i], s[k, j]
                    s[k, i], s[k, j] = c * a - z * b, z * a + c * b
                for k in range(n):
                    a, b = s[i, k], s[j, k]
                    s[i, k], s[j, k] = c * a - z * b, z * a + c * b
                for k in range(n):
                    a, b = q[k, i], q[k, j]
                    q[k, i], q[k, j] = c * a - z * b, z * a + c * b
                s[i, j] = s[j, i] = 0.0
    for i in range(n):
        rate[i] = max(s[i, i], 0.0)


@njit(cache=True, error_model="numpy")
def _absorbed(ka, rate, t, decay_ka, decay_rate, order):  # pragma: no cover
    """Integral (3) for a chain position `order` = n, per unit amount."""
    x = (ka - rate) * t
    if abs(x) < order + 1.0:
        term, total = 1.0, 1.0 / (order + 1.0)
        small = decay_rate
        y = -x
        if x > 0.0:
            # For x > 0 the series in e^-x keeps every term positive.
            small, total, term, y = decay_ka, 0.0, 1.0 / (order + 1.0), x
            for j in range(1, 80):
                total += term
                term *= y / (order + 1.0 + j)
                if term < 1e-17 * total:
                    break
        else:
            for j in range(1, 80):
                term *= y / j
                add = term / (order + 1.0 + j)
                total += add
                if add < 1e-17 * total:
                    break
        g = small * total
    else:
        g = (decay_rate - decay_ka) / x
        for m in range(1, order + 1):
            g = (m * g - decay_ka) / x
    factor = 1.0
    for m in range(1, order + 1):
        factor *= ka * t / m
    return factor * ka * t * g


@njit(cache=True, error_model="numpy")
def _advance(dt, ka, links, n, q, rate, inflow, mode, chain):  # pragma: no cover
    """Carry modes and absorption chain over `dt` with a constant rate into the centre."""
    if dt <= 0.0:
        return
    decay_ka = math.exp(-ka * dt) if links > 0 else 0.0
    for i in range(n):
        decay = math.exp(-rate[i] * dt)
        filled = dt if rate[i] * dt < 1e-12 else -math.expm1(-rate[i] * dt) / rate[i]
        gained = inflow * filled
        for j in range(links):
            if chain[j] != 0.0:
                gained += chain[j] * _absorbed(ka, rate[i], dt, decay_ka, decay, links - 1 - j)
        mode[i] = mode[i] * decay + q[0, i] * gained
    for j in range(links - 1, -1, -1):
        total, term = 0.0, decay_ka
        for back in range(j + 1):
            total += chain[j - back] * term
            term *= ka * dt / (back + 1.0)
        chain[j] = total


@njit(cache=True, error_model="numpy")
def _in_body(n, q, scale, mode, links, chain):  # pragma: no cover
    total = 0.0
    for k in range(n):
        s = 0.0
        for i in range(n):
            s += q[k, i] * mode[i]
        total += s * scale[k]
    for j in range(links):
        total += chain[j]
    return total


@njit(cache=True, error_model="numpy")
def _steady(
    interval, duration, amount, central, ka, links, n, q, rate, mode, chain
):  # pragma: no cover
    """State just before a dose that has been given at `interval` for ever.

    The map over one interval is affine and triangular along the chain, so its
    fixed point is found link by link, then mode by mode.
    """
    mode[:] = 0.0
    chain[:] = 0.0
    if central:
        rate_in = amount / duration if duration > 0.0 else 0.0
        for i in range(n):
            if duration > 0.0:
                once = rate_in * -math.expm1(-rate[i] * duration) / rate[i]
                once *= math.exp(-rate[i] * (interval - duration))
            else:
                once = amount * math.exp(-rate[i] * interval)
            mode[i] = q[0, i] * once / -math.expm1(-rate[i] * interval)
        return
    step_chain = np.zeros(MAX_CHAIN)
    step_mode = np.zeros(3)
    stay = -math.expm1(-ka * interval)
    for j in range(links):
        step_chain[:] = chain
        if j > 0 or links > 0:
            step_chain[0] += amount
        step_mode[:] = 0.0
        step_chain[j] = amount if j == 0 else 0.0
        _advance(interval, ka, links, n, q, rate, 0.0, step_mode, step_chain)
        chain[j] = step_chain[j] / stay
    step_chain[:] = chain
    step_chain[0] += amount
    step_mode[:] = 0.0
    _advance(interval, ka, links, n, q, rate, 0.0, step_mode, step_chain)
    for i in range(n):
        mode[i] = step_mode[i] / -math.expm1(-rate[i] * interval)


@njit(cache=True, error_model="numpy")
def linear(
    parameters, segment_h, row_subject, n, links,
    dose_from, dose_h, dose_amount, dose_duration, dose_into, dose_interval,
    times_h, out,
):  # pragma: no cover  # fmt: skip
    """Fill `out` (row, time, 0 and 1) with concentration and area under the curve so far.

    parameters (row, segment, column); segment_h (subject, segment) start times, inf for
    padding; row_subject (row,); doses of subject s are dose_from[s] to dose_from[s + 1],
    in order of time; times_h (subject, time) ascending, inf for padding. A dose whose
    duration is negative lasts as long as the model's zero-order absorption. A look at the
    very time of a dose sees the level before it. Rows that are not finite become NaN.
    """
    q = np.zeros((3, 3))
    rate = np.zeros(3)
    scale = np.ones(3)
    mode = np.zeros(3)
    amounts = np.zeros(3)
    chain = np.zeros(MAX_CHAIN)
    off_h = np.zeros(MOST_RUNNING)
    off_rate = np.zeros(MOST_RUNNING)
    for row in range(parameters.shape[0]):
        if not np.isfinite(parameters[row]).all():
            out[row] = np.nan
            continue
        subject = row_subject[row]
        times = times_h[subject]
        starts = segment_h[subject]
        segment = 0
        p = parameters[row, 0]
        _modes(p, n, q, rate, scale)
        mode[:] = 0.0
        chain[:] = 0.0
        inflow, auc, running = 0.0, 0.0, 0
        dose, last = dose_from[subject], dose_from[subject + 1]
        now = -1e300
        i_time = 0
        while i_time < times.shape[0] and times[i_time] < np.inf:
            # What happens next: a covariate changes, an infusion ends, a dose starts, a look.
            t_seg = starts[segment + 1] if segment + 1 < starts.shape[0] else np.inf
            t_dose = np.inf
            if dose < last:
                t_dose = dose_h[dose]
                if dose_into[dose] == ABSORBED:
                    t_dose += p[LAG]
            t_off, which = earliest_end(off_h, running)
            t_next = min(min(t_seg, t_off), min(t_dose, times[i_time]))
            if now > -1e299 and t_next > now:
                before = _in_body(n, q, scale, mode, links, chain)
                _advance(t_next - now, p[KA], links, n, q, rate, inflow, mode, chain)
                after = _in_body(n, q, scale, mode, links, chain)
                auc += (before + inflow * (t_next - now) - after) / p[CL]
            now = max(now, t_next)
            if t_off <= t_next:
                running, inflow = ended(off_h, off_rate, which, running, inflow)
            elif t_seg <= t_next:
                segment += 1
                for k in range(n):
                    s = 0.0
                    for i in range(n):
                        s += q[k, i] * mode[i]
                    amounts[k] = s * scale[k]
                p = parameters[row, segment]
                _modes(p, n, q, rate, scale)
                for i in range(n):
                    s = 0.0
                    for k in range(n):
                        s += q[k, i] * amounts[k] / scale[k]
                    mode[i] = s
            elif times[i_time] <= t_next:
                s = 0.0
                for i in range(n):
                    s += q[0, i] * mode[i]
                out[row, i_time, 0] = s / p[V1]
                out[row, i_time, 1] = auc
                i_time += 1
            else:
                direct, length, absorbed = entering(
                    p, dose_into[dose], dose_duration[dose], dose_amount[dose]
                )
                if dose_interval[dose] > 0.0:
                    _steady(
                        dose_interval[dose], max(dose_duration[dose], 0.0), direct + absorbed,
                        dose_into[dose] == CENTRAL, p[KA], links, n, q, rate, mode, chain,
                    )  # fmt: skip
                    inflow, running = 0.0, 0
                if direct > 0.0 and length > 0.0:
                    running, inflow = begun(off_h, off_rate, running, inflow, now, length, direct)
                    if running == TOO_MANY:
                        out[row] = np.nan
                        break
                elif direct > 0.0:
                    for i in range(n):
                        mode[i] += q[0, i] * direct
                chain[0] += absorbed
                dose += 1
