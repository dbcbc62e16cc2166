# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Saturable elimination and effects over time, by an adaptive integrator.

The drug moves as in `linear`, with Michaelis-Menten elimination added:

.. math::
    x_1' = u - \frac{CL}{V_1} x_1 - \frac{V_{max}\, C}{K_m + C}
           - \sum_j (k_{1j} x_1 - k_{j1} x_j), \qquad C = x_1 / V_1        \tag{1}

Neutropenia (Friberg 2002), with :math:`k = 4 / MTT`:

.. math::
    P' = k P \left((1 - s C)\left(\tfrac{N_0}{N}\right)^{\gamma} - 1\right), \quad
    T_1' = k (P - T_1),\; T_2' = k (T_1 - T_2),\; T_3' = k (T_2 - T_3),\;
    N' = k (T_3 - N)                                                      \tag{2}

Turnover of a response whose production the drug inhibits:

.. math::
    R' = k_{out} R_0 \left(1 - \frac{I_{max} C^h}{IC_{50}^h + C^h}\right)
         - k_{out} R                                                      \tag{3}

Minimal model of glucose G and insulin I, with remote action X:

.. math::
    G' = S_G (G_b - G) - X G, \quad X' = -p_2 (X - S_I (I - I_b)), \quad
    I' = -n (I - I_b) + u / V_I                                           \tag{4}

Integrator: Dormand & Prince 5(4), *J Comput Appl Math* 1980;6:19-26, with a local error
of 1e-8 relative, restarted at every event. Sources: (2) Friberg et al., *J Clin Oncol*
2002;20:4713-4721; (3) Dayneka, Garg, Jusko, *J Pharmacokinet Biopharm* 1993;21:457-478,
model I; (4) Bergman et al., *Am J Physiol* 1979;236:E667-E677.
Not for: stiff target-mediated binding.
"""

import math

import numpy as np
from numba import njit

from bodytwin.laws.myelosuppression import cells_rate
from bodytwin.twins.dosing.model.columns import CL, KA, KM, LAG, PD, Q2, Q3, V1, V2, V3, VMAX
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
from bodytwin.twins.dosing.model.linear import MAX_CHAIN

DRUG_ONLY, NEUTROPENIA, TURNOVER, GLUCOSE = 0, 1, 2, 3
"""Which effect goes with the drug."""

MOST_STATES = MAX_CHAIN + 9
RELATIVE_TOLERANCE = 1e-8
MAX_STEPS = 100_000
STEADY_TOLERANCE = 1e-9
STEADY_DOSES = 2000


@njit(cache=True, error_model="numpy")
def _size(effect, n, links):  # pragma: no cover
    """Number of states: absorption chain, compartments, area, effect."""
    states = 0
    if effect == NEUTROPENIA:
        states = 5
    elif effect == TURNOVER:
        states = 1
    elif effect == GLUCOSE:
        states = 2
    return links + n + 1 + states


@njit(cache=True, error_model="numpy")
def _rate(effect, p, n, links, inflow, y, d):  # pragma: no cover
    centre, area, first = links, links + n, links + n + 1
    if effect == GLUCOSE:
        sg, p2, si, n_i = p[0] * 60.0, p[1] * 60.0, p[2] * 60.0, p[4] * 60.0
        glucose, action, insulin = y[first], y[first + 1], y[centre]
        d[first] = sg * (p[6] - glucose) - action * glucose
        d[first + 1] = -p2 * (action - si * (insulin - p[7]))
        d[centre] = -n_i * (insulin - p[7]) + inflow
        return
    ka = p[KA]
    for j in range(links):
        d[j] = -ka * y[j] + (ka * y[j - 1] if j > 0 else 0.0)
    x = y[centre]
    c = x / p[V1]
    gone = p[CL] * c
    if p[VMAX] > 0.0:
        gone += p[VMAX] * c / (p[KM] + c)
    flow = inflow - gone
    if links > 0:
        flow += ka * y[links - 1]
    if n > 1:
        net = p[Q2] * (c - y[centre + 1] / p[V2])
        flow -= net
        d[centre + 1] = net
    if n > 2:
        net = p[Q3] * (c - y[centre + 2] / p[V3])
        flow -= net
        d[centre + 2] = net
    d[centre] = flow
    d[area] = c
    if effect == NEUTROPENIA:
        cells_rate(y, d, first, 4.0 / p[PD + 1], 1.0 - p[PD + 2] * c, p[PD], p[PD + 3])
    elif effect == TURNOVER:
        power, half = max(c, 0.0), p[PD + 3]
        if p[PD + 4] != 1.0:
            power, half = math.pow(power, p[PD + 4]), math.pow(half, p[PD + 4])
        drive = p[PD + 2] * power / (half + power)
        d[first] = p[PD + 1] * (p[PD] * (1.0 - drive) - y[first])


@njit(cache=True, error_model="numpy")
def _integrate(effect, p, n, links, inflow, y, span, step, k, trial):  # pragma: no cover
    """Carry `y` over `span` hours; returns the last step, or NaN where it did not succeed."""
    size_of_y, area = _size(effect, n, links), links + n
    done = 0.0
    h = min(step, span)
    _rate(effect, p, n, links, inflow, y, k[0])
    for _count in range(MAX_STEPS):
        if done >= span * (1.0 - 1e-14):
            return step
        h = min(h, span - done)
        for i in range(size_of_y):
            trial[i] = y[i] + h * 0.2 * k[0, i]
        _rate(effect, p, n, links, inflow, trial, k[1])
        for i in range(size_of_y):
            trial[i] = y[i] + h * (3 / 40 * k[0, i] + 9 / 40 * k[1, i])
        _rate(effect, p, n, links, inflow, trial, k[2])
        for i in range(size_of_y):
            trial[i] = y[i] + h * (44 / 45 * k[0, i] - 56 / 15 * k[1, i] + 32 / 9 * k[2, i])
        _rate(effect, p, n, links, inflow, trial, k[3])
        for i in range(size_of_y):
            trial[i] = y[i] + h * (
                19372 / 6561 * k[0, i]
                - 25360 / 2187 * k[1, i]
                + 64448 / 6561 * k[2, i]
                - 212 / 729 * k[3, i]
            )
        _rate(effect, p, n, links, inflow, trial, k[4])
        for i in range(size_of_y):
            trial[i] = y[i] + h * (
                9017 / 3168 * k[0, i]
                - 355 / 33 * k[1, i]
                + 46732 / 5247 * k[2, i]
                + 49 / 176 * k[3, i]
                - 5103 / 18656 * k[4, i]
            )
        _rate(effect, p, n, links, inflow, trial, k[5])
        for i in range(size_of_y):
            trial[i] = y[i] + h * (
                35 / 384 * k[0, i]
                + 500 / 1113 * k[2, i]
                + 125 / 192 * k[3, i]
                - 2187 / 6784 * k[4, i]
                + 11 / 84 * k[5, i]
            )
        _rate(effect, p, n, links, inflow, trial, k[6])
        worst, size = 0.0, 0.0
        for i in range(size_of_y):
            size = max(size, abs(y[i]) if i < area else 0.0)
        for i in range(size_of_y):
            error = h * abs(
                71 / 57600 * k[0, i]
                - 71 / 16695 * k[2, i]
                + 71 / 1920 * k[3, i]
                - 17253 / 339200 * k[4, i]
                + 22 / 525 * k[5, i]
                - 1 / 40 * k[6, i]
            )
            floor = 1e-3 * size if i < area else 1e-3
            worst = max(worst, error / (RELATIVE_TOLERANCE * (abs(trial[i]) + floor) + 1e-300))
        if not math.isfinite(worst):
            h *= 0.1
            if h < 1e-12:
                return np.nan
            continue
        if worst <= 1.0:
            done += h
            for i in range(size_of_y):
                y[i] = trial[i]
                k[0, i] = k[6, i]
            step = h if h >= step else step
        grow = 0.9 * math.pow(max(worst, 1e-10), -0.2)
        h *= min(5.0, max(0.2, grow))
        if worst <= 1.0:
            step = h
    return np.nan


@njit(cache=True, error_model="numpy")
def _start(effect, p, n, links, y):  # pragma: no cover
    centre, first = links, links + n + 1
    y[:] = 0.0
    if effect == NEUTROPENIA:
        y[first : first + 5] = p[PD]
    elif effect == TURNOVER:
        y[first] = p[PD]
    elif effect == GLUCOSE:
        y[first] = p[6]
        y[centre] = p[7]


@njit(cache=True, error_model="numpy")
def _steady(effect, p, n, links, interval, duration, amount, into, y, k, trial):  # pragma: no cover
    """Repeat the dose until the amounts before it no longer change; False if they never settle."""
    centre, drug = links, links + n
    y[:drug] = 0.0
    before = np.zeros(drug)
    for _dose in range(STEADY_DOSES):
        before[:] = y[:drug]
        inflow = 0.0
        if into == ABSORBED:
            y[0] += amount
        elif duration > 0.0:
            inflow = amount / duration
        else:
            y[centre] += amount
        step = 0.05
        if duration > 0.0:
            step = _integrate(effect, p, n, links, inflow, y, duration, step, k, trial)
        step = _integrate(effect, p, n, links, 0.0, y, interval - duration, 0.05, k, trial)
        if math.isnan(step):
            return False
        change = 0.0
        for i in range(drug):
            change = max(change, abs(y[i] - before[i]))
        if change <= STEADY_TOLERANCE * amount:
            return True
    return False


@njit(cache=True, error_model="numpy")
def integrated(
    effect, parameters, segment_h, row_subject, n, links,
    dose_from, dose_h, dose_amount, dose_duration, dose_into, dose_interval,
    times_h, out,
):  # pragma: no cover  # fmt: skip
    """Fill `out` (row, time, 3) with concentration, area under the curve and effect.

    Arguments as in `linear.linear`, and `effect`: which of (2), (3), (4), or none. For the
    glucose model the first output is insulin, and doses into the centre are of glucose.
    """
    centre, area, first = links, links + n, links + n + 1
    y = np.zeros(MOST_STATES)
    k = np.zeros((7, MOST_STATES))
    trial = np.zeros(MOST_STATES)
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
        k[:, :] = 0.0
        _start(effect, p, n, links, y)
        inflow, running, step = 0.0, 0, 0.05
        dose, last = dose_from[subject], dose_from[subject + 1]
        now = -1e300
        i_time = 0
        while i_time < times.shape[0] and times[i_time] < np.inf:
            t_seg = starts[segment + 1] if segment + 1 < starts.shape[0] else np.inf
            t_dose = np.inf
            if dose < last:
                t_dose = dose_h[dose]
                if dose_into[dose] == ABSORBED and effect != GLUCOSE:
                    t_dose += p[LAG]
            t_off, which = earliest_end(off_h, running)
            t_next = min(min(t_seg, t_off), min(t_dose, times[i_time]))
            if now > -1e299 and t_next > now:
                step = _integrate(effect, p, n, links, inflow, y, t_next - now, step, k, trial)
                if math.isnan(step):
                    out[row] = np.nan
                    break
            now = max(now, t_next)
            if t_off <= t_next:
                running, inflow = ended(off_h, off_rate, which, running, inflow)
            elif t_seg <= t_next:
                segment += 1
                p = parameters[row, segment]
            elif times[i_time] <= t_next:
                if effect == GLUCOSE:
                    out[row, i_time, 0] = y[centre]
                    out[row, i_time, 1] = 0.0
                else:
                    out[row, i_time, 0] = y[centre] / p[V1]
                    out[row, i_time, 1] = y[area]
                out[row, i_time, 2] = y[first + 4 if effect == NEUTROPENIA else first]
                i_time += 1
            elif effect == GLUCOSE:
                if dose_into[dose] == CENTRAL:
                    y[first] += dose_amount[dose] / (10.0 * p[3])
                elif dose_duration[dose] > 0.0:
                    running, inflow = begun(
                        off_h, off_rate, running, inflow, now, dose_duration[dose],
                        dose_amount[dose] / p[5],
                    )  # fmt: skip
                    if running == TOO_MANY:
                        out[row] = np.nan
                        break
                else:
                    y[centre] += dose_amount[dose] / p[5]
                dose += 1
                step = 0.01
            else:
                direct, length, absorbed = entering(
                    p, dose_into[dose], dose_duration[dose], dose_amount[dose]
                )
                if dose_interval[dose] > 0.0:
                    settled = _steady(
                        effect, p, n, links, dose_interval[dose], max(dose_duration[dose], 0.0),
                        direct + absorbed, dose_into[dose], y, k, trial,
                    )  # fmt: skip
                    inflow, running = 0.0, 0
                    if not settled:
                        out[row] = np.nan
                        break
                if direct > 0.0 and length > 0.0:
                    running, inflow = begun(off_h, off_rate, running, inflow, now, length, direct)
                    if running == TOO_MANY:
                        out[row] = np.nan
                        break
                elif direct > 0.0:
                    y[centre] += direct
                if absorbed > 0.0:
                    y[0] += absorbed
                dose += 1
                step = 0.05
