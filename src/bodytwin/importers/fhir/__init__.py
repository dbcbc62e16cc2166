"""FHIR R4: bundles, single resources, and newline-delimited JSON."""

from bodytwin.importers.fhir.part import excerpt
from bodytwin.importers.fhir.read import READER, read

__all__ = ["READER", "excerpt", "read"]
