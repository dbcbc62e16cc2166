"""The patient record: facts with time, code, unit and provenance, and no behaviour."""

from bodytwin.record.beam import (
    Beam,
    ControlPoint,
    Fluence,
    Limiter,
    LimiterKind,
    Prescription,
    TreatmentPlan,
)
from bodytwin.record.code import LOINC, RXNORM, Code
from bodytwin.record.contour import Region, StructureSet
from bodytwin.record.course import Course, linked
from bodytwin.record.delineated import Delineated
from bodytwin.record.dose import Dose, DoseKind, Summation
from bodytwin.record.electroanatomic import Map, Rhythm
from bodytwin.record.image import Image
from bodytwin.record.instant import Instant, Precision
from bodytwin.record.measured import Comparator, Quantity
from bodytwin.record.patient import Demographics, Record, Sex
from bodytwin.record.provenance import Provenance
from bodytwin.record.raster import inside, skipped_slices, volume_ml
from bodytwin.record.row import Covariate, Observation, Route, Treatment
from bodytwin.record.series import Series

__all__ = [
    "LOINC",
    "RXNORM",
    "Beam",
    "Code",
    "Comparator",
    "ControlPoint",
    "Course",
    "Covariate",
    "Delineated",
    "Demographics",
    "Dose",
    "DoseKind",
    "Fluence",
    "Image",
    "Instant",
    "Limiter",
    "LimiterKind",
    "Map",
    "Observation",
    "Precision",
    "Prescription",
    "Provenance",
    "Quantity",
    "Record",
    "Region",
    "Rhythm",
    "Route",
    "Series",
    "Sex",
    "StructureSet",
    "Summation",
    "Treatment",
    "TreatmentPlan",
    "inside",
    "linked",
    "skipped_slices",
    "volume_ml",
]
