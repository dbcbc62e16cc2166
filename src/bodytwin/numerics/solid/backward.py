# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Where were the nodes before the load, if it is known where they are now?

The equations are those of `assemble`, at the same quadrature points, but the loaded positions x are
given and the unloaded X sought (Govindjee and Mihalic 1996, *Comput Methods Appl Mech Engrg*
136:47). With :math:`H = \nabla \delta X`,

.. math::
    \delta F = -F H, \quad \delta \nabla N = -H^T \nabla N, \quad
    \delta\, dV = \operatorname{tr} H\, dV                                               \tag{1}
.. math::
    \delta R_{i} = \int B_{ikjl}\, H_{jl}\, \nabla_k N\, dV, \quad
    B_{ikjl} = -A_{ikml} F_{mj} - P_{il} \delta_{kj} + P_{ik} \delta_{jl}                \tag{2}

where P holds the pressure p of the element too, which is linear in X: :math:`p = \sum_\alpha
\pi_\alpha \psi_\alpha(X)` with :math:`\psi` one and the three coordinates about the middle of the
loaded element, in terms of its size. Hence :math:`\nabla\psi_\alpha = t_\alpha` is a constant, and

.. math::
    \delta p = \psi_\alpha \delta\pi_\alpha + \tau \cdot \delta X, \qquad
    \tau = \sum_\alpha \pi_\alpha t_\alpha                                               \tag{3}
.. math::
    g_\alpha = \int \psi_\alpha \left( J - 1 - \tfrac{p}{\kappa} \right) dV, \qquad
    M_{\alpha\beta} = \int \psi_\alpha \psi_\beta\, dV                                   \tag{4}
.. math::
    \delta g_\alpha = \int \left( J - 1 - \tfrac{p}{\kappa} \right) t_\alpha \cdot \delta X
      - \psi_\alpha \left( 1 + \tfrac{p}{\kappa} \right) \operatorname{tr} H
      - \tfrac{\psi_\alpha}{\kappa}\, \delta p\; dV                                      \tag{5}

:math:`\delta\pi` is eliminated from the linear equations, as there. Since these are the
equations of loading, solved for the other unknown, loading what is found gives back what was given
to the tolerance of the two searches, on any mesh.

Not for: bodies whose state depends on the order of loads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bodytwin.numerics.solid import element
from bodytwin.numerics.solid.assemble import bend_of_volume, scatter
from bodytwin.numerics.solid.composition import Body, packed
from bodytwin.numerics.solid.equations import Balance, Equations, State, size_of
from bodytwin.numerics.solid.linear import Solve
from bodytwin.numerics.solid.load import Held, Load
from bodytwin.numerics.solid.material.isochoric import cofactor, respond
from bodytwin.numerics.solid.mesh import Mesh

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
AT_ONCE = 64
"""Elements whose matrices are held in memory together."""
STEP = 1e-5
"""By which places are changed to differentiate loads, in terms of the size of the body."""


@dataclass(frozen=True, eq=False)
class _Points:
    """What there is at the quadrature points (m, 27, ...); the last is empty unless asked for."""

    gradient: Array
    weight: Array
    psi: Array
    tilt: Array
    p: Array
    volume: Array
    cofactors: Array
    stress: Array
    bent: Array


class Backward:
    """The equations of `Equations` with `of.mesh` in the loaded state; unknown is x - X.

    `axes` gives the axes (m, 27, 3, 3) of an unloaded mesh; without it they are those of `of`.
    `State.pressure` holds the coefficients of (3). `Balance.slope` is (m, 4, 166): for each mode
    b of `assemble`, then (5) for all unknowns, then M, all times the bulk modulus over M.
    """

    def __init__(
        self,
        of: Body,
        loads: Sequence[Load],
        held: Sequence[Held],
        axes: Callable[[Mesh], Array] | None,
    ) -> None:
        self._forward, self._axes = Equations(of, loads, held), axes
        self._kinds, self._constants = packed(of.laws)
        self.body = of
        self.goal_mm = self._forward.goal_mm
        self.fixed, self.free = self._forward.fixed, self._forward.free
        corner = of.mesh.positions_mm[of.mesh.cells]
        self._middle, self._span = corner.mean(axis=1), np.ptp(corner, axis=1).max(axis=1)
        self._root = np.sqrt(self.volume_mm3)

    @property
    def extent_mm(self) -> float:
        """The longest side of the loaded body."""
        return self._forward.extent_mm

    @property
    def volume_mm3(self) -> Array:
        """Of each loaded element, (m,)."""
        return self._forward.volume_mm3

    def unloaded(self, u_mm: Array) -> Body:
        """The body before its nodes moved by `u_mm` (3 n,) to where they are."""
        mesh = self.body.mesh
        before = Mesh(mesh.positions_mm - u_mm.reshape(-1, 3), mesh.cells)
        axes = self.body.axes if self._axes is None else self._axes(before)
        return replace(self.body, mesh=before, axes=np.ascontiguousarray(axes))

    def balance(self, state: State, *, share: float, stiff: bool) -> Balance:
        """Under `share` of the loads and of the active tension."""
        u, none = state.u_mm.reshape(-1, 3), np.empty(0)
        folded = _folded(self.body.mesh.positions_mm - u, self.body.mesh.cells)
        if folded is not None:
            return Balance(np.zeros(u.size), np.inf, none, folded, none, none)
        body = self.unloaded(state.u_mm)
        at = self._points(body, state, share, stiff)
        worst = int(np.argmin(at.volume.min(axis=1)))
        if at.volume[worst].min() <= 0:
            return Balance(np.zeros(u.size), np.inf, none, worst, none, none)
        residual = np.zeros_like(u)
        first = np.einsum("mqik,mqka->mai", at.stress, at.gradient, optimize=True)
        np.add.at(residual, body.mesh.cells, first)
        inner, applied = size_of(residual), 0.0
        for load in self._forward.loads:
            whole = np.zeros_like(residual)
            x, moved = body.mesh.positions_mm[load.groups], u[load.groups]
            np.add.at(whole, load.groups, load.force_mn(x, moved, share))
            residual += whole
            applied += size_of(whole)
        off = at.weight * self._defect(at)
        slope = self._slope(at) if stiff else none
        return Balance(
            residual_mn=residual.reshape(-1),
            scale_mn=max(inner, applied),
            defect=np.einsum("mq,mqa->ma", off, at.psi),
            inverted=None,
            values=self._values(body, at, slope, u, share) if stiff else none,
            slope=slope,
        )

    def pushed(self, slope: Array, at: Balance) -> Array:
        """The free part of the right side of Newton's equations, with the pressure eliminated."""
        local = np.einsum("ma,maj->mj", at.defect, slope[..., :81]).reshape(-1, 27, 3)
        whole = at.residual_mn.reshape(-1, 3).copy()
        np.add.at(whole, self.body.mesh.cells, local)
        return whole.reshape(-1)[self.free]

    def advanced(self, state: State, now: Balance, step_mm: Array, length: float) -> State:
        """`state` after `length` of the step (3 n,), the pressure following."""
        step = step_mm.reshape(-1, 3)[self.body.mesh.cells].reshape(-1, 81)
        more = np.einsum("maj,mj->ma", now.slope[..., 81:162], step)
        more += np.einsum("mab,mb->ma", now.slope[..., 162:], now.defect)
        return State(state.u_mm + length * step_mm, state.pressure + length * more)

    def settled(self, u_mm: Array, *, share: float) -> State:
        """The displacement (3 n,) with the pressure that belongs to it."""
        none = State(u_mm, np.zeros((len(self.body.mesh.cells), 4)))
        at = self._points(self.unloaded(u_mm), none, share, stiff=False)
        grown = np.einsum("mq,mqa->ma", at.weight * (at.volume - 1), at.psi)
        return State(u_mm, np.einsum("mab,mb->ma", self._softness(at), grown))

    def reduced(self, values: Array) -> csr_matrix:
        """The stiffness of the free unknowns among themselves."""
        return self._forward.reduced(values)

    def factorised(self, values: Array) -> Solve:
        """What takes forces on the free unknowns to how far they move."""
        return self._forward.factorised(values)

    def dragged(self, values: Array, moved_mm: Array) -> Array:
        """Forces on the free unknowns when all move by `moved_mm` (3 n,), to first order."""
        return self._forward.dragged(values, moved_mm)

    def _points(self, body: Body, state: State, share: float, stiff: bool) -> _Points:
        geometry, m = body.mesh.geometry, len(body.mesh.cells)
        local = state.u_mm.reshape(-1, 3)[body.mesh.cells]
        f = np.eye(3) + np.einsum("mai,mqka->mqik", local, geometry.gradient_per_mm, optimize=True)
        scale = (self._root * self._span)[:, None, None]
        psi = np.empty((m, 27, 4))
        psi[..., 0] = 1 / self._root[:, None]
        psi[..., 1:] = (body.mesh.points_mm - self._middle[:, None]) / scale
        p = np.einsum("mqa,ma->mq", psi, state.pressure)
        stress, volume = np.empty_like(f), np.empty((m, 27))
        cofactors, bent = np.empty_like(f), np.empty((m if stiff else 0, 27, 9, 9))
        _responses(
            self._kinds[body.law_of], self._constants[body.law_of], body.axes,
            share * body.active_kpa, np.ascontiguousarray(f), p, stress, cofactors, volume, bent,
        )  # fmt: skip
        stress *= geometry.weight_mm3[..., None, None]
        tilt = state.pressure[:, 1:] / scale[..., 0]
        return _Points(
            geometry.gradient_per_mm, geometry.weight_mm3, psi, tilt, p, volume, cofactors, stress,
            bent,
        )  # fmt: skip

    def _defect(self, at: _Points) -> Array:
        bulk = self.body.bulk_kpa[:, None]
        return np.where(bulk > 0, at.volume - 1 - at.p / np.where(bulk > 0, bulk, 1.0), 0.0)

    def _softness(self, at: _Points) -> Array:
        mass = np.einsum("mq,mqa,mqb->mab", at.weight, at.psi, at.psi, optimize=True)
        return self.body.bulk_kpa[:, None, None] * np.linalg.inv(mass)

    def _slope(self, at: _Points) -> Array:
        bulk = np.where(self.body.bulk_kpa > 0, self.body.bulk_kpa, np.inf)[:, None]
        m, weighed = len(bulk), at.weight[..., None] * at.psi
        pushed = np.einsum("mqik,mqka->mqai", at.cofactors, at.gradient, optimize=True)
        forces = np.einsum("mqe,mqai->meai", weighed, pushed, optimize=True).reshape(m, 4, 81)
        per_gradient = weighed * (1 + at.p / bulk)[..., None]
        by = np.einsum("mqe,mqja->meaj", per_gradient, at.gradient, optimize=True)
        value = element.VOLUME_VALUE
        own = np.einsum("mqe,qa->mea", weighed / bulk[..., None], value)
        by += np.einsum("mea,mj->meaj", own, at.tilt)
        lever = np.einsum("mq,qa->ma", at.weight * self._defect(at), value)
        for axis in range(3):
            by[:, 1 + axis, :, axis] -= lever / (self._root * self._span)[:, None]
        soft = self._softness(at)
        both = np.concatenate([forces, by.reshape(m, 4, 81)], axis=2)
        return np.concatenate([np.einsum("mef,mfj->mej", soft, both), soft], axis=2)

    def _values(self, body: Body, at: _Points, slope: Array, u: Array, share: float) -> Array:
        pattern = self._forward.assembly.pattern
        values = np.zeros(pattern.entries)
        weighed = at.weight[..., None] * at.psi
        pushed = np.einsum("mqik,mqka->mqai", at.cofactors, at.gradient, optimize=True)
        forces = np.einsum("mqe,mqai->meai", weighed, pushed, optimize=True)
        for start in range(0, len(body.mesh.cells), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            made = -_products(at, part)
            by = slope[part, :, 81:162].reshape(-1, 4, 27, 3)
            made += np.einsum("meai,mebj->mijab", forces[part], by, optimize=True)
            cells, slot = body.mesh.cells[part], pattern.slot[part]
            _scattered(cells, pattern.node_row, slot, made, values)
        for load in self._forward.loads:
            x, moved = body.mesh.positions_mm[load.groups], u[load.groups]
            matrix = _differences(load, x, moved, share, STEP * self.extent_mm)
            np.add.at(values, pattern.places(load.groups), matrix)
        return values


def _folded(positions: Array, cells: Ints) -> int | None:
    jacobian = np.einsum("qda,mai->mqid", element.VOLUME_SLOPE, positions[cells], optimize=True)
    least = np.linalg.det(jacobian).min(axis=1)
    worst = int(np.argmin(least))
    return None if least[worst] > 0 else worst


def _products(at: _Points, part: slice) -> Array:
    """The derivative (2) and (3) of the forces by X, (m, 3, 3, 27, 27)."""
    g = at.gradient[part]
    bent = at.bent[part].reshape(-1, 27, 3, 3, 3, 3) * at.weight[part][..., None, None, None, None]
    right = np.einsum("mqikjl,mqlb->mijqkb", bent, g, optimize=True)
    weighed = at.cofactors[part] * at.weight[part][..., None, None]
    right += np.einsum(
        "mqik,mj,qb->mijqkb", weighed, at.tilt[part], element.VOLUME_VALUE, optimize=True
    )
    left = np.moveaxis(g, 3, 1).reshape(-1, 1, 1, 27, 81)
    return np.ascontiguousarray(left @ right.reshape(-1, 3, 3, 81, 27))


def _differences(load: Load, x: Array, u: Array, share: float, step: float) -> Array:
    """Derivative of the forces by x - X at a given x, (g, 3 k, 3 k)."""
    count = 3 * x.shape[1]
    made = np.empty((len(x), count, count))
    for column in range(count):
        by = np.zeros(count)
        by[column] = step
        by = by.reshape(1, -1, 3)
        rise = load.force_mn(x - by, u + by, share) - load.force_mn(x + by, u - by, share)
        made[:, :, column] = rise.reshape(len(x), -1) / (2 * step)
    return made


@njit(cache=True, nogil=True)
def _responses(  # noqa: PLR0913
    kinds, constants, axes, active, f, p, stress, cofactors, volume, bent
):  # fmt: skip
    """Writes P, cofactors and J; unless `bent` is empty, also B of (2)."""
    wanted = len(bent) > 0
    second, a9 = np.empty((3, 3)), np.empty((9, 9))
    for e in range(len(f)):
        for q in range(27):
            one, first, cof = f[e, q], stress[e, q], cofactors[e, q]
            j = cofactor(one, cof)
            volume[e, q] = j
            if j <= 0.0:
                continue
            respond(kinds[e], constants[e], axes[e, q], active[e], one, j, second, a9, wanted)
            for i in range(3):
                for k in range(3):
                    first[i, k] = p[e, q] * cof[i, k]
                    for n in range(3):
                        first[i, k] += one[i, n] * second[n, k]
            if wanted:
                bend_of_volume(one, p[e, q], a9)
                _bent(one, first, a9, bent[e, q])


@njit(cache=True, nogil=True)
def _bent(f, first, a9, out):
    for i in range(3):
        for k in range(3):
            row = 3 * i + k
            for j in range(3):
                for n in range(3):
                    total = 0.0
                    for m in range(3):
                        total -= a9[row, 3 * m + n] * f[m, j]
                    if k == j:
                        total -= first[i, n]
                    if j == n:
                        total += first[i, k]
                    out[row, 3 * j + n] = total


@njit(cache=True, nogil=True)
def _scattered(cells, node_row, slot, stiffness, values):
    for e in range(len(cells)):
        scatter(cells[e], node_row, slot[e], stiffness[e], values)
