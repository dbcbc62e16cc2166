import numpy as np
import pytest
from scipy.stats import chi2

from bodytwin.errors import InvalidInputError
from bodytwin.validity.envelope import (
    Applicability,
    Envelope,
    Range,
    Where,
    prior_data_conflict,
    tail_probability,
)

ADULTS = Envelope({"age_a": Range(18, 98, "a"), "weight_kg": Range(40, 140, "kg")})


@pytest.mark.parametrize(
    ("age", "where"),
    [(50, Where.INSIDE), (18, Where.EDGE), (97, Where.EDGE), (17.9, Where.OUTSIDE)],
)
def test_a_patient_is_inside_at_the_edge_or_outside(age, where):
    assert ADULTS.check({"age_a": age, "weight_kg": 80}).where is where


def test_reasons_are_sentences_with_the_value_and_what_was_seen():
    found = ADULTS.check({"age_a": 12, "weight_kg": 139})
    assert found.where is Where.OUTSIDE
    assert found.reasons == (
        "age_a is 12 a; the model saw 18 to 98 a.",
        "weight_kg is 139 kg, near the end of what the model saw: 40 to 140 kg.",
    )


@pytest.mark.parametrize("values", [{"age_a": 50}, {"age_a": 50, "weight_kg": float("nan")}])
def test_what_is_not_known_may_be_outside(values):
    found = ADULTS.check(values)
    assert found == Applicability(
        Where.EDGE, ("weight_kg is not known; the model saw 40 to 140 kg.",)
    )


def test_other_values_are_not_looked_at():
    assert ADULTS.check({"age_a": 50, "weight_kg": 80, "height_cm": 3}).where is Where.INSIDE


def test_a_range_without_a_unit_is_written_without_one():
    assert str(Range(1, 21, "1")) == "1 to 21"


def test_a_range_that_runs_downwards_is_refused():
    with pytest.raises(InvalidInputError, match="upwards"):
        Range(5, 5, "kg")


def test_tail_probability_is_chi_squared_for_a_gaussian_population():
    rng = np.random.default_rng(1)
    x = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=20_000)
    y = np.array([1.5, -1.0])
    distance = y @ np.linalg.solve([[1, 0.8], [0.8, 1]], y)
    assert tail_probability(y, x) == pytest.approx(chi2.sf(distance, 2), abs=0.001)


def test_two_values_each_ordinary_can_conflict_together():
    rng = np.random.default_rng(2)
    x = np.exp(rng.multivariate_normal([2, 2], [[1, 0.98], [0.98, 1]], size=5000))
    assert prior_data_conflict([30.0, 30.0], x).where is Where.INSIDE
    assert prior_data_conflict([30.0, 3.0], x).where is Where.OUTSIDE


def test_a_level_far_too_low_conflicts_as_one_far_too_high_does():
    x = np.exp(2 + 0.4 * np.random.default_rng(3).standard_normal((4000, 1)))
    for wrong in (np.exp(2) / 8, np.exp(2) * 8):
        found = prior_data_conflict([wrong], x)
        assert found.where is Where.OUTSIDE
        assert "Check units" in found.reasons[0]


def test_the_tail_probability_of_the_population_itself_is_uniform():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((2000, 3))
    p = np.array([tail_probability(y, x) for y in rng.standard_normal((300, 3))])
    assert 0.02 < np.mean(p < 0.05) < 0.09


def test_failed_runs_are_left_out_and_too_few_draws_refused():
    x = np.random.default_rng(5).standard_normal((100, 2))
    x[:50, 0] = np.nan
    assert 0 < tail_probability([0.1, 0.1], x) <= 1
    with pytest.raises(InvalidInputError, match="at least 10 n draws"):
        tail_probability([0.1, 0.1], x[:60])


def test_the_worse_answer_stands_and_all_reasons_are_kept():
    both = Applicability(Where.EDGE, ("a",)) & Applicability(Where.OUTSIDE, ("b",))
    assert both == Applicability(Where.OUTSIDE, ("a", "b"))
