"""The tumour twin meets the contract, and answers as an oncologist expects."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from bodytwin.contract import Target, check_twin, compare, forecast, personalise, update
from bodytwin.errors import InvalidPlanError, MissingDataError
from bodytwin.twins.tumour import TWIN
from bodytwin.twins.tumour.parameters import HOURS_PER_A
from tests.twins.tumour.conftest import VARIANT


def size(case, weeks, quantity="tumour_diameter", unit="mm"):
    return Target(quantity=quantity, time_h=case.now_h + 168.0 * weeks, unit=unit)


def test_passes_every_check_of_the_kit(patients):
    case = TWIN.observe(patients[0], variant=VARIANT)
    report = check_twin(TWIN, patients[0], variant=VARIANT, method=TWIN.method(case))
    assert report.ok, str(report)


def test_a_reading_narrows_the_forecast_and_the_error_is_that_of_whole_millimetres(cases):
    said = forecast(TWIN, personalise(TWIN, cases[0]), [size(cases[0], 6)])
    band = said.band(0)
    before = np.quantile(said.prior_observable, [0.05, 0.95])
    assert band.high90 - band.low90 < (before[1] - before[0]) / 2
    assert 0.05 < np.std(said.observable - said.latent) < 0.5


def test_the_farther_ahead_the_less_is_known(cases):
    targets = [size(cases[0], w) for w in (1, 6, 13, 26, 52)]
    said = forecast(TWIN, personalise(TWIN, cases[0]), targets)
    width = [np.log(said.band(k).high90 / said.band(k).low90) for k in range(5)]
    assert all(np.diff(width) > 0)


def test_draws_through_the_contract_are_those_of_the_exact_mixture(cases):
    gaps = []
    for case in cases[:12]:
        targets = [size(case, 4), size(case, 20)]
        sampled = forecast(TWIN, personalise(TWIN, case, draws=4000), targets).observable
        (exact,) = TWIN.foresee(
            [case], [targets], variant=VARIANT, draws=10000, rng=np.random.default_rng(0)
        )
        levels = [0.05, 0.25, 0.5, 0.75, 0.95]
        one, other = (np.log(np.quantile(d, levels, axis=0) + 5) for d in (sampled, exact))
        gaps.append(one - other)
    assert np.allclose(gaps, 0, atol=0.1)
    assert np.allclose(np.mean(gaps, axis=0), 0, atol=0.02)


def test_the_forecast_is_centred_on_the_last_size_to_half_a_millimetre(cases):
    case = next(c for c in cases if c.inputs.before.repeats and c.measurements[-1].value > 20)
    last = case.measurements[-1].value
    said = forecast(TWIN, personalise(TWIN, case), [size(case, 6)])
    assert said.band(0).median == pytest.approx(last, abs=0.5)
    near = np.abs(said.latent[:, 0] - last) < 1.5
    assert near.mean() > 0.25


def test_readings_that_come_later_are_not_in_a_forecast_made_before(cases):
    case = next(c for c in cases if len(c.measurements) > 5)
    early = replace(case, measurements=case.measurements[:3])
    at = Target(quantity="tumour_diameter", time_h=case.measurements[3].time_h, unit="mm")
    other = replace(early, inputs=replace(case.inputs, before=replace(case.inputs.before, steps=0)))
    one, two = (
        TWIN.foresee([c], [[at]], variant=VARIANT, draws=500, rng=np.random.default_rng(3))[0]
        for c in (early, other)
    )
    assert np.array_equal(one, two)


def test_an_update_uses_all_readings_and_knows_its_parent(patients):
    whole = TWIN.observe(patients[0], variant=VARIANT)
    at = whole.origin + timedelta(hours=whole.measurements[2].time_h)
    early = personalise(TWIN, TWIN.observe(patients[0], variant=VARIANT, as_of=at))
    late = update(TWIN, early, whole)
    assert late.parent == early.id
    assert np.array_equal(late.values, personalise(TWIN, whole).values)


def test_a_volume_is_that_of_its_diameter(cases):
    both = [size(cases[0], 6), size(cases[0], 6, "tumour_volume", "mm3")]
    draws = TWIN.prior(cases[0]).draw(20, np.random.default_rng(1))
    found = TWIN.simulate(cases[0], draws, None, both)
    assert np.allclose(found[:, 1], 0.52 * found[:, 0] ** 3)


def test_stopping_a_treatment_that_works_lets_the_tumour_be_larger(cases):
    case = next(c for c in cases if c.now_h < 0.2 * HOURS_PER_A)
    draws = TWIN.prior(case).draw(400, np.random.default_rng(2))
    numbers = case.inputs.population.numbers
    shrinks = draws[:, :3] @ np.array(numbers.lower)[2] > 0.5
    on, off = (
        TWIN.simulate(case, draws[shrinks], TWIN.plan_from_text(case, text), [size(case, 20)])
        for text in ("continue", "stop")
    )
    assert (off >= on).all()
    assert (off > on).mean() > 0.9


def test_options_are_shown_and_never_ranked(cases):
    found = compare(TWIN, personalise(TWIN, cases[0]), TWIN.proposals(cases[0]))
    assert {o.plan for o in found.options} == {"continue", "stop", "switch"}
    assert found.best is None
    assert "not ranked" in found.ranking
    weeks = found.options[0].outcomes["weeks_without_progression"].draws
    assert weeks.min() >= 0
    assert weeks.max() <= 52


def test_plans_are_read_as_people_write_them(cases):
    now = cases[0].now_h
    plan = TWIN.plan_from_text(cases[0], "switch in 4 weeks then stop in 6 weeks")
    assert [i.start_h for i in plan.interventions] == [now + 672.0, now + 1680.0]
    for wrong in ("more", "stop soon", "switch then switch"):
        with pytest.raises(InvalidPlanError):
            TWIN.plan_from_text(cases[0], wrong)


def test_a_record_without_treatment_or_sizes_is_refused_with_both_reasons(patients):
    bare = replace(patients[0], observations=(), treatments=())
    with pytest.raises(MissingDataError) as refused:
        TWIN.observe(bare, variant=VARIANT)
    assert len(refused.value.reasons) == 2


def test_a_lesion_too_small_to_see_counts_as_below_five_millimetres(patients):
    unseen = [
        m
        for r in patients
        for m in TWIN.observe(r, variant=VARIANT).measurements
        if m.censoring < 0
    ]
    assert len(unseen) > 20
    assert {m.value for m in unseen} == {5.0}


def test_a_lesion_that_vanished_is_still_followed_with_trusted_draws(cases):
    vanished = [c for c in cases if sum(m.censoring < 0 for m in c.measurements) > 1]
    assert vanished
    for case in vanished[:5]:
        found = personalise(TWIN, case)
        assert found.method.trusted
        assert found.fit.describes_the_data
