"""Molar masses of the analytes that laboratories report by mass and by substance."""

import tomllib
from functools import cache
from importlib.resources import files

from bodytwin.errors import UnitError


def molar_mass_g_per_mol(analyte: str) -> float:
    """The molar mass of an analyte, by name or LOINC code.

    Raises:
        UnitError: the table lacks the analyte, or says why it has no molar mass.

    >>> molar_mass_g_per_mol("creatinine") == molar_mass_g_per_mol("2160-0")
    True

    """
    known, refused = _table()
    analyte = analyte.strip()
    analyte = analyte if analyte in known else analyte.lower()
    if analyte in refused:
        raise UnitError(f"{analyte} has no single molar mass: {refused[analyte]}")
    if analyte not in known:
        raise UnitError(
            f"No molar mass is listed for {analyte!r}. Pass molar_mass_g_per_mol, from the "
            "monograph of the substance."
        )
    return known[analyte]


@cache
def _table() -> tuple[dict[str, float], dict[str, str]]:
    path = files("bodytwin.units") / "data" / "molar_mass.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    known: dict[str, float] = {}
    refused: dict[str, str] = {}
    for name, entry in table["analytes"].items():
        for key in (name, *entry.get("loinc", ())):
            known[key] = entry["g_per_mol"]
    for name, entry in table["refused"].items():
        for key in (name, *entry.get("loinc", ())):
            refused[key] = entry["reason"]
    return known, refused
