"""Signals recorded over time: WFDB records, as PhysioNet keeps them."""

from bodytwin.importers.waveform.wfdb import Signals, read

__all__ = ["Signals", "read"]
