"""Whether a unit is of the kind in which a code is measured, or a dose is given."""

import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from bodytwin import units
from bodytwin.errors import UnitError
from bodytwin.record import LOINC, Code

AMOUNTS = ("mg", "mmol", "[iU]", "U", "Bq", "[USP'U]", "[CFU]", "[PFU]", "meq", "kcal", "mL")


def require_kind(code: Code, unit: str) -> None:
    """Raise UnitError where `code` is known to be measured in another kind of unit."""
    expected = _expected().get(code.code) if code.system == LOINC else None
    if expected is not None and expected != unit and not _same_kind(expected, unit):
        raise UnitError(
            f"LOINC {code.code} is measured in units like {expected!r}, got {unit!r}. "
            "The code or the unit is wrong."
        )


def require_amount(unit: str) -> None:
    """Raise UnitError where `unit` is no unit of an amount given."""
    units.parse(unit)
    if not any(units.is_convertible(unit, amount) for amount in AMOUNTS):
        raise UnitError(f"An amount given is measured in units like 'mg', got {unit!r}.")


@lru_cache(maxsize=4096)
def _same_kind(expected: str, unit: str) -> bool:
    return units.is_convertible(unit, expected, molar_mass_known=True)


@cache
def _expected() -> dict[str, str]:
    path = files("bodytwin.importers") / "data" / "expected_units.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["loinc"]
