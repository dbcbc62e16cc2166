"""The week of delivery of one woman beside that of the population."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.twins.pregnancy.model.duration import baseline, duration, weeks_gained
from bodytwin.twins.pregnancy.model.findings import Findings, History
from bodytwin.twins.pregnancy.model.quoted import table


def said(count=60, seed=0, **found):
    return duration(Findings(**found), np.random.default_rng(seed), count=count)


def test_the_population_has_the_births_of_the_vital_statistics():
    found = said(week=20)
    chances = {c.before_wk: c for c in found.chances()}
    assert chances[34].population == pytest.approx(0.0216, abs=1e-4)
    assert chances[37].population == pytest.approx(0.0871, abs=1e-4)
    twins = said(week=20, twins=True)
    assert twins.before(34).population == pytest.approx(0.1951, abs=1e-4)
    assert twins.before(37).population == pytest.approx(0.5943, abs=1e-4)


def test_without_findings_she_is_the_population():
    found = said(week=24)
    assert np.allclose(found.central, found.population, atol=1e-8)
    assert found.when().median_wk == pytest.approx(found.when_in_population().median_wk, abs=1e-6)


def test_spontaneous_births_are_part_of_those_before_term():
    born = baseline(twins=False, spontaneous_share=np.array([0.6]))
    early = born.weeks < 37
    assert born.spontaneous[0, early].sum() == pytest.approx(0.6 * born.all[0, early].sum())
    assert not born.spontaneous[0, ~early].any()


@settings(max_examples=15, deadline=None)
@given(
    week=st.integers(16, 31),
    length=st.floats(0.0, 55.0),
    history=st.sampled_from([None, *History]),
)
def test_a_shorter_cervix_never_makes_an_early_birth_less_likely(week, length, history):
    one = said(count=3, week=week, cervical_length_mm=length, history=history)
    other = said(count=3, week=week, cervical_length_mm=length + 5.0, history=history)
    assert one.central.sum() == pytest.approx(1.0)
    assert np.allclose(one.draws.sum(axis=1), 1.0)
    for mine, theirs in zip(one.chances(), other.chances(), strict=True):
        assert mine.value >= theirs.value - 1e-9


def test_findings_average_to_the_population():
    shares = table("duration")["history"]["share"]
    each = {h: said(count=2, week=22, history=h).before(34).value for h in History}
    mean = sum(shares[h.value] * p for h, p in each.items())
    assert mean == pytest.approx(said(count=2, week=22).before(34).population, rel=1e-6)


def test_a_positive_fibronectin_is_worse_than_a_negative_one():
    tested = {
        result: said(count=2, week=23, fibronectin_positive=result).before(32).value
        for result in (True, False)
    }
    unknown = said(count=2, week=23).before(32).value
    assert tested[True] > 4 * unknown > unknown > tested[False]


def test_the_same_length_is_worse_the_earlier_it_is_measured():
    before35 = [
        said(count=2, week=week, cervical_length_mm=22.0).before(35).value for week in (18, 22, 26)
    ]
    assert before35[0] > before35[1] > before35[2]


def test_intervals_hold_the_value_and_widen_with_what_is_unsure():
    found = said(count=300, week=22, cervical_length_mm=18.0, fibronectin_positive=True)
    plain = said(count=300, week=22, cervical_length_mm=18.0)
    for chance in found.chances():
        assert chance.low < chance.value < chance.high
    one, other = found.before(28), plain.before(28)
    assert one.high / one.low > other.high / other.low


def test_only_weeks_ahead_have_chances():
    found = said(week=33, history=History.TERM_ONLY)
    assert [c.before_wk for c in found.chances()] == [34, 35, 37]
    with pytest.raises(InvalidInputError, match="34"):
        found.before(30)


def test_sampled_births_are_those_of_the_distribution():
    found = said(count=4000, week=24, cervical_length_mm=12.0)
    births = found.sample_wk(np.random.default_rng(1))
    assert births.min() >= 24.0
    assert np.mean(births % 1.0) == pytest.approx(0.5, abs=0.02)
    assert np.mean(births < 34) == pytest.approx(
        found.draws[:, found.weeks < 34].sum(1).mean(), abs=0.02
    )
    theirs = found.sample_population_wk(np.random.default_rng(1))
    assert np.mean(theirs < 37) == pytest.approx(found.before(37).population, abs=0.02)


def test_weeks_gained_are_the_difference_of_the_means():
    short, long = (said(week=22, cervical_length_mm=mm) for mm in (15.0, 40.0))
    gain = weeks_gained(long, short)
    assert gain.mean_wk == pytest.approx((long.central - short.central) @ long.weeks)
    assert gain.low_wk < gain.mean_wk < gain.high_wk
    with pytest.raises(InvalidInputError, match="one visit"):
        weeks_gained(long, said(week=23))


def test_the_same_seed_gives_the_same_forecast():
    one, other = said(week=22, cervical_length_mm=20.0), said(week=22, cervical_length_mm=20.0)
    assert np.array_equal(one.draws, other.draws)


def test_a_forecast_goes_on_while_she_is_pregnant():
    found = said(week=22, cervical_length_mm=15.0)
    later = found.still_pregnant_at(30)
    left = found.weeks >= 30
    assert later.central == pytest.approx(found.central[left] / found.central[left].sum())
    assert later.before(37).value < found.before(37).value
    assert later.before(37).population == pytest.approx(said(week=30).before(37).population)
    with pytest.raises(InvalidInputError, match="week 21"):
        found.still_pregnant_at(21)


def test_a_chance_is_never_said_without_that_of_the_population():
    found = said(week=22, cervical_length_mm=15.0)
    words = found.before(34).words
    assert "before 34 weeks" in words
    assert "population 2.1 %" in words
    assert "not been validated" in found.words()
    assert found.words().count("population") >= len(found.chances())
