"""A value in one unit, stated in another."""

import math
from fractions import Fraction
from functools import lru_cache

from bodytwin.errors import InvalidInputError, UnitError, require_positive
from bodytwin.units.table import parse
from bodytwin.units.unit import Dimension, Unit

EXACT = 2**53


def convert(
    value: float, *, source: str, target: str, molar_mass_g_per_mol: float | None = None
) -> float:
    """`value`, given in `source`, in `target`; both are UCUM codes.

    Between mass and amount of substance the molar mass of the analyte is needed.

    Raises:
        UnitError: a unit is missing, unknown or of another kind; the molar mass is needed.
        InvalidInputError: the value is not a finite number.

    >>> convert(1.0, source="mg/dL", target="umol/L", molar_mass_g_per_mol=113.12)
    88.4016973125884

    """
    if not math.isfinite(value):
        raise InvalidInputError(f"A value with a unit must be a finite number, got {value}.")
    if source == target:
        parse(source)
        return float(value)
    ratio, shift, per_mol = _relation(source, target)
    if per_mol:
        if molar_mass_g_per_mol is None:
            raise UnitError(
                f"{source!r} to {target!r} needs the molar mass of what was measured. "
                "Pass molar_mass_g_per_mol."
            )
        require_positive(molar_mass_g_per_mol=molar_mass_g_per_mol)
        value = value * molar_mass_g_per_mol**per_mol
    try:
        stated = float(Fraction(value) * ratio + shift) if shift else _scaled(value, ratio)
    except OverflowError:
        stated = math.inf
    if not math.isfinite(stated):
        raise InvalidInputError(f"{value} {source} is too large a number in {target}.")
    return stated


def is_convertible(source: str, target: str, *, molar_mass_known: bool = False) -> bool:
    """Whether both codes are known and `convert` would accept them."""
    try:
        _, _, per_mol = _relation(source, target)
    except UnitError:
        return False
    return molar_mass_known or not per_mol


def _scaled(value: float, ratio: Fraction) -> float:
    up, down = ratio.numerator, ratio.denominator
    if up < EXACT and down < EXACT:
        return value * up / down
    return value * float(ratio)


@lru_cache(maxsize=4096)
def _relation(source: str, target: str) -> tuple[Fraction, Fraction, int]:
    """`ratio` and `shift` in target = source * ratio + shift; the power of the molar mass."""
    a, b = parse(source), parse(target)
    per_mol = _mass_to_substance(a.dimension, b.dimension)
    if a.dimension != b.dimension and not per_mol:
        raise UnitError(
            f"{source!r} cannot be stated in {target!r}: they measure different things. "
            "Check the unit of the source."
        )
    if ("mol" in a.cancelled) != ("mol" in b.cancelled) and not a.dimension:
        raise UnitError(
            f"{source!r} cannot be stated in {target!r}: a fraction of an amount of substance is "
            "not a plain number. For HbA1c use the published master equation."
        )
    return a.factor / b.factor, _shift(a, b), per_mol


def _shift(a: Unit, b: Unit) -> Fraction:
    return (a.zero - b.zero) / b.factor


def _mass_to_substance(a: Dimension, b: Dimension) -> int:
    """-1 for mass to substance, 1 for substance to mass (inverted below a stroke), else 0."""
    left, right = dict(a), dict(b)
    difference = {k: left.get(k, 0) - right.get(k, 0) for k in left.keys() | right.keys()}
    difference = {k: e for k, e in difference.items() if e}
    power = difference.get("mol", 0)
    return power if abs(power) == 1 and difference == {"mol": power, "g": -power} else 0
