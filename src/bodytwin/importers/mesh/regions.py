"""A volume mesh whose cells say what they are, as a segmented image on cubic voxels."""

from collections.abc import Mapping

import numpy as np

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.mesh.solid import VolumeMesh
from bodytwin.importers.mesh.ventricles import LARGEST_BOX, MARGIN_MM, Labelled
from bodytwin.numerics.geometry.tetrahedra import cell_of


def labelled_solid(mesh: VolumeMesh, meanings: Mapping[int, str], *, spacing_mm: float) -> Labelled:
    """The regions of a mesh on voxels of edge `spacing_mm`: at each centre, that of its cell.

    The sides of voxels run through the least coordinates of the mesh, so that a mesh of cubes
    becomes the same cubes.

    Args:
        mesh: whose cells have tags.
        meanings: of each tag, "" for a region to leave out; a tag without one is refused.
        spacing_mm: 0.1 to 3 mm.

    Raises:
        InvalidInputError: a meaning is lacking, or the spacing is not possible.
        UnreadableFileError: the mesh has no tags, or lies in no voxel.

    """
    if mesh.tags is None:
        raise UnreadableFileError(
            "The cells of the mesh do not say which region they are of. Name the values that do."
        )
    strange = sorted({int(t) for t in np.unique(mesh.tags)} - set(meanings))
    if strange:
        raise InvalidInputError(
            f"The mesh has regions without a meaning: {strange[:10]}. Say what each means."
        )
    if not 0.1 <= spacing_mm <= 3.0:
        raise InvalidInputError(f"Voxels measure 0.1 to 3 mm, got {spacing_mm:g} mm.")
    words = list(dict.fromkeys(word for word in meanings.values() if word))
    numbers = {tag: 1 + words.index(word) if word else 0 for tag, word in meanings.items()}
    if not 0 < len(words) <= 255:
        raise InvalidInputError("At least one region of the mesh needs a meaning.")
    tags, back = np.unique(mesh.tags, return_inverse=True)
    number_of = np.array([numbers[int(t)] for t in tags])[back]
    tetrahedra, of = mesh.as_tetrahedra()
    used = mesh.points_mm[np.unique(tetrahedra)]
    origin = used.min(axis=0) + spacing_mm * (0.5 - np.ceil(MARGIN_MM / spacing_mm))
    size = np.ceil((used.max(axis=0) + MARGIN_MM - origin) / spacing_mm)
    if size.prod() > LARGEST_BOX:
        raise InvalidInputError("The mesh spans too many voxels. Is the unit of length right?")
    shape = (int(size[0]), int(size[1]), int(size[2]))
    found = cell_of(
        mesh.points_mm, tetrahedra, origin_mm=origin, spacing_mm=spacing_mm, shape=shape
    )
    values = np.where(found >= 0, number_of[of[found]], 0).astype(np.uint8)
    if not values.any():
        raise UnreadableFileError("No voxel lies in the mesh. Is the unit of length right?")
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = origin
    return Labelled(values=values, affine=affine, labels=dict(enumerate(words, 1)))
