import re
import tomllib
from importlib.resources import files

import pytest

from bodytwin.units import molar_mass_g_per_mol, parse

DATA = files("bodytwin.units") / "data"
SPELLINGS = tomllib.loads((DATA / "spellings.toml").read_text(encoding="utf-8"))
MASSES = tomllib.loads((DATA / "molar_mass.toml").read_text(encoding="utf-8"))["analytes"]
WEIGHTS = {
    "C": 12.011, "H": 1.008, "N": 14.007, "O": 15.999, "P": 30.974, "S": 32.06, "Cl": 35.45,
    "F": 18.998, "Na": 22.990, "K": 39.098, "Ca": 40.078, "Mg": 24.305, "Pt": 195.08,
}  # fmt: skip


@pytest.mark.parametrize("name", MASSES)
def test_a_molar_mass_is_the_sum_of_its_formula(name):
    parts = re.findall(r"([A-Z][a-z]?)(\d*)", MASSES[name]["formula"])
    total = sum(WEIGHTS[element] * int(count or 1) for element, count in parts)
    assert molar_mass_g_per_mol(name) == pytest.approx(total, abs=0.006)


def test_every_accepted_spelling_leads_to_a_unit():
    for meant in SPELLINGS["accepted"].values():
        parse(meant)


def test_no_spelling_is_both_accepted_and_refused():
    assert not SPELLINGS["accepted"].keys() & SPELLINGS["suggested"].keys()
