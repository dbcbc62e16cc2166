"""The course of one lesion: what must hold whatever the numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.twins.tumour import TWIN
from bodytwin.twins.tumour.model.path import (
    EFFECTS,
    Exposure,
    course,
    diameter_of,
    nodes_of,
    wandered,
)

NUMBERS = TWIN.populations["laleh_2022"].numbers
TIMES = st.lists(st.floats(0.01, 3.0), min_size=1, max_size=6, unique=True).map(sorted)


@given(knots=TIMES, time=st.floats(0.0, 4.0))
def test_the_variance_of_the_path_is_the_time_passed(knots, time):
    weights = wandered(np.array(knots), np.array([time]))
    assert np.isclose((weights**2).sum(), time, atol=1e-12)


@given(knots=TIMES)
def test_at_knots_the_path_is_brownian(knots):
    at = np.array(knots)
    weights = wandered(at, at)
    assert np.allclose(weights @ weights.T, np.minimum.outer(at, at))


@given(stop=st.floats(0.0, 2.0), time=st.floats(0.0, 3.0))
def test_before_a_stop_nothing_changes_with_it(stop, time):
    effects = np.column_stack([np.zeros((3, 4)), np.ones(3), np.ones((3, EFFECTS - 3))])
    knots, at = np.array([0.5, 1.0]), np.array([min(time, stop)])
    on, off = (course(NUMBERS, effects, knots, e, at) for e in (Exposure(), Exposure(stop_a=stop)))
    assert np.allclose(on, off)


def test_a_diameter_stays_between_nothing_and_the_largest():
    found = diameter_of(NUMBERS, np.array([-50.0, 3.0, 900.0]))
    assert found[0] == 0.01
    assert np.isclose(found[1], np.exp(3.0) - NUMBERS.offset_mm)
    assert np.isclose(found[2], NUMBERS.largest_mm)


def test_nodes_have_the_moments_of_a_standard_normal():
    x, log_weight = nodes_of(7)
    w = np.exp(log_weight)
    assert np.allclose([w.sum(), w @ x, w @ x**2, w @ x**4], [1, 0, 1, 3])
