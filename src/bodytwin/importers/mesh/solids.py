"""Which format a volume mesh is in, and the mesh in mm.

Read are VTK UnstructuredGrid as legacy files (text and binary) and as XML (`.vtu`), whose unit of
length the caller says, and the meshes of openCARP and MonoAlg3D, which are in um.
"""

from collections.abc import Callable

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.mesh import alg, carp, unstructured, vtu
from bodytwin.importers.mesh.grid import Grid, mesh_of
from bodytwin.importers.mesh.read import mm_per
from bodytwin.importers.mesh.solid import VolumeMesh
from bodytwin.importers.source import CONTAINERS

ALLOWED = "Legacy VTK UnstructuredGrid, VTU or a mesh of MonoAlg3D (.alg) is expected."


def read_solid(
    data: bytes, *, length_unit: str | None = None, tag: str | None = None
) -> VolumeMesh:
    """The volume mesh in one file.

    Args:
        data: the whole file.
        length_unit: of a VTK file, a UCUM code such as 'mm' or 'um'. MonoAlg3D writes um.
        tag: name of the values that say which region a cell is of, where it is not a usual one;
            in a mesh of MonoAlg3D such as "column 7".

    Raises:
        InvalidInputError: no unit of length was given.
        UnreadableFileError: the file is not whole, or no mesh of cells with a volume.

    """
    if data.startswith(b"# vtk DataFile"):
        return _made(lambda: unstructured.read(data), mm_per(length_unit), tag)
    if b"<VTKFile" in data[:1024]:
        return _made(lambda: vtu.read(data), mm_per(length_unit), tag)
    for start, description in CONTAINERS.items():
        if data.startswith(start):
            raise UnreadableFileError(f"The file is {description}. {ALLOWED}")
    if not data.strip() or data.split(b"\n", 1)[0].count(b",") < alg.FIRST_EXTRA - 1:
        raise UnreadableFileError(
            f"The file is {'of another format' if data.strip() else 'empty'}. {ALLOWED}"
        )
    return _made(lambda: alg.read(data), alg.MM_PER_UNIT, tag)


def read_carp(points: bytes, elements: bytes, fibres: bytes | None = None) -> VolumeMesh:
    """The volume mesh in the files `.pts`, `.elem` and `.lon` of openCARP, whose unit is um.

    Raises:
        UnreadableFileError: a file is not whole, or the files do not fit together.

    """
    return _made(lambda: carp.read(points, elements, fibres), carp.MM_PER_UNIT, None)


def _made(found: Callable[[], Grid], mm_per_unit: float, tag: str | None) -> VolumeMesh:
    try:
        return mesh_of(found(), mm_per_unit=mm_per_unit, tag=tag)
    except UnreadableFileError:
        raise
    except InvalidInputError as error:
        raise UnreadableFileError(str(error)) from None
