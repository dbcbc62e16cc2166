"""Every clinical code agrees with pint and ucumvert, which read UCUM independently."""

import sys
from pathlib import Path

import pytest

from bodytwin.units import convert

sys.path.insert(0, str(Path(__file__).parent))
from oracle_codes import PAIRS


@pytest.fixture(scope="module")
def registry():
    ucumvert = pytest.importorskip("ucumvert", reason="the oracle is in the group 'oracles'")
    return ucumvert.PintUcumRegistry()


def test_the_list_holds_at_least_150_codes():
    assert len({code for pair in PAIRS for code in pair}) >= 150


def test_every_code_agrees_with_the_oracle_to_a_billionth(registry):
    wrong = []
    for target, code in PAIRS:
        ours = convert(7.25, source=code, target=target)
        one, other = registry.from_ucum(code), registry.from_ucum(target)
        theirs = (7.25 * one / other).to_base_units().magnitude
        if abs(ours / theirs - 1) > 1e-9:
            wrong.append((code, target, ours, theirs))
    assert not wrong


@pytest.mark.parametrize(
    ("source", "target", "value", "expected"),
    [
        ("mm[Hg]", "kPa", 120.0, 15.99864),
        ("cm[H2O]", "Pa", 10.0, 980.665),
        ("[degF]", "Cel", 98.6, 37.0),
        ("Cel", "[degF]", -40.0, -40.0),
        ("Cel", "K", 36.6, 309.75),
        ("U/L", "ukat/L", 60.0, 1.0),
        ("[iU]/L", "m[iU]/mL", 3.0, 3.0),
        ("a", "d", 1.0, 365.25),
        ("mo", "d", 1.0, 30.4375),
        ("mo_s", "d", 1.0, 29.53059),
    ],
)
def test_definitions_of_ucum_that_the_oracle_rounds_or_lacks(source, target, value, expected):
    assert convert(value, source=source, target=target) == pytest.approx(expected, rel=1e-12)
