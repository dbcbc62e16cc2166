from datetime import timedelta

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, InvalidPlanError, Refusal
from bodytwin.service.comparing import compare
from bodytwin.service.evidence import evidence
from bodytwin.service.forecasting import When, forecast
from bodytwin.service.personalising import Wish, personalise, revive
from bodytwin.service.scoring import Basis, score
from bodytwin.service.validating import Design, validate
from bodytwin.service.words import AS_GIVEN
from bodytwin.store import Standing, forecasts, verify

VARIANT = "phenobarbital_grasela_1985"
PLAN = "3.5 mg every 12 h"
PUBLISHED = Design(published=True, draws=400)


@pytest.fixture
def baby(work, bring, tables):
    (patient,) = bring(tables.first)
    return personalise(work, patient, Wish())


@pytest.fixture
def registered(work, opened):
    return lambda found: forecasts(work.store, opened(found.first.case.patient))


def at(tables, hours):
    return [When(moment=tables.origin + timedelta(hours=hours))]


def test_a_forecast_is_in_the_log_before_it_is_returned(work, baby, tables, registered):
    said = forecast(work, baby, when=at(tables, 60), plan=PLAN)
    assert [r.forecast.id for r in registered(baby)] == [said.forecast.id]
    assert verify(work.store).sound
    assert said.standing is Standing.PROSPECTIVE


def test_a_forecast_is_scored_when_its_outcome_arrives_and_only_once(work, baby, bring, tables):
    forecast(work, baby, when=at(tables, 60), plan=PLAN)
    assert score(work).waiting == 1
    bring(tables.second)
    (scored,) = score(work).scored
    assert scored.score.observed == 18.9
    assert score(work) == type(score(work))(scored=(), waiting=0)
    assert verify(work.store).sound


def test_a_sample_taken_later_is_judged_at_its_own_time(work, baby, bring, tables):
    forecast(work, baby, when=at(tables, 55), plan=PLAN)
    bring(tables.second)
    (scored,) = score(work).scored
    assert scored.basis is Basis.GIVEN
    assert scored.score.about.time_h == pytest.approx(60)
    assert scored.score.about.forecast == scored.forecast.forecast.id


def test_a_sample_far_from_the_time_foretold_is_not_its_outcome(work, baby, bring, tables):
    forecast(work, baby, when=at(tables, 30), plan=PLAN)
    bring(tables.second)
    assert score(work).scored == ()


def test_a_plan_that_was_carried_out_is_judged_as_registered(work, baby, bring, tables):
    forecast(work, baby, when=at(tables, 60), plan="3.5 mg every 12 h")
    given = "1,36.5,3.5,1.4,.,1\n1,48.5,3.5,1.4,.,1\n1,60,.,1.4,18.9,0\n"
    bring(tables.first + given)
    (scored,) = score(work).scored
    assert (scored.basis, scored.score.observed) == (Basis.REGISTERED, 18.9)


def test_a_plan_that_was_not_carried_out_is_judged_with_the_doses_given(work, baby, bring, tables):
    said = forecast(work, baby, when=at(tables, 60), plan="20 mg every 12 h")
    bring(tables.second)
    (scored,) = score(work).scored
    assert scored.basis is Basis.GIVEN
    assert scored.score.median < said.forecast.band(0).median - 5


def test_a_forecast_from_before_the_newest_data_must_be_a_replay(work, bring, tables):
    (patient,) = bring(tables.second)
    past = personalise(work, patient, Wish(as_of=tables.origin + timedelta(hours=24.5)))
    with pytest.raises(Refusal, match="label it a replay"):
        forecast(work, past, when=at(tables, 60), plan=AS_GIVEN)
    said = forecast(work, past, when=at(tables, 60), plan=AS_GIVEN, replay=True)
    assert said.standing is Standing.REPLAY


def test_a_kept_posterior_cannot_forecast_what_is_known_since(work, baby, bring, tables):
    bring(tables.second)
    with pytest.raises(Refusal, match="label it a replay"):
        forecast(
            work,
            revive(work, baby.first.case.patient, baby.first.id),
            when=at(tables, 60),
            plan=PLAN,
        )


def test_hours_ahead_count_from_the_newest_data(work, baby):
    said = forecast(work, baby, when=[When(ahead_h=6.0)])
    assert said.forecast.targets[0].time_h == pytest.approx(24.5 + 6)


def test_a_plan_that_cannot_be_given_is_refused(work, baby, tables, registered):
    with pytest.raises(InvalidPlanError):
        forecast(work, baby, when=at(tables, 60), plan="5000 mg every 12 h")
    with pytest.raises(InvalidPlanError):
        forecast(work, baby, when=at(tables, 60), plan="some of it now and then")
    assert registered(baby) == ()


def test_without_a_measurement_the_quantity_must_be_named(work, bring, tables):
    (patient,) = bring(tables.first.replace("17.3", "."))
    nobody_measured = personalise(work, patient, Wish())
    with pytest.raises(InvalidInputError, match="concentration"):
        forecast(work, nobody_measured, when=[When(ahead_h=6.0)])
    said = forecast(
        work,
        nobody_measured,
        when=[When(ahead_h=6.0)],
        quantities=[("concentration", "mg/L")],
    )
    assert np.isnan(said.forecast.last_value).all()


def test_plans_are_compared_on_the_same_draws_and_not_ranked_unearned(work, baby):
    found = compare(work, baby, plans=[PLAN, "5 mg every 12 h"]).comparison
    troughs = [o.outcomes["trough"].draws for o in found.options]
    assert (troughs[1] > troughs[0]).all()
    assert found.best is None or work.twins.twin("dosing").evidence(VARIANT).may_rank


def test_without_plans_the_twin_proposes_some(work, baby):
    found = compare(work, baby)
    assert found.proposed
    assert len(found.comparison.options) > 5


def test_the_same_plan_twice_is_refused(work, baby):
    with pytest.raises(InvalidPlanError):
        compare(work, baby, plans=[PLAN, PLAN])


def test_the_score_card_of_the_store_keeps_replays_apart(work, bring, tables):
    (patient,) = bring(tables.second)
    past = personalise(work, patient, Wish(as_of=tables.origin + timedelta(hours=24.5)))
    forecast(work, past, when=at(tables, 60), plan=AS_GIVEN, replay=True)
    score(work)
    shown = evidence(work, twin="dosing", variant=VARIANT)
    assert shown.cards == ()
    assert shown.replayed[0].forecasts == 1


def test_a_replay_of_everyone_gives_one_card(work, bring, tables):
    bring(tables.many)
    found = validate(work, variant=VARIANT, design=PUBLISHED)
    (card,) = found.cards
    assert (found.patients, card.forecasts) == (6, 6)


def test_a_replay_tells_the_same_whoever_else_is_in_the_store(work, bring, tables):
    bring(tables.second)
    alone = validate(work, variant=VARIANT, design=PUBLISHED).cards[0].scores
    bring(tables.many)
    among = validate(work, variant=VARIANT, design=PUBLISHED).cards[0].scores
    (one,) = alone
    (same,) = [s for s in among if s.about.patient == one.about.patient]
    assert (same.median, same.low90, same.crps) == (one.median, one.low90, one.crps)
