"""Files of radiotherapy: DICOM RT, matRad and OpenKBP, as values of the record.

`read_course` takes the files of one plan as they come. What a reader could not use is in
`Found.held_back`, with the reason.
"""

from bodytwin.importers.radiotherapy.course import read as read_course
from bodytwin.importers.radiotherapy.delineate import delineate
from bodytwin.importers.radiotherapy.dose import read as read_dose
from bodytwin.importers.radiotherapy.found import READER, Found
from bodytwin.importers.radiotherapy.machine import PhotonMachine
from bodytwin.importers.radiotherapy.machine import read as read_machine
from bodytwin.importers.radiotherapy.matrad import read as read_matrad
from bodytwin.importers.radiotherapy.openkbp import read as read_openkbp
from bodytwin.importers.radiotherapy.plan import read as read_plan
from bodytwin.importers.radiotherapy.series import read as read_series
from bodytwin.importers.radiotherapy.structures import read as read_structures

__all__ = [
    "READER",
    "Found",
    "PhotonMachine",
    "delineate",
    "read_course",
    "read_dose",
    "read_machine",
    "read_matrad",
    "read_openkbp",
    "read_plan",
    "read_series",
    "read_structures",
]
