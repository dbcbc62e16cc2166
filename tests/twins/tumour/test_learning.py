"""What is learned of a population."""

import numpy as np
import pytest

from bodytwin.errors import MissingDataError
from bodytwin.twins.tumour import TWIN
from bodytwin.twins.tumour.learn import courses_of
from bodytwin.twins.tumour.model.path import log_likelihood, nodes_of
from tests.twins.tumour.conftest import VARIANT


def fit(twin, cases):
    c = courses_of(cases)
    packed = twin.populations[VARIANT].numbers.packed()
    return log_likelihood(
        c.time_a, c.diameter_mm, c.spread_mm, c.start, packed, *nodes_of(7)
    )  # fmt: skip


def test_learning_raises_the_likelihood_of_those_learned_from(cases):
    learned = TWIN.learn(cases[:60], variant=VARIANT)
    assert fit(learned, cases[:60]) > fit(TWIN, cases[:60]) + 1
    assert learned.populations[VARIANT].patients == 60


def test_a_patient_left_out_changes_nothing_in_their_own_population(cases):
    one = TWIN.learn(cases[:40], variant=VARIANT)
    again = TWIN.learn(cases[:40], variant=VARIANT, near=one)
    a, b = (t.populations[VARIANT].numbers.packed() for t in (one, again))
    assert fit(one, cases[:40]) == pytest.approx(fit(again, cases[:40]), abs=0.05)
    assert np.isfinite(a).all()
    assert np.isfinite(b).all()


def test_steps_ahead_are_learned_with_the_population(cases):
    learned = TWIN.learn(cases[:60], variant=VARIANT).populations[VARIANT].steps
    assert learned != TWIN.populations[VARIANT].steps
    assert 0 < learned.span_power < 1
    assert np.all(np.diff(learned.shape) >= 0)


def test_few_patients_make_no_population(cases):
    with pytest.raises(MissingDataError, match="at least 20"):
        TWIN.learn(cases[:5], variant=VARIANT)
