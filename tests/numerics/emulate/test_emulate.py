"""An emulator is right where it has seen runs, and says how wrong it may be elsewhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.emulate import conditioned, design, learn, learn_chance, leave_one_out


def ishigami(x):
    """The function of Ishigami & Homma 1990 on standard-normal inputs squeezed to (-pi, pi)."""
    u = np.pi * (2 * ndtr(x) - 1)
    return np.sin(u[:, 0]) + 7 * np.sin(u[:, 1]) ** 2 + 0.1 * u[:, 2] ** 4 * np.sin(u[:, 0])


def test_a_linear_function_is_met_exactly_everywhere():
    x = design(runs=16, unknowns=3, seed=1)
    process = learn(x, 2 + x @ np.array([1.0, -3.0, 0.5]))
    far = np.random.default_rng(2).normal(size=(50, 3)) * 4
    mean, _ = process.predict(far)
    assert mean == pytest.approx(2 + far @ np.array([1.0, -3.0, 0.5]), abs=1e-4)


def test_runs_that_were_made_are_given_back():
    x = design(runs=40, unknowns=2, seed=3)
    y = np.cos(x[:, 0]) * x[:, 1]
    mean, _ = learn(x, y).predict(x)
    assert mean == pytest.approx(y, abs=1e-3)


def test_the_error_falls_with_the_number_of_runs():
    at = np.random.default_rng(0).normal(size=(500, 3)).clip(-2, 2)
    error = []
    for runs in (32, 128):
        x = design(runs=runs, unknowns=3, seed=5)
        mean, _ = learn(x, ishigami(x)).predict(at)
        error.append(np.sqrt(np.mean((mean - ishigami(at)) ** 2)))
    assert error[1] < 0.6 * error[0]


def test_the_bound_covers_as_much_as_it_says_of_runs_never_seen():
    def smooth(x):
        return np.sin(x[:, 0]) + 0.5 * x[:, 1] ** 2 + np.exp(0.3 * x[:, 2])

    held = []
    for seed in range(12):
        x = design(runs=48, unknowns=3, seed=seed)
        process = learn(x, smooth(x))
        bound = leave_one_out(process)
        new = design(runs=64, unknowns=3, seed=1000 + seed, reach=2.2)
        mean, sd = process.predict(new)
        held.append(np.abs(mean - smooth(new)) <= bound.factor * sd)
    assert 0.93 <= np.mean(held) <= 1.0


def test_leaving_out_by_formula_is_leaving_out_in_fact():
    x = design(runs=20, unknowns=2, seed=7)
    y = np.sin(x[:, 0]) + x[:, 1] ** 2
    process = learn(x, y)
    from bodytwin.numerics.emulate.bound import left_out

    error, _ = left_out(process)
    for i in (0, 7, 19):
        keep = np.arange(20) != i
        without = conditioned(x[keep], y[keep], lengths=process.lengths, noise=process.noise)
        mean, _ = without.predict(x[i : i + 1])
        assert y[i] - mean[0] == pytest.approx(error[i], rel=1e-3, abs=1e-6)


def test_what_lies_outside_the_runs_is_known_to_lie_outside():
    x = design(runs=32, unknowns=2, seed=0)
    process = learn(x, x[:, 0])
    assert process.inside(np.zeros((1, 2))).all()
    assert not process.inside(np.array([[0.0, 9.0]])).any()


def chance_error(runs, seed):
    def truth(x):
        return ndtr(2.0 * x[:, 0] - 0.5)

    x = design(runs=runs, unknowns=2, seed=seed)
    chance = learn_chance(x, np.random.default_rng(seed).random(runs) < truth(x))
    at = np.random.default_rng(9).normal(size=(400, 2)).clip(-2, 2)
    middle, low, high = chance.predict(at)
    held = np.mean((low <= truth(at)) & (truth(at) <= high))
    return np.mean(np.abs(middle - truth(at))), held


def test_a_probability_is_learned_from_yes_and_no():
    few, many = ([chance_error(n, seed) for seed in range(4)] for n in (40, 320))
    assert np.mean([e for e, _ in many]) < 0.5 * np.mean([e for e, _ in few])
    assert np.mean([e for e, _ in many]) < 0.05
    assert np.mean([held for _, held in [*few, *many]]) > 0.8


def test_runs_that_all_say_no_leave_a_chance_that_shrinks_with_their_number():
    high = []
    for runs in (16, 64):
        x = design(runs=runs, unknowns=2, seed=1)
        high.append(learn_chance(x, np.zeros(runs, dtype=bool)).predict(np.zeros((1, 2)))[2][0])
    assert 0 < high[1] < high[0] < 0.5


@settings(max_examples=10, deadline=None)
@given(shift=st.floats(-50, 50), stretch=st.floats(0.1, 100))
def test_an_emulator_does_not_mind_the_unit_of_its_output(shift, stretch):
    x = design(runs=16, unknowns=2, seed=2)
    y = np.sin(x[:, 0]) + x[:, 1]
    at = np.array([[0.3, -0.4]])
    one, other = learn(x, y).predict(at), learn(x, shift + stretch * y).predict(at)
    assert other[0][0] == pytest.approx(shift + stretch * one[0][0], rel=1e-3, abs=1e-3 * stretch)


@pytest.mark.parametrize(
    ("points", "values"),
    [(np.zeros((3, 2)), np.zeros(3)), (np.zeros((9, 2)), np.zeros(8)),
     (np.zeros((9, 2)), np.full(9, np.nan))],
)  # fmt: skip
def test_runs_that_cannot_train_are_refused(points, values):
    with pytest.raises(InvalidInputError):
        learn(points, values)
