"""From one unit to another, or a clear no."""

import math
import tomllib
from functools import cache
from importlib.resources import files

from bodytwin.errors import InvalidInputError, UnitError
from bodytwin.units.ucum import Unit, parse


def convert(
    value: float, *, source: str, target: str, molar_mass_g_per_mol: float | None = None
) -> float:
    """`value` in `source` (UCUM) expressed in `target` (UCUM).

    Mass turns into amount of substance, and back, only with the molar mass of
    the analyte. Raises UnitError where the units are of different kinds, or
    unknown, or missing.
    """
    if not math.isfinite(value):
        raise InvalidInputError(f"A value must be finite, got {value}.")
    if source == target:
        parse(source)
        return value
    a, b = parse(source), parse(target)
    factor = _ratio(a, b, molar_mass_g_per_mol)
    if a.offset or b.offset:
        return (value + a.offset) * a.factor / b.factor - b.offset
    return value * factor


def is_convertible(source: str, target: str) -> bool:
    """Whether both units are known and of the same kind."""
    try:
        _ratio(parse(source), parse(target), None)
    except UnitError:
        return False
    return True


def _ratio(a: Unit, b: Unit, molar_mass_g_per_mol: float | None) -> float:
    if a.powers == b.powers:
        return a.factor / b.factor
    mass, substance = _split(a), _split(b)
    swapped = (
        mass[2] == substance[2] and mass[0] + mass[1] == substance[0] + substance[1]
    )
    if not swapped:
        raise UnitError(
            f"{a.code} cannot be turned into {b.code}: they are different kinds of quantity."
        )
    if molar_mass_g_per_mol is None:
        raise UnitError(
            f"{a.code} turns into {b.code} only with the molar mass of the analyte, which was "
            "not given."
        )
    return a.factor / b.factor * molar_mass_g_per_mol ** (substance[0] - mass[0])


def _split(unit: Unit) -> tuple[int, int, tuple[tuple[str, int], ...]]:
    """Powers of mass and of substance, and the rest."""
    powers = dict(unit.powers)
    mass, substance = powers.pop("g", 0), powers.pop("mol", 0)
    return mass, substance, tuple(sorted(powers.items()))


@cache
def _molar_masses() -> dict[str, float]:
    text = (files("bodytwin.units") / "data" / "molar_mass.toml").read_text()
    return tomllib.loads(text)["molar_mass_g_per_mol"]


def molar_mass_g_per_mol(analyte: str) -> float:
    """Molar mass by name of the analyte. Raises UnitError where it has none in the table."""
    found = _molar_masses().get(analyte.strip().lower())
    if found is None:
        raise UnitError(
            f"No molar mass is known for {analyte!r}, so its mass is not turned into moles."
        )
    return found
