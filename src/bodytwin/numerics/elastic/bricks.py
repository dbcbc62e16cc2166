r"""Which bricks does a body consist of, and how stiff is one?

A brick is a voxel of an image: eight nodes, displacement linear along each edge, and one Young's
modulus. All have the same edges and the same Poisson ratio, so that their stiffnesses are multiples
of one matrix (24, 24),

.. math:: K = \int B^T C B \, dV                                                        \tag{1}

integrated at 2 x 2 x 2 points, which is exact.

Not for: tissue that hardly changes its volume. With a Poisson ratio near a half such bricks
lock; `numerics.solid` does not. Surfaces are stairs: stresses at them are not to be believed.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import generate_binary_structure, label

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
Ints = NDArray[np.int32]

CORNERS = np.array(list(product((0, 1), repeat=3)))
"""Places of the eight nodes of a brick: the last axis runs fastest."""
MOST_POISSON = 0.45


@dataclass(frozen=True, eq=False)
class Bricks:
    """A box of bricks with `young_mpa` (nx, ny, nz), 0 where there is none.

    Its m bricks and n nodes are numbered in the order in which they stand in the box (C order).
    """

    young_mpa: Array
    spacing_mm: tuple[float, float, float]
    poisson: float

    def __post_init__(self) -> None:
        young = self.young_mpa
        if young.ndim != 3 or not np.isfinite(young).all() or (young < 0).any() or not young.any():
            raise InvalidInputError(
                "young_mpa must have three axes, be finite, at least 0, and somewhere above 0; "
                f"got an array of shape {young.shape}."
            )
        if not all(0 < h < np.inf for h in self.spacing_mm):
            raise InvalidInputError(f"spacing_mm must be above 0, got {self.spacing_mm}.")
        if not -1 < self.poisson <= MOST_POISSON:
            raise InvalidInputError(
                f"The Poisson ratio of bricks must be above -1 and at most {MOST_POISSON}, got "
                f"{self.poisson:g}: beyond it they lock. Use numerics.solid."
            )

    @cached_property
    def cells(self) -> Ints:
        """Place of each brick in the box, (m, 3)."""
        return np.argwhere(self.young_mpa > 0).astype(np.int32)

    @cached_property
    def moduli_mpa(self) -> Array:
        """Young's modulus of each brick, (m,)."""
        return self.young_mpa[self.young_mpa > 0].astype(np.float64)

    @cached_property
    def nodes(self) -> Ints:
        """Place of each node, (n, 3): brick (i, j, k) has nodes (i, j, k) to (i + 1, ...)."""
        return np.argwhere(self._number >= 0).astype(np.int32)

    @cached_property
    def positions_mm(self) -> Array:
        """Of each node, (n, 3), from the corner of the box."""
        return self.nodes.astype(np.float64) * np.array(self.spacing_mm)

    @cached_property
    def corners(self) -> Ints:
        """The nodes of each brick, (m, 8)."""
        return numbers_at(self._number, self.cells)

    @cached_property
    def stiffness(self) -> Array:
        """The matrix of equation 1 for a modulus of 1 MPa, (24, 24), in N/mm."""
        points = CORNERS / np.sqrt(3) + (1 - 1 / np.sqrt(3)) / 2
        total = np.zeros((24, 24))
        for at in points:
            b = self.strain_per_mm(at)
            total += b.T @ elasticity(self.poisson) @ b
        return total * np.prod(self.spacing_mm) / len(points)

    def strain_per_mm(self, at: Array) -> Array:
        """The strains xx, yy, zz, yz, xz, xy (shear: the angle) at a point of the unit cube from
        the displacements of its corners, (6, 24).
        """
        sign, weight = 2 * CORNERS - 1, np.where(CORNERS, at, 1 - at)
        others = np.stack([np.delete(weight, d, axis=1).prod(axis=1) for d in range(3)], axis=1)
        slope = sign * others / np.array(self.spacing_mm)
        b = np.zeros((6, 8, 3))
        for d in range(3):
            b[d, :, d] = slope[:, d]
            one, two = (d + 1) % 3, (d + 2) % 3
            b[3 + d, :, one], b[3 + d, :, two] = slope[:, two], slope[:, one]
        return b.reshape(6, 24)

    @cached_property
    def parts(self) -> Ints:
        """Of each brick the part of the body it belongs to, (m,), from 0: joined by faces."""
        faces = generate_binary_structure(3, 1)
        part, _ = cast("tuple[Ints, int]", label(self.young_mpa > 0, structure=faces))
        return (part[self.young_mpa > 0] - 1).astype(np.int32)

    def largest_part(self) -> "Bricks":
        """The body without what is not joined to its largest part by faces."""
        young = self.young_mpa.copy()
        young[young > 0] *= self.parts == np.argmax(np.bincount(self.parts))
        return Bricks(young, self.spacing_mm, self.poisson)

    @cached_property
    def _number(self) -> Ints:
        used = np.zeros(np.array(self.young_mpa.shape) + 1, dtype=bool)
        nx, ny, nz = self.young_mpa.shape
        for i, j, k in np.ndindex(2, 2, 2):
            used[i : i + nx, j : j + ny, k : k + nz] |= self.young_mpa > 0
        return numbered(used)


def elasticity(poisson: float) -> Array:
    """Stress for strain as `Bricks.strain_per_mm` orders them, for a modulus of one, (6, 6)."""
    lame = poisson / ((1 + poisson) * (1 - 2 * poisson))
    shear = 0.5 / (1 + poisson)
    out = np.diag([2 * shear] * 3 + [shear] * 3)
    out[:3, :3] += lame
    return out


def numbered(used: NDArray[np.bool_]) -> Ints:
    """The places of a box that are used, numbered in its order; -1 elsewhere."""
    out = np.full(used.shape, -1, dtype=np.int32)
    out[used] = np.arange(int(used.sum()), dtype=np.int32)
    return out


def numbers_at(number: Ints, cells: Ints) -> Ints:
    """The numbers of the eight corners of each cell, (m, 8)."""
    at = cells[:, None, :] + CORNERS.astype(np.int32)
    return np.ascontiguousarray(number[at[..., 0], at[..., 1], at[..., 2]])
