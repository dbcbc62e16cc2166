"""Cards of simulated ledgers whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.inference.problem import Censoring
from bodytwin.validity.baseline import carried_forward
from bodytwin.validity.bootstrap import Clusters
from bodytwin.validity.claim import Level
from bodytwin.validity.gate import Gates, Standing
from bodytwin.validity.score import About, Outcome, Score, score
from bodytwin.validity.scorecard import scorecard
from bodytwin.validity.scoring import crps

BETWEEN, WITHIN = 0.5, 0.15


def about(patient: str, k: int) -> About:
    return About(
        twin="kidney",
        version="1",
        variant="paper_2020",
        patient=patient,
        quantity="level",
        unit="mg/L",
        issued_h=24.0 * k,
        time_h=24.0 * (k + 1),
    )


def ledger(
    patients: int,
    *,
    visits: int = 3,
    width: float = 1.0,
    bias: float = 0.0,
    wander: float = 0.0,
    model_sees_treatment: bool = True,
    seed: int = 0,
    draws: int = 300,
) -> list[Score]:
    """A level that a known treatment multiplies at each visit; the model knows its true median.

    `wander` adds an error that stays with the patient and that the model does not know.
    """
    rng = np.random.default_rng(seed)
    scores: list[Score] = []
    for p in range(patients):
        own = BETWEEN * rng.standard_normal() + wander * rng.standard_normal()
        last = np.exp(2 + own + WITHIN * rng.standard_normal())
        for k in range(visits):
            treatment = 0.6 * rng.standard_normal()
            value = float(np.exp(2 + own + treatment + WITHIN * rng.standard_normal()))
            known = 2 + treatment * model_sees_treatment + (0 if wander else own)
            x = np.exp(known + bias + width * WITHIN * rng.standard_normal(draws))
            spread = np.hypot(np.hypot(BETWEEN, 0.6), WITHIN)
            scores.append(
                score(
                    about(f"P{p}", k),
                    Outcome(value=value),
                    draws=x,
                    prior_draws=np.exp(2 + spread * rng.standard_normal(draws)),
                    last_value=float(last),
                    rng=rng,
                )
            )
            last = value
    return scores


def card(scores, **limits):
    return scorecard(scores, rng=np.random.default_rng(9), gates=Gates(**limits))


def standing(c, gate):
    return next(v.standing for v in c.verdicts if v.gate == gate)


def test_a_calibrated_and_skilful_twin_may_rank():
    c = card(ledger(80))
    assert c.level is Level.DECISION, c.words
    assert (c.patients, c.forecasts) == (80, 240)
    assert c.skill_over_last_value.low > 0.3
    assert "entitled to forecast and to rank options" in c.words


def test_a_twin_worse_than_carry_forward_may_forecast_and_not_rank():
    scores = ledger(80, visits=2)
    guess = [replace(s, crps=1.6 * s.crps_last) for s in carried_forward(scores)]
    c = card(guess)
    assert c.level is Level.SCORED
    assert c.skill_over_last_value.high < 0
    assert standing(c, "skill over the last value carried forward") is Standing.FAILED


def test_coverage_bought_with_width_does_not_earn_a_say():
    scores = ledger(80, model_sees_treatment=False, width=np.hypot(0.6, WITHIN) / WITHIN)
    c = card(scores)
    assert 0.85 < c.coverage90.value < 0.95
    assert c.skill_over_last_value.value < card(ledger(80)).skill_over_last_value.low


@pytest.mark.parametrize(("fault", "gate"), [({"width": 0.5}, "90 %"), ({"width": 2.5}, "90 %")])
def test_intervals_too_narrow_or_too_wide_are_not_scored(fault, gate):
    c = card(ledger(80, **fault))
    assert c.level is Level.PERSONALISED
    assert standing(c, f"coverage {gate}") is Standing.FAILED


def test_too_few_patients_are_insufficient_and_not_failed():
    c = card(ledger(32, visits=8))
    assert c.level is Level.PERSONALISED
    assert standing(c, "patients") is Standing.INSUFFICIENT
    assert "32 patients were scored; 50 are needed" in c.words
    assert standing(c, "coverage 90 %") is Standing.PASSED


def test_other_limits_must_be_stated_and_show():
    c = card(ledger(40), patients=30)
    assert c.level >= Level.SCORED
    assert next(v.limit for v in c.verdicts if v.gate == "patients") == "at least 30"


def test_patients_and_not_forecasts_make_an_interval_narrow():
    shared = ledger(60, visits=10, wander=0.3, width=2.0)
    c = card(shared)
    naive = 1.96 * np.sqrt(c.coverage90.value * (1 - c.coverage90.value) / c.forecasts)
    assert (c.coverage90.high - c.coverage90.low) / 2 > 1.7 * naive


def test_the_bootstrap_interval_holds_the_truth_as_often_as_it_says():
    rng, held = np.random.default_rng(3), 0
    for _ in range(200):
        share = rng.beta(9, 1, 60)
        hits = (rng.random((60, 4)) < share[:, None]).ravel().astype(float)
        clusters = Clusters.of([f"{i}" for i in np.repeat(np.arange(60), 4)], rng, resamples=500)
        found = clusters.estimate(lambda a, b: a / b, hits, np.ones(240))
        held += found.low <= 0.9 <= found.high
    assert 0.88 <= held / 200 <= 0.99


def test_the_same_seed_gives_the_same_card_whatever_the_order_of_scores():
    scores = ledger(20)
    shuffled = [scores[i] for i in np.random.default_rng(1).permutation(len(scores))]
    assert card(scores).words == card(shuffled).words


def test_figures_are_their_definitions():
    scores = ledger(30)
    c, e = card(scores), np.array([s.relative_error for s in scores])
    assert_allclose(c.relative_rmse.value, np.sqrt(np.mean(e**2)))
    assert_allclose(c.relative_bias.value, e.mean())
    assert_allclose(c.median_absolute_relative_error, np.median(np.abs(e)))
    assert_allclose(c.share_within_20_percent.value, np.mean(np.abs(e) <= 0.2))
    own, prior = (np.array([getattr(s, f) for s in scores]) for f in ("crps", "crps_prior"))
    assert_allclose(c.skill_over_population.value, 1 - own.mean() / prior.mean())


def test_a_bias_that_stays_with_the_patient_raises_the_alarm_of_memory():
    assert standing(card(ledger(60, visits=5)), "memory of errors") is Standing.PASSED
    c = card(ledger(60, visits=5, wander=0.3, width=2.2))
    assert c.autocorrelation > 0.3
    assert standing(c, "memory of errors") is Standing.FAILED


def test_forecasts_issued_together_say_nothing_of_memory():
    together = [replace(s, about=replace(s.about, issued_h=0.0)) for s in ledger(60, wander=0.5)]
    assert card(together).autocorrelation_pairs == 0


def test_the_wrong_shape_is_seen_with_one_forecast_of_each_patient():
    assert card(ledger(100)).pit_p > 0.01
    assert card(ledger(100, width=0.4)).pit_p < 0.01


def test_a_forecast_that_failed_counts_as_not_covered():
    scores = ledger(60)
    nothing = np.full(300, np.nan)
    failed = score(
        replace(about("P0", 9)), Outcome(value=3.0), draws=nothing, prior_draws=nothing,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    c = card([*scores, failed, *[replace(failed, about=about("P1", k)) for k in (8, 9)]])
    assert c.failed == 3
    assert standing(c, "failed runs") is Standing.FAILED
    assert c.coverage90.value < card(scores).coverage90.value


def test_a_card_is_of_one_quantity_of_one_version():
    a = ledger(2)
    other = replace(a[0], about=replace(a[0].about, version="2"))
    with pytest.raises(InvalidInputError, match="one twin, version"):
        card([*a, other])
    with pytest.raises(InvalidInputError, match="got 0"):
        card([])


def test_a_forecast_made_after_the_fact_is_refused():
    late = replace(about("P", 0), issued_h=24.0)
    with pytest.raises(InvalidInputError, match="is no forecast"):
        score(late, Outcome(value=1.0), draws=np.ones(9), prior_draws=np.ones(9),
              rng=np.random.default_rng(0))  # fmt: skip


def test_the_last_value_learns_its_steps_from_other_patients_only():
    scores = ledger(40)
    mine = [s for s in scores if s.about.patient == "P0"]
    steps = np.array([s.observed / s.last_value for s in scores if s.about.patient != "P0"])
    expected = [crps((s.last_value * steps)[:, None], [s.observed])[0] for s in mine]
    found = [s.crps_last for s in carried_forward(scores) if s.about.patient == "P0"]
    assert_allclose(found, expected)


def test_a_spread_learned_from_others_beats_the_bare_last_value():
    scores = ledger(60)
    bare = np.mean([s.crps_last for s in scores])
    assert np.mean([s.crps_last for s in carried_forward(scores)]) < bare


def test_with_few_other_patients_the_last_value_stays_a_number():
    for s, t in zip(ledger(3), carried_forward(ledger(3)), strict=True):
        assert t.crps_last == abs(s.last_value - s.observed)


def test_steps_of_a_like_span_are_preferred():
    scores = ledger(40, visits=1)
    slow = [
        replace(s, about=replace(s.about, patient=f"Q{i}", time_h=2400.0), observed=1e4)
        for i, s in enumerate(scores)
    ]
    mixed = carried_forward([*scores, *slow])
    assert [s.crps_last for s in mixed[:40]] == [s.crps_last for s in carried_forward(scores)]


def test_a_first_forecast_has_no_last_value_and_is_left_out_of_that_skill_only():
    scores = [replace(s, last_value=np.nan) if s.about.issued_h == 0 else s for s in ledger(60)]
    c = card(scores)
    assert (c.forecasts, c.forecasts_with_last_value) == (180, 120)


def test_a_censored_outcome_has_no_relative_error_and_is_still_scored():
    rng = np.random.default_rng(0)
    s = score(
        about("P", 0), Outcome(value=0.5, censoring=Censoring.BELOW), draws=rng.random(500),
        prior_draws=3 * rng.random(500), last_value=2.0, rng=rng,
    )  # fmt: skip
    assert np.isnan(s.relative_error)
    assert 0 <= s.crps < s.crps_prior
    assert s.crps_last == 1.5
    assert 0 <= s.pit <= 0.55
    assert "was below 0.5 mg/L, inside" in s.words
