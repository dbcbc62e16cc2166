"""What a code means beyond its atoms, and what an error tells the reader to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidParameterError, UnitError
from bodytwin.units import convert, molar_mass_g_per_mol, parse


@pytest.mark.parametrize(
    ("noted", "plain"),
    [
        ("{cells}/uL", "/uL"),
        ("mg{creatinine}/g{protein}", "mg/g"),
        ("10*9{platelets}/L", "10*9/L"),
        ("{beats}/min", "/min"),
        ("mL{total}", "mL"),
        ("{score}", "1"),
    ],
)
def test_a_note_in_braces_changes_no_number(noted, plain):
    assert convert(3.5, source=noted, target=plain) == 3.5


@pytest.mark.parametrize("spelling", ["{1.73_m2}", "{1.73m2}", "{1.73 m2}", "{1.73_m^2}"])
def test_the_note_of_body_surface_is_a_unit_of_its_own(spelling):
    assert convert(60.0, source=f"mL/min/{spelling}", target="mL/min/{1.73_m2}") == 60.0
    with pytest.raises(UnitError, match="measure different things"):
        convert(60.0, source=f"mL/min/{spelling}", target="mL/min")


@pytest.mark.parametrize(
    ("code", "same"),
    [
        ("mg/kg/h", "mg/(kg.h)"),
        ("/min", "min-1"),
        ("kg.m/s2", "N"),
        ("m/s/s", "m.s-2"),
        ("10^3/uL", "10*3/uL"),
        ("L", "l"),
        ("100mL", None),
        ("(mg/L)/(mg/L)", "1"),
    ],
)
def test_codes_that_mean_the_same_are_worth_the_same(code, same):
    if same is None:
        with pytest.raises(UnitError):
            parse(code)
    else:
        assert convert(1.0, source=code, target=same) == pytest.approx(1.0, rel=1e-15)


@given(st.floats(-200, 200))
def test_temperatures_have_a_zero_of_their_own(celsius):
    fahrenheit = convert(celsius, source="Cel", target="[degF]")
    assert fahrenheit == pytest.approx(celsius * 1.8 + 32, rel=1e-12, abs=1e-9)
    assert convert(fahrenheit, source="[degF]", target="Cel") == pytest.approx(celsius, abs=1e-9)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("", "state the unit when importing"),
        ("IU/L", r"\[iU\]/L"),
        ("units", r"\[iU\], or U"),
        ("cc", "mL"),
        ("MG/DL", "case-sensitive"),
        ("parsec", "Ask the source"),
        ("mg dL", "cannot stand there"),
        ("mg/", "ends too early"),
        ("(mg", "not closed"),
        ("Cel/h", "written in K"),
        ("m99", "exponents go to 40"),
    ],
)
def test_a_refusal_says_what_to_do(code, advice):
    with pytest.raises(UnitError, match=advice):
        parse(code)


ANALYTES = ["glucose", "urea", "cholesterol", "vancomycin", "digoxin"]


@given(st.floats(1e-6, 1e6), st.sampled_from(ANALYTES))
def test_mass_and_substance_are_one_another_by_the_molar_mass(value, analyte):
    how = {"molar_mass_g_per_mol": molar_mass_g_per_mol(analyte)}
    there = convert(value, source="mg/dL", target="mmol/L", **how)
    assert there == pytest.approx(value * 10 / how["molar_mass_g_per_mol"], rel=1e-12)
    assert convert(there, source="mmol/L", target="mg/dL", **how) == pytest.approx(value, rel=1e-12)
    below = convert(value, source="/mmol", target="/g", **how)
    assert below == pytest.approx(value * 1000 / how["molar_mass_g_per_mol"], rel=1e-12)


@pytest.mark.parametrize("mass", [0.0, -1.0, float("nan"), float("inf")])
def test_a_molar_mass_is_positive(mass):
    with pytest.raises(InvalidParameterError, match="molar_mass_g_per_mol"):
        convert(1.0, source="mg/L", target="mmol/L", molar_mass_g_per_mol=mass)
