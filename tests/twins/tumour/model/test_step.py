"""The step from the last reading to the next: what must hold whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.twins.tumour import TWIN
from bodytwin.twins.tumour.learn import courses_of, steps_of
from bodytwin.twins.tumour.model.step import (
    Before,
    history,
    learned,
    repeat_share,
    shaped,
    steps_ahead,
)
from tests.twins.tumour.conftest import VARIANT

POPULATION = TWIN.populations[VARIANT]
NUMBERS = POPULATION.steps
SPANS = np.array([0.05, 0.15, 0.4, 1.0])


def before(repeats, steps, *, unseen=False):
    return Before(last_a=0.5, repeats=repeats, steps=steps, unseen=unseen)


def drawn(count=20000, restlessness=1.0, of=None):
    deviates = np.random.default_rng(1).standard_normal((count, 2))
    x, v = np.full(count, 3.5), np.full(count, restlessness)
    return steps_ahead(NUMBERS, of or before(1, 4), x, v, deviates, 0.5 + SPANS)


@given(repeats=st.integers(0, 10), more=st.integers(0, 10))
def test_whose_readings_repeat_is_expected_to_repeat_again_and_less_with_time(repeats, more):
    share = repeat_share(NUMBERS, before(repeats, repeats + more), SPANS)
    assert ((share > 0) & (share < 1)).all()
    assert (np.diff(share) < 0).all()
    assert (repeat_share(NUMBERS, before(repeats + 1, repeats + more + 1), SPANS) > share).all()


def test_as_many_draws_stay_as_are_said_to_repeat():
    share = repeat_share(NUMBERS, before(1, 4), SPANS)
    assert (drawn() == 0).mean(axis=0) == pytest.approx(share, abs=0.01)


def test_a_repeat_ends_once_and_a_step_keeps_its_side():
    step = drawn()
    assert not ((step[:, :-1] != 0) & (step[:, 1:] == 0)).any()
    moved = (step[:, :-1] != 0) & (step[:, 1:] != 0)
    assert (np.sign(step[:, :-1]) == np.sign(step[:, 1:]))[moved].all()


def test_steps_widen_with_the_span_and_with_restlessness():
    spread = [np.abs(drawn(restlessness=v)).mean(axis=0) for v in (0.5, 2.0)]
    assert (np.diff(spread[0]) > 0).all()
    assert (spread[1] > spread[0]).all()


def test_nothing_moves_until_the_last_reading():
    deviates = np.ones((3, 2)) * 5
    at = np.array([-0.1, 0.3, 0.5])
    assert (steps_ahead(NUMBERS, before(0, 2), np.ones(3), np.ones(3), deviates, at) == 0).all()


@given(level=st.floats(0, 1), higher=st.floats(0, 1))
def test_the_shape_rises_with_its_level(level, higher):
    low, high = shaped(NUMBERS, np.sort([level, higher]))
    assert low <= high


def test_history_counts_repeats_to_the_millimetre_and_a_lesion_still_unseen():
    found = history(
        np.arange(5.0), np.array([12.0, 12.0, 5.0, 5.0, 5.0]),
        np.array([False, False, False, True, True]),
    )  # fmt: skip
    assert (found.repeats, found.steps, found.unseen, found.last_a) == (2, 4, True, 4.0)


def test_steps_drawn_from_known_numbers_give_these_numbers_back(cases):
    steps = steps_of(courses_of(cases), POPULATION.numbers)
    rng = np.random.default_rng(2)
    where = [np.tile(a, 40) for a in (steps.span_a, steps.x, steps.log_restless)]
    scale = np.exp(
        NUMBERS.log_scale + NUMBERS.span_power * np.log(where[0])
        + NUMBERS.size_power * where[1] + NUMBERS.restless_power * where[2]
    )  # fmt: skip
    earlier = np.tile(steps.earlier, 40)
    own = rng.beta(NUMBERS.repeats_for, NUMBERS.repeats_against, len(scale))
    same = rng.random(len(scale)) < own * np.exp(-NUMBERS.repeats_fade_per_a * where[0])
    e = shaped(NUMBERS, rng.random(len(scale)))
    every = np.ones(len(scale), dtype=bool)
    found = learned(
        type(steps)(
            span_a=where[0], x=where[1], gain=np.where(same, 0.0, e * scale),
            log_restless=where[2], repeats=rng.binomial(earlier.astype(int), own).astype(float),
            earlier=earlier, same=same, seen=every, known=every,
        ),
        NUMBERS,
    )  # fmt: skip
    assert found.span_power == pytest.approx(NUMBERS.span_power, abs=0.05)
    assert found.restless_power == pytest.approx(NUMBERS.restless_power, abs=0.05)
    assert found.size_power == pytest.approx(NUMBERS.size_power, abs=0.05)
    share = [repeat_share(n, before(1, 4), SPANS) for n in (found, NUMBERS)]
    assert share[0] == pytest.approx(share[1], abs=0.02)


def test_too_few_steps_leave_the_numbers_as_they_were(cases):
    few = steps_of(courses_of(cases[:4]), POPULATION.numbers)
    assert learned(few, NUMBERS) is NUMBERS
