"""What has a patient allowed and refused? A consent, in the subset of FHIR R4 that bodytwin obeys.

A provision is a rule with exceptions, which may have exceptions. A criterion
that is empty is no restriction. What a consent says beyond this subset is named
in `not_understood`; such a consent permits nothing, see `verdict`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from bodytwin.errors import InvalidInputError
from bodytwin.governance.purpose import KNOWN

Day = date | datetime
"""A date is the whole day in UTC; a datetime has its zone."""


class Status(StrEnum):
    """Only an active consent counts."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    ACTIVE = "active"
    REJECTED = "rejected"
    INACTIVE = "inactive"
    ENTERED_IN_ERROR = "entered-in-error"


class Kind(StrEnum):
    """What a provision does where it applies."""

    PERMIT = "permit"
    DENY = "deny"


class Meaning(StrEnum):
    """How data hang together with what is referred to."""

    INSTANCE = "instance"
    RELATED = "related"
    DEPENDENTS = "dependents"
    AUTHORED_BY = "authoredby"


@dataclass(frozen=True, slots=True)
class Coding:
    """A code of a system, and its words where the source gave them."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who it is about. `role` is IRCP or PRCP (anybody who receives), or a `Role` of bodytwin."""

    reference: str
    role: str = "IRCP"
    display: str = ""


@dataclass(frozen=True, slots=True)
class DataReference:
    """Data named one by one, by what they belong to or by who wrote them."""

    meaning: Meaning
    reference: str


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment to a moment, both within it; None is open."""

    start: Day | None = None
    end: Day | None = None

    def __post_init__(self) -> None:
        given = [day for day in (self.start, self.end) if day is not None]
        if not given:
            raise InvalidInputError(
                "A period has a start or an end. Leave it out where it has none."
            )
        if any(isinstance(day, datetime) and day.tzinfo is None for day in given):
            raise InvalidInputError("A time in a period needs its zone, such as +00:00 for UTC.")
        if self.start and self.end and not self._ordered(self.start, self.end):
            raise InvalidInputError("A period runs forwards: its end lies before its start.")

    def _ordered(self, start: Day, end: Day) -> bool:
        if isinstance(start, datetime):
            return self.reaches(start)
        return start <= (end.astimezone(UTC).date() if isinstance(end, datetime) else end)

    def begun(self, moment: datetime) -> bool:
        """Whether it has begun by then."""
        if self.start is None:
            return True
        if isinstance(self.start, datetime):
            return self.start <= moment
        return self.start <= moment.astimezone(UTC).date()

    def reaches(self, moment: datetime) -> bool:
        """Whether it has not ended before then."""
        if self.end is None:
            return True
        if isinstance(self.end, datetime):
            return moment <= self.end
        return moment.astimezone(UTC).date() <= self.end

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies within."""
        return self.begun(moment) and self.reaches(moment)

    def until(self) -> datetime | None:
        """The moment at which it ends, None where it is open."""
        if self.end is None or self.end == date.max or isinstance(self.end, datetime):
            return self.end if isinstance(self.end, datetime) else None
        day = self.end + timedelta(days=1)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """A rule: what it does where all its criteria are met; `provisions` are its exceptions."""

    kind: Kind
    period: Period | None = None
    actors: tuple[Recipient, ...] = ()
    purposes: tuple[str, ...] = ()
    classes: tuple[Coding, ...] = ()
    codes: tuple[Coding, ...] = ()
    security_labels: tuple[Coding, ...] = ()
    data_period: Period | None = None
    data: tuple[DataReference, ...] = ()
    provisions: tuple["Provision", ...] = ()

    def __post_init__(self) -> None:
        if any(code not in KNOWN for code in self.purposes):
            raise InvalidInputError(
                "A provision names a purpose that is not known. Use the codes of `purpose.KNOWN`."
            )

    def below(self, outer: "Provision") -> "Provision":
        """The same as an exception to `outer`: a criterion it lacks is that of `outer`."""
        return replace(
            self,
            period=self.period or outer.period,
            actors=self.actors or outer.actors,
            purposes=self.purposes or outer.purposes,
            classes=self.classes or outer.classes,
            codes=self.codes or outer.codes,
            security_labels=self.security_labels or outer.security_labels,
            data_period=self.data_period or outer.data_period,
            data=self.data or outer.data,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What one patient said at one time. `basis` says in words on what ground it rests.

    `base` is the rule of the policy that it follows, OPTIN or OPTOUT, where the source
    names one. `source` is where the signed paper is.
    """

    id: str
    patient: str
    root: Provision
    status: Status = Status.ACTIVE
    version: str = ""
    scope: str = "patient-privacy"
    categories: tuple[Coding, ...] = ()
    basis: str = ""
    base: str = ""
    policies: tuple[str, ...] = ()
    source: str = ""
    given_at: Day | None = None
    performers: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()

    def revoked(self) -> "Consent":
        """The same, withdrawn."""
        return replace(self, status=Status.INACTIVE)
