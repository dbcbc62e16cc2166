"""A point in time, and how precisely it is known."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bodytwin.errors import InvalidInputError


class Precision(StrEnum):
    """The smallest part of the time that the source stated."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    MINUTE = "minute"
    SECOND = "second"


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """`moment` in UTC; `zone_assumed` where the source named no zone."""

    moment: datetime
    precision: Precision = Precision.SECOND
    zone_assumed: bool = False

    def __post_init__(self) -> None:
        if self.moment.tzinfo is None:
            raise InvalidInputError(
                "A time needs a zone. State the zone of the source when importing."
            )

    def hours_since(self, origin: datetime) -> float:
        """Hours from `origin` to this instant; negative if before."""
        return (self.moment - origin).total_seconds() / 3600.0
