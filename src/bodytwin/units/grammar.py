"""How a UCUM code is read.

::

    code      = ["/"] term
    term      = component { ("." | "/") component }        from left to right
    component = "(" term ")" | number | symbol [exponent] | any of them with {annotation}

Source: Schadow G, McDonald CJ. The Unified Code for Units of Measure, version 2.1.
Not for: printed units. A spelling that is not UCUM is refused unless
`data/spellings.toml` accepts it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from bodytwin.errors import UnitError
from bodytwin.units.unit import ONE, Unit

TOKEN = re.compile(
    r"(?P<punctuation>[./()])"
    r"|(?P<note>\{[^{}]*\})"
    r"|(?P<power>10[*^])(?P<exponent>[+-]?[0-9]+)?"
    r"|(?P<number>[0-9]+)(?![^./(){}])"
    r"|(?P<symbol>(?:\[[^\[\]{}\s]*\]|[A-Za-z_%'])+)(?P<raised>[+-]?[0-9]+)?"
)
LONGEST = 120
LARGEST_EXPONENT = 40
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a code: `kind` is the group that matched, `exponent` belongs to symbols."""

    kind: str
    text: str
    exponent: int = 1


def read(code: str, *, symbol: Callable[[str], Unit], note: Callable[[str], Unit]) -> Unit:
    """What `code` is worth; `symbol` and `note` say so of its parts. Raises UnitError."""
    tokens = _tokens(code)
    unit, rest = _term(tokens, symbol, note, 0)
    if rest:
        raise UnitError(f"{code!r} is not a UCUM code: it does not go on from {rest[0].text!r}.")
    return unit


def _tokens(code: str) -> list[Token]:
    if len(code) > LONGEST:
        raise UnitError(f"A UCUM code has at most {LONGEST} characters, got {len(code)}.")
    found: list[Token] = []
    at = 0
    while at < len(code):
        match = TOKEN.match(code, at)
        if match is None:
            raise UnitError(f"{code!r} is not a UCUM code: {code[at]!r} cannot stand there.")
        found.append(_token(match, code))
        at = match.end()
    return found


def _token(match: re.Match[str], code: str) -> Token:
    groups = match.groupdict()
    kind = next(k for k in ("punctuation", "note", "power", "number", "symbol") if groups[k])
    raised = groups["exponent"] or groups["raised"] or "1"
    exponent = int(raised[:6])
    if abs(exponent) > LARGEST_EXPONENT or len(groups["number"] or "") > LARGEST_EXPONENT // 2:
        raise UnitError(
            f"{code!r} has a number or an exponent that no unit has; "
            f"exponents go to {LARGEST_EXPONENT}."
        )
    return Token(kind, groups[kind], exponent)


Read = tuple[Unit, list[Token]]
Lookup = Callable[[str], Unit]


def _term(tokens: list[Token], symbol: Lookup, note: Lookup, depth: int) -> Read:
    if depth > DEEPEST:
        raise UnitError(f"A UCUM code has at most {DEEPEST} brackets within one another.")
    unit, sign = ONE, 1
    if tokens and tokens[0].text == "/":
        sign, tokens = -1, tokens[1:]
    while True:
        part, tokens = _component(tokens, symbol, note, depth)
        if part.zero and (sign < 0 or unit != ONE):
            raise UnitError("A difference of temperature within a product is written in K.")
        unit = part if part.zero else _joined(unit, part, sign)
        if not tokens or tokens[0].text not in {".", "/"}:
            return unit, tokens
        if unit.zero:
            raise UnitError("A difference of temperature within a product is written in K.")
        sign, tokens = (-1 if tokens[0].text == "/" else 1), tokens[1:]


def _joined(unit: Unit, part: Unit, sign: int) -> Unit:
    return unit.times(part if sign > 0 else part.power(-1))


def _component(tokens: list[Token], symbol: Lookup, note: Lookup, depth: int) -> Read:
    if not tokens:
        raise UnitError("A UCUM code ends too early: a unit is expected after '.', '/' or '('.")
    head, rest = tokens[0], tokens[1:]
    unit = ONE
    if head.text == "(":
        unit, rest = _term(rest, symbol, note, depth + 1)
        if not rest or rest[0].text != ")":
            raise UnitError("A bracket of a UCUM code is not closed.")
        rest = rest[1:]
    elif head.kind == "punctuation":
        raise UnitError(f"A UCUM code has {head.text!r} where a unit is expected.")
    elif head.kind == "note":
        return note(head.text[1:-1]), rest
    elif head.kind == "number":
        unit = Unit(factor=_positive(head.text))
    else:
        unit = symbol(head.text)
        if unit.zero and head.exponent != 1:
            raise UnitError("A temperature with a zero of its own cannot be raised to a power.")
        unit = unit if head.exponent == 1 else unit.power(head.exponent)
    if rest and rest[0].kind == "note":
        meant = note(rest[0].text[1:-1])
        unit = unit if meant == ONE else unit.times(meant)
        rest = rest[1:]
    return unit, rest


def _positive(text: str) -> Fraction:
    if not int(text):
        raise UnitError("A unit cannot be zero.")
    return Fraction(text)
