import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.laws.myelosuppression import (
    Marrow,
    cells_1e9_per_l,
    inhibition,
    nadir,
    neutrophils_1e9_per_l,
    steady_1e9_per_l,
)
from bodytwin.numerics.ode.exponential_sum import ExponentialSum

SYSTEM = {"baseline_1e9_per_l": 5.0, "mean_transit_d": 3.7, "feedback": 0.16}
DAYS = np.arange(0.0, 30.0, 0.25)


def pulse(day=0.0, height=2.0, rate=8.0):
    """A concentration that comes at once and goes exponentially."""
    return ExponentialSum(
        starts=np.array([day]),
        plateau=np.zeros((1, 1)),
        coefficient=np.full((1, 1, 1), height),
        rate=np.full((1, 1), rate),
    )


def steady(level):
    return ExponentialSum(
        starts=np.zeros(1), plateau=np.full((1, 1), level),
        coefficient=np.zeros((1, 1, 1)), rate=np.ones((1, 1)),
    )  # fmt: skip


def test_without_a_drug_counts_stay_where_they_are():
    marrow = Marrow(**SYSTEM, slope_l_per_mg=0.0)
    counts = neutrophils_1e9_per_l(pulse(), DAYS, marrow=marrow)
    np.testing.assert_allclose(counts, 5.0, rtol=1e-9)


@settings(deadline=None, max_examples=20)
@given(st.floats(0.5, 20.0), st.floats(1.1, 3.0))
def test_a_stronger_slope_makes_a_deeper_nadir(slope, more):
    marrow = Marrow(**SYSTEM, slope_l_per_mg=np.array([slope, slope * more]))
    counts = neutrophils_1e9_per_l(pulse(), DAYS, marrow=marrow)
    lowest = nadir(DAYS, counts, recovered_1e9_per_l=1.5).count_1e9_per_l
    assert lowest[1] < lowest[0] < 5.0


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 12))
def test_a_later_dose_makes_the_same_course_later(shift):
    marrow = Marrow(**SYSTEM, slope_l_per_mg=15.0)
    now = neutrophils_1e9_per_l(pulse(), DAYS, marrow=marrow)
    later = neutrophils_1e9_per_l(pulse(float(shift)), DAYS + shift, marrow=marrow)
    np.testing.assert_allclose(later, now, rtol=1e-7)


def test_counts_settle_where_the_steady_effect_says():
    marrow = Marrow(**SYSTEM, slope_l_per_mg=0.1)
    counts = neutrophils_1e9_per_l(steady(1.0), np.array([3000.0]), marrow=marrow)
    expected = steady_1e9_per_l(0.1, baseline_1e9_per_l=5.0, feedback=0.16)
    assert counts[0, 0] == pytest.approx(float(expected), rel=1e-6)


def test_what_matures_is_what_came_from_division_less_what_left_the_blood():
    marrow = Marrow(**SYSTEM, slope_l_per_mg=15.0)
    fine = np.concatenate([np.linspace(0.0, 1.0, 8001), np.linspace(1.0, 20.0, 8001)[1:]])
    cells = cells_1e9_per_l(pulse(), fine, marrow=marrow)[0]
    flow = 4.0 / 3.7 * (cells[:, 0] - cells[:, 4])
    gained = float(np.sum(0.5 * (flow[1:] + flow[:-1]) * np.diff(fine)))
    held = cells[:, 1:].sum(axis=1)
    assert held[-1] - held[0] == pytest.approx(gained, abs=1e-5)


def test_a_greatest_effect_is_linear_at_first_and_bounded_at_last():
    assert inhibition(1e-6, slope=3.0, half=2.0) == pytest.approx(3e-6, rel=1e-5)
    assert inhibition(1e9, slope=3.0, half=2.0) == pytest.approx(6.0, rel=1e-5)


def test_a_nadir_between_times_is_found_on_the_parabola():
    t = np.arange(0.0, 10.0)
    counts = 0.4 + 0.1 * (t - 4.3) ** 2
    found = nadir(t, counts, recovered_1e9_per_l=1.0)
    assert found.day_d[0] == pytest.approx(4.3)
    assert found.count_1e9_per_l[0] == pytest.approx(0.4)
    assert 6.0 < found.recovered_d[0] < 7.0


def test_counts_that_never_fall_below_have_recovered_at_their_nadir():
    t = np.arange(0.0, 10.0)
    found = nadir(t, 2.0 + 0.1 * (t - 4.0) ** 2, recovered_1e9_per_l=1.5)
    assert found.recovered_d[0] == found.day_d[0]


def test_counts_that_do_not_come_back_have_no_day_of_recovery():
    t = np.arange(0.0, 10.0)
    found = nadir(t, 5.0 * np.exp(-t), recovered_1e9_per_l=1.5)
    assert np.isinf(found.recovered_d[0])


def test_times_that_do_not_increase_are_refused():
    with pytest.raises(InvalidInputError, match="increasing"):
        neutrophils_1e9_per_l(
            pulse(), np.array([1.0, 1.0]), marrow=Marrow(**SYSTEM, slope_l_per_mg=1.0)
        )
