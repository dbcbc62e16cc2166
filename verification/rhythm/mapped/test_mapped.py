import numpy as np
import pytest
from scipy.stats import binom, chi2

from bodytwin.contract.personalise import problem_of
from bodytwin.twins.rhythm.parameters import prior
from verification.rhythm.mapped.virtual import (
    TWIN,
    case_of,
    covered,
    fibre_speed_m_per_s,
    layer_speed_m_per_s,
    many,
    narrowed,
    off_by_sd,
    posterior,
    stand_in,
    taken,
    turned,
)

HEARTS = 10
FEWEST = int(binom.ppf(0.01, HEARTS, 0.9))
"""So many of ten 90 % intervals cover the truth, but for one time in a hundred."""
FARTHEST = float(chi2.ppf(0.99, HEARTS))
SPEEDS = [layer_speed_m_per_s, fibre_speed_m_per_s]


@pytest.fixture(scope="module")
def recovered():
    return many(HEARTS, moved=False)


@pytest.fixture(scope="module")
def recovered_elsewhere():
    return many(HEARTS, moved=True)


@pytest.mark.parametrize("speed", SPEEDS)
def test_intervals_of_the_speeds_cover_the_truth(recovered, speed):
    assert covered(recovered, speed) >= FEWEST
    assert (off_by_sd(recovered, speed) ** 2).sum() < FARTHEST


@pytest.mark.parametrize("speed", SPEEDS)
def test_they_still_do_where_activation_begins_elsewhere(recovered_elsewhere, speed):
    assert covered(recovered_elsewhere, speed) >= FEWEST
    assert (off_by_sd(recovered_elsewhere, speed) ** 2).sum() < FARTHEST


def test_the_speed_of_the_endocardial_layer_becomes_much_narrower(recovered):
    assert narrowed(recovered, layer_speed_m_per_s) < 0.6


def test_the_speed_beneath_it_becomes_a_little_narrower(recovered):
    assert 0.6 < narrowed(recovered, fibre_speed_m_per_s) < 0.95


def test_the_emulator_stands_in_for_the_twin_where_the_draws_lie():
    rng = np.random.default_rng(5)
    case = case_of(taken(prior().draw(1, rng)[0], rng))
    problem, (made, own_ms) = problem_of(TWIN, case, prior()), stand_in(case)
    z = np.log(posterior(case, rng, draws=16))
    x = np.linalg.solve(problem.cholesky, (z - problem.mean).T).T
    gap = np.column_stack([p.predict(x)[0] for p in made]) - problem.predict(z)
    assert np.sqrt((gap**2).mean(axis=0)).max() < 0.3 * case.measurements[0].error.additive_sd
    assert own_ms.max() < 0.3 * case.measurements[0].error.additive_sd


def test_a_turn_about_the_long_axis_shows_in_maps_of_both_ventricles_only():
    rng = np.random.default_rng(5)
    truth = prior().draw(1, rng)[0]
    both, left = (turned(taken(truth, rng, left_only=one), 60.0) for one in (False, True))
    assert case_of(both).inputs.mapped is None
    assert case_of(left).inputs.mapped is not None
