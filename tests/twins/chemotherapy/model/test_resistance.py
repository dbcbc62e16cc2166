import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.twins.chemotherapy.model.resistance import Clones, Course, two_clones

DAYS = np.linspace(0.0, 100.0, 101)
CYCLES = Course(
    starts_d=np.array([0.0, 21.0, 42.0]), lasting=np.array([1.0, 0.0, 1.0]), at_once=np.ones(3)
)
NEVER = Course(starts_d=np.zeros(1), lasting=np.zeros(1), at_once=np.zeros(1))


def clones(**changes):
    usual = {
        "start": 1.0, "resistant_share": 0.01, "growth_sensitive_per_d": 0.02,
        "growth_resistant_per_d": 0.015, "acquired_per_d": 1e-4, "kill_sensitive": 0.3,
    }  # fmt: skip
    return Clones(**(usual | changes))


def test_without_doses_and_change_both_clones_only_grow():
    size = two_clones(DAYS, NEVER, clones=clones(acquired_per_d=0.0))[0]
    np.testing.assert_allclose(size[:, 0], 0.99 * np.exp(0.02 * DAYS))
    np.testing.assert_allclose(size[:, 1], 0.01 * np.exp(0.015 * DAYS))


def test_a_size_at_a_dose_is_the_one_before_it():
    size = two_clones(np.array([0.0, 1e-9]), CYCLES, clones=clones())[0]
    assert size[0, 0] == pytest.approx(0.99)
    assert size[1, 0] == pytest.approx(0.99 * np.exp(-0.3), rel=1e-6)


def test_resistant_cells_take_over_and_do_not_mind():
    hit = two_clones(DAYS, CYCLES, clones=clones(acquired_per_d=0.0))[0]
    left = two_clones(DAYS, NEVER, clones=clones(acquired_per_d=0.0))[0]
    np.testing.assert_allclose(hit[:, 1], left[:, 1])
    assert hit[-1, 1] > hit[-1, 0]


@given(st.floats(0.0, 0.1), st.floats(-0.01, 0.05))
def test_equal_growth_and_no_drug_conserve_the_whole(acquired, growth):
    same = clones(
        growth_sensitive_per_d=growth, growth_resistant_per_d=growth, acquired_per_d=acquired
    )
    size = two_clones(DAYS, NEVER, clones=same)[0].sum(axis=1)
    np.testing.assert_allclose(size, np.exp(growth * DAYS), rtol=1e-9)


def test_asking_at_more_times_changes_nothing():
    few = two_clones(DAYS[::10], CYCLES, clones=clones())
    many = two_clones(DAYS, CYCLES, clones=clones())
    np.testing.assert_allclose(few, many[:, ::10], rtol=1e-12)


def test_a_share_above_one_is_refused():
    with pytest.raises(InvalidInputError, match="share"):
        clones(resistant_share=1.5)
