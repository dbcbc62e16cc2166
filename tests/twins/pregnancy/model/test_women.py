"""Virtual women have the measures that were published for their week."""

import numpy as np
import pytest

from bodytwin.errors import OutsidePopulationError
from bodytwin.twins.pregnancy.model.measures import NAMES
from bodytwin.twins.pregnancy.model.women import at_scores, drawn, grown, scores_of

COLUMN = {name: i for i, name in enumerate(NAMES)}


def test_cavities_have_the_volume_of_their_week():
    women = drawn(20.0, np.random.default_rng(0), 20_000)
    volume_ml = np.pi / 6e3 * women[:, :3].prod(axis=1)
    assert volume_ml.mean() == pytest.approx(1228.0, rel=0.01)
    assert volume_ml.std() == pytest.approx(325.0, rel=0.03)


def test_the_cervix_of_24_weeks_is_that_of_the_published_percentiles():
    length = drawn(24.0, np.random.default_rng(1), 50_000)[:, COLUMN["cervix_length_mm"]]
    found = np.percentile(length, [5, 10, 25, 50, 75])
    assert found == pytest.approx([22, 26, 30, 35, 40], abs=1.5)


def test_diameters_go_together_and_walls_do_not():
    women = np.log(drawn(28.0, np.random.default_rng(2), 20_000))
    related = np.corrcoef(women.T)
    assert related[0, 2] > 0.15
    assert abs(related[COLUMN["fundus_mm"], 0]) < 0.03


def test_no_woman_lies_beyond_the_limit_of_scores():
    median, furthest = at_scores(30.0, np.zeros((1, 11))), at_scores(30.0, np.full((1, 11), 3.0))
    women = drawn(30.0, np.random.default_rng(3), 5000)
    assert (women[:, 3:] <= furthest[0, 3:]).all()
    assert (median[0] > 0).all()


def test_the_same_seed_draws_the_same_women():
    one, two = (drawn(22.0, np.random.default_rng(7), 5) for _ in range(2))
    assert np.array_equal(one, two)


def test_a_week_outside_the_table_is_refused():
    with pytest.raises(OutsidePopulationError, match="16 to 38 weeks"):
        drawn(12.0, np.random.default_rng(0), 1)


def test_a_woman_keeps_her_place_among_women_as_weeks_go_by():
    women = drawn(24.0, np.random.default_rng(5), 50)
    later = grown(women, week=24.0, to_wk=31.0)
    assert scores_of(31.0, later) == pytest.approx(scores_of(24.0, women), abs=1e-9)
    assert (later[:, :3].prod(axis=1) > 1.2 * women[:, :3].prod(axis=1)).all()
    assert grown(later, week=31.0, to_wk=24.0) == pytest.approx(women)
    with pytest.raises(OutsidePopulationError, match="16 to 38"):
        grown(women, week=24.0, to_wk=40.0)
