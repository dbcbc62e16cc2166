import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import norm

from bodytwin.laws.cell_survival import (
    course_log_survival,
    log_survival,
    log_survival_straight,
)
from bodytwin.laws.isoeffect import bed_gy, dose_gy, eqd2_gy, eqd_gy, lost_to_regrowth_gy
from bodytwin.laws.oxygen import less_sensitive, log_survival_reoxygenating
from bodytwin.laws.repair import (
    incomplete_repair,
    protraction_of_exposure,
    protraction_of_pulses,
    repair_rate_per_h,
)
from bodytwin.twins.radiotherapy.model.dvh import dvh
from bodytwin.twins.radiotherapy.model.ntcp import (
    Logistic,
    LogLogistic,
    Lyman,
    RelativeSeriality,
)
from bodytwin.twins.radiotherapy.model.ntcp_sets import Course, ntcp_set
from bodytwin.twins.radiotherapy.model.tcp import Tumour, control_with_births

EXACT = 1e-10


def even(dose, volumes=7):
    return dvh(np.full(volumes, float(dose)), np.linspace(1.0, 2.0, volumes))


def test_schedules_of_the_textbooks():
    assert bed_gy(70.0, fractions=35, alpha_beta_gy=10.0) == pytest.approx(84.0, abs=EXACT)
    assert eqd2_gy(60.0, fractions=15, alpha_beta_gy=10.0) == pytest.approx(70.0, abs=EXACT)
    expected = 42.56 * (42.56 / 16 + 4.0) / 6.0
    assert eqd2_gy(42.56, fractions=16, alpha_beta_gy=4.0) == pytest.approx(expected, abs=EXACT)
    assert expected == pytest.approx(47.2, abs=0.05)


def test_doses_of_the_same_effect_leave_the_same_cells():
    alpha, ratio = 0.3, 8.0
    one = bed_gy(60.0, fractions=30, alpha_beta_gy=ratio)
    other = dose_gy(one, fractions=7, alpha_beta_gy=ratio)
    left = [
        course_log_survival(d, fractions=n, alpha_per_gy=alpha, beta_per_gy2=alpha / ratio)
        for d, n in ((60.0, 30), (float(other), 7))
    ]
    assert left[0] == pytest.approx(left[1], abs=EXACT)
    assert left[0] == pytest.approx(-alpha * one, abs=EXACT)


def test_the_straight_tail_is_the_tangent():
    kept = {"alpha_per_gy": 0.3, "beta_per_gy2": 0.03}
    tail = {**kept, "straight_from_gy": 6.0}
    below = log_survival_straight(5.9, **tail)
    assert below == pytest.approx(float(log_survival(5.9, **kept)), abs=EXACT)
    far = [float(log_survival_straight(d, **tail)) for d in (10.0, 11.0)]
    assert far[0] - far[1] == pytest.approx(0.3 + 2 * 0.03 * 6.0, abs=EXACT)


@pytest.mark.parametrize(("duration", "rate"), [(0.5, 0.46), (6.0, 1.4), (40.0, 0.1)])
def test_a_slow_dose_is_the_double_integral_of_lea_and_catcheside(duration, rate):
    found, _ = dblquad(
        lambda s, t: np.exp(-rate * (t - s)), 0, duration, 0, lambda t: t, epsabs=1e-13
    )
    expected = 2.0 * found / duration**2
    assert protraction_of_exposure(duration, rate_per_h=rate) == pytest.approx(expected, abs=EXACT)


def test_short_exposures_go_over_to_acute_ones_without_a_jump():
    rate = 1.0
    around = protraction_of_exposure(np.array([0.999e-3, 1.001e-3]), rate_per_h=rate)
    assert abs(around[0] - around[1]) < 1e-6
    assert protraction_of_exposure(0.0, rate_per_h=rate) == 1.0


@pytest.mark.parametrize("per_day", [1, 2, 3, 5])
def test_fractions_of_a_day_are_pulses_of_it(per_day):
    rate = float(repair_rate_per_h(1.5))
    h = incomplete_repair(per_day, interval_h=6.0, rate_per_h=rate)
    g = protraction_of_pulses(np.full(per_day, 1.2), 6.0 * np.arange(per_day), rate_per_h=rate)
    assert 1.0 + h == pytest.approx(g * per_day, abs=EXACT)
    theta = np.exp(-rate * 6.0)
    closed = 2 / per_day * theta / (1 - theta) * (per_day - (1 - theta**per_day) / (1 - theta))
    assert h == pytest.approx(closed, abs=EXACT)


def test_many_pulses_are_a_slow_dose():
    count, duration, rate = 2000, 8.0, 0.4
    at = (np.arange(count) + 0.5) * duration / count
    pulses = protraction_of_pulses(np.full(count, 0.01), at, rate_per_h=rate)
    slow = protraction_of_exposure(duration, rate_per_h=rate)
    assert pulses == pytest.approx(float(slow), rel=1e-5)


def test_reoxygenation_goes_from_none_to_instant():
    alpha, beta = 0.3, 0.03
    poor = less_sensitive(alpha_per_gy=alpha, beta_per_gy2=beta, ratio=2.8)
    each = np.full((20, 1), float(log_survival(2.0, alpha_per_gy=alpha, beta_per_gy2=beta)))
    hypoxic = np.full((20, 1), float(log_survival(2.0, alpha_per_gy=poor[0], beta_per_gy2=poor[1])))

    def left(rate, share=0.2):
        return log_survival_reoxygenating(
            each, hypoxic, hypoxic_share=share, rate_per_d=rate, interval_d=np.ones(19)
        )[0]

    none = np.log(0.8 * np.exp(20 * each[0, 0]) + 0.2 * np.exp(20 * hypoxic[0, 0]))
    assert left(0.0) == pytest.approx(none, abs=EXACT)
    first = 0.8 * np.exp(each[0, 0]) + 0.2 * np.exp(hypoxic[0, 0])
    assert left(1e3) == pytest.approx(np.log(first) + 19 * each[0, 0], abs=EXACT)
    assert left(0.5, share=0.0) == pytest.approx(20 * each[0, 0], abs=EXACT)


def test_an_even_dose_has_the_closed_form_of_control():
    tumour = Tumour(
        clonogens=1e7, alpha_per_gy=0.3, alpha_beta_gy=10.0, doubling_d=3.0, kick_off_d=21.0
    )
    kill = 0.3 * 66.0 * (1 + 2.0 / 10.0) - np.log(2) * (45.0 - 21.0) / 3.0
    expected = np.exp(-1e7 * np.exp(-kill))
    found = tumour.control(even(66.0), fractions=33, duration_d=45.0)
    assert 0.01 < expected < 0.99
    assert found[0] == pytest.approx(expected, abs=EXACT)
    alone = tumour.control_of_uniform(66.0, fractions=33, duration_d=45.0)
    assert alone[0] == pytest.approx(expected, abs=EXACT)
    lost = lost_to_regrowth_gy(45.0, kick_off_d=21.0, doubling_d=3.0, alpha_per_gy=0.3)
    whole = bed_gy(66.0, fractions=33, alpha_beta_gy=10.0) - lost
    assert np.exp(-1e7 * np.exp(-0.3 * whole)) == pytest.approx(expected, abs=EXACT)


def extinct(kills, times, births, deaths, until):
    """Chance that the line of one cell dies out, from the end backward by generating functions."""
    edges = [0.0, *times, until]
    gone = 0.0
    for i in reversed(range(len(edges) - 1)):
        span = edges[i + 1] - edges[i]
        grow = np.exp((births - deaths) * span)
        if births == deaths:
            share = births * span / (1 + births * span)
            gone = (share + (1 - 2 * share) * gone) / (1 - share * gone)
        else:
            a = deaths * (grow - 1) / (births * grow - deaths)
            b = births * (grow - 1) / (births * grow - deaths)
            gone = (a + (1 - a - b) * gone) / (1 - b * gone)
        if i > 0:
            gone = 1 - kills[i - 1] + kills[i - 1] * gone
    return gone


@pytest.mark.parametrize(("births", "deaths"), [(0.2, 0.05), (0.1, 0.1), (0.05, 0.3), (0.4, 0.0)])
def test_births_and_deaths_are_those_of_generating_functions(births, deaths):
    rng = np.random.default_rng(4)
    times = np.sort(rng.uniform(0.0, 30.0, 25))
    kills = rng.uniform(0.3, 0.7, 25)
    found = control_with_births(
        np.log(kills), times, clonogens=1e6, births_per_d=births, deaths_per_d=deaths, until_d=40.0
    )
    expected = extinct(kills, times, births, deaths, 40.0) ** 1e6
    assert found == pytest.approx(expected, abs=1e-9)


def test_without_births_control_is_binomial_and_with_many_cells_poisson():
    left = np.full(30, np.log(0.5))
    kept = {"births_per_d": 0.0, "deaths_per_d": 0.0, "until_d": 42.0}
    found = control_with_births(left, np.arange(30.0), clonogens=5e8, **kept)
    assert found == pytest.approx((1 - 0.5**30) ** 5e8, abs=1e-9)
    assert found == pytest.approx(np.exp(-5e8 * 0.5**30), abs=1e-8)


@pytest.mark.parametrize("n", [0.09, 0.5, 1.0, 2.0])
def test_lyman_at_the_tolerance_dose_and_one_width_above(n):
    model = Lyman(td50_gy=76.9, m=0.13, n=n)
    assert model.probability(even(76.9))[0] == pytest.approx(0.5, abs=EXACT)
    above = model.probability(even(76.9 * 1.13))[0]
    assert above == pytest.approx(norm.cdf(1.0), abs=EXACT)
    assert above == pytest.approx(0.8413, abs=5e-5)


@pytest.mark.parametrize("gamma", [0.969, 4.68])
def test_logistic_models_have_their_slope_in_the_middle(gamma):
    for kind in (
        Logistic(td50_gy=40.0, gamma50=gamma),
        LogLogistic(td50_gy=40.0, gamma50=gamma, n=1.0),
    ):
        assert kind.probability(even(40.0))[0] == pytest.approx(0.5, abs=EXACT)
        h = 1e-4
        low, high = (kind.probability(even(40.0 + s))[0] for s in (-h, h))
        assert 40.0 * (high - low) / (2 * h) == pytest.approx(gamma, rel=1e-7)


@pytest.mark.parametrize("s", [0.01, 0.2, 1.0])
def test_seriality_of_an_even_dose_is_that_of_any_part(s):
    model = RelativeSeriality(td50_gy=50.0, gamma=1.5, s=s)
    dose = 45.0
    part = 2.0 ** -np.exp(np.e * 1.5 * (1 - dose / 50.0))
    assert model.probability(even(dose))[0] == pytest.approx(part, abs=EXACT)
    assert model.probability(even(50.0))[0] == pytest.approx(0.5, abs=EXACT)


def test_a_serial_organ_survives_only_with_all_its_parts():
    doses, share = np.array([30.0, 48.0, 52.0]), np.array([0.5, 0.3, 0.2])
    each = 2.0 ** -np.exp(np.e * 1.5 * (1 - doses / 50.0))
    expected = 1 - np.prod((1 - each) ** share)
    found = RelativeSeriality(td50_gy=50.0, gamma=1.5, s=1.0).probability(dvh(doses, share))
    assert found[0] == pytest.approx(expected, abs=EXACT)


def test_the_greatest_relative_slope_of_a_serial_dose_is_gamma():
    at = np.linspace(30.0, 80.0, 20001)
    p = 2.0 ** -np.exp(np.e * 1.5 * (1 - at / 50.0))
    model = RelativeSeriality(td50_gy=50.0, gamma=1.5, s=1.0)
    few = np.array([model.probability(even(d))[0] for d in at[::2000]])
    np.testing.assert_allclose(few, p[::2000], atol=EXACT)
    steepest = np.max(np.gradient(p, at)) * 50.0
    assert steepest == pytest.approx(1.5, rel=0.01)


def test_parotid_numbers_of_the_paper_come_back():
    found = ntcp_set("parotid_dijkema_2010")
    course = Course(prescribed_gy=70.0, fractions=35)
    at = [found.probability(even(d), course) for d in (25.0, 30.0)]
    assert at == pytest.approx([0.17, 0.26], abs=0.01)


def test_cord_numbers_of_the_paper_come_back():
    found = ntcp_set("cervical_cord_schultheiss_2008")
    rates = {}
    for dose in (45.0, 50.0, 59.3, 69.4):
        course = Course(prescribed_gy=dose, fractions=round(dose / 2))
        doses = dose * np.ones(3)
        seen = found.seen(dvh(doses, np.ones(3)), course)
        model_dose = seen.dose_gy[0]
        assert model_dose == pytest.approx(dose, rel=0.02)
        rates[dose] = 1 / (1 + (69.4 / dose) ** (4 * found.parameters["gamma50"].value))
    assert rates[45.0] == pytest.approx(0.0003, abs=5e-5)
    assert rates[50.0] == pytest.approx(0.002, abs=5e-4)
    assert rates[59.3] == pytest.approx(0.05, abs=5e-4)


def test_lung_numbers_of_the_paper_come_back():
    found = ntcp_set("lung_marks_2010")
    course = Course(prescribed_gy=60.0, fractions=30)
    for dose in (5.0, 13.0, 20.0, 27.0):
        expected = 1 / (1 + np.exp(3.87 - 0.126 * dose))
        assert found.probability(even(dose), course) == pytest.approx(expected, abs=2e-3)


def test_equivalent_doses_add_up():
    ratio = 3.0
    parts = [bed_gy(d, fractions=n, alpha_beta_gy=ratio) for d, n in ((46.0, 23), (24.0, 8))]
    total = eqd_gy(sum(parts), alpha_beta_gy=ratio)
    each = [eqd2_gy(d, fractions=n, alpha_beta_gy=ratio) for d, n in ((46.0, 23), (24.0, 8))]
    assert total == pytest.approx(sum(each), abs=EXACT)
