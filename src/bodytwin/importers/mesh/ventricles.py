"""Surfaces of the ventricles as a segmented image: muscle and both cavities, voxel by voxel.

Either one closed surface whose points say what they belong to (1 base, 2 epicardium, 3 left, 4
right endocardium), or four surfaces that together close the muscle. Each cavity is its
endocardium, closed by a fan across its open rim.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.mesh.surface import Surface
from bodytwin.numerics.geometry import inside, rim_closed

Array = NDArray[np.float64]
LABELS = {1: "healthy", 5: "lv_blood", 6: "rv_blood"}
PARTS = {"base": 1, "epi": 2, "endo_lv": 3, "endo_rv": 4}
MARGIN_MM = 4.0
LARGEST_BOX = 400_000_000
READER = "ventricles/1"


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """Whole numbers (nx, ny, nz), the affine (4, 4) to mm, and what the numbers mean."""

    values: NDArray[np.uint8]
    affine: Array
    labels: Mapping[int, str]


def labelled(surfaces: Mapping[str, Surface], *, spacing_mm: float) -> Labelled:
    """A segmentation on cubic voxels from four named surfaces.

    Raises:
        InvalidInputError: a surface is lacking, or the spacing is not possible.
        UnreadableFileError: the surfaces do not enclose a muscle with two cavities.

    """
    lacking = sorted(set(PARTS) - set(surfaces))
    if lacking:
        raise InvalidInputError(
            f"Of the surfaces of the ventricles {', '.join(lacking)} is lacking. Needed are "
            f"{', '.join(PARTS)}."
        )
    if not 0.1 <= spacing_mm <= 3.0:
        raise InvalidInputError(f"Voxels measure 0.1 to 3 mm, got {spacing_mm:g} mm.")
    points = np.vstack([s.vertices_mm for s in surfaces.values()])
    origin = points.min(axis=0) - MARGIN_MM
    size = np.ceil((points.max(axis=0) + MARGIN_MM - origin) / spacing_mm)
    if size.prod() > LARGEST_BOX:
        raise InvalidInputError("The surfaces span too many voxels. Is the unit of length right?")
    shape = (int(size[0]), int(size[1]), int(size[2]))

    def filled(vertices: Array, triangles: NDArray[np.int64]) -> NDArray[np.bool_]:
        return inside(vertices, triangles, origin_mm=origin, spacing_mm=spacing_mm, shape=shape)

    muscle = filled(*_together([surfaces[name] for name in PARTS]))
    cavities = [
        filled(*rim_closed(surfaces[n].vertices_mm, surfaces[n].triangles)) & ~muscle
        for n in ("endo_lv", "endo_rv")
    ]
    if not (muscle.any() and cavities[0].any() and cavities[1].any()):
        raise UnreadableFileError(
            "The surfaces do not enclose a muscle with two cavities. Do they fit together?"
        )
    values = np.zeros(shape, dtype=np.uint8)
    for number, mask in zip(LABELS, (muscle, *cavities), strict=True):
        values[mask] = number
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = origin
    return Labelled(values=values, affine=affine, labels=LABELS)


def parts_of(whole: Surface) -> dict[str, Surface]:
    """The four surfaces of one whose points say to which part they belong.

    A triangle belongs to the part of most of its points, or else to the base.
    """
    name = next((n for n in ("part", "class") if n in whole.point_data), None)
    if name is None:
        raise UnreadableFileError(
            "The points of the surface do not say what they belong to. An array 'part' is needed: "
            "1 base, 2 epicardium, 3 left and 4 right endocardium."
        )
    parts = np.asarray(whole.point_data[name]).astype(int)
    at = parts[whole.triangles]
    most = np.where((at[:, 0] == at[:, 1]) | (at[:, 0] == at[:, 2]), at[:, 0], at[:, 1])
    alone = (at[:, 1] != at[:, 2]) & (at[:, 0] != at[:, 1]) & (at[:, 0] != at[:, 2])
    of = np.where(alone, PARTS["base"], most)
    if set(np.unique(of)) != set(PARTS.values()):
        raise UnreadableFileError("Of base, epicardium and both endocardia one is lacking.")
    return {part: _part(whole, of == number) for part, number in PARTS.items()}


def _part(whole: Surface, which: NDArray[np.bool_]) -> Surface:
    used, back = np.unique(whole.triangles[which], return_inverse=True)
    return Surface(vertices_mm=whole.vertices_mm[used], triangles=back.reshape(-1, 3))


def _together(surfaces: list[Surface]) -> tuple[Array, NDArray[np.int64]]:
    shift = np.cumsum([0, *(len(s.vertices_mm) for s in surfaces)])
    return (
        np.vstack([s.vertices_mm for s in surfaces]),
        np.vstack([s.triangles + k for s, k in zip(surfaces, shift, strict=False)]),
    )
