"""All that is known of one patient."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bodytwin.record.delineated import Delineated
from bodytwin.record.electroanatomic import Map
from bodytwin.record.image import Image
from bodytwin.record.row import Covariate, Observation, Treatment


class Sex(StrEnum):
    """Administrative sex, as in FHIR."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demographics:
    """What holds of the person; `birth_date` as precise as the source had it.

    `name` is what the source calls them: for people to recognise, never for a
    model, an error or a log, so it is not part of the text of this value.
    """

    name: str = field(default="", repr=False)
    sex: Sex = Sex.UNKNOWN
    birth_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Facts about one patient, each tuple in order of time. `patient` is a pseudonym."""

    patient: str
    demographics: Demographics = field(default_factory=Demographics)
    observations: tuple[Observation, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    covariates: tuple[Covariate, ...] = ()
    images: tuple[Image, ...] = ()
    maps: tuple[Map, ...] = ()
    delineated: tuple[Delineated, ...] = ()
