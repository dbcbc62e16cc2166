"""What would be done to the patient."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from bodytwin.errors import InvalidPlanError

Intervention = TypeVar("Intervention")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Generic[Intervention]):
    """An ordered set of interventions, frozen values of the twin's own, and a name for people.

    `until_h` is the end of the time looked at, in hours from the origin of the case.
    """

    name: str
    interventions: tuple[Intervention, ...] = ()
    until_h: float

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InvalidPlanError("A plan needs a name that people can read.")
