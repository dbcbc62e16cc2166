from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from bodytwin.contract.check import check_twin
from bodytwin.contract.check.kit import _CHECKS
from bodytwin.contract.check.subject import until, with_later_facts
from bodytwin.contract.personalise import personalise
from bodytwin.contract.plan import Plan
from bodytwin.errors import InvalidPlanError
from bodytwin.record import Record
from bodytwin.validity.claim import Level


def failures(twin: Any, record: Record, method: Any = None, simulations: int = 0) -> set[str]:
    report = check_twin(twin, record, variant="weaver_2000", method=method, simulations=simulations)
    ours = "Simulated patients lie in their own posteriors as often as they should"
    return {r.name for r in report.failures if simulations or r.name != ours}


def test_the_example_keeps_the_contract(example, record, slow_and_right):
    report = check_twin(example.TWIN, record, variant="weaver_2000", method=slow_and_right)
    assert report.ok, report
    assert len(report.results) == len(_CHECKS)


def test_the_usual_inference_recovers_patients_of_the_example(example, record):
    report = check_twin(example.TWIN, record, variant="weaver_2000")
    assert report.ok, report


def test_the_report_is_the_same_for_the_same_seed(example, record, slow_and_right):
    one, again = (
        check_twin(
            example.TWIN, record, variant="weaver_2000", method=slow_and_right, simulations=55
        )
        for _ in range(2)
    )
    assert one == again


def test_the_report_reads_as_sentences(example, record):
    text = str(check_twin(example.TWIN, record, variant="weaver_2000", simulations=0))
    assert text.startswith("carbon_monoxide 0.1.0 / weaver_2000: ")
    assert "ok    An empty plan gives what no plan gives" in text
    assert "FAIL  Simulated patients" in text


def test_a_too_sure_inference_is_caught(example, record, too_sure):
    found = failures(example.TWIN, record, too_sure, simulations=60)
    assert found == {"Simulated patients lie in their own posteriors as often as they should"}


def test_a_record_that_is_too_short_is_no_pass(example, record):
    short = replace(record, observations=record.observations[:1], treatments=())
    report = check_twin(example.TWIN, short, variant="weaver_2000", simulations=0)
    assert any("Not checked" in r.words for r in report.failures)


def faulty(example: Any, **methods: Any) -> Any:
    """The example with some methods replaced; each gets the honest twin first."""
    honest = example.TWIN

    def bound(method: Any) -> Any:
        return lambda _self, *args, **kwargs: method(honest, *args, **kwargs)

    members = {name: bound(method) for name, method in methods.items()}
    return type("Faulty", (type(honest),), members)()


CHANCE = np.random.default_rng(0)


def _noisy(t, case, theta, plan, targets):
    true = t.simulate(case, theta, plan, targets)
    return true * (1 + 1e-9 * CHANCE.standard_normal(true.shape))


def _blind_to_the_date(t, record, *, variant, as_of=None):
    case = t.observe(record, variant=variant)
    return case if as_of is None else replace(case, as_of=as_of)


def _counts_the_future(t, record, *, variant, as_of=None):
    case = t.observe(record, variant=variant, as_of=as_of)
    return replace(case, assumed=(f"{len(record.observations)} readings in all.",))


def _writes(t, case, theta, plan, targets):
    theta *= 1.0001
    return t.simulate(case, theta, plan, targets)


def _reads_the_plan_early(t, case, theta, plan, targets):
    if plan and plan.interventions:
        moved = tuple(replace(o, start_h=0.0) for o in plan.interventions)
        plan = replace(plan, interventions=moved)
    return t.simulate(case, theta, plan, targets)


def _sorted(t, case, theta, plan, targets):
    return t.simulate(case, theta, plan, sorted(targets, key=lambda x: x.time_h))


def _no_unit(t, case, theta, plan):
    return [replace(o, unit="") for o in t.outcomes(case, theta, plan)]


def _one_unit_for_each_plan(t, case, theta, plan):
    unit = "%" if plan.interventions else "1"
    return [replace(o, unit=unit) for o in t.outcomes(case, theta, plan)]


def _bare_parameter(t, case):
    prior = t.prior(case)
    return replace(prior, parameters=(replace(prior.parameters[0], unit=""), prior.parameters[1]))


def _sometimes_fails(t, case, theta, plan, targets):
    true = t.simulate(case, theta, plan, targets)
    return np.where(theta[:, :1] > 30, np.nan, true)


def _case_of_nothing(t, record, *, variant, as_of=None):
    if not record.observations:
        raise KeyError("observations")
    return t.observe(record, variant=variant, as_of=as_of)


FAULTS = [
    ({"simulate": _noisy}, "The same question has the same answer, to the last bit"),
    ({"observe": _blind_to_the_date}, "A case as of a time holds nothing measured later"),
    ({"observe": _counts_the_future}, "Facts that come later do not change the case as of a time"),
    (
        {"simulate": lambda t, *a: t.simulate(*a).T},
        "Predictions run over draws, then targets, as floats",
    ),
    (
        {"simulate": lambda t, *a: t.simulate(*a).astype(np.float32)},
        "Predictions run over draws, then targets, as floats",
    ),
    (
        {"simulate": lambda t, *a: (lambda x: x - x.mean(axis=0))(t.simulate(*a))},
        "Many draws at once give what one at a time and another order give",
    ),
    ({"simulate": _sorted}, "A prediction does not depend on which others are asked for"),
    ({"simulate": _writes}, "Simulating leaves the parameters given to it unchanged"),
    (
        {"simulate": _reads_the_plan_early},
        "What was predicted for times before a plan does not change with the plan",
    ),
    (
        {"simulate": lambda t, c, x, p, q: t.simulate(c, x, p, q) * (1.01 if p else 1.0)},
        "An empty plan gives what no plan gives",
    ),
    ({"simulate": _sometimes_fails}, "At least 99 % of the population can be simulated"),
    (
        {"outcomes": _no_unit},
        "Every outcome has a name of its own, a unit, words and one value for each draw",
    ),
    ({"outcomes": _one_unit_for_each_plan}, "Every plan has the same outcomes in the same units"),
    ({"prior": _bare_parameter}, "Every parameter has a name of its own, a unit and a source"),
    (
        {"observe": _case_of_nothing},
        "An empty record is refused with what is missing, and without naming the patient",
    ),
    (
        {"evidence": lambda t, v: replace(t.evidence(v), level=Level.DECISION)},
        "Evidence is of this version and variant, and claims no level that nothing supports",
    ),
    (
        {"evidence": lambda t, v: replace(t.evidence(v), version="0.0.1")},
        "Evidence is of this version and variant, and claims no level that nothing supports",
    ),
]


@pytest.mark.parametrize(("fault", "sentence"), FAULTS)
def test_a_planted_fault_is_caught(example, record, fault, sentence):
    assert failures(example.TWIN, record) == set()
    assert sentence in failures(faulty(example, **fault), record)


def test_a_check_that_crashes_is_reported_and_the_others_run(example, record):
    def crash(*_args: Any) -> Any:
        raise ZeroDivisionError("by hand")

    report = check_twin(
        faulty(example, outcomes=crash), record, variant="weaver_2000", simulations=0
    )
    assert any(r.words == "ZeroDivisionError: by hand" for r in report.failures)
    assert any(r.passed for r in report.results)


def test_half_is_gone_after_one_half_life_on_oxygen(example, record):
    case = example.TWIN.observe(record, variant="weaver_2000")
    breathing = Plan(
        name="mask",
        interventions=(example.Oxygen(start_h=case.now_h, duration_h=1.2),),
        until_h=case.now_h + 1.2,
    )
    targets = [
        replace(case.measurements[0].target, time_h=h) for h in (case.now_h, case.now_h + 1.2)
    ]
    before, after = example.TWIN.simulate(case, np.array([[30.0, 1.2]]), breathing, targets)[0]
    assert_allclose(after / before, 0.5, rtol=1e-12)


def test_the_half_life_of_the_paper_is_the_mean_of_the_prior(example, record):
    case = example.TWIN.observe(record, variant="weaver_2000")
    draws_h = example.TWIN.prior(case).draw(200_000, np.random.default_rng(1))[:, 1]
    assert_allclose([draws_h.mean() * 60, draws_h.std() * 60], [74, 25], rtol=0.01)


def test_the_posterior_is_that_of_quadrature(example, record, slow_and_right):
    twin = example.TWIN
    case = twin.observe(record, variant="weaver_2000")
    posterior = personalise(twin, case, method=slow_and_right, draws=4000)
    level, half_life = np.meshgrid(np.linspace(22, 40, 300), np.linspace(0.3, 3, 300))
    grid = np.column_stack([level.ravel(), half_life.ravel()])
    true = twin.simulate(case, grid, None, [m.target for m in case.measurements])
    read = np.array([m.value for m in case.measurements])
    z, prior = np.log(grid), twin.prior(case)
    log_p = -0.5 * (((z - prior.mean) ** 2) / np.diag(prior.covariance)).sum(1) - z.sum(1)
    log_p -= 0.5 * ((read - true) ** 2).sum(1)
    w = np.exp(log_p - log_p.max())
    mean = w @ grid / w.sum()
    sd = np.sqrt(w @ (grid - mean) ** 2 / w.sum())
    assert_allclose(posterior.values.mean(axis=0), mean, atol=0.15 * sd.max())
    assert_allclose(posterior.values.std(axis=0), sd, rtol=0.1)


def test_oxygen_in_the_past_is_refused(example, record):
    case = example.TWIN.observe(record, variant="weaver_2000")
    late = Plan(name="late", interventions=(example.Oxygen(start_h=0.1, duration_h=1),), until_h=9)
    with pytest.raises(InvalidPlanError, match="overlaps"):
        example.TWIN.check_plan(case, late)


def test_facts_added_by_the_kit_come_after_all_others(record):
    last = max(o.instant.moment for o in record.observations)
    grown = with_later_facts(record)
    assert until(grown, last) == record
    assert len(grown.treatments) == len(record.treatments) + 2


def test_too_few_simulated_patients_are_no_pass(example, record):
    report = check_twin(example.TWIN, record, variant="weaver_2000", simulations=10)
    assert [r.words for r in report.failures] == ["Not checked: it takes at least 55 simulations."]
