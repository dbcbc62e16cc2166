"""Regimens in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidPlanError
from bodytwin.twins.chemotherapy import TWIN
from bodytwin.twins.chemotherapy.interventions import doses_of
from tests.twins.chemotherapy.conftest import count, dose, record_of, size

SURFACE = (165.0 * 68.0 / 3600.0) ** 0.5


def doses(record, text, variant="docetaxel_breast"):
    case = TWIN.observe(record, variant=variant)
    return case, doses_of(TWIN.plan_from_text(case, text), case.inputs)


def test_a_regimen_says_amounts_and_days(untreated):
    _, found = doses(untreated, "docetaxel 75 mg/m2 every 21 d x 3")
    assert [d.time_d for d in found] == [0.0, 21.0, 42.0]
    assert [d.amount for d in found] == pytest.approx([75.0 * SURFACE] * 3)


def test_days_within_a_cycle_and_two_drugs(untreated):
    text = "carboplatin AUC 4 every 21 d x 2 + gemcitabine 1000 mg/m2 days 1 8 every 21 d x 2"
    _, found = doses(untreated, text, "carboplatin_ovarian")
    gemcitabine = [d.time_d for d in found if d.drug == "gemcitabine"]
    assert gemcitabine == [0.0, 7.0, 21.0, 28.0]
    assert {d.amount for d in found if d.drug == "carboplatin"} == {4.0}


def test_twice_daily_is_twice_the_amount(untreated):
    text = "capecitabine 1000 mg/m2 twice daily days 1-14 every 21 d x 1"
    _, found = doses(untreated, text)
    assert len(found) == 14
    assert found[0].amount == pytest.approx(2000.0 * SURFACE)


def test_a_reduction_and_a_delay_are_of_the_whole_plan(untreated):
    _, whole = doses(untreated, "docetaxel 100 mg/m2 every 21 d x 2")
    _, less = doses(untreated, "docetaxel 100 mg/m2 every 21 d x 2; reduce by 25 %; delay 7 d")
    assert [d.amount for d in less] == pytest.approx([0.75 * d.amount for d in whole])
    assert [d.time_d for d in less] == [d.time_d + 7.0 for d in whole]


def test_the_next_cycle_starts_when_it_is_due():
    record = record_of((count(-1, 4.0), count(7, 0.9), size(-1, 60.0)), [dose(0, 130.0)])
    case, found = doses(record, "docetaxel 75 mg/m2 every 21 d x 2")
    assert found[0].time_d == pytest.approx(22.0)
    _, again = doses(record, "continue x 2")
    assert [d.time_d for d in again] == [d.time_d for d in found]
    assert again[0].amount == pytest.approx(130.0)
    assert case.now_h == pytest.approx(8 * 24.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("more of it", "Write 'docetaxel"),
        ("cisplatin 75 mg/m2 every 21 d x 6", "does not know cisplatin"),
        ("docetaxel 300 mg/m2 every 21 d x 6", "outside 20 to 100"),
        ("docetaxel AUC 5 every 21 d x 6", "mg/m2 or mg"),
        ("docetaxel 75 mg/m2 every 21 d x 40", "1 to 12 cycles"),
        ("docetaxel 75 mg/m2 days 1 30 every 21 d x 2", "days from 1"),
        ("docetaxel 75 mg/m2 every 21 d x 6; reduce by 100 %", "less than 100"),
        ("docetaxel 75 mg/m2 every 21 d x 6; delay 90 d", "at most 56"),
        ("docetaxel 75 mg/m2 every 21 d x 6; pray", "'pray' is not understood"),
        ("continue x 2", "no earlier dose"),
    ],
)
def test_a_plan_that_cannot_be_given_is_refused_in_words(untreated, text, words):
    with pytest.raises(InvalidPlanError, match=words):
        doses(untreated, text)


def test_the_drugs_of_a_regimen_start_together_when_the_last_of_them_is_due():
    record = record_of((count(-1, 4.0), size(-1, 60.0), count(10, 1.0)), [dose(0, 130.0)])
    text = (
        "docetaxel 75 mg/m2 every 21 d x 1 + "
        "capecitabine 1000 mg/m2 twice daily days 1-14 every 21 d x 1"
    )
    case, planned = doses(record, text)
    first = {d.drug: d.time_d for d in reversed(planned)}
    assert first["docetaxel"] == first["capecitabine"] == pytest.approx(22.0)
    found = {o.name: o.draws for o in TWIN.outcomes(
        case, TWIN.prior(case).draw(50, np.random.default_rng(0)), TWIN.plan_from_text(case, text)
    )}  # fmt: skip
    assert np.median(found["days_to_recovery"]) > 5


def test_without_height_and_weight_a_dose_per_surface_is_refused():
    record = record_of((count(-1, 4.0), size(-1, 60.0)), covariates=())
    with pytest.raises(InvalidPlanError, match="body surface"):
        doses(record, "docetaxel 75 mg/m2 every 21 d x 6")


@settings(max_examples=25, deadline=None)
@given(
    amount=st.integers(30, 100), cycles=st.integers(1, 8), cycle=st.integers(7, 42),
    percent=st.integers(1, 30),
)  # fmt: skip
def test_a_reduction_keeps_days_and_shares(amount, cycles, cycle, percent):
    record = record_of((count(-1, 4.0), size(-1, 60.0)))
    text = f"docetaxel {amount} mg/m2 every {cycle} d x {cycles}"
    _, whole = doses(record, text)
    _, less = doses(record, f"{text}; reduce by {percent} %")
    assert [d.time_d for d in less] == [d.time_d for d in whole]
    ratio = np.array([d.amount for d in less]) / np.array([d.amount for d in whole])
    assert np.allclose(ratio, 1 - percent / 100)
