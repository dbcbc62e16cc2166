# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""With what forces, and what stiffness, does a deformed body answer?

Each element keeps a linear pressure of its own (Q2/P1), with coefficients :math:`p_\alpha` for
orthonormal modes :math:`\phi_\alpha` (1, X, Y, Z), and stores the energy

.. math::
    \Pi = \int W(\bar C)\, dV + \sum_\alpha \left( p_\alpha r_\alpha
      - \frac{p_\alpha^2}{2\kappa} \right), \qquad
    r_\alpha = \int \phi_\alpha (J - 1)\, dV                                             \tag{1}
.. math::
    R = \int (F S + p\, J F^{-T}) : \nabla \delta u\, dV, \qquad
    g_\alpha = r_\alpha - p_\alpha / \kappa                                              \tag{2}

The pressure is eliminated from Newton's equations, not from the energy: with :math:`b_\alpha =
\int \phi_\alpha\, J F^{-T} : \nabla \delta u\, dV`,

.. math::
    \left[ \int \nabla\delta u : \left( A + p\, \frac{\partial^2 J}{\partial F^2} \right)
        : \nabla\Delta u\, dV + \kappa \sum_\alpha b_\alpha b_\alpha^T \right]
    \Delta u = -R - \kappa \sum_\alpha g_\alpha b_\alpha                                 \tag{3}
.. math::
    \Delta p_\alpha = \kappa (g_\alpha + b_\alpha \cdot \Delta u)                        \tag{4}

so that a body that hardly changes its volume needs no more iterations than another. In balance
:math:`p_\alpha = \kappa r_\alpha`, and then the matrix of (3) is the second derivative of (1),
with p eliminated, to the last digit. It does not lock however stiff the body is
against change of volume. Sussman and Bathe 1987 (*Comput Struct* 26:357). That the modes are linear
in X rather than in the element's own coordinates keeps the order on distorted elements
(Arnold, Boffi and Falk 2002, *Math Comput* 71:909).

An element whose law resists a change of volume by itself has :math:`\kappa = 0`: of (2) to (4)
there remains what has no p, so that drained and nearly incompressible tissue share a mesh.

Not for: inertia, viscosity, growth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from bodytwin.numerics.solid.composition import Body, packed
from bodytwin.numerics.solid.material.isochoric import cofactor, respond
from bodytwin.numerics.solid.pattern import Pattern, pattern

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Answer:
    """R of (2) as `force_mn` (n, 3), and of each element r and g as `grown` and `defect` (m, 4),
    the integral of W as `energy_uj` (m,) and the smallest J as `least_volume` (m,). Where that is
    not positive for some element, the others are not to be used. Of (3) the matrix is `values`
    and b is `slope` (m, 4, 3, 27): both empty unless asked for.

    A kPa times a square millimetre is a millinewton, times a cubic millimetre a microjoule.
    """

    force_mn: Array
    grown: Array
    defect: Array
    energy_uj: Array
    least_volume: Array
    values: Array
    slope: Array


class Assembly:
    """The equations of one body; what does not depend on the displacement is computed once.

    Its matrix has room for `groups` (g, k) of nodes that something joins beside the elements.
    """

    def __init__(self, of: Body, groups: Sequence[Ints] = ()) -> None:
        self.body = of
        self.pattern: Pattern = pattern(of.mesh.cells, of.mesh.count)
        self.joints = [g[~self.pattern.holds(g)] for g in groups]
        if any(len(g) for g in self.joints):
            self.pattern = pattern(of.mesh.cells, of.mesh.count, self.joints)
        self._kinds, self._constants = packed(of.laws)

    def answer(
        self, displacement_mm: Array, pressure: Array, *, active_share: float, stiff: bool
    ) -> Answer:
        """To `displacement_mm` (n, 3) and the coefficients `pressure` (m, 4), equations 1 to 3."""
        of, geometry = self.body, self.body.mesh.geometry
        m = len(of.mesh.cells)
        force = np.zeros((of.mesh.count, 3))
        values = np.zeros(self.pattern.entries if stiff else 0)
        slope = np.zeros((m if stiff else 0, 4, 3, 27))
        grown, energy, least = np.zeros((m, 4)), np.zeros(m), np.empty(m)
        _all(
            of.mesh.cells, geometry.gradient_per_mm, geometry.weight_mm3, geometry.modes,
            self._kinds[of.law_of], self._constants[of.law_of], of.bulk_kpa, of.axes,
            active_share * of.active_kpa, np.ascontiguousarray(displacement_mm), pressure,
            self.pattern.order, self.pattern.colour_row, self.pattern.node_row, self.pattern.slot,
            force, values, slope, grown, energy, least,
        )  # fmt: skip
        bulk = of.bulk_kpa[:, None]
        defect = np.where(bulk > 0, grown - pressure / np.where(bulk > 0, bulk, 1.0), 0.0)
        return Answer(force, grown, defect, energy, least, values, slope)

    def eliminated(self, slope: Array, defect: Array) -> Array:
        """The last sum of (3), (n, 3)."""
        out = np.zeros((self.body.mesh.count, 3))
        _added(self.body.mesh.cells, slope, self.body.bulk_kpa[:, None] * defect, out)
        return out

    def pressure_step(self, slope: Array, defect: Array, step_mm: Array) -> Array:
        """Equation (4), (m, 4), for a step (n, 3)."""
        along = np.einsum("mpia,mai->mp", slope, step_mm[self.body.mesh.cells])
        return self.body.bulk_kpa[:, None] * (defect + along)


@njit(cache=True, nogil=True, parallel=True)
def _all(  # noqa: PLR0913
    cells, gradient, weight, modes, kinds, constants, bulk, axes, active, u, pressure,
    order, colour_row, node_row, slot, force, values, slope, grown, energy, least,
):  # fmt: skip
    for colour in range(len(colour_row) - 1):
        for at in prange(colour_row[colour], colour_row[colour + 1]):
            e = order[at]
            f, local = np.empty((27, 3, 3)), np.zeros((27, 3))
            least[e] = _deformed(gradient[e], u, cells[e], f)
            if least[e] > 0.0:
                stiffness = np.zeros((3, 3, 27, 27) if len(values) else (0, 0, 0, 0))
                cof = np.empty((27, 3, 3))
                energy[e] = _element(
                    gradient[e], weight[e], modes[e], kinds[e], constants[e], axes[e],
                    active[e], pressure[e], f, cof, local, grown[e], stiffness,
                )  # fmt: skip
                for a in range(27):
                    for i in range(3):
                        force[cells[e, a], i] += local[a, i]
                if len(values):
                    if bulk[e] > 0.0:
                        _volumes(
                            gradient[e], weight[e], modes[e], bulk[e], cof, slope[e], stiffness
                        )
                    scatter(cells[e], node_row, slot[e], stiffness, values)


@njit(cache=True, nogil=True)
def _deformed(gradient, u, cell, f):
    """Deformation gradients (27, 3, 3) of one element; returns the least J."""
    local = np.empty((3, 27))
    for a in range(27):
        for i in range(3):
            local[i, a] = u[cell[a], i]
    least = np.inf
    for q in range(27):
        for i in range(3):
            for k in range(3):
                total = 1.0 if i == k else 0.0
                for a in range(27):
                    total += local[i, a] * gradient[q, k, a]
                f[q, i, k] = total
        g = f[q]
        j = (
            g[0, 0] * (g[1, 1] * g[2, 2] - g[1, 2] * g[2, 1])
            - g[0, 1] * (g[1, 0] * g[2, 2] - g[1, 2] * g[2, 0])
            + g[0, 2] * (g[1, 0] * g[2, 1] - g[1, 1] * g[2, 0])
        )
        least = min(least, j)
    return least


@njit(cache=True, nogil=True)
def _element(  # noqa: PLR0913
    gradient, weight, modes, kind, constants, axes, active, pressure,
    f, cof, local, grown, stiffness,
):  # fmt: skip
    """Energy of one element; adds to `local` (27, 3), `grown` and, unless empty, `stiffness`."""
    wanted = len(stiffness) > 0
    energy = 0.0
    stress, first, a9 = np.empty((3, 3)), np.empty((3, 3)), np.empty((9, 9))
    half = np.empty((81, 6 * 27)) if wanted else np.empty((0, 0))
    for q in range(27):
        j, p = cofactor(f[q], cof[q]), 0.0
        for m in range(4):
            grown[m] += weight[q] * modes[q, m] * (j - 1.0)
            p += modes[q, m] * pressure[m]
        energy += weight[q] * respond(kind, constants, axes[q], active, f[q], j, stress, a9, wanted)
        for i in range(3):
            for k in range(3):
                total = p * cof[q, i, k]
                for n in range(3):
                    total += f[q, i, n] * stress[n, k]
                first[i, k] = weight[q] * total
        for a in range(27):
            for i in range(3):
                for k in range(3):
                    local[a, i] += first[i, k] * gradient[q, k, a]
        if wanted:
            bend_of_volume(f[q], p, a9)
            _half(weight[q], a9, gradient[q], half, 3 * q)
    if wanted:
        _whole(gradient, half, stiffness)
    return energy


@njit(cache=True, nogil=True)
def bend_of_volume(f, p, a9):
    """Adds the pressure times the second derivative of J, which is linear in F."""
    for i in range(3):
        for k in range(3):
            for step in (1, 2):
                for more in (1, 2):
                    sign = p if step == more else -p
                    j, n = (i + step) % 3, (k + more) % 3
                    a9[3 * i + k, 3 * j + n] += sign * f[3 - i - j, 3 - k - n]


@njit(cache=True, nogil=True)
def _half(weight, a9, gradient, half, row):
    """The product of A with the gradients on its right, for the six pairs i <= j."""
    pair = 0
    for i in range(3):
        for j in range(i, 3):
            for k in range(3):
                x = weight * a9[3 * i + k, 3 * j]
                y = weight * a9[3 * i + k, 3 * j + 1]
                z = weight * a9[3 * i + k, 3 * j + 2]
                for b in range(27):
                    half[row + k, pair * 27 + b] = (
                        x * gradient[0, b] + y * gradient[1, b] + z * gradient[2, b]
                    )
            pair += 1


@njit(cache=True, nogil=True, fastmath={"contract"})
def _whole(gradient, half, stiffness):
    """The product with the gradients on its left, three rows at once.

    Not left to BLAS, which would start threads of its own.
    """
    one = np.empty((3, 6 * 27))
    for a in range(0, 27, 3):
        one[:] = 0.0
        for q in range(27):
            g = gradient[q, :, a : a + 3]
            for b in range(6 * 27):
                x, y, z = half[3 * q, b], half[3 * q + 1, b], half[3 * q + 2, b]
                one[0, b] += g[0, 0] * x + g[1, 0] * y + g[2, 0] * z
                one[1, b] += g[0, 1] * x + g[1, 1] * y + g[2, 1] * z
                one[2, b] += g[0, 2] * x + g[1, 2] * y + g[2, 2] * z
        for row in range(3):
            pair = 0
            for i in range(3):
                for j in range(i, 3):
                    for b in range(27):
                        stiffness[i, j, a + row, b] = one[row, pair * 27 + b]
                        stiffness[j, i, b, a + row] = one[row, pair * 27 + b]
                    pair += 1


@njit(cache=True, nogil=True)
def _volumes(gradient, weight, modes, bulk, cof, slope, stiffness):
    """Adds b to `slope` (4, 3, 27) and its part of the matrix of (3) to `stiffness`."""
    one = np.empty(27)
    for q in range(27):
        for i in range(3):
            x, y, z = cof[q, i, 0], cof[q, i, 1], cof[q, i, 2]
            for a in range(27):
                one[a] = x * gradient[q, 0, a] + y * gradient[q, 1, a] + z * gradient[q, 2, a]
            for m in range(4):
                factor = weight[q] * modes[q, m]
                for a in range(27):
                    slope[m, i, a] += factor * one[a]
    for i in range(3):
        for j in range(3):
            for a in range(27):
                w, x, y, z = slope[0, i, a], slope[1, i, a], slope[2, i, a], slope[3, i, a]
                for b in range(27):
                    stiffness[i, j, a, b] += bulk * (
                        w * slope[0, j, b]
                        + x * slope[1, j, b]
                        + y * slope[2, j, b]
                        + z * slope[3, j, b]
                    )


@njit(cache=True, nogil=True)
def scatter(cell, node_row, slot, stiffness, values):
    """Adds `stiffness` (3, 3, 27, 27) of one cell (27,) to the `values` of the whole."""
    for a in range(27):
        start = node_row[cell[a]]
        width = 3 * (node_row[cell[a] + 1] - start)
        for i in range(3):
            first = 9 * start + i * width
            for b in range(27):
                at = first + 3 * slot[a, b]
                for j in range(3):
                    values[at + j] += stiffness[i, j, a, b]


@njit(cache=True, nogil=True)
def _added(cells, slope, factor, out):
    for e in range(len(cells)):
        for a in range(27):
            for i in range(3):
                for m in range(4):
                    out[cells[e, a], i] += factor[e, m] * slope[e, m, i, a]
