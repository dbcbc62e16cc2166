"""A number with its unit, and what the laboratory said about its range."""

from dataclasses import dataclass
from enum import StrEnum


class Comparator(StrEnum):
    """The true value lies below or above the number given: a censored value."""

    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


@dataclass(frozen=True, slots=True)
class Quantity:
    """`value` in `unit` (UCUM); `text` keeps the decimals as the source wrote them."""

    value: float
    unit: str
    comparator: Comparator | None = None
    text: str = ""
