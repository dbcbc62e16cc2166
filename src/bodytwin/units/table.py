"""Which atoms, prefixes and spellings are known: `data/ucum.toml` and `data/spellings.toml`."""

import tomllib
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from bodytwin.errors import UnitError
from bodytwin.units.grammar import read
from bodytwin.units.unit import ONE, Unit

ASK = "Ask the source, or state the unit when importing; units are never guessed."


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads((files("bodytwin.units") / "data" / name).read_text(encoding="utf-8"))


def canonical(code: str) -> str:
    """The UCUM code for an accepted spelling; other texts come back as they are.

    >>> canonical("mmHg"), canonical("mg/dL")
    ('mm[Hg]', 'mg/dL')
    """
    spellings = _data("spellings.toml")
    text = code.strip()
    if not text.isascii():
        for character, meant in spellings["characters"].items():
            text = text.replace(character, meant)
    return spellings["accepted"].get(text, text)


@lru_cache(maxsize=4096)
def parse(code: str) -> Unit:
    """What a UCUM code is worth.

    Raises:
        UnitError: the code is empty, is not UCUM, or uses an atom that is not in the table.

    """
    text = canonical(code)
    if not text:
        raise UnitError(f"A number has no unit. A number without one has the unit '1'. {ASK}")
    suggestion = _data("spellings.toml")["suggested"].get(text)
    if suggestion is not None:
        raise UnitError(f"{text!r} is not a UCUM code. The code may be {suggestion}. {ASK}")
    return read(text, symbol=_symbol, note=_note)


def _note(text: str) -> Unit:
    if text in _data("ucum.toml")["bodies"]:
        return Unit(factor=Fraction(1), dimension=(("{1.73_m2}", 1),))
    return ONE


@cache
def _atoms() -> dict[str, tuple[Unit, bool]]:
    """Every atom with whether it takes prefixes; each is defined by those above it."""
    table = _data("ucum.toml")
    waiting = {s: (d, True) for s, d in table["metric"].items()}
    waiting |= {s: (d, False) for s, d in table["other"].items()}
    atoms: dict[str, tuple[Unit, bool]] = {}

    def symbol(name: str) -> Unit:
        if name not in atoms and name in waiting:
            definition, metric = waiting[name]
            atoms[name] = _defined(name, definition, symbol), metric
        return _prefixed(name, atoms) if name not in atoms else atoms[name][0]

    def _defined(name: str, definition: dict[str, str], lookup: Any) -> Unit:
        if "unit" not in definition:
            return Unit(factor=Fraction(1), dimension=((name, 1),))
        base = read(definition["unit"], symbol=lookup, note=_note)
        return Unit(
            factor=Fraction(definition["value"]) * base.factor,
            dimension=base.dimension,
            zero=Fraction(definition.get("zero", 0)),
        )

    for name in waiting:
        symbol(name)
    return atoms


def _symbol(name: str) -> Unit:
    atoms = _atoms()
    return atoms[name][0] if name in atoms else _prefixed(name, atoms)


def _prefixed(name: str, atoms: dict[str, tuple[Unit, bool]]) -> Unit:
    prefixes: dict[str, str] = _data("ucum.toml")["prefixes"]
    for size in (2, 1):
        prefix, rest = name[:size], name[size:]
        unit, metric = atoms.get(rest, (ONE, False))
        if prefix in prefixes and metric:
            return Unit(factor=Fraction(prefixes[prefix]) * unit.factor, dimension=unit.dimension)
    raise UnitError(
        f"{name!r} is not a UCUM unit known here. Codes are case-sensitive: mg, mL, [iU]. {ASK}"
    )
