"""The equations: linear compartments by closed form, everything else by integration."""

from bodytwin.twins.dosing.model.batch import Batch, Dose, Schedule
from bodytwin.twins.dosing.model.infusion import ABSORBED, CENTRAL
from bodytwin.twins.dosing.model.structure import STRUCTURES, Structure

__all__ = ["ABSORBED", "CENTRAL", "STRUCTURES", "Batch", "Dose", "Schedule", "Structure"]
