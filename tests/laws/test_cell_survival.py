import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.laws.cell_survival import (
    course_log_survival,
    log_survival,
    log_survival_straight,
)
from bodytwin.laws.isoeffect import bed_gy, dose_gy, eqd2_gy, lost_to_regrowth_gy
from bodytwin.laws.oxygen import enhancement, less_sensitive, log_survival_reoxygenating
from bodytwin.laws.repair import (
    incomplete_repair,
    protraction_of_exposure,
    protraction_of_pulses,
)
from bodytwin.laws.repopulation import log_regrowth

POSITIVE = st.floats(0.01, 50.0)
RATIO = st.floats(0.5, 20.0)


@given(POSITIVE, POSITIVE, RATIO)
def test_more_dose_leaves_fewer_cells(dose, more, ratio):
    kept = {"alpha_per_gy": 0.3, "beta_per_gy2": 0.3 / ratio}
    assert log_survival(dose + more, **kept) < log_survival(dose, **kept) < 0.0


@given(st.floats(1.0, 80.0), st.integers(1, 40), st.integers(1, 40), RATIO)
def test_more_fractions_of_the_same_dose_leave_more_cells(dose, few, extra, ratio):
    kept = {"alpha_per_gy": 0.3, "beta_per_gy2": 0.3 / ratio}
    one = course_log_survival(dose, fractions=few, **kept)
    assert course_log_survival(dose, fractions=few + extra, **kept) > one


@given(POSITIVE, st.floats(0.5, 20.0))
def test_a_straight_tail_never_kills_more_than_the_bend(dose, start):
    kept = {"alpha_per_gy": 0.3, "beta_per_gy2": 0.03}
    straight = log_survival_straight(dose, straight_from_gy=start, **kept)
    assert straight >= log_survival(dose, **kept) - 1e-12


@given(st.floats(1.0, 90.0), st.integers(1, 40), RATIO)
def test_a_dose_comes_back_from_its_effective_dose(dose, fractions, ratio):
    whole = bed_gy(dose, fractions=fractions, alpha_beta_gy=ratio)
    back = dose_gy(whole, fractions=fractions, alpha_beta_gy=ratio)
    assert back == pytest.approx(dose, rel=1e-10)


@given(st.integers(1, 40), RATIO)
def test_fractions_of_two_gray_are_their_own_equivalent(fractions, ratio):
    dose = 2.0 * fractions
    assert eqd2_gy(dose, fractions=fractions, alpha_beta_gy=ratio) == pytest.approx(dose)


@given(st.lists(st.floats(0.1, 5.0), min_size=1, max_size=12), st.floats(0.05, 3.0))
def test_repair_between_pulses_lies_between_none_and_all(doses, rate):
    given_gy = np.array(doses)
    g = protraction_of_pulses(given_gy, np.arange(len(doses)) * 1.0, rate_per_h=rate)
    assert (given_gy**2).sum() / given_gy.sum() ** 2 - 1e-12 <= g <= 1.0 + 1e-12


@given(st.floats(0.0, 100.0), st.floats(0.0, 100.0), st.floats(0.01, 5.0))
def test_a_slower_dose_keeps_less_of_its_square(duration, more, rate):
    g = protraction_of_exposure(np.array([duration, duration + more]), rate_per_h=rate)
    assert 0.0 < g[1] <= g[0] + 1e-12 <= 1.0 + 2e-12


def test_one_fraction_a_day_is_fully_repaired_and_none_apart_are_one():
    assert incomplete_repair(1, interval_h=6.0, rate_per_h=0.5) == 0.0
    close = incomplete_repair(3, interval_h=1e-9, rate_per_h=0.5)
    assert close == pytest.approx(2.0, abs=1e-6)


def test_maps_and_draws_are_taken_at_once():
    doses = np.linspace(0.0, 70.0, 11)
    alpha = np.array([[0.2], [0.3], [0.4]])
    found = course_log_survival(doses, fractions=35, alpha_per_gy=alpha, beta_per_gy2=alpha / 10.0)
    assert found.shape == (3, 11)
    one = course_log_survival(doses[4], fractions=35, alpha_per_gy=0.3, beta_per_gy2=0.03)
    assert found[1, 4] == pytest.approx(float(one), abs=1e-12)


def test_nothing_regrows_before_the_kick_off():
    grown = log_regrowth(np.array([10.0, 21.0, 24.0]), kick_off_d=21.0, doubling_d=3.0)
    np.testing.assert_allclose(grown, [0.0, 0.0, np.log(2.0)])
    assert log_regrowth(60.0, kick_off_d=21.0, doubling_d=np.inf) == 0.0
    lost = lost_to_regrowth_gy(24.0, kick_off_d=21.0, doubling_d=3.0, alpha_per_gy=0.35)
    assert lost == pytest.approx(np.log(2.0) / 0.35)


def test_oxygen_goes_from_none_to_all_of_its_effect():
    at = enhancement(np.array([0.0, 3.0, 1e9]), greatest=3.0, half_mmhg=3.0)
    np.testing.assert_allclose(at, [1.0, 2.0, 3.0], rtol=1e-6)


@given(st.floats(0.0, 1.0), st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_faster_reoxygenation_leaves_fewer_cells(share, rate, more):
    kept = {"alpha_per_gy": 0.3, "beta_per_gy2": 0.03}
    alpha, beta = less_sensitive(**kept, ratio=2.8)
    with_oxygen = np.full((10, 1), float(log_survival(2.0, **kept)))
    without = np.full((10, 1), float(log_survival(2.0, alpha_per_gy=alpha, beta_per_gy2=beta)))
    slow, fast = (
        log_survival_reoxygenating(
            with_oxygen, without, hypoxic_share=share, rate_per_d=k, interval_d=np.ones(9)
        )[0]
        for k in (rate, rate + more)
    )
    assert fast <= slow + 1e-9
    assert with_oxygen.sum() - 1e-9 <= fast <= without.sum() + 1e-9


def test_what_cannot_be_is_refused():
    with pytest.raises(InvalidInputError, match="zero or more, got -1"):
        log_survival(-1.0, alpha_per_gy=0.3, beta_per_gy2=0.03)
    with pytest.raises(InvalidInputError, match="more than zero"):
        bed_gy(60.0, fractions=30, alpha_beta_gy=0.0)
    with pytest.raises(InvalidInputError, match="at least one fraction"):
        incomplete_repair(0, interval_h=6.0, rate_per_h=0.5)
