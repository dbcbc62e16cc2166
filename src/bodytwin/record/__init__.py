"""The patient record: facts with time, code, unit and provenance, and no behaviour."""

from bodytwin.record.code import LOINC, RXNORM, Code
from bodytwin.record.electroanatomic import Map
from bodytwin.record.image import Image
from bodytwin.record.instant import Instant, Precision
from bodytwin.record.measured import Comparator, Quantity
from bodytwin.record.patient import Demographics, Record, Sex
from bodytwin.record.provenance import Provenance
from bodytwin.record.row import Covariate, Observation, Route, Treatment

__all__ = [
    "LOINC",
    "RXNORM",
    "Code",
    "Comparator",
    "Covariate",
    "Demographics",
    "Image",
    "Instant",
    "Map",
    "Observation",
    "Precision",
    "Provenance",
    "Quantity",
    "Record",
    "Route",
    "Sex",
    "Treatment",
]
