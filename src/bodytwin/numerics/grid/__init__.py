"""Equations on the active voxels of a regular grid."""

from bodytwin.numerics.grid import morphology
from bodytwin.numerics.grid.voxels import Voxels

__all__ = ["Voxels", "morphology"]
