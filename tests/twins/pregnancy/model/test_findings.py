"""What may be said of a visit, and what is refused."""

import math

import pytest

from bodytwin.errors import InvalidInputError, OutsidePopulationError
from bodytwin.twins.pregnancy.model.findings import Findings, History


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"week": 12}, "14 to 40"),
        ({"week": 15, "cervical_length_mm": 40.0}, "isthmus"),
        ({"week": 34, "cervical_length_mm": 20.0}, "16 to 32"),
        ({"week": 22, "cervical_length_mm": 75.0}, "0 to 60 mm"),
        ({"week": 20, "fibronectin_positive": True}, "22 to 30"),
    ],
)
def test_what_was_not_studied_is_refused_with_the_reason(said, why):
    with pytest.raises(OutsidePopulationError, match=why):
        Findings(**said)


@pytest.mark.parametrize("length", [-1.0, math.nan, math.inf])
def test_a_length_that_cannot_be_is_refused(length):
    with pytest.raises(InvalidInputError, match="mm"):
        Findings(week=22, cervical_length_mm=length)


def test_a_very_short_cervix_says_that_sources_disagree():
    assert "Heath" in Findings(week=22, cervical_length_mm=8.0).cautions[0]
    assert Findings(week=22, cervical_length_mm=20.0).cautions == ()


def test_in_twins_history_and_fibronectin_are_said_not_to_be_used():
    found = Findings(
        week=24, twins=True, history=History.TERM_ONLY, fibronectin_positive=False
    ).cautions
    assert len(found) == 2
    assert Findings(week=24, history=History.TERM_ONLY).cautions == ()
    assert all("twins" in said for said in found)
