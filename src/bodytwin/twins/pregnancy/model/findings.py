"""What was found at a visit that is known to foretell the week of delivery?

Every finding is refused outside the weeks and values of the women behind the numbers; the week is
of completed weeks by ultrasound dating. What is not known is left out and then averaged over the
population, not taken as normal. Funnelling, age, weight and the angle of the uterus and cervix have
no place here: either no source read supports a ratio beside the length, or sources disagree.

Source: the ranges of data/duration.toml.
Not for: women in labour, with ruptured membranes, or with a cerclage or pessary in place.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from bodytwin.errors import InvalidInputError, OutsidePopulationError
from bodytwin.twins.pregnancy.model.quoted import table

EARLIEST_WK, LATEST_WK = 14, 40


class History(StrEnum):
    """Births in earlier pregnancies.

    Where the only early one was before 23 weeks, leave the history out: the source found it less
    telling, and gives no number that was read.
    """

    NULLIPAROUS = "nulliparous"
    TERM_ONLY = "term_only"
    PRETERM_28_TO_36 = "preterm_28_to_36"
    """The earliest spontaneous birth was at 28 to 36 weeks."""
    PRETERM_23_TO_27 = "preterm_23_to_27"
    """The earliest spontaneous birth was at 23 to 27 weeks."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Of a woman who is pregnant in completed week `week`; none where something is not known.

    Raises:
        InvalidInputError: a value that cannot be.
        OutsidePopulationError: a finding in a week, or of a size, that was not studied.

    """

    week: int
    twins: bool = False
    cervical_length_mm: float | None = None
    fibronectin_positive: bool | None = None
    history: History | None = None

    def __post_init__(self) -> None:
        if not EARLIEST_WK <= self.week <= LATEST_WK:
            raise OutsidePopulationError(
                f"Forecasts of delivery are made from {EARLIEST_WK} to {LATEST_WK} weeks, "
                f"this visit is at {self.week}."
            )
        if self.cervical_length_mm is not None:
            self._require_length(self.cervical_length_mm)
        first, last = table("duration")["fibronectin"]["weeks"]
        if self.fibronectin_positive is not None and not first <= self.week <= last:
            raise OutsidePopulationError(
                f"Fetal fibronectin was studied at {first} to {last} weeks, this test is of week "
                f"{self.week}.",
                "Leave it out.",
            )

    @property
    def cautions(self) -> tuple[str, ...]:
        """What is given and not used, and where sources disagree, one sentence each."""
        given = {"history": self.history, "fetal fibronectin": self.fibronectin_positive}
        found = [
            f"The {name} is not used: no source that was read gives its effect in twins."
            for name, value in given.items()
            if self.twins and value is not None
        ]
        floor = table("duration")["cervix"]["effect"]["floor_mm"]
        if self.cervical_length_mm is not None and self.cervical_length_mm < floor:
            found.append(
                f"Below {floor:g} mm the chances are held at those of {floor:g} mm, as Iams et al. "
                "1996 had them; Heath et al. 1998 found 78 % before the end of 32 weeks at 5 mm, "
                "so they may be far too low."
            )
        return tuple(found)

    def _require_length(self, length_mm: float) -> None:
        said = table("duration")["cervix"]
        (first, last), (low, high) = said["weeks"], said["length_mm"]
        if not math.isfinite(length_mm) or length_mm < 0:
            raise InvalidInputError(
                f"A cervix cannot be {length_mm} mm long. Give millimetres, 0 where it is open."
            )
        if not low <= length_mm <= high:
            raise OutsidePopulationError(
                f"Lengths of {low:g} to {high:g} mm were studied, this one is {length_mm:g} mm.",
                "Check the unit, and whether the isthmus was measured with the cervix.",
            )
        if not first <= self.week <= last:
            raise OutsidePopulationError(
                f"Cervical length foretells delivery where it is measured at {first} to {last} "
                f"weeks, this one was at {self.week}.",
                "Before, the isthmus is measured with it; later, it shortens in all women.",
            )
