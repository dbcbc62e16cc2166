"""Images of the body: NIfTI, NRRD, DICOM Segmentation and DICOM series."""

from bodytwin.importers.volume.enhancement import (
    DeviationsOfRemote,
    SharesOfMaximum,
    by_intensity,
)
from bodytwin.importers.volume.read import read, read_series
from bodytwin.importers.volume.volume import MEANINGS, READER, Said, Volume

__all__ = [
    "MEANINGS",
    "READER",
    "DeviationsOfRemote",
    "Said",
    "SharesOfMaximum",
    "Volume",
    "by_intensity",
    "read",
    "read_series",
]
