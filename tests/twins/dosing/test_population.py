"""Model files: what is read, and what is refused."""

import math

import pytest

from bodytwin.errors import InvalidInputError, NotFoundError
from bodytwin.twins.dosing.population import Effect, load, names, read

PLAIN = """
drug = "x"
rxnorm = []
title = "x"
structure = "linear"
dose_unit = "mg"
[source]
citation = "c"
population = "p"
[quantities.concentration]
unit = "mg/L"
[quantities.concentration.residual]
additive_sd = 1.0
[parameters.clearance_l_per_h]
value = 2.0
between_subject_cv_percent = 50
cv_convention = "exact"
[parameters.central_volume_l]
value = 10.0
between_subject_variance = 0.09
[formulation]
route = "oral"
step = 1
minimum = 1
maximum = 9
intervals_h = [12]
"""
TWICE = "between_subject_variance = 0.09\nbetween_subject_sd = 0.3"
UNKNOWN = (
    'cv_convention = "exact"\n'
    'effects = [{ covariate = "w", form = "power", reference = 1, exponent = 1 }]'
)


def test_standard_deviation_variance_and_both_conventions_of_cv_are_told_apart():
    model = read("x", PLAIN.encode())
    assert model.parameters["clearance_l_per_h"].sd == pytest.approx(math.sqrt(math.log(1.25)))
    assert model.parameters["central_volume_l"].sd == pytest.approx(0.3)
    approximate = PLAIN.replace('"exact"', '"approximate"')
    assert read("x", approximate.encode()).parameters["clearance_l_per_h"].sd == 0.5


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("between_subject_variance = 0.09", TWICE, "once"),
        ("additive_sd = 1.0", "additive_sd = 1.0\nadditive_variance = 1.0", "not both"),
        ("additive_sd = 1.0", "additive_sd = -1.0", "negative"),
        ("value = 10.0", "valeu = 10.0", "unknown valeu"),
        ("[parameters.central_volume_l]", "[parameters.central_volume]", "unknown central_volume"),
        ('title = "x"', "", "'title' is missing"),
        ('cv_convention = "exact"', "", "cv_convention"),
        ('structure = "linear"', 'structure = "cubic"', "cubic"),
        ('cv_convention = "exact"', UNKNOWN, "'w' is missing"),
        ('route = "oral"', 'route = "by ear"', "by ear"),
        ("step = 1", "step = ", "Invalid value"),
    ],
)  # fmt: skip
def test_a_model_file_that_is_wrong_says_where(old, new, says):
    with pytest.raises(InvalidInputError, match=says):
        read("x", PLAIN.replace(old, new).encode())


def test_a_model_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(NotFoundError, match="vancomycin_goti_2018"):
        load("vancomycin")


@pytest.mark.parametrize("name", names())
def test_every_model_states_source_population_and_where_its_numbers_were_checked(name):
    source = load(name).source
    assert len(source.citation) > 30
    assert len(source.population) > 10
    assert source.checked


@pytest.mark.parametrize(
    ("form", "numbers", "x", "expected"),
    [
        ("power", {"reference": 70.0, "exponent": 0.75}, 35.0, 0.5**0.75),
        ("linear", {"reference": 66.0, "slope": 0.0154}, 76.0, 1.154),
        ("exponential", {"reference": 40.0, "slope": 0.01}, 50.0, math.exp(0.1)),
        ("factor", {"factor": 0.7}, 1.0, 0.7),
        ("factor", {"factor": 0.7}, 0.0, 1.0),
        ("maturation", {"half": 50.0, "hill": 3.0}, 50.0, 0.5),
        ("below", {"threshold": 5.0, "factor": 1.13}, 4.0, 1.13),
        ("below", {"threshold": 5.0, "factor": 1.13}, 5.0, 1.0),
    ],
)
def test_a_covariate_multiplies_as_the_reference_says(form, numbers, x, expected):
    effect = Effect(covariate="w", form=form, numbers=numbers)
    assert effect(x) == pytest.approx(expected)
