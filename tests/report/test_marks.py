"""Scales, marks and words."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.report.axis import TimeMarks, between, log_marks, marks, rounded_up
from bodytwin.report.svg import spread
from bodytwin.report.words import (
    hours,
    name_words,
    number,
    percent,
    percent_span,
    unit_words,
    with_error,
)

finite = st.floats(-1e12, 1e12)


@given(finite, finite)
def test_marks_are_inside_and_few(a: float, b: float):
    low, high = between(min(a, b), max(a, b))
    found = marks(low, high, 5)
    pad = 1e-6 * (high - low)
    assert len(found) <= 6
    assert all(low - pad <= v <= high + pad for v in found)
    assert rounded_up(low, high, 5) >= high - pad


@given(st.floats(1e-9, 1e9), st.floats(1.6, 1e6))
def test_marks_on_a_log_scale_are_few(low: float, factor: float):
    assert len(log_marks(low, low * factor)) <= 8


@given(st.lists(st.floats(0, 100), max_size=6))
def test_labels_never_overlap(wanted: list[float]):
    placed = sorted(spread(wanted, 14.0, 0.0, 100.0))
    assert all(b - a >= 14 - 1e-9 for a, b in zip(placed, placed[1:], strict=False))


def test_time_is_marked_in_hours_then_in_days():
    assert TimeMarks.of(0, 24, 8).unit == "hours"
    long = TimeMarks.of(0, 24 * 21, 10)
    assert long.unit == "days"
    assert len(long.at_h) <= 11
    assert len(TimeMarks.of(0, 24 * 4000, 10).at_h) <= 11


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"), (33.84, "33.8"), (0.00616, "0.00616"), (1240, "1\u202f240"), (9.996, "10.0"),
        (1.23e9, "1.23 × 10⁹"), (4e-7, "4 × 10⁻⁷"), (-2.5, "−2.50"), (math.nan, "not known"),
    ],
)  # fmt: skip
def test_numbers_are_written_for_people(value: float, words: str):
    assert number(value) == words


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_can_be_written(x: float):
    assert number(x)
    assert percent(x)
    assert hours(x)
    assert with_error(x, abs(x))


def test_units_are_written_for_people():
    assert unit_words("10*9/L") == "10⁹/L"
    assert unit_words("umol/L") == "µmol/L"
    assert unit_words("mg.h/L") == "mg·h/L"
    assert unit_words("1") == ""
    assert unit_words("u") == "u"


def test_a_name_loses_the_unit_beside_it():
    assert name_words("clearance_l_per_h", "L/h") == "Clearance"
    assert name_words("absorption_per_h", "/h") == "Absorption"
    assert name_words("peak") == "Peak"


def test_a_probability_is_never_rounded_to_certainty():
    assert percent(0.001).startswith("under")
    assert percent(0.999).startswith("over")
    assert percent(np.nan) == "not known"
    assert percent_span(0.0, 0.0026) == "0 to 0.3\u202f%"
    assert percent_span(0.991, 0.998) == "99.1 to 99.8\u202f%"
