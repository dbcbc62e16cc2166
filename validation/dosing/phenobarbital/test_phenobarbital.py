"""Fifty neonates: the last level from the earlier ones, the neonate left out of the population."""

import pytest

from bodytwin.contract import cross_validate
from bodytwin.twins.dosing import TWIN
from bodytwin.validity.claim import Level
from validation.dosing.cohorts import card, records, shown


@pytest.fixture(scope="module")
def last_level():
    replayed = cross_validate(
        TWIN, records("phenobarbital_neonates"), variant="phenobarbital_grasela_1985",
        only_last=True, draws=10000,
    )  # fmt: skip
    found = card(replayed, "concentration")
    print(shown(found))
    return found


def test_every_neonate_with_two_levels_is_forecast(last_level):
    assert (last_level.patients, last_level.forecasts) == (50, 50)


def test_forecasts_miss_by_no_more_than_they_did_when_this_was_written(last_level):
    assert last_level.relative_rmse.value <= 0.155


def test_forecasts_are_not_biased(last_level):
    assert abs(last_level.relative_bias.value) <= 0.02


def test_the_90_percent_interval_holds_85_to_95_percent_of_the_levels(last_level):
    assert 0.85 <= last_level.coverage90.value <= 0.95


def test_forecasts_beat_the_population_and_the_last_level(last_level):
    assert last_level.skill_over_population.low > 0
    assert last_level.skill_over_last_value.low > 0


def test_the_model_has_earned_a_say_in_ranking(last_level):
    assert last_level.level is Level.DECISION
