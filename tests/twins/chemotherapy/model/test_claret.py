import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.twins.chemotherapy.model.claret import Steps, claret, stein, stein_nadir

DAYS = np.linspace(0.0, 300.0, 301)
DAILY = Steps(starts_d=np.zeros(1), exposure=np.full(1, 3.0))
RATES = {"growth_per_d": 0.003, "kill_per_d": 0.0035, "resistance_per_d": 0.0075}


def test_without_a_dose_a_tumour_grows_exponentially():
    never = Steps(starts_d=np.zeros(1), exposure=np.zeros(1))
    size = claret(DAYS, never, start=50.0, **RATES)
    np.testing.assert_allclose(size[0], 50.0 * np.exp(0.003 * DAYS))


def test_the_lowest_size_comes_when_what_is_left_of_the_effect_equals_growth():
    size = claret(DAYS, DAILY, start=50.0, **RATES)[0]
    expected = np.log(0.0035 * 3.0 / 0.003) / 0.0075
    assert DAYS[np.argmin(size)] == pytest.approx(expected, abs=0.5)


def test_without_resistance_effect_and_growth_are_one_rate():
    size = claret(
        DAYS, DAILY, start=1.0, growth_per_d=0.003, kill_per_d=0.0035, resistance_per_d=0.0
    )
    np.testing.assert_allclose(size[0], np.exp((0.003 - 0.0105) * DAYS))


def test_a_pause_is_a_step_without_exposure():
    paused = Steps(starts_d=np.array([0.0, 14.0, 21.0]), exposure=np.array([3.0, 0.0, 3.0]))
    size, whole = claret(DAYS, paused, start=1.0, **RATES), claret(DAYS, DAILY, start=1.0, **RATES)
    np.testing.assert_allclose(size[0, :15], whole[0, :15])
    np.testing.assert_allclose(size[0, 21] / size[0, 14], np.exp(0.003 * 7))


@given(st.floats(1e-4, 1e-2), st.floats(1.5, 50.0))
def test_no_size_of_two_rates_is_below_its_nadir(growth, times):
    day, least = stein_nadir(growth_per_d=growth, regression_per_d=growth * times)
    size = stein(DAYS * 20, start=1.0, growth_per_d=growth, regression_per_d=growth * times)
    assert np.all(size >= least - 1e-12)
    here = stein(np.array([day]), start=1.0, growth_per_d=growth, regression_per_d=growth * times)
    assert here[0, 0] == pytest.approx(float(least))


def test_one_row_for_each_draw():
    size = stein(DAYS, start=1.0, growth_per_d=np.array([0.001, 0.002]), regression_per_d=0.01)
    assert size.shape == (2, 301)


def test_steps_out_of_order_are_refused():
    with pytest.raises(InvalidInputError, match="order of time"):
        Steps(starts_d=np.array([3.0, 1.0]), exposure=np.ones(2))
