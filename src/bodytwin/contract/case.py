"""What one twin sees of one record, and what it may be asked to predict."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from bodytwin.contract.digest import digest
from bodytwin.errors import InvalidInputError
from bodytwin.numerics.inference.problem import Censoring

Inputs = TypeVar("Inputs")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorModel:
    """How far a measurement may be from the truth: sd on the natural scale, or `log_sd` alone.

    The variance is additive_sd^2 + (proportional_sd * prediction)^2, or with
    `sum_of_sd` the square of additive_sd + proportional_sd * prediction.
    """

    additive_sd: float = 0.0
    proportional_sd: float = 0.0
    log_sd: float = 0.0
    sum_of_sd: bool = False

    def __post_init__(self) -> None:
        if min(self.additive_sd, self.proportional_sd, self.log_sd) < 0:
            raise InvalidInputError("A standard deviation cannot be negative.")
        if (self.log_sd > 0) == (self.additive_sd + self.proportional_sd > 0):
            raise InvalidInputError(
                "Give either log_sd, or additive_sd and proportional_sd, and one above zero."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something measurable that is to be predicted: which quantity, when, in which unit."""

    quantity: str
    time_h: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measured value as the twin sees it; `time_h` counts from the origin of the case.

    `source` is the hash of the file and the path within it.
    """

    quantity: str
    time_h: float
    value: float
    unit: str
    error: ErrorModel
    censoring: Censoring = Censoring.NONE
    source: str = ""

    @property
    def target(self) -> Target:
        """The prediction that this measurement can be compared with."""
        return Target(quantity=self.quantity, time_h=self.time_h, unit=self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Generic[Inputs]):
    """One patient as one twin sees them, with what is known up to `as_of`.

    `inputs` is a frozen value of the twin's own (geometry, covariates,
    treatments so far). `assumed` lists in sentences what stood in for missing
    data, `left_out` what the record holds and the twin could not use.
    """

    twin: str
    version: str
    variant: str
    patient: str
    origin: datetime
    as_of: datetime
    inputs: Inputs
    measurements: tuple[Measurement, ...]
    assumed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def now_h(self) -> float:
        """Hours from the origin to `as_of`."""
        return (self.as_of - self.origin).total_seconds() / 3600.0

    @property
    def digest(self) -> str:
        """SHA-256 over everything in the case."""
        return digest(self)
