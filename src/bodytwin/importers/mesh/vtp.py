"""VTK PolyData as XML (`.vtp`): numbers as text, in base64, or appended, packed or not.

One piece of triangles with its PointData is read; values of cells and of the whole
data set are passed over.

Source: The VTK User's Guide, chapter VTK File Formats, XML File Formats.
"""

import xml.etree.ElementTree as ET

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.mesh.markup import array, data_of, named, opened
from bodytwin.importers.mesh.raw import Raw, count, triangles_of

OTHER_CELLS = ("Verts", "Lines", "Strips")


def read(data: bytes) -> Raw:
    """The surface in a VTP file."""
    file = opened(data, "PolyData")
    piece = file.piece
    points = count(piece.get("NumberOfPoints", ""), what="points")
    faces = count(piece.get("NumberOfPolys", ""), what="polygons")
    _require_only_faces(piece)
    corners, ends = (named(piece, "Polys", name) for name in ("connectivity", "offsets"))
    offsets = array(file, ends, faces)
    total = int(offsets[-1]) if faces else 0
    if total != 3 * faces:
        raise UnreadableFileError(
            f"{faces} triangles have {3 * faces} corners, got {total}: some faces are no "
            "triangles. Triangulate the surface first."
        )
    place = piece.find("Points/DataArray")
    if place is None or place.get("NumberOfComponents") != "3":
        raise UnreadableFileError("The piece has no points of three coordinates.")
    return Raw(
        points=array(file, place, points),
        triangles=triangles_of(array(file, corners, total), offsets),
        point_data=data_of(file, "PointData", points),
    )


def _require_only_faces(piece: ET.Element) -> None:
    for name in OTHER_CELLS:
        if count(piece.get(f"NumberOf{name}", "0"), what="cells"):
            raise UnreadableFileError(
                f"Beside its triangles the file holds {name.lower()}. Remove them."
            )
