"""What a unit is worth: a factor, a dimension and, for a temperature, a zero of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

Dimension = tuple[tuple[str, int], ...]
"""Base units with their exponents, in order of name; zero exponents are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """`factor` base units of `dimension`, counted from `zero` (in base units).

    `cancelled` names the base units that were divided out: mmol/mol is a number,
    but not the same kind of number as a percentage.
    """

    factor: Fraction
    dimension: Dimension = ()
    zero: Fraction = Fraction(0)
    cancelled: frozenset[str] = frozenset()

    def times(self, other: "Unit") -> "Unit":
        """The product of two units."""
        mine, theirs = dict(self.dimension), dict(other.dimension)
        met = frozenset(b for b in mine.keys() & theirs.keys() if mine[b] * theirs[b] < 0)
        return Unit(
            factor=self.factor * other.factor,
            dimension=_dimension(
                (b, mine.get(b, 0) + theirs.get(b, 0)) for b in mine.keys() | theirs.keys()
            ),
            cancelled=self.cancelled | other.cancelled | met,
        )

    def power(self, exponent: int) -> "Unit":
        """The unit raised to a whole power."""
        return Unit(
            factor=self.factor**exponent,
            dimension=_dimension((b, e * exponent) for b, e in self.dimension),
            cancelled=self.cancelled,
        )


ONE = Unit(factor=Fraction(1))


def _dimension(exponents: Iterable[tuple[str, int]]) -> Dimension:
    return tuple(sorted((base, e) for base, e in exponents if e))
