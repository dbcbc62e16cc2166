"""Doses, contours and plans as files that a planning system reads (DICOM RT).

Each function gives the bytes of one file. UIDs are derived from what is written, or given, so
that the same value is the same file. Nothing here is approved: approval is a person's.
"""

from bodytwin.report.dicom.dose import write_dose
from bodytwin.report.dicom.file import Author, Person, Uids
from bodytwin.report.dicom.plan import write_plan
from bodytwin.report.dicom.structures import write_structures

__all__ = ["Author", "Person", "Uids", "write_dose", "write_plan", "write_structures"]
