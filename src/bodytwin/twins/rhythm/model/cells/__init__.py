"""Cells whose membrane is described current by current."""
