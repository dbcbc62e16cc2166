"""The chemotherapy twin meets the contract, and answers as an oncologist expects."""

import numpy as np
import pytest

from bodytwin.contract import check_twin, compare, personalise
from bodytwin.contract.catalogue import catalogue
from bodytwin.errors import InvalidInputError, MissingDataError
from bodytwin.twins.chemotherapy import TWIN
from bodytwin.validity.claim import Level
from tests.twins.chemotherapy.conftest import COUNTS, SIZES, count, dose, record_of, size

EVERY_21 = "docetaxel {} mg/m2 every 21 d x 2"


@pytest.fixture(scope="module")
def population():
    """The case of a woman before treatment, and 400 like her."""
    case = TWIN.observe(record_of((count(-3, 4.4), size(-3, 64.0))), variant="docetaxel_breast")
    return case, TWIN.prior(case).draw(400, np.random.default_rng(4))


def said(population, text):
    case, draws = population
    return {o.name: o.draws for o in TWIN.outcomes(case, draws, TWIN.plan_from_text(case, text))}


def test_sizes_pass_every_check_of_the_kit():
    record = record_of((*SIZES, size(80, 50.0)), [dose(0, 60.0, "gemcitabine")])
    report = check_twin(TWIN, record, variant="carboplatin_ovarian")
    assert report.ok, str(report)


def test_counts_pass_every_check_of_the_kit_but_the_long_one(treated):
    report = check_twin(TWIN, treated, variant="docetaxel_breast", simulations=1)
    wrong = [r for r in report.results if not r.passed]
    assert [r.name for r in wrong] == [report.results[-1].name], str(report)


def test_it_is_found_by_its_entry_point():
    assert catalogue().twin("chemotherapy") is TWIN


def test_more_drug_shrinks_more_and_harms_more(population):
    small, large = said(population, EVERY_21.format(60)), said(population, EVERY_21.format(100))
    assert (large["size_12_weeks"] < small["size_12_weeks"]).all()
    assert (large["nadir"] <= small["nadir"]).all()
    assert (large["days_severe"] >= small["days_severe"]).all()


def test_a_second_drug_shrinks_more_and_leaves_counts_that_it_does_not_know(population):
    alone = said(population, EVERY_21.format(75))
    both = said(
        population,
        EVERY_21.format(75) + " + capecitabine 1000 mg/m2 twice daily days 1-14 every 21 d x 2",
    )
    assert (both["size_24_weeks"] < alone["size_24_weeks"]).all()
    assert np.array_equal(both["nadir"], alone["nadir"])


def test_nothing_given_grows_the_tumour_and_spares_the_blood(population):
    nothing = said(population, "stop")
    assert (nothing["size_24_weeks"] > 1.0).all()
    assert np.allclose(nothing["nadir"], population[1][:, 6])
    assert not nothing["response"].any()
    assert not nothing["delayed_cycle"].any()


def test_cycles_too_close_are_delayed_more_often(population):
    close = said(population, "docetaxel 75 mg/m2 every 14 d x 3")
    usual = said(population, "docetaxel 75 mg/m2 every 21 d x 3")
    assert close["delayed_cycle"].mean() > usual["delayed_cycle"].mean()


def test_low_counts_of_the_patient_lower_the_nadir_that_is_expected():
    days = (7, 10, 14)
    deep, mild = (
        record_of(
            (count(-1, 4.0), *(count(d, v) for d, v in zip(days, values, strict=True))),
            [dose(0, 130.0)],
        )
        for values in ((0.2, 0.3, 1.5), (2.0, 1.8, 3.0))
    )
    nadirs = []
    for record in (deep, mild):
        case = TWIN.observe(record, variant="docetaxel_any")
        posterior = personalise(TWIN, case, draws=300)
        plan = TWIN.plan_from_text(case, "continue x 1")
        found = {o.name: o for o in TWIN.outcomes(case, posterior.values, plan)}
        nadirs.append(np.median(found["nadir"].draws))
    assert nadirs[0] < 0.5 < nadirs[1]


def test_it_weighs_as_the_user_says_and_ranks_nothing(population):
    case, _ = population
    posterior = personalise(TWIN, TWIN.observe(
        record_of((size(-3, 64.0),)), variant="carboplatin_ovarian"), draws=300
    )  # fmt: skip
    plans = TWIN.proposals(posterior.case)
    found = compare(TWIN, posterior, plans)
    assert found.best is None
    assert "not ranked" in found.ranking
    assert TWIN.evidence("docetaxel_breast").level < Level.DECISION
    wish = TWIN.weighed(case, {"response": 2.0, "days_severe": 0.1})
    outcomes = {
        o.name: o
        for o in TWIN.outcomes(*population, TWIN.plan_from_text(case, EVERY_21.format(75)))
    }
    expected = 2.0 * outcomes["response"].draws - 0.1 * outcomes["days_severe"].draws
    assert np.allclose(wish(outcomes), expected)
    assert "-0.1" in wish.words
    with pytest.raises(InvalidInputError, match="no outcome 'hope'"):
        TWIN.weighed(case, {"hope": 1.0})(outcomes)


def test_what_a_variant_does_not_know_is_not_forecast():
    case = TWIN.observe(record_of(COUNTS, [dose(0, 130.0)]), variant="docetaxel_any")
    assert {o.name for o in TWIN.outcomes(
        case, TWIN.prior(case).draw(5, np.random.default_rng(0)), TWIN.proposals(case)[0]
    )}.isdisjoint({"response", "size_12_weeks"})  # fmt: skip
    with pytest.raises(MissingDataError, match="does not foresee"):
        TWIN.error_of(case, "tumour_diameter")
