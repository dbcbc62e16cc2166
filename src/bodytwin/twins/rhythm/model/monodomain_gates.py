# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

"""How do the gates of many ventricular cells move in one step?

The gates of `cells.ten_tusscher`, one loop per gate over a block of cells in single
precision, so that each loop stays small enough to be done eight cells at a time.
Every function takes its gate(s), the potential `v` in mV and the step in ms, all (n,)
float32, and changes the gate in place.
"""

import numpy as np
from numba import njit

from bodytwin.numerics.grid.single import F, bell, exp, exponential, nearer, sigmoid

_ONE, _HALF, _TWO = F(1.0), F(0.5), F(2.0)


@njit(cache=True, nogil=True, error_model="numpy")
def xr1(y, v, dt):
    """Fast activation of I_Kr."""
    for i in range(len(v)):
        x = v[i]
        tau = sigmoid(x, -45.0, 10.0, 450.0) * sigmoid(x, -30.0, -11.5, 6.0)
        y[i] = nearer(y[i], sigmoid(x, -26.0, 7.0, 1.0), dt / tau)


@njit(cache=True, nogil=True, error_model="numpy")
def xr2(y, v, dt):
    """Inactivation of I_Kr."""
    for i in range(len(v)):
        x = v[i]
        tau = sigmoid(x, -60.0, 20.0, 3.0) * sigmoid(x, 60.0, -20.0, 1.12)
        y[i] = nearer(y[i], sigmoid(x, -88.0, -24.0, 1.0), dt / tau)


@njit(cache=True, nogil=True, error_model="numpy")
def xs(y, v, dt):
    """Activation of I_Ks."""
    for i in range(len(v)):
        x = v[i]
        root = np.sqrt(sigmoid(x, 5.0, 6.0, 1.0))
        tau = root * sigmoid(x, 35.0, -15.0, 1400.0) + F(80.0)
        y[i] = nearer(y[i], sigmoid(x, -5.0, 14.0, 1.0), dt / tau)


@njit(cache=True, nogil=True, error_model="numpy")
def m(y, v, dt):
    """Activation of I_Na; exact, as its time constant may be below the step."""
    for i in range(len(v)):
        x = v[i]
        slow = sigmoid(x, -35.0, -5.0, 0.1) + sigmoid(x, 50.0, -200.0, 0.1)
        tau = slow * sigmoid(x, -60.0, 5.0, 1.0)
        steady = sigmoid(x, -56.86, 9.03, 1.0)
        steady = steady * steady
        y[i] = steady + (y[i] - steady) * exp(-dt / tau)


@njit(cache=True, nogil=True, error_model="numpy")
def h(y, v, dt):
    """Fast inactivation of I_Na."""
    for i in range(len(v)):
        x = v[i]
        low = exponential(x, -1.0 / 6.8, -80.0, 0.057) + exponential(x, 0.079, 0.0, 2.7)
        low += exponential(x, 0.3485, 0.0, 310000.0)
        high = sigmoid(x, -10.66, 11.1, 0.77 / 0.13)
        rate = low if x < F(-40.0) else high
        steady = sigmoid(x, -71.55, -7.43, 1.0)
        y[i] = nearer(y[i], steady * steady, dt * rate)


@njit(cache=True, nogil=True, error_model="numpy")
def j(y, v, dt):
    """Slow inactivation of I_Na."""
    for i in range(len(v)):
        x = v[i]
        a = exponential(x, 0.2444, 0.0, -25428.0) - exponential(x, -0.04391, 0.0, 6.948e-6)
        a = a * (x + F(37.78)) * sigmoid(x, -79.23, -1.0 / 0.311, 1.0)
        b = exponential(x, -0.01052, 0.0, 0.02424) * sigmoid(x, -40.14, 1.0 / 0.1378, 1.0)
        high = exponential(x, 0.057, 0.0, 0.6) * sigmoid(x, -32.0, 10.0, 1.0)
        rate = a + b if x < F(-40.0) else high
        steady = sigmoid(x, -71.55, -7.43, 1.0)
        y[i] = nearer(y[i], steady * steady, dt * rate)


@njit(cache=True, nogil=True, error_model="numpy")
def d(y, v, dt):
    """Activation of I_CaL."""
    for i in range(len(v)):
        x = v[i]
        slow = sigmoid(x, -35.0, 13.0, 1.4) + F(0.25)
        tau = slow * sigmoid(x, -5.0, -5.0, 1.4) + sigmoid(x, 50.0, 20.0, 1.0)
        y[i] = nearer(y[i], sigmoid(x, -8.0, 7.5, 1.0), dt / tau)


@njit(cache=True, nogil=True, error_model="numpy")
def f(y, v, dt):
    """Slow inactivation of I_CaL by potential."""
    for i in range(len(v)):
        x = v[i]
        tau = bell(x, -27.0, 225.0, 1102.5) + sigmoid(x, 13.0, 10.0, 200.0)
        tau += sigmoid(x, -30.0, -10.0, 180.0) + F(20.0)
        y[i] = nearer(y[i], sigmoid(x, -20.0, -7.0, 1.0), dt / tau)


@njit(cache=True, nogil=True, error_model="numpy")
def f2(y, v, dt):
    """Fast inactivation of I_CaL by potential."""
    for i in range(len(v)):
        x = v[i]
        tau = bell(x, -27.0, 240.0, 562.0) + sigmoid(x, 25.0, 10.0, 31.0)
        tau += sigmoid(x, -30.0, -10.0, 80.0)
        y[i] = nearer(y[i], sigmoid(x, -35.0, -7.0, 0.67) + F(0.33), dt / tau)


@njit(cache=True, nogil=True, error_model="numpy")
def fcass(y, ca_ss, dt):
    """Inactivation of I_CaL by calcium in the subspace, `ca_ss` in mM."""
    for i in range(len(ca_ss)):
        load = ca_ss[i] * F(20.0)
        low = _ONE / (_ONE + load * load)
        tau = F(80.0) * low + _TWO
        y[i] = nearer(y[i], F(0.6) * low + F(0.4), dt / tau)


@njit(cache=True, nogil=True, error_model="numpy")
def s(y, v, slow, dt):
    """Inactivation of I_to: that of the endocardium where `slow` is above a half."""
    for i in range(len(v)):
        x = v[i]
        tau_slow = bell(x, -67.0, 1000.0, 1000.0) + F(8.0)
        tau_fast = bell(x, -45.0, 320.0, 85.0) + sigmoid(x, 20.0, -5.0, 5.0) + F(3.0)
        late = slow[i] > _HALF
        steady = sigmoid(x, -28.0, -5.0, 1.0) if late else sigmoid(x, -20.0, -5.0, 1.0)
        y[i] = nearer(y[i], steady, dt / (tau_slow if late else tau_fast))


@njit(cache=True, nogil=True, error_model="numpy")
def r(y, v, dt):
    """Activation of I_to."""
    for i in range(len(v)):
        x = v[i]
        tau = bell(x, -40.0, 1800.0, 9.5) + F(0.8)
        y[i] = nearer(y[i], sigmoid(x, 20.0, 6.0, 1.0), dt / tau)
