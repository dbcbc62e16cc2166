"""VTK UnstructuredGrid as XML (`.vtu`): numbers as text, in base64, or appended, packed or not.

Source: The VTK User's Guide, chapter VTK File Formats, XML File Formats.
"""

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.mesh.grid import Grid
from bodytwin.importers.mesh.markup import array, data_of, named, opened
from bodytwin.importers.mesh.raw import count

LARGEST_CORNERS = 200_000_000


def read(data: bytes) -> Grid:
    """The cells in a VTU file."""
    file = opened(data, "UnstructuredGrid")
    piece = file.piece
    points = count(piece.get("NumberOfPoints", ""), what="points")
    cells = count(piece.get("NumberOfCells", ""), what="cells")
    place = piece.find("Points/DataArray")
    if place is None or place.get("NumberOfComponents") != "3":
        raise UnreadableFileError("The piece has no points of three coordinates.")
    ends = array(file, named(piece, "Cells", "offsets"), cells)
    types = array(file, named(piece, "Cells", "types"), cells)
    total = int(ends[-1]) if cells else 0
    if not 0 <= total <= LARGEST_CORNERS or {ends.dtype.kind, types.dtype.kind} - {"i", "u"}:
        raise UnreadableFileError("The cells end at places that cannot be.")
    return Grid(
        points=array(file, place, points),
        types=types,
        corners=array(file, named(piece, "Cells", "connectivity"), total),
        ends=ends,
        cell_data=data_of(file, "CellData", cells),
    )
