"""An ensemble that has been told of an observation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.inference.ensemble_transform import transform


def problem(seed, *, k=12, n=5, p=3):
    """Members, a linear observation of them, what was seen, and the covariance of its error."""
    rng = np.random.default_rng(seed)
    states = rng.standard_normal((k, n)) @ rng.standard_normal((n, n)) + rng.standard_normal(n)
    look = rng.standard_normal((p, n))
    root = rng.standard_normal((p, p))
    return states, look, rng.standard_normal(p), root @ root.T + 0.3 * np.eye(p)


def kalman(states, look, seen, errors, inflation=1.0):
    mean, prior = states.mean(axis=0), inflation * np.cov(states.T)
    gain = prior @ look.T @ np.linalg.inv(look @ prior @ look.T + errors)
    return mean + gain @ (seen - look @ mean), prior - gain @ look @ prior


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(1.0, 2.0))
def test_where_all_is_linear_it_is_the_kalman_filter(seed, inflation):
    states, look, seen, errors = problem(seed)
    found = transform(states @ look.T, observed=seen, covariance=errors, inflation=inflation).of(
        states
    )
    mean, covariance = kalman(states, look, seen, errors, inflation)
    assert found.mean(axis=0) == pytest.approx(mean, abs=1e-9)
    assert np.cov(found.T) == pytest.approx(covariance, abs=1e-9)


def test_more_numbers_than_members_are_told_what_the_ensemble_knows():
    states, look, seen, errors = problem(4, k=6, n=40, p=3)
    found = transform(states @ look.T, observed=seen, covariance=errors).of(states)
    mean, covariance = kalman(states, look, seen, errors)
    assert found.mean(axis=0) == pytest.approx(mean, abs=1e-9)
    assert np.cov(found.T) == pytest.approx(covariance, abs=1e-8)


def test_independent_errors_may_be_told_one_by_one():
    states, look, seen, _ = problem(7)
    variance = np.array([0.4, 1.0, 2.0])
    both = transform(states @ look.T, observed=seen, covariance=variance).of(states)
    for i in range(3):
        foretold = states @ look[i : i + 1].T
        states = transform(foretold, observed=seen[i : i + 1], covariance=variance[i : i + 1]).of(
            states
        )
    assert states.mean(axis=0) == pytest.approx(both.mean(axis=0), abs=1e-9)
    assert np.cov(states.T) == pytest.approx(np.cov(both.T), abs=1e-9)


def test_what_tells_nothing_changes_nothing():
    states, look, seen, _ = problem(1)
    found = transform(states @ look.T, observed=seen, covariance=np.full(3, 1e15)).of(states)
    assert found == pytest.approx(states, abs=1e-10)


def test_fields_keep_their_shape_and_precision():
    states, look, seen, errors = problem(2, n=24)
    told = transform(states @ look.T, observed=seen, covariance=errors)
    fields = states.reshape(12, 2, 3, 4).astype(np.float32)
    found = told.of(fields)
    assert found.shape == fields.shape
    assert found.dtype == np.float32
    assert found.reshape(12, -1) == pytest.approx(told.of(states), abs=1e-4)


def test_it_says_how_far_off_what_was_foretold_lay():
    foretold = np.array([[1.0], [3.0]])
    told = transform(foretold, observed=np.array([6.0]), covariance=np.array([2.0]))
    assert told.surprise == pytest.approx([4.0 / 2.0])


@pytest.mark.parametrize(
    "bad",
    [
        {"foretold": np.ones((1, 2))}, {"observed": np.ones(3)}, {"covariance": np.zeros(2)},
        {"covariance": np.array([[1.0, 2.0], [2.0, 1.0]])}, {"inflation": 0.9},
        {"observed": np.array([np.nan, 1.0])}, {"covariance": np.ones(3)},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(bad):
    how = {"foretold": np.eye(2), "observed": np.ones(2), "covariance": np.ones(2), **bad}
    with pytest.raises(InvalidInputError):
        transform(how.pop("foretold"), **how)
