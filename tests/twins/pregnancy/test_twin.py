"""The pregnancy twin meets the contract, and never speaks without the population."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.contract import Target, check_twin, compare, forecast, personalise, update
from bodytwin.errors import InvalidPlanError
from bodytwin.twins.pregnancy import TWIN
from bodytwin.twins.pregnancy.model.duration import baseline, duration
from bodytwin.twins.pregnancy.outcomes import of_population
from tests.twins.pregnancy.made_up import AT_TERM, DATED, EARLY_ONCE, VARIANT, case_of, record_of

BIRTH = Target(quantity="gestation_at_birth", time_h=7000.0, unit="wk")
SHORT = {84: EARLY_ONCE, 140: {"cervical_length": 26}, 161: {"cervical_length": 19}}
TOPS = {84: DATED | {"births": 0, "fetuses": 1}, 147: {"cervical_length": 18}}


def chance(case, words="watchful waiting", draws=400):
    posterior = personalise(TWIN, case, draws=draws)
    plan = TWIN.plan_from_text(case, words)
    return {o.name: o for o in TWIN.outcomes(case, posterior.values, plan)}


def test_passes_every_check_of_the_kit():
    report = check_twin(TWIN, record_of(SHORT), variant=VARIANT)
    assert report.ok, str(report)


@pytest.mark.parametrize("said", [{}, {"births": 1, "preterm_births": 1, "earliest_birth": 25}])
def test_chances_are_those_of_the_published_statistics(said):
    case = case_of({84: DATED | said | {"fetuses": 1}, 161: {"cervical_length": 22}})
    known = duration(case.inputs.found, np.random.default_rng(0), count=400)
    found = chance(case)
    for mark in (28, 34, 37):
        expected = known.draws[:, known.weeks < mark].sum(axis=1)
        got = found[f"birth_before_{mark}"].draws
        assert got.mean() == pytest.approx(expected.mean(), rel=0.06)
        assert np.quantile(got, 0.95) == pytest.approx(np.quantile(expected, 0.95), rel=0.12)


def test_the_baseline_of_a_forecast_is_all_women_still_pregnant_whatever_was_found():
    case = case_of(SHORT)
    said = forecast(TWIN, personalise(TWIN, case, draws=2000), [BIRTH])
    births = baseline(twins=False, spontaneous_share=np.array([0.5])).undelivered_at(23)
    early = float(births.all[0][births.weeks < 37].sum())
    assert (said.prior_observable < 37).mean() == pytest.approx(early, abs=0.02)
    assert (said.observable < 37).mean() > 3 * early


def test_every_chance_is_said_beside_that_of_all_women():
    for outcome in chance(case_of(SHORT)).values():
        if outcome.name.startswith("birth_before"):
            assert "of all women with one child who are still pregnant at 23 weeks" in outcome.words


def test_nothing_is_born_before_now_and_the_week_that_has_begun_counts_for_what_is_left_of_it():
    case = case_of(SHORT, until_day=278)
    draws = forecast(TWIN, personalise(TWIN, case, draws=4000), [BIRTH]).latent[:, 0]
    assert draws.min() >= 278 / 7
    everyone = of_population(case.inputs, 278 / 7)
    whole = baseline(twins=False, spontaneous_share=np.array([0.5]))
    left = whole.all[0][whole.weeks >= 39] * np.array([2 / 7, 1.0, 1.0])
    assert np.allclose(everyone, left / left.sum())
    assert (draws < 40).mean() == pytest.approx(everyone[0], abs=0.03)


def test_a_shorter_cervix_moves_the_forecast_of_the_same_woman():
    early = personalise(TWIN, case_of(SHORT, until_day=141), draws=400)
    late = update(TWIN, early, case_of(SHORT))
    assert late.parent == early.id
    plan = TWIN.plan_from_text(early.case, "watchful waiting")
    before, after = (
        {o.name: o.draws.mean() for o in TWIN.outcomes(p.case, p.values, plan)}
        for p in (early, late)
    )
    assert after["birth_before_34"] > 1.3 * before["birth_before_34"]
    assert after["gestation_at_birth"] < before["gestation_at_birth"]


@settings(max_examples=15, deadline=None)
@given(
    pair=st.tuples(st.floats(-3.4, 3.0), st.floats(-3.4, 3.0)),
    day=st.integers(115, 200),
    children=st.integers(1, 2),
)
def test_a_longer_cervix_never_makes_an_early_birth_likelier(pair, day, children):
    case = case_of({84: AT_TERM | {"fetuses": children}, day: {"cervical_length": 30}})
    theta = np.zeros((2, len(TWIN.prior(case).names)))
    theta[:, 0] = sorted(pair)
    plan = TWIN.plan_from_text(case, "watchful waiting")
    for outcome in TWIN.outcomes(case, theta, plan)[:-1]:
        short, long = outcome.draws
        assert short >= long - 1e-9


def test_cerclage_lowers_the_chance_by_the_ratio_of_its_trials_and_tells_it():
    case = case_of(SHORT)
    waiting, stitched = (chance(case, w)["birth_before_35"].draws for w in ("nothing", "cerclage"))
    assert np.median(stitched / waiting) == pytest.approx(0.70, abs=0.02)


def test_a_pessary_in_the_women_of_tops_changes_nothing_in_the_middle():
    case = case_of(TOPS)
    waiting, with_it = (chance(case, w)["birth_before_37"].draws for w in ("nothing", "pessary"))
    assert np.median(with_it / waiting) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("visits", "words", "said"),
    [
        (SHORT, "pessary", "relative risk 1.00"),
        (TOPS, "cerclage", "not shown to prevent birth before 35 weeks"),
        ({84: AT_TERM, 161: {"cervical_length": 38}}, "vaginal progesterone", "25 mm"),
        ({84: AT_TERM | {"fetuses": 2}, 161: {"cervical_length": 18}}, "cerclage", "one child"),
    ],
)
def test_what_no_trial_supports_is_refused_with_what_the_trials_found(visits, words, said):
    with pytest.raises(InvalidPlanError, match=said) as refused:
        TWIN.plan_from_text(case_of(visits), words)
    assert "has not been validated on outcomes" in str(refused.value)


def test_a_length_of_weeks_ago_is_no_ground_for_a_trial():
    with pytest.raises(InvalidPlanError, match="measure the cervix again"):
        TWIN.plan_from_text(case_of(SHORT, until_day=190), "cerclage")


def test_two_interventions_at_once_and_words_nobody_knows_are_refused():
    case = case_of(SHORT)
    for wrong in ("cerclage and pessary", "more rest", ""):
        with pytest.raises(InvalidPlanError):
            TWIN.plan_from_text(case, wrong)


def test_options_are_shown_and_never_ranked():
    case = case_of(SHORT)
    found = compare(TWIN, personalise(TWIN, case, draws=300), TWIN.proposals(case))
    assert {o.plan for o in found.options} >= {"watchful waiting", "cerclage"}
    assert found.best is None
    assert "not ranked" in found.ranking


def test_the_evidence_says_that_the_mechanics_was_not_validated_and_that_there_is_no_skill():
    evidence = TWIN.evidence(VARIANT)
    assert not evidence.may_rank
    said = " ".join(evidence.known_failures)
    assert "no mechanical quantity has been validated on outcomes" in said
    assert "no better than the population" in said
    assert any(not f.passed for c in evidence.claims for f in c.findings)
