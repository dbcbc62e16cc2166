"""Is a number one that its name allows? The checks that the laws share."""

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
Numbers = float | Array
SAY = "Check the unit of the source: the name states the unit expected."


def not_negative(**values: Numbers) -> tuple[Array, ...]:
    """The values as arrays of floats.

    Raises:
        InvalidInputError: one of them holds a negative number or one that is not a number.

    """
    return tuple(_checked(name, value, zero=True) for name, value in values.items())


def positive(**values: Numbers) -> tuple[Array, ...]:
    """The values as arrays of floats.

    Raises:
        InvalidInputError: one of them holds a number that is not above zero.

    """
    return tuple(_checked(name, value, zero=False) for name, value in values.items())


def _checked(name: str, value: Numbers, *, zero: bool) -> Array:
    given = np.asarray(value, dtype=np.float64)
    sound = (given >= 0.0) if zero else (given > 0.0)
    if not sound.all():
        worst = given[~sound].ravel()[0]
        allowed = "zero or more" if zero else "more than zero"
        raise InvalidInputError(f"{name} must be {allowed}, got {worst:g}. {SAY}")
    return given
