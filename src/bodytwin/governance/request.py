"""Who asks, and what for: the question that consent answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """In which capacity somebody asks."""

    PATIENT = "patient"
    PROXY = "proxy"
    CLINICIAN = "clinician"
    RESEARCHER = "researcher"
    CUSTODIAN = "custodian"
    """Runs the node: imports, erases on request, reviews; sees no prediction by this."""
    LOCAL = "local"
    """The one person of a store on their own machine."""
    DEVICE = "device"
    """A sensor that sends, and reads nothing."""


class OrganisationKind(StrEnum):
    """What kind of organisation somebody asks for."""

    NONE = ""
    PROVIDER = "provider"
    RESEARCH = "research"
    PAYER = "payer"
    EMPLOYER = "employer"
    GOVERNMENT = "government"
    OTHER = "other"


class Action(StrEnum):
    """What is to be done. Twin actions compute or show something that a twin says."""

    LIST = "list"
    IMPORT = "import"
    READ = "read"
    PERSONALISE = "personalise"
    FORECAST = "forecast"
    COMPARE = "compare"
    SCORE = "score"
    REPORT = "report"
    WATCH = "watch"
    """Follow live data."""
    SEND = "send"
    """Deliver live data."""
    COHORT = "cohort"
    """Let the record take part in a computation over many, of which only aggregates leave."""
    EXPORT = "export"
    SHARE = "share"
    """Hand out a de-identified copy."""
    AUDIT = "audit"
    CONSENT = "consent"
    """See or change the consents."""
    ERASE = "erase"
    REVIEW = "review"
    """Review what was done in an emergency."""


TWIN_ACTIONS = frozenset(
    {
        Action.PERSONALISE,
        Action.FORECAST,
        Action.COMPARE,
        Action.SCORE,
        Action.REPORT,
        Action.WATCH,
        Action.COHORT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who asks; `id` is what the token or the system calls them, `person` a patient's
    pseudonym where they are one themselves.
    """

    id: str
    role: Role
    name: str = ""
    organisation: str = ""
    organisation_kind: OrganisationKind = OrganisationKind.NONE
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question. `purpose` is as it was given: whatever is no known code is refused.

    `classes`, `codes` and `security_labels` describe the data that would be
    used, `data_from`/`data_to` its span; empty and None mean: not restricted.
    `outputs` names the fields that would leave.
    """

    actor: Actor
    action: Action
    purpose: object
    patient: str
    twin: str = ""
    version: str = ""
    outputs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    security_labels: tuple[str, ...] = ()
    data_from: datetime | None = None
    data_to: datetime | None = None
