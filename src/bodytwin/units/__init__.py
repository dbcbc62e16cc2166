"""UCUM codes in, plain floats in a stated unit out: the only home of conversions."""

from bodytwin.units.convert import convert, is_convertible, molar_mass_g_per_mol
from bodytwin.units.ucum import Unit, parse

__all__ = ["Unit", "convert", "is_convertible", "molar_mass_g_per_mol", "parse"]
