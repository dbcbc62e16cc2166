"""Pages for people: one patient, one question, the answer and what speaks for and against it."""

from bodytwin.report.chance import Attainment, AttainmentCurve, Chance
from bodytwin.report.page import Aim, DoseGiven, Foretold, Judged, Page
from bodytwin.report.render import render

__all__ = [
    "Aim",
    "Attainment",
    "AttainmentCurve",
    "Chance",
    "DoseGiven",
    "Foretold",
    "Judged",
    "Page",
    "render",
]
