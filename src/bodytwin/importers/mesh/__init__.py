"""Surfaces of triangles (PLY, VTK, VTP), volume meshes (VTK, VTU, openCARP, MonoAlg3D)."""

from bodytwin.importers.mesh.read import READER, read
from bodytwin.importers.mesh.regions import labelled_solid
from bodytwin.importers.mesh.solid import VolumeMesh
from bodytwin.importers.mesh.solids import read_carp, read_solid
from bodytwin.importers.mesh.surface import Surface

__all__ = [
    "READER",
    "Surface",
    "VolumeMesh",
    "labelled_solid",
    "read",
    "read_carp",
    "read_solid",
]
