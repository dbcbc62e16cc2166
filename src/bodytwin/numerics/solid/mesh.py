"""Which hexahedra make up a body, and are they the right way out?

A mesh is made as a block whose nodes have parameters in the unit cube, blocks are moved to where
they belong by a function of those parameters, and joined where their nodes meet. The numbering
depends on the counts of elements only: meshes of different patients have the same topology, so
that their fields can be compared node by node.

Not for: unstructured meshes of irregular anatomy, which other tools make; `Mesh` takes theirs if
they have the order of nodes of `element`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, NumericalError
from bodytwin.numerics.solid import element

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Geometry:
    """What of the undeformed shape the equations need, at the quadrature points of each element.

    `gradient_per_mm` (m, 27, 3, 27) holds derivatives of the shapes, `weight_mm3` (m, 27) the
    volumes, `modes` (m, 27, 4) the pressures 1, X, Y and Z made orthonormal over each element.
    """

    gradient_per_mm: Array
    weight_mm3: Array
    modes: Array


@dataclass(frozen=True, eq=False)
class Mesh:
    """Nodes `positions_mm` (n, 3) and `cells` (m, 27) in the order of `element`."""

    positions_mm: Array
    cells: Ints

    def __post_init__(self) -> None:
        if self.positions_mm.ndim != 2 or self.positions_mm.shape[1] != 3:
            raise InvalidInputError(f"positions_mm must be (n, 3), got {self.positions_mm.shape}.")
        if self.cells.ndim != 2 or self.cells.shape[1] != 27:
            raise InvalidInputError(f"cells must be (m, 27), got {self.cells.shape}.")
        if not np.isfinite(self.positions_mm).all():
            raise InvalidInputError("positions_mm must be finite; some are not.")
        if self.cells.size and not 0 <= self.cells.min() <= self.cells.max() < self.count:
            raise InvalidInputError(f"cells must name nodes 0 to {self.count - 1}; some do not.")

    @property
    def count(self) -> int:
        """How many nodes."""
        return len(self.positions_mm)

    @cached_property
    def geometry(self) -> Geometry:
        """Derivatives, volumes and pressures. Raises NumericalError where an element folds."""
        x = self.positions_mm[self.cells]
        jacobian = np.einsum("qda,mai->mqid", element.VOLUME_SLOPE, x)
        volume = np.linalg.det(jacobian)
        worst = int(np.argmin(volume.min(axis=1)))
        if volume[worst].min() <= 0:
            raise NumericalError(
                f"Element {worst} is folded or inside out before any load: its volume factor is "
                f"{volume[worst].min():.3g} mm3 at a quadrature point and must be positive. "
                "Move its nodes, or mesh with other counts."
            )
        slope = np.swapaxes(np.linalg.inv(jacobian), 2, 3)
        gradient = np.einsum("mqid,qda->mqia", slope, element.VOLUME_SLOPE)
        weight = volume * element.VOLUME_WEIGHT
        return Geometry(np.ascontiguousarray(gradient), weight, _modes(x, weight))

    @cached_property
    def points_mm(self) -> Array:
        """Where the quadrature points are, (m, 27, 3)."""
        return self.at_points(self.positions_mm)

    def at_points(self, values: Array) -> Array:
        """Nodal values (n, ...) interpolated to the quadrature points, (m, 27, ...)."""
        return np.einsum("qa,ma...->mq...", element.VOLUME_VALUE, values[self.cells])

    @cached_property
    def faces(self) -> Ints:
        """All faces, (m, 6, 9), nodes ordered for an outward normal."""
        return self.cells[:, element.FACES]

    @cached_property
    def boundary(self) -> Ints:
        """Faces that belong to one element only, (f, 9)."""
        every = self.faces.reshape(-1, 9)
        _, first, count = np.unique(
            np.sort(every, axis=1), axis=0, return_index=True, return_counts=True
        )
        return every[np.sort(first[count == 1])]

    def boundary_where(self, chosen: Callable[[Array], NDArray[np.bool_]]) -> Ints:
        """Boundary faces all of whose nodes `chosen` ((k, 3) in mm to (k,)) accepts, (f, 9)."""
        return self.boundary[chosen(self.positions_mm)[self.boundary].all(axis=1)]

    def nodes_where(self, chosen: Callable[[Array], NDArray[np.bool_]]) -> Ints:
        """Nodes that `chosen` ((n, 3) in mm to (n,)) accepts."""
        return np.flatnonzero(chosen(self.positions_mm))

    def moved(self, place: Callable[[Array], Array]) -> "Mesh":
        """The same topology with every node at `place` of where it is."""
        return Mesh(np.ascontiguousarray(place(self.positions_mm), dtype=np.float64), self.cells)


def _modes(x: Array, weight: Array) -> Array:
    at = np.einsum("qa,mai->mqi", element.VOLUME_VALUE, x)
    mass = weight.sum(axis=1)[:, None, None]
    centred = at - (weight[..., None] * at).sum(axis=1, keepdims=True) / mass
    raw = np.concatenate([np.ones((*at.shape[:2], 1)), centred], axis=2)
    root = np.sqrt(weight)[..., None]
    made, _ = np.linalg.qr(root * raw)
    return np.ascontiguousarray(made / root)


def block(shape: tuple[int, int, int]) -> Mesh:
    """The unit cube cut into `shape` equal elements; nodes and elements with x fastest."""
    if min(shape) < 1:
        raise InvalidInputError(f"A block needs at least one element along each axis, got {shape}.")
    nx, ny, nz = (2 * n + 1 for n in shape)
    axes = [np.linspace(0, 1, n) for n in (nx, ny, nz)]
    grid = np.meshgrid(*axes, indexing="ij")
    positions = np.stack([g.ravel(order="F") for g in grid], axis=1)
    corner = np.meshgrid(*(2 * np.arange(n) for n in shape), indexing="ij")
    i, j, k = (c.ravel(order="F") for c in corner)
    step = np.arange(3)
    inner = step[None, None, :] + nx * (step[None, :, None] + ny * step[:, None, None])
    first = i + nx * (j + ny * k)
    return Mesh(positions, (first[:, None] + inner.ravel()[None, :]).astype(np.int64))


def box(shape: tuple[int, int, int], *, size_mm: tuple[float, float, float]) -> Mesh:
    """A cuboid from the origin to `size_mm`."""
    return block(shape).moved(lambda x: x * np.asarray(size_mm))


def joined(parts: Sequence[Mesh], *, within_mm: float) -> Mesh:
    """One mesh, whose nodes nearer to each other than about `within_mm` are one node.

    Also closes a ring: a single part whose ends meet.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    positions = np.concatenate([p.positions_mm for p in parts])
    starts = np.cumsum([0, *(p.count for p in parts)])
    cells = np.concatenate([p.cells + s for p, s in zip(parts, starts[:-1], strict=True)])
    pairs = KDTree(positions).query_pairs(within_mm, output_type="ndarray")
    links = coo_array(
        (np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(positions),) * 2
    )
    _, label = connected_components(links, directed=False)
    _, first, place = np.unique(label, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return Mesh(positions[first[order]], number[place[cells]])


def disc(across: int, outward: int, through: int) -> Mesh:
    """A round plate of radius one and thickness one, without a degenerate element at its middle.

    A square of `across` x `across` elements in the middle, four times `across` x `outward` around
    it, `through` layers along z.
    """
    half = 0.45

    def middle(x: Array) -> Array:
        a, b = 2 * x[:, 0] - 1, 2 * x[:, 1] - 1
        bulge = 0.25
        u = a * (1 + bulge * (1 - b * b)) / (1 + bulge)
        v = b * (1 + bulge * (1 - a * a)) / (1 + bulge)
        return np.stack([half * u, half * v, x[:, 2]], axis=1)

    def petal(turn: int) -> Callable[[Array], Array]:
        def place(x: Array) -> Array:
            edge = np.stack([np.ones(len(x)), x[:, 1], x[:, 2]], axis=1)
            inner = middle(edge)[:, :2]
            angle = (2 * x[:, 1] - 1) * np.pi / 4
            rim = np.stack([np.cos(angle), np.sin(angle)], axis=1)
            flat = inner + x[:, :1] * (rim - inner)
            c, s = np.cos(turn * np.pi / 2), np.sin(turn * np.pi / 2)
            return np.stack([c * flat[:, 0] - s * flat[:, 1], s * flat[:, 0] + c * flat[:, 1],
                             x[:, 2]], axis=1)  # fmt: skip

        return place

    core = block((across, across, through)).moved(middle)
    petals = [block((outward, across, through)).moved(petal(turn)) for turn in range(4)]
    return joined([core, *petals], within_mm=1e-9)
