"""The dosing twin meets the contract, and answers as a pharmacologist expects."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scipy.integrate import quad

from bodytwin.contract import (
    Target,
    average_forecasts,
    check_twin,
    compare,
    forecast,
    model_weights,
    next_measurement,
    personalise,
    update,
)  # fmt: skip
from bodytwin.errors import InvalidInputError, MisfitError
from bodytwin.record import Quantity
from bodytwin.twins.dosing import TWIN
from bodytwin.twins.dosing.interventions import doses_of
from tests.twins.dosing.conftest import study

PHENOBARBITAL = "phenobarbital_grasela_1985"


@pytest.fixture(scope="module")
def posterior(neonates):
    return personalise(TWIN, TWIN.observe(neonates[0], variant=PHENOBARBITAL), seed=1)


def level(hours: float) -> Target:
    return Target(quantity="concentration", time_h=hours, unit="mg/L")


def test_passes_every_check_of_the_kit(neonates):
    report = check_twin(TWIN, neonates[1], variant=PHENOBARBITAL)
    assert report.ok, str(report)


def test_passes_every_check_for_a_drug_by_mouth():
    swallowed = study("theophylline")[1]
    report = check_twin(TWIN, swallowed, variant="theophylline_pinheiro_2000")
    assert report.ok, str(report)


def test_measurements_narrow_what_is_believed(posterior):
    assert posterior.shrinkage["central_volume_l"] > 0.3
    assert 0.1 < posterior.shrinkage["clearance_l_per_h"] < 0.9


def test_the_same_seed_gives_the_same_draws_and_another_seed_others(neonates):
    case = TWIN.observe(neonates[0], variant=PHENOBARBITAL)
    again, other = personalise(TWIN, case, seed=1), personalise(TWIN, case, seed=2)
    first = personalise(TWIN, case, seed=1)
    assert first.id == again.id
    assert first.id != other.id


def test_an_update_equals_a_fit_to_all_data_and_knows_its_parent(neonates):
    record = neonates[1]
    whole = TWIN.observe(record, variant=PHENOBARBITAL)
    times = [m.time_h for m in whole.measurements]
    first = TWIN.observe(
        record, variant=PHENOBARBITAL, as_of=whole.origin + timedelta(hours=times[0])
    )
    early = personalise(TWIN, first)
    late = update(TWIN, early, whole)
    assert late.parent == early.id
    assert np.array_equal(late.values, personalise(TWIN, whole).values)
    with pytest.raises(InvalidInputError, match="ends before"):
        update(TWIN, late, first)


def test_a_level_that_nobody_could_have_is_shown_as_misfit_and_stops_forecasts(neonates):
    record = neonates[0]
    wrong = replace(record.observations[1], quantity=Quantity(310.0, "mg/L"))
    odd = replace(record, observations=(record.observations[0], wrong))
    found = personalise(TWIN, TWIN.observe(odd, variant=PHENOBARBITAL))
    assert not found.fit.describes_the_data
    with pytest.raises(MisfitError, match="does not describe"):
        forecast(TWIN, found, [level(150)])


def test_a_forecast_is_wider_with_the_error_of_measuring_than_without(posterior):
    said = forecast(TWIN, posterior, [level(130.0), level(300.0)])
    for k in range(2):
        measured, true = said.band(k), said.latent_band(k)
        assert measured.high90 - measured.low90 > true.high90 - true.low90
        assert true.unit == "mg/L"
    assert said.last_value.tolist() == [31.0, 31.0]


def test_outcomes_of_a_plan_are_those_of_its_levels(posterior):
    plan = TWIN.plan_from_text(posterior.case, "3.5 mg every 12 h")
    patient = posterior.values[:1]
    found = {o.name: o.draws[0] for o in TWIN.outcomes(posterior.case, patient, plan)}

    def at(hours: float) -> float:
        return float(TWIN.simulate(posterior.case, patient, plan, [level(hours)])[0, 0])

    doses = [d.time_h for d in doses_of(plan)]
    breaks = [t for t in doses if plan.until_h - 24 <= t] + [t + 0.5 for t in doses[-2:]]
    area = quad(at, plan.until_h - 24, plan.until_h, points=breaks, limit=200)[0]
    assert found["auc24_mg_h_per_l"] == pytest.approx(area, rel=1e-6)
    assert found["trough"] == pytest.approx(at(plan.until_h))
    assert found["peak"] == pytest.approx(at(doses[-1] + 0.5), rel=2e-3)
    assert found["trough"] < found["average"] < found["peak"]


def test_the_best_plan_keeps_the_level_in_range_and_is_named_where_that_is_earned(posterior):
    texts = ("1 mg every 12 h", "2.5 mg every 12 h", "8 mg every 12 h")
    found = compare(TWIN, posterior, [TWIN.plan_from_text(posterior.case, t) for t in texts])
    assert found.best == "2.5 mg every 12 h"
    by_plan = {o.plan: o for o in found.options}
    assert by_plan["8 mg every 12 h"].probability_of_harm["peak"] > 0.95
    assert by_plan["2.5 mg every 12 h"].probability_in_target["trough"] > 0.8
    assert sum(v.probability_best for v in found.verdicts) == pytest.approx(1.0)


def test_a_model_that_has_not_been_scored_on_real_patients_does_not_rank(volunteers):
    case = TWIN.observe(volunteers[1], variant="warfarin_oreilly_1968")
    found = personalise(TWIN, case, draws=300)
    plans = [TWIN.plan_from_text(case, t) for t in ("5 mg every 24 h", "10 mg every 24 h")]
    answer = compare(TWIN, found, plans)
    assert answer.best is None
    assert "not ranked" in answer.ranking


def test_a_measurement_is_worth_something_only_if_it_can_change_the_plan(posterior):
    case = posterior.case
    close = [TWIN.plan_from_text(case, t) for t in ("2.5 mg every 12 h", "3 mg every 12 h")]
    clear = [TWIN.plan_from_text(case, t) for t in ("2.5 mg every 12 h", "20 mg every 12 h")]
    times = [level(case.now_h + h) for h in (1.0, 72.0)]
    worth = next_measurement(TWIN, posterior, compare(TWIN, posterior, close), times)
    assert worth[0].expected_gain >= worth[1].expected_gain >= 0
    assert all(w.sd_after < w.sd_before for w in worth)
    none = next_measurement(TWIN, posterior, compare(TWIN, posterior, clear), times)
    assert all(w.expected_gain == 0 for w in none)


def test_models_are_weighed_by_how_well_they_foresaw_the_patient(neonates):
    case = TWIN.observe(neonates[0], variant=PHENOBARBITAL)
    right = personalise(TWIN, case)
    model = TWIN.model(PHENOBARBITAL)
    wrong_volume = replace(model.parameters["central_volume_l"], value=1.3)
    wrong = replace(
        model, sha256="wrong", parameters={**model.parameters, "central_volume_l": wrong_volume}
    )
    other = personalise(TWIN, replace(case, inputs=replace(case.inputs, population=wrong)))
    weights = model_weights([right, other])
    assert weights[0] > 0.6
    mixed = average_forecasts(
        [forecast(TWIN, right, [level(130)]), forecast(TWIN, other, [level(130)])],
        np.array([0.25, 0.75]),
    )
    assert len(mixed.latent) == len(right.values)
    assert any("25%" in r for r in mixed.remarks)


def test_a_population_learned_from_patients_is_near_the_published_one(neonates):
    cases = [TWIN.observe(r, variant=PHENOBARBITAL) for r in neonates]
    learned = TWIN.learn(cases, variant=PHENOBARBITAL).model(PHENOBARBITAL)
    published = TWIN.model(PHENOBARBITAL)
    for name in published.varying:
        ratio = learned.parameters[name].value / published.parameters[name].value
        assert 0.9 < ratio < 1.1
    assert learned.sha256 != published.sha256
