"""What of a record the twin sees, and whom it refuses."""

from dataclasses import replace

import pytest

from bodytwin.contract import personalise
from bodytwin.errors import MissingDataError, OutsidePopulationError
from bodytwin.numerics.inference import Censoring
from bodytwin.record import LOINC, Code
from bodytwin.twins.pregnancy import TWIN
from bodytwin.twins.pregnancy.model.findings import History
from tests.twins.pregnancy.made_up import (
    AT_TERM,
    DATED,
    EARLY_ONCE,
    START,
    VARIANT,
    case_of,
    noted,
    record_of,
)


def test_gestation_counts_from_its_first_statement_in_days_or_weeks():
    by_days = case_of({84: DATED, 140: {"cervical_length": 30}})
    by_weeks = TWIN.observe(
        replace(
            record_of({140: {"cervical_length": 30}}),
            observations=(
                noted("gestational_age", 12, 84, "wk"),
                noted("cervical_length", 3.0, 140, "cm"),
            ),
        ),
        variant=VARIANT,
    )
    assert by_days.origin == by_weeks.origin == START
    assert by_days.inputs.found == by_weeks.inputs.found
    assert by_days.inputs.found.week == 20


def test_a_later_dating_that_disagrees_is_listed_and_not_used():
    case = case_of({84: DATED, 140: {"gestational_age": 152, "cervical_length": 30}})
    assert case.inputs.found.week == 20
    assert any("differ by 12 days" in words for words in case.left_out)


def test_codes_of_loinc_are_known():
    codes = {"gestational_age": "18185-9", "cervical_length": "11961-0", "fetuses": "11878-6"}
    made = record_of({84: DATED | {"fetuses": 2}, 147: {"cervical_length": 33}})
    coded = replace(
        made,
        observations=tuple(
            replace(o, code=Code(LOINC, codes[o.code.code])) for o in made.observations
        ),
    )
    found = TWIN.observe(coded, variant=VARIANT).inputs.found
    assert (found.twins, found.cervical_length_mm) == (True, 33.0)


@pytest.mark.parametrize(
    ("said", "history"),
    [
        ({"births": 0}, History.NULLIPAROUS),
        ({"births": 2, "preterm_births": 0}, History.TERM_ONLY),
        ({"births": 1, "preterm_births": 1, "earliest_birth": 30}, History.PRETERM_28_TO_36),
        ({"births": 3, "preterm_births": 2, "earliest_birth": 25}, History.PRETERM_23_TO_27),
        ({"births": 1}, None),
        ({"births": 1, "preterm_births": 1}, None),
        ({"births": 1, "preterm_births": 1, "earliest_birth": 20}, None),
    ],
)
def test_earlier_births_are_read_and_nothing_is_guessed(said, history):
    assert case_of({84: DATED | said}, until_day=140).inputs.found.history is history


@pytest.mark.parametrize(("reading", "positive"), [(49.9, False), (50.0, True), (420.0, True)])
def test_fibronectin_is_positive_from_50_on(reading, positive):
    case = case_of({84: AT_TERM, 161: {"cervical_length": 28, "fetal_fibronectin": reading}})
    assert case.inputs.found.fibronectin_positive is positive


def test_a_length_after_32_weeks_and_a_test_of_another_visit_are_left_out_with_the_reason():
    case = case_of({
        84: AT_TERM,
        154: {"cervical_length": 30},
        182: {"fetal_fibronectin": 90},
        238: {"cervical_length": 12},
    })  # fmt: skip
    assert case.inputs.found.cervical_length_mm == 30
    assert case.inputs.found.fibronectin_positive is None
    assert any("another visit" in words for words in case.left_out)
    assert any("measured outside" in words for words in case.left_out)


def test_the_last_length_speaks_and_earlier_ones_are_listed():
    case = case_of({84: AT_TERM, 126: {"cervical_length": 38}, 161: {"cervical_length": 21}})
    assert [m.value for m in case.measurements] == [21.0]
    assert any("earlier length" in words for words in case.left_out)


@pytest.mark.parametrize("length", [0.0, 4.0, 14.0])
def test_an_open_cervix_is_followed_and_counts_as_the_shortest_of_which_chances_are_known(length):
    case = case_of({84: AT_TERM, 147: {"cervical_length": length}})
    (measured,) = case.measurements
    assert (measured.value, measured.censoring) == (14.5, Censoring.BELOW)
    posterior = personalise(TWIN, case)
    assert posterior.fit.describes_the_data
    assert posterior.method.trusted
    assert any("far too low" in words for words in case.left_out)


def test_who_was_not_studied_is_refused():
    with pytest.raises(OutsidePopulationError, match="carries 3"):
        case_of({84: DATED | {"fetuses": 3}})
    with pytest.raises(OutsidePopulationError, match="up to 40 weeks"):
        case_of({84: AT_TERM}, until_day=291)
    with pytest.raises(OutsidePopulationError, match="90 mm"):
        case_of({84: AT_TERM, 147: {"cervical_length": 90}})


def test_without_a_gestational_age_nothing_is_said():
    with pytest.raises(MissingDataError, match="18185-9"):
        case_of({147: {"cervical_length": 30}})


def test_after_the_birth_the_record_is_read_and_no_forecast_is_made():
    case = case_of({84: EARLY_ONCE, 147: {"cervical_length": 22}, 240: {"gestation_at_birth": 34}})
    assert case.measurements[-1].value == 34
    with pytest.raises(OutsidePopulationError, match="born"):
        personalise(TWIN, case)
