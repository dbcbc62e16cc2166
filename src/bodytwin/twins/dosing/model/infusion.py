# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

"""How a dose enters: what goes straight in, over how long, and which inputs are still running.

Both kernels keep the inputs that run at a constant rate in two tables, `off_h` (when each
ends) and `off_rate` (its rate), of which the first `running` rows count. No equations are
solved here.
"""

import numpy as np
from numba import njit

from bodytwin.twins.dosing.model.columns import BIO, ZERO_H, ZERO_SHARE

CENTRAL, ABSORBED = 0, 1
"""Where a dose enters: straight into the centre, or by absorption."""

MOST_RUNNING = 512
"""Inputs that may run at one time."""

TOO_MANY = -1
"""Stands for `running` where one more input would not fit."""


@njit(cache=True, error_model="numpy")
def entering(p, into, duration, amount):  # pragma: no cover
    """Of one dose: what goes straight into the centre, over how long, and what is absorbed.

    A negative `duration` leaves all of an absorbed dose to the zero-order absorption.
    """
    if into == CENTRAL:
        return amount, duration, 0.0
    share = 1.0 if duration < 0.0 else p[ZERO_SHARE]
    reaching = amount * p[BIO]
    return reaching * share, p[ZERO_H] * (share > 0.0), reaching * (1.0 - share)


@njit(cache=True, error_model="numpy")
def earliest_end(off_h, running):  # pragma: no cover
    """When the first of the running inputs ends, and its row; never, and -1, if none runs."""
    when, which = np.inf, -1
    for k in range(running):
        if off_h[k] < when:
            when, which = off_h[k], k
    return when, which


@njit(cache=True, error_model="numpy")
def ended(off_h, off_rate, which, running, inflow):  # pragma: no cover
    """Take out input `which`; the number still running and their total rate."""
    running -= 1
    inflow -= off_rate[which]
    off_h[which], off_rate[which] = off_h[running], off_rate[running]
    return running, inflow if running > 0 else 0.0


@njit(cache=True, error_model="numpy")
def begun(off_h, off_rate, running, inflow, now, length, amount):  # pragma: no cover
    """Add an input of `amount` over `length`; the number running, or TOO_MANY, and their rate."""
    if running >= off_h.shape[0]:
        return TOO_MANY, inflow
    off_h[running], off_rate[running] = now + length, amount / length
    return running + 1, inflow + amount / length
