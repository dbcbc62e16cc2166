import numpy as np
import pytest

from verification.radiotherapy.decisions.virtual import calibrated


@pytest.fixture(scope="module")
def fifths():
    return calibrated(1000)


def test_the_stated_probability_of_being_best_is_its_frequency(fifths, record_property):
    record_property("stated_and_true", fifths)
    assert np.abs(fifths[:, 0] - fifths[:, 1]).max() < 0.05


def test_the_question_is_open_for_some_and_clear_for_others(fifths):
    assert fifths[0, 0] < 0.05
    assert 0.3 < fifths[2, 0] < 0.7
    assert fifths[-1, 0] > 0.95
