import numpy as np
import pytest

from bodytwin.numerics.ode.dormand_prince import LAST, NODE, error, resized, stage


def stepped(steps):
    """y' = y cos t from 0 to 2 in equal steps."""
    y, trial, k = np.ones(1), np.empty(1), np.empty((7, 1))
    h = 2.0 / steps
    for i in range(steps):
        t = i * h
        k[0] = y * np.cos(t)
        for s in range(1, LAST + 1):
            stage(s, h, y, k, trial)
            k[s] = trial * np.cos(t + NODE[s] * h)
        y[:] = trial
    return float(y[0])


def test_halving_the_step_leaves_a_thirty_second_of_the_error():
    miss = [abs(stepped(n) - np.exp(np.sin(2.0))) for n in (16, 32)]
    assert np.log2(miss[0] / miss[1]) == pytest.approx(5.0, abs=0.3)


def test_a_steady_rate_has_no_error():
    k = np.full((7, 1), 3.0)
    assert error(0.1, np.ones(1), k, 1e-9, 1.0) == pytest.approx(0.0, abs=1e-6)


def test_a_rate_that_is_no_number_is_no_step():
    k = np.full((7, 1), 3.0)
    k[4] = np.nan
    worst = error(0.1, np.ones(1), k, 1e-9, 1.0)
    assert np.isinf(worst)
    assert resized(1.0, worst) == pytest.approx(0.1)


def test_an_error_above_what_is_allowed_shortens_the_step():
    assert resized(1.0, 10.0) < 1.0 < resized(1.0, 0.01) <= 5.0
