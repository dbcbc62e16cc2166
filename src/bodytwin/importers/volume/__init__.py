"""Images of the body: NIfTI, NRRD, DICOM Segmentation and DICOM series."""

from bodytwin.importers.volume.read import read, read_series
from bodytwin.importers.volume.volume import MEANINGS, READER, Said, Volume

__all__ = ["MEANINGS", "READER", "Said", "Volume", "read", "read_series"]
