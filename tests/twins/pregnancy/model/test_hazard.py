"""Weekly hazards of a population divided by findings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError, NumericalError
from bodytwin.twins.pregnancy.model.hazard import Births, calibrated

BORN = Births(
    first_wk=30,
    spontaneous=np.array([0.01, 0.02, 0.05, 0.0, 0.0]),
    other=np.array([0.01, 0.0, 0.05, 0.3, 0.56]),
)


def two(ratio):
    return np.log([[np.ones(5), np.full(5, ratio)]])


@settings(max_examples=25, deadline=None)
@given(ratio=st.floats(0.05, 12.0), few=st.floats(0.02, 0.98))
def test_the_population_gives_birth_when_it_did_whatever_divides_it(ratio, few):
    share, log_ratio = np.array([1 - few, few]), two(ratio)
    found = calibrated(BORN, log_ratio=log_ratio, share=share)
    assert np.allclose(share @ found.births(log_ratio)[0], BORN.all, atol=1e-8)
    assert np.allclose(share @ found.spontaneous_births(log_ratio)[0], BORN.spontaneous, atol=1e-8)


def test_everyone_gives_birth_once():
    log_ratio = two(5.0)
    found = calibrated(BORN, log_ratio=log_ratio, share=np.array([0.7, 0.3]))
    assert np.allclose(found.births(log_ratio).sum(axis=-1), 1.0)


def test_a_ratio_is_one_of_hazards():
    log_ratio = two(3.0)
    found = calibrated(BORN, log_ratio=log_ratio, share=np.array([0.5, 0.5]))
    first = found.births(log_ratio)[0, :, 0]
    other = found.other[0, 0]
    rates = -np.log1p(-first) - other
    assert rates[1] / rates[0] == pytest.approx(3.0, rel=1e-8)


def test_those_still_pregnant_have_the_later_births_of_the_same_population():
    later = BORN.undelivered_at(32)
    assert later.first_wk == 32
    assert np.allclose(later.all, BORN.all[2:] / BORN.all[2:].sum())
    with pytest.raises(InvalidInputError, match="30 to 34"):
        BORN.undelivered_at(20)


def test_chances_that_do_not_sum_to_one_are_refused():
    with pytest.raises(InvalidInputError, match="sum to one"):
        Births(first_wk=30, spontaneous=np.array([0.1, 0.1]), other=np.array([0.1, 0.1]))


def test_births_that_nobody_is_left_to_have_are_refused():
    born = Births(first_wk=30, spontaneous=np.array([0.5, 0.0]), other=np.array([0.0, 0.5]))
    with pytest.raises(NumericalError, match="strong"):
        calibrated(
            born, log_ratio=np.array([[[-200.0, 0.0], [0.0, 0.0]]]), share=np.array([0.9, 0.1])
        )
