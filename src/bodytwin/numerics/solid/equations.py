"""Which forces on a loaded and held body are out of balance, and how stiff is it?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.solid.assemble import Assembly
from bodytwin.numerics.solid.composition import Body
from bodytwin.numerics.solid.linear import Elimination, Solve
from bodytwin.numerics.solid.load import Held, Load
from bodytwin.numerics.solid.ordering import dissected

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class State:
    """Displacement (3 n,) and the coefficients of the pressure (m, 4)."""

    u_mm: Array
    pressure: Array


@dataclass(frozen=True, eq=False)
class Balance:
    """Residual (3 n,) in mN at some state, and the size of the forces it is left over from.

    `inverted` is the element that is most inside out, or None; if there is one, or `scale_mn` is
    infinite because a stress overflowed, nothing else is to be used. `values` and `slope` are
    empty unless asked for.
    """

    residual_mn: Array
    scale_mn: float
    defect: Array
    inverted: int | None
    values: Array
    slope: Array


class Equations:
    """A body with its loads and what holds it: what stays the same is computed once.

    `goal_mm` (3 n,) is where held unknowns are moved under the whole load, NaN for others; `fixed`
    are the former, `free` the latter, in the order in which they are best eliminated.
    """

    def __init__(self, of: Body, loads: Sequence[Load], held: Sequence[Held]) -> None:
        self.body, self.loads = of, tuple(loads)
        self.assembly = Assembly(of, [load.groups for load in self.loads])
        n = 3 * of.mesh.count
        self.goal_mm = np.full(n, np.nan)
        for one in held:
            at = 3 * one.nodes + one.axis
            goal = np.broadcast_to(np.asarray(one.displacement_mm, dtype=np.float64), at.shape)
            clash = ~np.isnan(self.goal_mm[at]) & (self.goal_mm[at] != goal)
            if clash.any():
                node = int(at[np.argmax(clash)] // 3)
                raise InvalidInputError(f"Node {node} is moved to two places along one axis.")
            self.goal_mm[at] = goal
        used = np.zeros(n, dtype=bool)
        used.reshape(-1, 3)[np.unique(of.mesh.cells)] = True
        self.goal_mm[~used & np.isnan(self.goal_mm)] = 0.0
        parts = dissected(of.mesh, self.assembly.joints)
        every = [(3 * nodes[:, None] + np.arange(3)).reshape(-1) for nodes in parts]
        free = [part[np.isnan(self.goal_mm[part])] for part in every]
        self.free = np.concatenate(free)
        self.fixed = np.flatnonzero(~np.isnan(self.goal_mm))
        self._places = [self.assembly.pattern.places(load.groups) for load in self.loads]
        self._reduce()
        one = self.reduced(np.zeros(self.assembly.pattern.entries))
        self._elimination = Elimination(one, [len(part) for part in free if len(part)])

    @property
    def extent_mm(self) -> float:
        """The longest side of the body."""
        return float(np.ptp(self.body.mesh.positions_mm, axis=0).max())

    @property
    def volume_mm3(self) -> Array:
        """Of each element, (m,)."""
        return self.body.mesh.geometry.weight_mm3.sum(axis=1)

    def _reduce(self) -> None:
        whole = self.assembly.pattern.matrix(np.empty(self.assembly.pattern.entries))
        number = np.full(len(self.goal_mm), -1, dtype=np.int32)
        number[self.free] = np.arange(len(self.free), dtype=np.int32)
        row = np.repeat(number, np.diff(whole.indptr))
        column = number[whole.indices]
        kept = np.flatnonzero((row >= 0) & (column >= 0))
        self._kept = kept[np.argsort(row[kept], kind="stable")]
        self._column = column[self._kept]
        count = np.bincount(row[self._kept], minlength=len(self.free))
        self._row = np.concatenate([[0], np.cumsum(count)])

    def balance(self, state: State, *, share: float, stiff: bool) -> Balance:
        """Under `share` of the loads and of the active tension."""
        u = state.u_mm.reshape(-1, 3)
        found = self.assembly.answer(u, state.pressure, active_share=share, stiff=stiff)
        worst = int(np.argmin(found.least_volume))
        residual, values, applied = found.force_mn, found.values, 0.0
        inner = size_of(residual)
        for load, places in zip(self.loads, self._places, strict=True):
            x, moved = self.body.mesh.positions_mm[load.groups], u[load.groups]
            whole = np.zeros_like(residual)
            np.add.at(whole, load.groups, load.force_mn(x, moved, share))
            residual += whole
            applied += size_of(whole)
            if stiff:
                np.add.at(values, places, load.stiffness_mn_per_mm(x, moved, share))
        return Balance(
            residual_mn=residual.reshape(-1),
            scale_mn=max(inner, applied),
            defect=found.defect,
            inverted=None if found.least_volume[worst] > 0 else worst,
            values=values,
            slope=found.slope,
        )

    def pushed(self, slope: Array, at: Balance) -> Array:
        """The free part of the right side of Newton's equations, with the pressure eliminated."""
        whole = at.residual_mn + self.assembly.eliminated(slope, at.defect).reshape(-1)
        return whole[self.free]

    def advanced(self, state: State, now: Balance, step_mm: Array, length: float) -> State:
        """`state` after `length` of the step (3 n,), the pressure following."""
        more = self.assembly.pressure_step(now.slope, now.defect, step_mm.reshape(-1, 3))
        return State(state.u_mm + length * step_mm, state.pressure + length * more)

    def settled(self, u_mm: Array, *, share: float) -> State:
        """The displacement (3 n,) with the pressure that belongs to it."""
        m = len(self.body.mesh.cells)
        at = self.assembly.answer(
            u_mm.reshape(-1, 3), np.zeros((m, 4)), active_share=share, stiff=False
        )
        return State(u_mm, self.body.bulk_kpa[:, None] * at.grown)

    def reduced(self, values: Array) -> csr_matrix:
        """The stiffness of the free unknowns among themselves."""
        n = len(self.free)
        return csr_matrix((values[self._kept], self._column, self._row), shape=(n, n))

    def factorised(self, values: Array) -> Solve:
        """What takes forces on the free unknowns to how far they move: see `Elimination`."""
        return self._elimination.factorised(values[self._kept])

    def dragged(self, values: Array, moved_mm: Array) -> Array:
        """Forces on the free unknowns when all move by `moved_mm` (3 n,), to first order."""
        return (self.assembly.pattern.matrix(values) @ moved_mm)[self.free]


def size_of(forces: Array) -> float:
    """The norm of forces, infinite where a stress has overflowed."""
    largest = float(np.abs(forces).max(initial=0.0))
    if not 0.0 < largest < np.inf:
        return 0.0 if largest == 0.0 else np.inf
    return largest * float(np.linalg.norm(forces / largest))
