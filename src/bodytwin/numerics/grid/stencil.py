r"""With what weights does a quantity spread from voxel to voxel, fastest along fibres?

For :math:`\partial_t v = \nabla \cdot D \nabla v` with
:math:`D = D_t I + (D_l - D_t) f f^T` and no flux through the faces of the active voxels, the energy
:math:`\tfrac12 \int \nabla v \cdot D \nabla v` is summed over the cubes between eight centres:

.. math::
    E_c = \tfrac12 h^3 \phi_c \Big( \lambda \, |\nabla v|_c^2
          + \bar g \cdot R \, \bar g \Big)
          + \tfrac12 h^3 \sum_{de} \gamma_{de} \, s_{de}^2, \qquad
    \lambda = \langle D_t \rangle, \; R = \langle (D_l - D_t) f f^T \rangle        \tag{1}

Means are over the active voxels of the cube, their share of it is :math:`\phi_c`, and
:math:`\bar g` is the gradient averaged over the edges of the cube, so that what does not change
along the fibres does not feel them, however they lie in the grid (one-point integration, as Günter
et al. 2005, *J Comput Phys* 209:354, do in the plane). The first term
keeps that from having silent modes; where all eight voxels are active it is the isotropic form of
Patra & Karttunen 2006 (*Numer Methods Partial Differ Equ* 22:936) with 18 neighbours.

A saddle of size :math:`s_{de}` in the plane of two axes is lost in that average, though fibres
along an axis feel it. So it is charged with :math:`\gamma_{de} = \tfrac14 a^2 (R_{dd} - R_{ee})^2 /
(R_{dd} + R_{ee})`, in which :math:`a = \tfrac32 \sum_d (R_{dd} / \mathrm{tr} R)^2 - \tfrac12` is 1
along an axis (where all of it is the plain difference of neighbours), 1/4 on the diagonal of a
face and 0 on that of a cube. That term is ours; how well it does is in verification/rhythm/niederer
and verification/rhythm/conduction.

A direction in which a cube has no edge is eliminated by making the energy least,
which is the condition of no flux. Weights are symmetric, sums are kept, no energy is negative.

Surfaces are those of the voxels, steps and all: no smoothed boundary.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.cubes import assemble
from bodytwin.numerics.grid.voxels import Voxels

Float = NDArray[np.float32]
OFFSETS = np.array(
    [(a, b, c) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1) if a or b or c],
    dtype=np.int64,
)
"""Where the neighbours lie, (26, 3); row k and row 25 - k are opposite."""
BLEND = 0.125
"""By how much a stencil is sharpened unless told otherwise; see verification/rhythm/niederer."""
MOST = 0.25
AXIAL = np.flatnonzero(np.abs(OFFSETS).sum(axis=1) == 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stencil:
    """Rate of change of v at i: the sum over k of weights[i, k] (v[neighbours[i, k]] - v[i]).

    `neighbours` (n, 26) and `weights` (n, 26) in 1/ms; what has no neighbour names itself. With a
    `blend` th above 0 that rate r is sharpened to r - th (second difference of r): the
    explicit stand-in for a mass matrix with th beside its diagonal, which undoes most of
    what a coarse grid takes from the speed of steep fronts. `stiffest_per_ms` bounds the
    eigenvalues.
    """

    neighbours: NDArray[np.int32]
    weights: Float
    spacing_mm: float
    blend: float
    stiffest_per_ms: float

    @property
    def count(self) -> int:
        """Number of voxels, n."""
        return len(self.weights)

    @property
    def largest_step_ms(self) -> float:
        """The longest explicit step that is stable."""
        return 2.0 / self.stiffest_per_ms if self.stiffest_per_ms > 0 else float("inf")

    def check_step(self, dt_ms: float) -> None:
        """Raise InvalidInputError unless an explicit step of `dt_ms` is stable."""
        if not 0 < dt_ms <= self.largest_step_ms:
            raise InvalidInputError(
                f"A step of {dt_ms:g} ms is not stable on voxels of {self.spacing_mm:g} mm; "
                f"take a step above 0 and at most {self.largest_step_ms:.4g} ms."
            )


def stencil(
    voxels: Voxels,
    *,
    fibre: Float,
    along_mm2_per_ms: Float,
    across_mm2_per_ms: Float,
    conducting: NDArray[np.bool_] | None = None,
    blend: float = BLEND,
) -> Stencil:
    """The stencil of n voxels: unit vectors `fibre` (n, 3), diffusion along and across them (n,).

    Raises:
        InvalidInputError: a diffusion below 0, or smaller along the fibres than across
            them, a fibre that is no unit vector, or a blend outside 0 to 0.25.

    """
    active = np.ones(voxels.count, dtype=np.bool_) if conducting is None else conducting
    along, across = (
        np.where(active, d, 0.0).astype(np.float64) for d in (along_mm2_per_ms, across_mm2_per_ms)
    )
    _check(fibre[active], along, across, blend)
    inside = np.pad(voxels.index, 1, constant_values=-1)
    carrying = np.where(inside >= 0, active[inside], False)
    inside = np.where(carrying, inside, -1).astype(np.int32)
    neighbours = _neighbours(voxels, inside)
    weights = np.zeros((voxels.count, len(OFFSETS)), dtype=np.float32)
    stiffness = np.zeros(voxels.count)
    scale = 1.0 / voxels.spacing_mm**2
    assemble(inside, fibre.astype(np.float64), along * scale, across * scale, weights, stiffness)
    return Stencil(
        neighbours=neighbours,
        weights=weights,
        spacing_mm=voxels.spacing_mm,
        blend=blend,
        stiffest_per_ms=float(stiffness.max()) * (1.0 + 12.0 * blend),
    )


def _check(
    fibre: Float, along: NDArray[np.float64], across: NDArray[np.float64], blend: float
) -> None:
    if not 0 <= blend <= MOST:
        raise InvalidInputError(f"A blend is 0 to {MOST:g}, got {blend:g}. Take less.")
    if not np.isfinite(along).all() or not ((across >= 0) & (across <= along)).all():
        raise InvalidInputError("Diffusion is 0 or more across fibres, and no less along them.")
    if not np.allclose(np.linalg.norm(fibre, axis=1), 1.0, atol=1e-3):
        raise InvalidInputError("Fibres are unit vectors where tissue conducts.")


def _neighbours(voxels: Voxels, inside: NDArray[np.int32]) -> NDArray[np.int32]:
    own = np.arange(voxels.count, dtype=np.int32)
    found = np.empty((voxels.count, len(OFFSETS)), dtype=np.int32)
    for k, offset in enumerate(OFFSETS):
        at = voxels.cells + 1 + offset
        there = inside[at[:, 0], at[:, 1], at[:, 2]]
        silent = inside[tuple((voxels.cells + 1).T)] < 0
        found[:, k] = np.where((there < 0) | silent, own, there)
    return found
