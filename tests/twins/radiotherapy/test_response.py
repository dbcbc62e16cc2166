import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import NotFoundError, OutsidePopulationError, UnsupportedClaimError
from bodytwin.twins.radiotherapy.model import ntcp_sets, tcp_sets
from bodytwin.twins.radiotherapy.model.dvh import dvh
from bodytwin.twins.radiotherapy.model.ntcp import Lyman, RelativeSeriality
from bodytwin.twins.radiotherapy.model.ntcp_sets import Course, ntcp_set
from bodytwin.twins.radiotherapy.model.published import Estimate
from bodytwin.twins.radiotherapy.model.tcp import Tumour, control_with_births
from bodytwin.twins.radiotherapy.model.tcp_sets import tcp_set

PLAN = Course(prescribed_gy=74.0, fractions=37)


def spread(top=74.0, count=200):
    """An organ with doses from a tenth of the prescription up."""
    return dvh(np.linspace(0.1 * top, top, count), np.full(count, 0.5))


@pytest.mark.parametrize("key", ntcp_sets.keys())
def test_every_set_of_complications_gives_a_probability(key):
    found = ntcp_set(key)
    low, high = found.fraction_gy
    course = Course(prescribed_gy=35 * 0.5 * (low + high), fractions=35)
    p = found.probability(spread(60.0), course)
    assert 0.0 <= p <= 1.0
    assert found.probability(spread(66.0), course) >= p
    assert found.source
    assert found.caution
    assert found.endpoint


@pytest.mark.parametrize("key", ntcp_sets.keys())
def test_fractions_that_no_patient_of_the_source_had_are_refused(key):
    with pytest.raises(OutsidePopulationError, match="Gy a fraction, this plan gives 12 Gy"):
        ntcp_set(key).probability(spread(), Course(prescribed_gy=60.0, fractions=5))


def test_draws_have_the_published_interval():
    drawn = Estimate(value=47.0, low=41.0, high=60.0, level=0.95)
    found = drawn.draw(np.random.default_rng(0), 200_000)
    assert np.quantile(found, [0.025, 0.5, 0.975]) == pytest.approx([41.0, 47.0, 60.0], rel=5e-3)


def test_draws_of_an_interval_that_reaches_zero_are_not_below_it():
    drawn = Estimate(value=0.03, low=0.0, high=0.08, level=0.95)
    found = drawn.draw(np.random.default_rng(0), 200_000)
    assert found.min() == 0.0
    assert np.quantile(found, [0.5, 0.975]) == pytest.approx([0.03, 0.08], rel=0.01)


def test_a_probability_with_its_interval_holds_that_at_the_published_values():
    found = ntcp_set("rectum_michalski_2010")
    p = found.probability(spread(), PLAN)
    draws = found.draws(spread(), PLAN, np.random.default_rng(1), 2000)
    low, high = np.quantile(draws, [0.05, 0.95])
    assert draws.shape == (2000,)
    assert low < p < high
    assert high - low > 0.01


def test_an_interval_that_was_not_published_is_not_made_up():
    with pytest.raises(UnsupportedClaimError, match="without intervals"):
        ntcp_set("brainstem_burman_1991").draws(spread(), PLAN, np.random.default_rng(0), 10)


def test_parameters_without_an_interval_are_named():
    assert ntcp_set("lung_semenenko_2008").fixed == ("n",)


def test_an_unknown_set_is_answered_with_those_there_are():
    with pytest.raises(NotFoundError, match="rectum_michalski_2010"):
        ntcp_set("knee")
    with pytest.raises(NotFoundError, match="prostate_low_risk"):
        tcp_set("knee")


def test_larger_fractions_of_the_same_dose_do_more_where_the_set_is_in_two_gray():
    found = ntcp_set("larynx_rancati_2009")
    small, large = (Course(prescribed_gy=64.0, fractions=n) for n in (40, 27))
    assert found.probability(spread(64.0), large) > found.probability(spread(64.0), small)


@given(st.floats(10.0, 80.0), st.floats(1.0, 20.0), st.sampled_from([0.05, 0.5, 1.0]))
def test_more_dose_is_never_less_likely_to_harm(dose, more, n):
    for model in (Lyman(td50_gy=50.0, m=0.2, n=n), RelativeSeriality(td50_gy=50.0, gamma=1.2, s=n)):
        one, other = (model.probability(spread(d))[0] for d in (dose, dose + more))
        assert 0.0 <= one <= other + 1e-12 <= 1.0 + 2e-12


@given(st.floats(40.0, 90.0), st.floats(0.5, 10.0))
def test_a_cold_spot_costs_control(dose, less):
    tumour = Tumour(clonogens=1e7, alpha_per_gy=0.3, alpha_beta_gy=10.0)
    even = dvh(np.full(10, dose), np.ones(10))
    cold = dvh(np.append(np.full(9, dose), dose - less), np.ones(10))
    given_in = {"fractions": 30, "duration_d": 40.0}
    assert tumour.control(cold, **given_in)[0] <= tumour.control(even, **given_in)[0]


def test_regrowth_costs_control_and_only_after_its_start():
    kept = {"clonogens": 1e7, "alpha_per_gy": 0.3, "alpha_beta_gy": 10.0}
    slow = Tumour(**kept, doubling_d=3.0, kick_off_d=21.0)
    at = [slow.control_of_uniform(66.0, fractions=33, duration_d=d)[0] for d in (15.0, 21.0, 45.0)]
    still = Tumour(**kept).control_of_uniform(66.0, fractions=33, duration_d=45.0)[0]
    assert at[0] == at[1] == pytest.approx(still)
    assert at[2] < at[1]


def test_births_that_follow_treatment_bring_back_few_survivors():
    left = np.full(30, np.log(0.5))
    at = np.arange(30.0)
    kept = {"clonogens": 1e8, "deaths_per_d": 0.02}
    early = control_with_births(left, at, births_per_d=0.05, until_d=30.0, **kept)
    late = control_with_births(left, at, births_per_d=0.05, until_d=3000.0, **kept)
    none = control_with_births(left, at, births_per_d=0.0, until_d=3000.0, **kept)
    assert none > late > early > 0.0


@pytest.mark.parametrize("key", tcp_sets.keys())
def test_every_tumour_gives_draws_and_refuses_other_fractions(key):
    found = tcp_set(key)
    rng = np.random.default_rng(0)
    target = dvh(np.full(5, 74.0), np.ones(5))
    p = found.control(target, PLAN, duration_d=51.0)
    draws = found.draws(target, PLAN, rng, 500, duration_d=51.0)
    assert np.quantile(draws, 0.05) < p < np.quantile(draws, 0.95)
    with pytest.raises(OutsidePopulationError):
        found.control(target, Course(prescribed_gy=40.0, fractions=5), duration_d=10.0)


def test_more_clonogens_are_harder_to_control():
    target = dvh(np.full(5, 74.0), np.ones(5))
    low, high = (
        tcp_set(f"prostate_{risk}_risk_wang_2003").control(target, PLAN, duration_d=51.0)
        for risk in ("low", "high")
    )
    assert low == pytest.approx(0.988, abs=0.002)
    assert high < low
