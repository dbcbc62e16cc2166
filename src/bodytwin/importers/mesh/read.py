"""Which format a file of a surface is in, and the surface in mm.

Read are PLY (text and both binary orders), VTK PolyData as legacy files (text and
binary) and as XML (`.vtp`). None of them states the unit of length, so the
caller does.
"""

from collections.abc import Callable

import numpy as np

from bodytwin import units
from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.mesh import ply, vtk, vtp
from bodytwin.importers.mesh.raw import Raw
from bodytwin.importers.mesh.surface import Surface
from bodytwin.importers.source import CONTAINERS

READER = "mesh/1"
ALLOWED = "PLY, legacy VTK PolyData or VTP is expected."
UNIT = "Say in which unit of length the file was written, such as 'mm', 'cm' or 'm'"


def read(data: bytes, *, length_unit: str | None) -> Surface:
    """The surface in a file whose coordinates are in `length_unit`, a UCUM code.

    Raises:
        InvalidInputError: no unit of length was given.
        UnreadableFileError: the file is not whole, not one surface of triangles, or not of a
            format that is read.

    """
    scale = mm_per(length_unit)
    try:
        found = _reader(data)(data)
        with np.errstate(over="ignore", invalid="ignore"):
            points_mm = np.asarray(found.points, dtype=np.float64) * scale
        return Surface(
            vertices_mm=points_mm, triangles=found.triangles, point_data=found.point_data
        )
    except UnreadableFileError:
        raise
    except InvalidInputError as error:
        raise UnreadableFileError(str(error)) from None


def mm_per(unit: str | None) -> float:
    """How many mm one of the unit of length is that the caller gave."""
    if not unit:
        raise InvalidInputError(f"{UNIT}: the file does not.")
    if not units.is_convertible(unit, "mm"):
        raise InvalidInputError(f"{UNIT}; {unit!r} is none.")
    return units.convert(1.0, source=unit, target="mm")


def _reader(data: bytes) -> Callable[[bytes], Raw]:
    if data.startswith((b"ply\n", b"ply\r")):
        return ply.read
    if data.startswith(b"# vtk DataFile"):
        return vtk.read
    if b"<VTKFile" in data[:1024]:
        return vtp.read
    for start, description in CONTAINERS.items():
        if data.startswith(start):
            raise UnreadableFileError(f"The file is {description}. {ALLOWED}")
    raise UnreadableFileError(f"The file is {'of another format' if data else 'empty'}. {ALLOWED}")
