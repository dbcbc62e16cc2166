"""Bytes in, records out, and a list of what was not understood."""

from bodytwin.importers.report import HeldBack, Imported, ImportReport

__all__ = ["HeldBack", "ImportReport", "Imported"]
