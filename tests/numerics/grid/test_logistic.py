"""Growth up to a ceiling under losses that decay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.logistic import Decay, logistic

rates = st.floats(0.0, 1.0)
losses = st.lists(
    st.builds(Decay, rate_per_d=st.floats(0.0, 20.0), time_d=st.floats(0.05, 5.0)), max_size=2
)


def after(u, reaction):
    return reaction.gain * u / (1.0 + reaction.crowding * u)


def test_without_losses_it_is_the_logistic_curve():
    found = after(0.2, logistic(0.3, 5.0))
    assert found == pytest.approx(1 / (1 + (1 / 0.2 - 1) * np.exp(-1.5)), rel=1e-14)


def test_with_losses_it_solves_the_equation():
    decays = [Decay(rate_per_d=6.0, time_d=0.11), Decay(rate_per_d=0.4, time_d=3.0)]

    def slope(t, u):
        k = sum(d.rate_per_d * np.exp(-t / d.time_d) for d in decays)
        return 0.2 * u * (1 - u) - k * u

    solved = solve_ivp(slope, (0, 4), [0.6], method="DOP853", rtol=1e-12, atol=1e-14)
    assert after(0.6, logistic(0.2, 4.0, decays)) == pytest.approx(solved.y[0, -1], rel=1e-10)


def test_a_loss_that_is_over_within_a_step_is_counted_whole():
    found = logistic(0.0, 0.5, [Decay(rate_per_d=9.0, time_d=0.001)])
    assert found.gain == pytest.approx(np.exp(-0.009), rel=1e-13)


@settings(max_examples=60, deadline=None)
@given(rates, losses, st.floats(0.01, 3.0), st.floats(0.01, 3.0), st.floats(0.0, 1.0))
def test_two_spans_of_time_are_one_after_the_other(rate, decays, first, second, u):
    later = [d.later(first) for d in decays]
    twice = after(after(u, logistic(rate, first, decays)), logistic(rate, second, later))
    once = after(u, logistic(rate, first + second, decays))
    assert twice == pytest.approx(once, rel=1e-10)


@settings(max_examples=60, deadline=None)
@given(rates, losses, st.floats(0.0, 30.0), st.floats(0.0, 1.0))
def test_it_stays_between_nothing_and_the_ceiling(rate, decays, duration, u):
    assert 0 <= after(u, logistic(rate, duration, decays)) <= 1 + 1e-12


@pytest.mark.parametrize(("rate", "time"), [(-1.0, 1.0), (1.0, 0.0), (1e4, 1.0), (np.nan, 1.0)])
def test_a_loss_that_cannot_be_is_refused(rate, time):
    with pytest.raises(InvalidInputError):
        Decay(rate_per_d=rate, time_d=time)
