"""Which hexahedra make up any uterus, and what are their places called?

One plate serves all women: half a disc, whose middle is the cap of the fundus and whose rings run
down to the external os, swept through the wall. Its reference coordinates are the flat position
(r sin angle, r cos angle) and w; `shape` says what they mean. A whole uterus is the half and its
mirror image. Numbering depends on the counts of elements only, and the nodes of a plate are nodes
of any finer one whose counts are multiples of its own.

Not for: positions in space (`meshing`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.solid import Mesh, block, joined
from bodytwin.numerics.solid.element import FACES
from bodytwin.twins.pregnancy.model.sweep import LAST

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
CORE = 0.5
BULGE = 0.1
"""Half the side of the square in the cap, and how far its sides bulge."""
RINGS = (1, 2, 1, 1, 1, 1)
"""Elements along each stretch of r from 1 to 7 in the coarsest plate."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """`fine` elements for each one of the coarsest plate, `layers` of them through the wall."""

    fine: int = 1
    layers: int = 1

    def __post_init__(self) -> None:
        if min(self.fine, self.layers) < 1:
            raise InvalidInputError(f"Counts must be at least 1, got {self}.")

    def doubled(self) -> "Counts":
        """Half the size of elements in all directions."""
        return Counts(fine=2 * self.fine, layers=2 * self.layers)


@dataclass(frozen=True, eq=False)
class Template:
    """Nodes of the plate by `angle`, `r`, `w` (n,), its `cells` (m, 27), and where those are."""

    angle: Array
    r: Array
    w: Array
    cells: Ints
    surfaces: dict[str, Ints]
    regions: dict[str, Ints]
    os_ring: Ints


@cache
def half_template(counts: Counts) -> Template:
    """The plate of the left half of a uterus."""
    plate = joined(_patches(counts), within_mm=1e-7)
    x, y, w = plate.positions_mm.T
    x = np.where(np.abs(x) < 1e-9, 0.0, x)
    r, angle = np.hypot(x, y), np.arctan2(x, y)
    r = np.where(np.abs(r - np.round(r)) < 1e-9, np.round(r), r)
    cells = plate.cells
    return Template(
        angle=angle,
        r=r,
        w=w,
        cells=cells,
        surfaces=_surfaces(cells, angle=angle, r=r, w=w),
        regions=_regions(cells, r),
        os_ring=np.flatnonzero((r == 5.0) & (w == 0.0)),
    )


@cache
def whole_template(counts: Counts) -> Template:
    """The plate of a whole uterus: the half first, then its image, whose angles are negative."""
    half = half_template(counts)
    off = ~in_plane(half.angle, half.r)
    number = np.arange(len(off))
    number[off] = len(off) + np.arange(off.sum())
    hexahedron = np.arange(27).reshape(3, 3, 3)[:, :, ::-1].ravel()
    face = np.arange(9).reshape(3, 3)[:, ::-1].ravel()
    surfaces = {
        name: np.concatenate([faces, number[faces][:, face]])
        for name, faces in half.surfaces.items()
    }
    return Template(
        angle=np.concatenate([half.angle, -half.angle[off]]),
        r=np.concatenate([half.r, half.r[off]]),
        w=np.concatenate([half.w, half.w[off]]),
        cells=np.concatenate([half.cells, number[half.cells][:, hexahedron]]),
        surfaces=surfaces | {"symmetry": half.surfaces["symmetry"][:0]},
        regions={
            name: np.concatenate([at, at + len(half.cells)]) for name, at in half.regions.items()
        },
        os_ring=np.union1d(half.os_ring, number[half.os_ring]),
    )


def in_plane(angle: Array, r: Array) -> Flags:
    """Which nodes lie in the sagittal plane."""
    return np.abs(np.sin(angle) * r) < 1e-9


def _patches(counts: Counts) -> list[Mesh]:
    n, through = counts.fine, counts.layers
    patches = [block((n, 2 * n, through)).moved(_middle)]
    for first, last, across in ((0.0, 0.25, n), (0.25, 0.75, 2 * n), (0.75, 1.0, n)):
        patches.append(block((across, n, through)).moved(_petal(first, last)))
    patches += [
        block((4 * n, along * n, through)).moved(_ring(float(first)))
        for first, along in enumerate(RINGS, start=1)
    ]
    return patches


def _square(a: Array, b: Array) -> tuple[Array, Array]:
    """The half square a 0 to 1, b -1 to 1, with bulging sides."""
    u = CORE * a * (1 + BULGE * (1 - b * b)) / (1 + BULGE)
    return u, CORE * b * (1 + BULGE * (1 - a * a)) / (1 + BULGE)


def _middle(x: Array) -> Array:
    u, v = _square(1 - x[:, 0], 1 - 2 * x[:, 1])
    return np.column_stack([u, v, x[:, 2]])


def _petal(first: float, last: float) -> Callable[[Array], Array]:
    def place(x: Array) -> Array:
        part = first + x[:, 0] * (last - first)
        a = np.clip(4 * part, 0, 1) * np.clip(4 - 4 * part, 0, 1)
        b = np.clip(2 - 4 * part, -1, 1)
        inner = np.column_stack(_square(a, b))
        rim = np.column_stack([np.sin(np.pi * part), np.cos(np.pi * part)])
        return np.column_stack([inner + x[:, 1:2] * (rim - inner), x[:, 2]])

    return place


def _ring(first: float) -> Callable[[Array], Array]:
    def place(x: Array) -> Array:
        r, angle = first + x[:, 1], np.pi * x[:, 0]
        return np.column_stack([r * np.sin(angle), r * np.cos(angle), x[:, 2]])

    return place


def _surfaces(cells: Ints, *, angle: Array, r: Array, w: Array) -> dict[str, Ints]:
    faces = cells[:, FACES].reshape(-1, 9)
    middle = faces[:, 4]

    def all_of(chosen: Flags) -> Flags:
        return np.logical_and.reduce(chosen[faces], axis=1)

    inner, outer = all_of(w == 0), all_of(w == 1)
    side = in_plane(angle, r)
    body = r[middle] < 3
    cap = r[middle] < 1
    front, back = angle[middle] < np.pi / 2, angle[middle] > np.pi / 2
    chosen = {
        "cavity": inner & (r[middle] < 5),
        "canal": inner & (r[middle] > 5),
        "outer": outer,
        "fundus": outer & cap,
        "front": outer & (r[middle] < 2) & ~cap & front,
        "pelvis": outer & body & (r[middle] > 2) & front,
        "back": outer & body & ~cap & back,
        "ligaments": outer & (r[middle] > 3) & (r[middle] < 6),
        "cervix_outer": outer & (r[middle] > 6),
        "external_os": all_of(r == LAST),
        "symmetry": all_of(side),
    }
    return {name: np.ascontiguousarray(faces[flags]) for name, flags in chosen.items()}


def _regions(cells: Ints, r: Array) -> dict[str, Ints]:
    at = r[cells[:, 13]]
    chosen = {
        "uterus": at < 4,
        "lower_segment": (at > 2.5) & (at < 4),
        "cervix": at > 4,
        "internal_os": (at > 4) & (at < 6),
    }
    return {name: np.flatnonzero(flags) for name, flags in chosen.items()}
