"""Signals recorded over time: WFDB records, and electrocardiograms in DICOM and FHIR."""

from bodytwin.importers.waveform.ecg import LEADS, read_ecg
from bodytwin.importers.waveform.wfdb import Signals, read

__all__ = ["LEADS", "Signals", "read", "read_ecg"]
