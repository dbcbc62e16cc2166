"""UCUM codes in, floats in stated units out: the only home of conversions."""

from bodytwin.units.conversion import convert, is_convertible
from bodytwin.units.molar_mass import molar_mass_g_per_mol
from bodytwin.units.table import ASK, canonical, parse
from bodytwin.units.unit import Unit

__all__ = ["ASK", "Unit", "canonical", "convert", "is_convertible", "molar_mass_g_per_mol", "parse"]
