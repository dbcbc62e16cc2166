"""Everything that can go wrong, as one tree.

    BodytwinError
    ├── InvalidInputError          a value that cannot be what its name says
    │   ├── InvalidParameterError    a model parameter out of its bounds
    │   ├── InvalidPlanError         a plan that cannot be given
    │   ├── UnitError                a unit missing, unknown or of another kind
    │   └── UnreadableFileError      a file that is not what it should be; nothing of it was kept
    ├── NotFoundError              no such patient, twin, posterior or forecast
    ├── Refusal                    bodytwin could compute, and will not; carries its reasons
    │   ├── ConsentError             the patient's leave is absent, or the purpose is never allowed
    │   ├── OutsidePopulationError   the patient is not one the model was made for
    │   ├── MissingDataError         the record lacks what the twin needs
    │   ├── MisfitError              the model does not describe this patient
    │   └── UnsupportedClaimError    the evidence does not carry what is asked
    ├── NumericalError             a computation failed or did not converge
    └── StoreError                 what is on disk is not what was put there

A message says what was given, what is allowed and what to do. It never holds a
patient's identifier, name or date of birth.
"""

import math


class BodytwinError(Exception):
    """Root of the tree: catch this to catch everything bodytwin raises on purpose."""


class InvalidInputError(BodytwinError, ValueError):
    """A value that cannot be what its name says."""


class InvalidParameterError(InvalidInputError):
    """A model parameter out of its bounds."""


class InvalidPlanError(InvalidInputError):
    """A plan that cannot be given."""


class UnitError(InvalidInputError):
    """A unit missing, unknown or of another kind."""


class UnreadableFileError(InvalidInputError):
    """A file that is not what it should be; nothing of it was kept."""


class NotFoundError(BodytwinError, LookupError):
    """No such patient, twin, posterior or forecast."""


class Refusal(BodytwinError):
    """bodytwin could compute, and will not; `reasons` says why, one sentence each."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons
        super().__init__(" ".join(reasons))


class ConsentError(Refusal):
    """The patient's leave is absent, or the purpose is one that is never allowed."""


class OutsidePopulationError(Refusal):
    """The patient is not one the model was made for."""


class MissingDataError(Refusal):
    """The record lacks what the twin needs."""


class MisfitError(Refusal):
    """The model does not describe this patient."""


class UnsupportedClaimError(Refusal):
    """The evidence does not carry what is asked."""


class NumericalError(BodytwinError, ArithmeticError):
    """A computation failed or did not converge."""


class StoreError(BodytwinError):
    """What is on disk is not what was put there."""


def require_positive(**values: float) -> None:
    """Raise unless every value is positive and finite; the names should carry the units.

    >>> require_positive(weight_kg=-3.0)
    Traceback (most recent call last):
    bodytwin.errors.InvalidParameterError: weight_kg must be positive and finite, got -3.0. \
Check the unit of the source: the name states the unit expected.
    """
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise InvalidParameterError(
                f"{name} must be positive and finite, got {value}. "
                "Check the unit of the source: the name states the unit expected."
            )
