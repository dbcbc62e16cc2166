"""Surfaces made of triangles: PLY, VTK PolyData and VTP files."""

from bodytwin.importers.mesh.read import READER, read
from bodytwin.importers.mesh.surface import Surface

__all__ = ["READER", "Surface", "read"]
