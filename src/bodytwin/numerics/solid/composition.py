"""What is the body made of, element by element?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.solid.material import Drained, Law
from bodytwin.numerics.solid.mesh import Mesh

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_CONSTANTS = 6


@dataclass(frozen=True, eq=False)
class Body:
    """A mesh, the law and stiffness against change of volume of each element, and its fibres.

    `law_of` (m,) numbers into `laws`. `bulk_kpa` (m,) is 0 where the law is `Drained`, which
    resists a change of volume by itself, and positive elsewhere. `axes` (m, 27, 3, 3) holds in its
    rows the directions f, s and n at each quadrature point, orthonormal. `active_kpa` (m,) is the
    tension along f.
    """

    mesh: Mesh
    laws: tuple[Law, ...]
    law_of: Ints
    bulk_kpa: Array
    axes: Array
    active_kpa: Array

    def __post_init__(self) -> None:
        m = len(self.mesh.cells)
        for name, value, shape in (
            ("law_of", self.law_of, (m,)),
            ("bulk_kpa", self.bulk_kpa, (m,)),
            ("axes", self.axes, (m, 27, 3, 3)),
            ("active_kpa", self.active_kpa, (m,)),
        ):
            if value.shape != shape:
                raise InvalidInputError(f"{name} must be of shape {shape}, got {value.shape}.")
            if not np.isfinite(value).all():
                raise InvalidInputError(f"{name} must be finite; some values are not.")
        if self.law_of.min() < 0 or self.law_of.max() >= len(self.laws):
            raise InvalidInputError(f"law_of must be 0 to {len(self.laws) - 1}.")
        drained = _drained(self.laws)[self.law_of]
        if (self.bulk_kpa[~drained] <= 0).any():
            least = self.bulk_kpa[~drained].min()
            raise InvalidInputError(f"bulk_kpa must be positive, got {least}.")
        if (self.bulk_kpa[drained] != 0).any():
            raise InvalidInputError(
                "bulk_kpa must be 0 where the law is Drained, which resists a change of volume by "
                f"itself; got {self.bulk_kpa[drained].max()}."
            )
        skew = np.einsum("mqik,mqjk->mqij", self.axes, self.axes) - np.eye(3)
        if np.abs(skew).max() > 1e-6:
            raise InvalidInputError(
                f"axes must be orthonormal at each point; they are off by {np.abs(skew).max():.2g}."
            )


def body(
    mesh: Mesh,
    laws: Law | Sequence[Law],
    *,
    bulk_kpa: float | Array = 0.0,
    law_of: Ints | None = None,
    axes: Array | None = None,
    active_kpa: float | Array = 0.0,
) -> Body:
    """A `Body` from single values or one per element; `axes` along x, y and z if not given.

    A single `bulk_kpa` is that of the elements whose law is not `Drained`.
    """
    m = len(mesh.cells)
    given = tuple(laws) if isinstance(laws, Sequence) else (laws,)
    which = np.zeros(m, dtype=np.int64) if law_of is None else law_of
    bulk = np.full(m, bulk_kpa, dtype=np.float64)
    if np.ndim(bulk_kpa) == 0 and 0 <= which.min() <= which.max() < len(given):
        bulk[_drained(given)[which]] = 0.0
    return Body(
        mesh=mesh,
        laws=given,
        law_of=which,
        bulk_kpa=bulk,
        axes=np.tile(np.eye(3), (m, 27, 1, 1)) if axes is None else np.ascontiguousarray(axes),
        active_kpa=np.full(m, active_kpa, dtype=np.float64),
    )


def packed(laws: Sequence[Law]) -> tuple[Ints, Array]:
    """Numbers of the kernels (l,) and constants (l, k) of the laws, k at least six."""
    both = [law.packed() for law in laws]
    kinds = np.array([kind for kind, _ in both], dtype=np.int64)
    widest = max(LEAST_CONSTANTS, *(len(row) for _, row in both))
    constants = np.zeros((len(laws), widest))
    for i, (_, row) in enumerate(both):
        constants[i, : len(row)] = row
    return kinds, constants


def _drained(laws: Sequence[Law]) -> NDArray[np.bool_]:
    return np.array([isinstance(law, Drained) for law in laws])
