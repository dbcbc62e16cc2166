"""What trials found, and of whom they speak."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError, UnsupportedClaimError
from bodytwin.twins.pregnancy.model.duration import duration
from bodytwin.twins.pregnancy.model.findings import Findings, History
from bodytwin.twins.pregnancy.model.trials import Intervention, heard, treated, trials

FIRST = Findings(week=21, cervical_length_mm=18.0, history=History.NULLIPAROUS)
AGAIN = Findings(week=21, cervical_length_mm=18.0, history=History.PRETERM_23_TO_27)
LONG = Findings(week=21, cervical_length_mm=38.0, history=History.PRETERM_28_TO_36)


def forecast(found, count=50):
    return duration(found, np.random.default_rng(0), count=count)


def test_a_pessary_is_shown_with_what_tops_found_and_why_it_was_stopped():
    said = heard(Intervention.PESSARY, FIRST).words()
    assert "relative risk 1.00, 0.83 to 1.20" in said
    assert "stopped early" in said
    assert "has not been validated on outcomes" in said


@pytest.mark.parametrize("found", [AGAIN, LONG, Findings(week=30), Findings(week=21, twins=True)])
def test_tops_is_shown_to_women_unlike_its_own_too(found):
    assert "relative risk 1.00, 0.83 to 1.20" in heard(Intervention.PESSARY, found).words()


def test_a_pessary_changes_no_chance_in_a_woman_of_tops():
    before = forecast(FIRST)
    after = treated(before, FIRST, Intervention.PESSARY, np.random.default_rng(1))
    assert after.before(37).value == pytest.approx(before.before(37).value)
    early = before.weeks < 37
    ratio = after.draws[:, early].sum(axis=1) / before.draws[:, early].sum(axis=1)
    assert ratio.min() < 0.9 < 1.1 < ratio.max()


def test_cerclage_multiplies_the_chance_before_35_weeks_and_spares_later_hazards():
    before = forecast(AGAIN)
    after = treated(before, AGAIN, Intervention.CERCLAGE, np.random.default_rng(1))
    assert after.before(35).value == pytest.approx(0.70 * before.before(35).value)
    late = before.weeks >= 35
    hazard = [d.central[late] / np.cumsum(d.central[::-1])[::-1][late] for d in (before, after)]
    assert np.allclose(hazard[0], hazard[1])


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 1000),
    which=st.sampled_from(
        [Intervention.CERCLAGE, Intervention.VAGINAL_PROGESTERONE, Intervention.BED_REST]
    ),
)
def test_what_is_treated_is_still_a_distribution(seed, which):
    rng = np.random.default_rng(seed)
    after = treated(forecast(AGAIN, count=10), AGAIN, which, rng)
    assert np.allclose(after.draws.sum(axis=1), 1.0)
    assert after.draws.min() >= -1e-12
    assert after.central.sum() == pytest.approx(1.0)


def test_watchful_waiting_is_the_forecast_itself():
    before = forecast(AGAIN)
    rng = np.random.default_rng(1)
    assert treated(before, AGAIN, Intervention.WATCHFUL_WAITING, rng) is before


def test_no_trial_speaks_where_length_or_history_is_not_known():
    short = Findings(week=21, cervical_length_mm=18.0)
    again = Findings(week=21, history=History.PRETERM_28_TO_36)
    assert heard(Intervention.CERCLAGE, short).trial is None
    assert heard(Intervention.CERCLAGE, again).trial is None
    known = heard(Intervention.CERCLAGE, Findings(week=21))
    assert any("cervix of less than 25 mm" in why for why in known.reasons)
    with pytest.raises(UnsupportedClaimError, match="No trial"):
        treated(
            forecast(Findings(week=21)), Findings(week=21), Intervention.CERCLAGE,
            np.random.default_rng(1),
        )  # fmt: skip


def test_a_trial_without_a_number_says_so_and_changes_nothing():
    known = heard(Intervention.VAGINAL_PROGESTERONE, LONG)
    assert known.trial is not None
    assert "did not prevent" in known.words()
    with pytest.raises(UnsupportedClaimError, match="No relative risk"):
        treated(forecast(LONG), LONG, Intervention.VAGINAL_PROGESTERONE, np.random.default_rng(1))


def test_an_earlier_preterm_birth_decides_which_cerclage_trial_speaks():
    keys = {f.history: heard(Intervention.CERCLAGE, f).trial.key for f in (FIRST, AGAIN)}
    assert keys[History.NULLIPAROUS] == "cerclage_berghella_2017"
    assert keys[History.PRETERM_23_TO_27] == "cerclage_berghella_2011"


def test_a_forecast_of_another_visit_is_refused():
    with pytest.raises(InvalidInputError, match="week 21"):
        treated(forecast(AGAIN), Findings(week=22), Intervention.CERCLAGE, np.random.default_rng(1))


@pytest.mark.parametrize("which", list(Intervention)[1:])
def test_every_relative_risk_is_inside_its_interval_and_says_where_it_was_read(which):
    found = trials(which)
    assert found
    for trial in found:
        assert trial.read
        if trial.risk_ratio is not None:
            assert trial.risk_ratio.low < trial.risk_ratio.value < trial.risk_ratio.high


def test_figures_that_were_not_checked_are_said_to_be_so_and_not_applied():
    known = heard(Intervention.PESSARY, AGAIN)
    assert "not checked against the source" in known.words()
    with pytest.raises(UnsupportedClaimError, match="not checked"):
        treated(forecast(AGAIN), AGAIN, Intervention.PESSARY, np.random.default_rng(1))


def test_the_interval_of_bed_rest_is_that_of_its_counts():
    ratio = trials(Intervention.BED_REST)[0].risk_ratio
    rest, other = (34, 432), (71, 834)
    value = rest[0] / rest[1] / (other[0] / other[1])
    sd = sum(1 / events - 1 / women for events, women in (rest, other)) ** 0.5
    expected = [value, value * np.exp(-1.96 * sd), value * np.exp(1.96 * sd)]
    assert [ratio.value, ratio.low, ratio.high] == pytest.approx(expected, abs=0.006)
