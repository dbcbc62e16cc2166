"""Decimal numbers as text, and how to quote a wrong one without quoting a person."""

import re

from bodytwin.errors import InvalidInputError

DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
HARMLESS = re.compile(
    r"[<>=]{0,2} ?[-+]?[0-9]{0,5}[.,]?[0-9]{0,5}(?:e[-+]?[0-9]{1,4})? ?%?"
    r"|[-+]?(?:nan|inf|infinity)",
    re.IGNORECASE,
)
LARGEST = 1e15


def number(text: str) -> float:
    """The value of a decimal number.

    Raises:
        InvalidInputError: no decimal number, or larger than any clinical quantity.

    """
    if not DECIMAL.fullmatch(text):
        raise InvalidInputError(f"{quoted(text)} is not a decimal number such as 12.5 or 3e-4")
    value = float(text)
    if abs(value) > LARGEST:
        raise InvalidInputError(f"{quoted(text)} is larger than any clinical number ({LARGEST:g})")
    return value


def quoted(text: str) -> str:
    """A cell for an error message; one that may be a name, a number of a person
    or a date is described.

    >>> quoted("1,5"), quoted("Smith")
    ("'1,5'", 'a text of 5 characters')
    """
    if HARMLESS.fullmatch(text):
        return repr(text)
    formula = " that starts like a formula" if text[:1] in ("=", "+", "-", "@") else ""
    return f"a text of {len(text)} characters{formula}"
