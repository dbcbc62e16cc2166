"""What was measured, what was given, and what holds of the patient."""

from dataclasses import dataclass
from enum import StrEnum

from bodytwin.record.code import Code
from bodytwin.record.instant import Instant
from bodytwin.record.measured import Quantity
from bodytwin.record.provenance import Provenance


class Route(StrEnum):
    """How a dose enters the body."""

    INTRAVENOUS = "intravenous"
    ORAL = "oral"
    SUBCUTANEOUS = "subcutaneous"
    INTRAMUSCULAR = "intramuscular"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One measured value. `quantity.comparator` marks a censored one."""

    code: Code
    quantity: Quantity
    instant: Instant
    provenance: Provenance
    amended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """One dose given.

    `duration_h` is 0 for a bolus or a swallowed dose, positive for an infusion,
    and `None` where the source leaves it to the model (NONMEM RATE -1, -2).
    `steady_state_interval_h` is positive where the source says that doses like
    this one had been given at that interval long before (NONMEM SS = 1).
    `compartment` is the number a NONMEM-style table gives, else 0.
    """

    code: Code
    amount: Quantity
    route: Route
    instant: Instant
    provenance: Provenance
    duration_h: float | None = 0.0
    steady_state_interval_h: float = 0.0
    compartment: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariate:
    """A property that holds of the patient from `instant` on; `unit` "1" for a score or a class."""

    code: Code
    quantity: Quantity
    instant: Instant
    provenance: Provenance
