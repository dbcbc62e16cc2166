"""How findings divide a population and move its hazards."""

import numpy as np
import pytest

from bodytwin.twins.pregnancy.model.cohort import (
    TERM_WK,
    cervix_log_ratio,
    fibronectin_log_ratio,
    history_log_ratio,
    length_mm,
    ratios,
    scores,
    share_shorter,
)

WEEKS = np.arange(22.0, 42.0)


def test_lengths_have_the_published_percentiles():
    z = np.array([-2.3263, -1.6449, -1.2816, -0.6745, 0.0, 0.6745])
    assert length_mm(z, week=24.0) == pytest.approx([13, 22, 26, 30, 35, 40], abs=0.05)
    assert length_mm(z, week=28.0) == pytest.approx([11.5, 20.5, 24.5, 28.5, 33.5, 38.5], abs=0.05)


@pytest.mark.parametrize("factor", [1.0, 1.3])
def test_the_average_woman_has_a_ratio_of_one(factor):
    z, share = scores()
    by = ratios(cervix_factor=factor)
    found = cervix_log_ratio(length_mm(z, week=24.0), visit_wk=24.0, weeks=WEEKS, by=by)
    assert np.allclose(np.exp(found[0]).T @ share, 1.0)


def test_a_shorter_cervix_is_never_less_at_risk_and_none_is_at_term():
    lengths = np.array([10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 55.0])
    found = cervix_log_ratio(lengths, visit_wk=24.0, weeks=WEEKS, by=ratios())[0]
    assert np.all(np.diff(found, axis=0) <= 1e-12)
    assert np.all(found[:, WEEKS >= TERM_WK] == 0.0)


def test_what_is_measured_today_says_less_of_later_weeks():
    found = cervix_log_ratio(np.array([20.0]), visit_wk=23.0, weeks=WEEKS, by=ratios())[0, 0]
    assert found[2] > found[8] > found[14] > 0.0


def test_without_a_share_of_births_that_go_with_it_length_says_nothing():
    by = ratios(related_share=0.0)
    assert np.all(cervix_log_ratio(np.array([5.0]), visit_wk=23.0, weeks=WEEKS, by=by) == 0.0)


def test_histories_are_in_the_order_of_their_risk():
    found = history_log_ratio(WEEKS, by=ratios())[0]
    early = found[:, 0]
    assert early[3] > early[2] > early[0] > early[1] == 0.0
    assert np.exp(found[2, WEEKS == 35.0]) == pytest.approx([2.5], rel=0.05)
    assert np.exp(found[3, WEEKS == 25.0]) == pytest.approx([22.1], rel=0.05)


def test_a_positive_fibronectin_has_the_ratio_of_the_table_from_ten_weeks_on():
    found = fibronectin_log_ratio(WEEKS, visit_wk=23.0, by=ratios())[0]
    assert np.exp(found[1, WEEKS == 33.0]) == pytest.approx([5.0])
    assert np.all(found[0] == 0.0)
    assert np.all(np.diff(found[1, WEEKS < TERM_WK]) <= 1e-12)


def test_draws_have_the_published_medians():
    drawn = ratios(np.random.default_rng(0), 4000)
    assert np.median(drawn.late_ratio) == pytest.approx(2.41, rel=0.03)
    assert drawn.related_share.max() <= 1.0


def test_a_tenth_of_women_has_less_than_26_mm_at_24_weeks_and_fewer_before():
    assert share_shorter(26.0, week=24.0) == pytest.approx(0.10, abs=0.02)
    assert share_shorter(26.0, week=18.0) < share_shorter(26.0, week=24.0)
