"""Measures that cannot all be true are refused, and the refusal names them."""

import numpy as np
import pytest

from bodytwin.errors import InvalidParameterError
from bodytwin.twins.pregnancy.model.measures import NAMES, errors, measures
from tests.twins.pregnancy.model.woman import WOMAN


def test_measures_go_through_an_array_and_back():
    assert measures(WOMAN.array) == WOMAN


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"anterior_posterior_mm": 60.0, "posterior_mm": 31.0}, "twice posterior_mm, 62.0"),
        ({"canal_mm": 27.0}, "cervix_outer_mm of 30.0 conflicts with canal_mm .* 31.0"),
        ({"anterior_posterior_mm": 50.0, "cervix_outer_mm": 36.0}, "54.0"),
        ({"anterior_posterior_mm": 44.0, "cervix_outer_mm": 20.0}, "3 cm of the lower segment"),
        ({"cervix_length_mm": 8.0}, "cervix_length_mm of 8.0 conflicts with lower_segment_mm"),
        ({"angle_deg": 20.0}, "30 to 170, got 20.0"),
        ({"fundus_mm": -1.0}, "fundus_mm must be positive"),
    ],
)
def test_a_conflict_is_refused_by_the_names_of_both_measures(change, said):
    with pytest.raises(InvalidParameterError, match=said):
        WOMAN.changed(**change)


def test_each_measure_has_an_error_in_its_own_unit():
    found = dict(zip(NAMES, errors(WOMAN), strict=True))
    assert found["cervix_length_mm"] == pytest.approx(2.14)
    assert found["transverse_mm"] == pytest.approx(0.05 * 133.0)
    assert np.all(errors(WOMAN) > 0)
