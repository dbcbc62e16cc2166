"""A quarter of the patients: forecasts from a population learned without them, and naive ones."""

from pathlib import Path

import pytest

from bodytwin.cli.table_words import table_validation
from bodytwin.service.foreseeing import validate_table
from bodytwin.service.shapes import plain
from bodytwin.twins.tumour import TWIN

TABLE = Path(__file__).parents[3] / "examples/data/tumour-volumes/tumour_volumes.csv"
EVERY = 4


@pytest.fixture(scope="module")
def found():
    """Every fourth patient of all arms."""
    head, *rows = TABLE.read_bytes().splitlines(keepends=True)
    kept = [r for r in rows if int(r.split(b",", 1)[0]) % EVERY == 0]
    done = validate_table(twin="tumour", data=b"".join([head, *kept]), folds=3, draws=500)
    print(table_validation(plain(done.__dict__)))
    return done


def test_every_fourth_patient_is_forecast(found):
    assert found.patients == 365
    assert sum(h.forecasts for h in found.horizons) > 2000


def test_forecasts_miss_by_little_more_than_the_last_size_and_not_by_less_than_claimed(found):
    for h in found.horizons[:3]:
        assert h.mae < 1.03 * h.mae_last


def test_the_whole_forecast_is_better_than_the_last_size_with_the_steps_of_others(found):
    for h in found.horizons[:3]:
        assert h.crps < h.crps_last


def test_an_exponential_trend_misses_by_far_more(found):
    for h in found.horizons[:3]:
        assert h.mae < 0.5 * h.mae_trend


def test_the_90_percent_interval_holds_85_to_95_percent_up_to_half_a_year_ahead(found):
    for h in found.horizons[:3]:
        assert 0.85 <= h.coverage90 <= 0.95


def test_without_skill_nothing_is_ranked(found):
    assert "ranks no options" in found.verdict
    assert not TWIN.evidence("laleh_2022").may_rank
