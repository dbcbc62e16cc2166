"""What a UCUM code means: a factor, and powers of dimensions that do not mix.

Grammar, after the standard: terms joined by "." and "/", an exponent behind a
unit, a prefix before a metric one, remarks in braces that mean nothing.
Source: The Unified Code for Units of Measure, version 2.2, sections 2 and 3.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from bodytwin.errors import UnitError

Powers = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A value in this unit is (value + offset) * factor in the base units of `powers`."""

    code: str
    factor: float
    powers: Powers = ()
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class _Product:
    factor: float = 1.0
    powers: Mapping[str, int] = field(default_factory=dict)

    def times(self, other: "_Product", sign: int = 1) -> "_Product":
        powers = dict(self.powers)
        for dimension, power in other.powers.items():
            powers[dimension] = powers.get(dimension, 0) + sign * power
        return _Product(self.factor * other.factor**sign, powers)

    def raised(self, exponent: int) -> "_Product":
        return _Product(self.factor**exponent, {d: p * exponent for d, p in self.powers.items()})


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("bodytwin.units") / "data" / "ucum.toml").read_text("utf-8"))


@cache
def _atoms() -> dict[str, tuple[_Product, bool]]:
    """Every atom: what it is, and whether it takes a prefix."""
    found = {code: (_Product(1.0, {code: 1}), code not in ("rad",)) for code in _table()["base"]}
    found["1"] = (_Product(), False)
    for code, atom in _table()["atoms"].items():
        rest = _terms(atom["of"], found)
        product = _Product(float(atom["factor"])).times(rest)
        found[code] = (product, bool(atom.get("metric", False)))
    return found


_TERM = re.compile(r"(?P<unit>10[*^]|(?:\[[^\]]*\]|[^\d.\-+/\[\]])+|\d+)(?P<power>[+-]?\d+)?$")
_REMARK = re.compile(r"\{[^{}]*\}")


@cache
def parse(code: str) -> Unit:
    """The unit that a UCUM code names. Raises UnitError for a code that is missing or unknown."""
    if not code.strip():
        raise UnitError("A unit is missing. Give its UCUM code; a pure number has the unit 1.")
    if len(code) > 80:
        raise UnitError(f"A unit code of {len(code)} characters is not one.")
    spelled = _table()["spellings"].get(code, code)
    if spelled in _table()["affine"]:
        scale = _table()["affine"][spelled]
        return Unit(code, float(scale["factor"]), (("K", 1),), float(scale["offset"]))
    product = _terms(spelled, _atoms(), code)
    kept = tuple(sorted((d, p) for d, p in product.powers.items() if p))
    return Unit(code, product.factor, kept)


def _terms(
    expression: str, atoms: Mapping[str, tuple[_Product, bool]], whole: str = ""
) -> _Product:
    plain = _REMARK.sub("", expression)
    whole = whole or expression
    if not plain and expression:
        return _Product()
    total, sign = _Product(), 1
    parts = re.split(r"([./])", plain)
    for k, part in enumerate(parts):
        if part in ("/", "."):
            sign = -1 if part == "/" else 1
        elif part:
            total = total.times(_term(part, atoms, whole), sign)
        elif not (k == 0 and len(parts) > 1 and parts[1] == "/") and not _remarked(expression):
            raise _unknown(whole)
    return total


def _remarked(expression: str) -> bool:
    return "{" in expression


def _term(part: str, atoms: Mapping[str, tuple[_Product, bool]], whole: str) -> _Product:
    match = _TERM.match(part)
    if match is None:
        raise _unknown(whole)
    name, power = match["unit"], int(match["power"] or 1)
    if abs(power) > 30:
        raise _unknown(whole)
    if name.isdigit():
        return _Product(float(name)).raised(power)
    if name in atoms:
        return atoms[name][0].raised(power)
    for prefix, factor in _table()["prefixes"].items():
        rest = name[len(prefix) :]
        if name.startswith(prefix) and rest in atoms and atoms[rest][1]:
            return _Product(float(factor)).times(atoms[rest][0]).raised(power)
    raise _unknown(whole)


def _unknown(code: str) -> UnitError:
    return UnitError(
        f"{code!r} is not a UCUM unit that bodytwin knows. Codes are case-sensitive: mg/dL, "
        "10*9/L, [iU]/L, Cel. A unit is never guessed."
    )
