"""Inference through an emulator finds what inference with the simulator finds, in few runs."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from bodytwin.numerics.inference import Censoring, Emulated, Escalating, Observed, Problem


@dataclass
class Counted:
    """A simulator that counts its runs."""

    of: object
    runs: int = 0
    seen: list = field(default_factory=list)

    def __call__(self, z):
        self.runs += len(z)
        return self.of(z)


def problem(predict, value, sd):
    n = len(value)
    return Problem(
        mean=np.array([0.5, -0.2]),
        covariance=np.array([[0.3, 0.05], [0.05, 0.2]]),
        observed=Observed(
            value=np.asarray(value, dtype=float),
            additive_sd=np.full(n, sd),
            proportional_sd=np.zeros(n),
            log_sd=np.zeros(n),
            sum_of_sd=np.zeros(n, dtype=bool),
            censoring=np.full(n, Censoring.NONE, dtype=np.int8),
            weight=np.ones(n),
        ),
        predict=predict,
    )


def curved(z):
    return np.column_stack([80 * np.exp(-0.4 * z[:, 0]) + 5 * z[:, 1], 300 + 20 * z[:, 1] ** 2])


def test_it_finds_what_the_simulator_itself_would_find():
    value = curved(np.array([[0.9, 0.3]]))[0] + np.array([1.0, -1.5])
    run = Counted(curved)
    found = Emulated().sample(problem(run, value, 4.0), np.random.default_rng(1))
    exact = Escalating().sample(problem(curved, value, 4.0), np.random.default_rng(1))
    assert found.trusted
    assert run.runs <= 100
    a, b = (s.resampled(2000, np.random.default_rng(0)) for s in (found, exact))
    assert a.mean(axis=0) == pytest.approx(b.mean(axis=0), abs=0.1 * b.std(axis=0).min())
    assert a.std(axis=0) == pytest.approx(b.std(axis=0), rel=0.1)


def test_an_emulator_that_cannot_follow_is_not_trusted():
    def ragged(z):
        return np.column_stack([np.sin(40 * z[:, 0]) * 30 + 100, np.cos(53 * z[:, 1]) * 30])

    found = Emulated(rounds=2).sample(problem(ragged, [100.0, 0.0], 0.5), np.random.default_rng(2))
    assert not found.trusted
    assert "missed" in found.reason


def test_runs_that_fail_are_left_out():
    def sometimes(z):
        y = curved(z)
        y[z[:, 0] > 1.2] = np.nan
        return y

    value = curved(np.array([[0.2, -0.1]]))[0]
    found = Emulated().sample(problem(sometimes, value, 4.0), np.random.default_rng(3))
    assert np.isfinite(found.draws).all()


def test_the_same_seed_gives_the_same_draws():
    value = curved(np.array([[0.9, 0.3]]))[0]
    one, again = (
        Emulated().sample(problem(curved, value, 4.0), np.random.default_rng(5)) for _ in range(2)
    )
    assert np.array_equal(one.draws, again.draws)


def test_the_most_probable_unknowns_are_known_without_another_run():
    value = curved(np.array([[0.9, 0.3]]))[0]
    run = Counted(curved)
    asked = problem(run, value, 4.0)
    found = Emulated().sample(asked, np.random.default_rng(1))
    before = run.runs
    best = found.most_probable(asked)
    assert run.runs == before
    exact = problem(curved, value, 4.0)
    draws = Escalating().sample(exact, np.random.default_rng(1)).draws
    top = exact.log_posterior(draws).max()
    assert top - exact.log_posterior(best[None])[0] < 0.5
