r"""What stretch and stress does a deformed body bear, and what space does it enclose?

.. math::
    \sigma = J^{-1} F S F^T + p\, 1                                                     \tag{1}

with the pressure of `assemble`. The volume enclosed by faces is
:math:`\tfrac13 \oint x \cdot n\, dA`, for an open cavity closed by a plane through the origin.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bodytwin.errors import NumericalError
from bodytwin.numerics.solid import element
from bodytwin.numerics.solid.composition import Body, packed
from bodytwin.numerics.solid.material.isochoric import respond
from bodytwin.numerics.solid.mesh import Mesh

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


def deformation(mesh: Mesh, displacement_mm: Array) -> Array:
    """Deformation gradients at the quadrature points, (m, 27, 3, 3)."""
    local = displacement_mm[mesh.cells]
    return np.eye(3) + np.einsum("mai,mqka->mqik", local, mesh.geometry.gradient_per_mm)


def stretches(mesh: Mesh, displacement_mm: Array) -> Array:
    """Principal stretches at the quadrature points, least first, (m, 27, 3)."""
    found = np.linalg.svd(deformation(mesh, displacement_mm), compute_uv=False)
    return np.asarray(found[..., ::-1], dtype=np.float64)


def cauchy_kpa(of: Body, displacement_mm: Array, *, active_share: float = 1.0) -> Array:
    """Equation (1) at the quadrature points, (m, 27, 3, 3)."""
    f = np.ascontiguousarray(deformation(of.mesh, displacement_mm))
    j = np.linalg.det(f)
    if j.min() <= 0:
        raise NumericalError("An element is inside out: there is no stress to give.")
    kinds, constants = packed(of.laws)
    inner = np.empty_like(f)
    _stresses(
        kinds[of.law_of], constants[of.law_of], of.axes, active_share * of.active_kpa, f, j, inner
    )
    geometry = of.mesh.geometry
    grown = np.einsum("mq,mqa,mq->ma", geometry.weight_mm3, geometry.modes, j - 1)
    p = of.bulk_kpa[:, None] * np.einsum("mqa,ma->mq", geometry.modes, grown)
    whole = np.einsum("mqik,mqkl,mqjl->mqij", f, inner, f) / j[..., None, None]
    return whole + p[..., None, None] * np.eye(3)


def at_nodes(mesh: Mesh, values: Array) -> Array:
    """Values at the quadrature points (m, 27, ...) carried to the nodes and averaged, (n, ...)."""
    local = np.einsum("aq,mq...->ma...", element.to_nodes(), values)
    total = np.zeros((mesh.count, *values.shape[2:]))
    np.add.at(total, mesh.cells, local)
    share = np.maximum(np.bincount(mesh.cells.ravel(), minlength=mesh.count), 1)
    return total / share.reshape(-1, *[1] * (values.ndim - 2))


def enclosed_mm3(positions_mm: Array, faces: Ints) -> float:
    """Volume that faces (f, 9) of normals out of the body, thus into the cavity, enclose."""
    x = np.einsum("qa,fai->fqi", element.FACE_VALUE, positions_mm[faces])
    first, second = np.einsum("qda,fai->dfqi", element.FACE_SLOPE, positions_mm[faces])
    flux = np.einsum("fqi,fqi,q->", x, np.cross(first, second), element.FACE_WEIGHT)
    return -float(flux) / 3


@njit(cache=True, nogil=True)
def _stresses(kinds, constants, axes, active, f, j, out):  # pyright: ignore
    unused = np.empty((9, 9))
    for e in range(len(f)):
        for q in range(27):
            respond(
                kinds[e], constants[e], axes[e, q], active[e], f[e, q], j[e, q], out[e, q],
                unused, False,
            )  # fmt: skip
