r"""What do beamlet weights cost, and in which direction does it fall?

Aims that are sums over voxels go through one pass over the influence (`rows`, equation 3); the
mean dose is linear in the weights, so what is asked of it costs one product in all; the others
need the dose first. A limit enters as the augmented Lagrangian of Powell, Hestenes and Rockafellar,

.. math::
    \frac{\mu}{2} \sum_i v_i \left[c_i(d) + r_i\right]_+^2, \qquad
    r_i \leftarrow \left[r_i + c_i(d)\right]_+,                                   \tag{1}

with shifts r in Gy, which are the multipliers over :math:`\mu v_i`.

Source: Rockafellar 1973, J Optim Theory Appl 12:555, doi 10.1007/BF00934777.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.twins.radiotherapy.model.objectives import Beyond, MeanDose, Objective, VoxelWise
from bodytwin.twins.radiotherapy.model.rows import Bounds, Rows
from bodytwin.twins.radiotherapy.model.wanted import Aim, Limit, Structure

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Held:
    """A limit, its weight mu in equation (1), and its shifts r."""

    limit: Limit
    weight: float
    shift_gy: Array


@dataclass(frozen=True, eq=False)
class OfMean:
    """An aim or a limit on a mean dose: the mean is `per_weight` times the weights."""

    per_weight: Array
    asked: Aim | Held

    def __call__(self, weight: Array) -> tuple[float, Array]:
        """Value and gradient (beamlets,)."""
        mean = np.array([float(self.per_weight @ weight)])
        one = np.ones(1)
        if isinstance(self.asked, Aim):
            aim = self.asked
            slope = aim.priority * float(aim.objective.slope(mean, one)[0])
            return aim.priority * float(aim.objective.value(mean, one)), slope * self.per_weight
        held = self.asked
        excess = held.limit.sign * (mean - held.limit.bound_gy)
        beyond = max(0.0, float((excess + held.shift_gy)[0]))
        slope = held.weight * beyond * held.limit.sign
        return 0.5 * held.weight * beyond**2, slope * self.per_weight


@dataclass(frozen=True, eq=False)
class Cost:
    """The function of the weights that is made small."""

    rows: Rows
    bounds: Bounds
    means: tuple[OfMean, ...]
    aims: tuple[Aim, ...]
    held: tuple[Held, ...]

    def __call__(self, weight: Array) -> tuple[float, Array]:
        """Value and gradient (beamlets,)."""
        value, gradient = self.rows.beyond(weight, self.bounds)
        for mean in self.means:
            more, slope = mean(weight)
            value, gradient = value + more, gradient + slope
        if self.aims or self.held:
            dose = self.rows.dose_gy(weight)
            more, slope = self._of_dose(dose)
            value, gradient = value + more, gradient + self.rows.pull(slope)
        return value, gradient

    def _of_dose(self, dose: Array) -> tuple[float, Array]:
        value, slope = 0.0, np.zeros(len(dose))
        for aim in self.aims:
            at, share = aim.structure.rows, aim.structure.share
            value += aim.priority * float(aim.objective.value(dose[at], share))
            slope[at] += aim.priority * aim.objective.slope(dose[at], share)
        for held in self.held:
            assert held.limit.number is not None
            at, share = held.limit.structure.rows, held.limit.structure.share
            beyond = max(0.0, float((held.limit.excess_gy(dose) + held.shift_gy)[0]))
            if beyond > 0.0:
                value += 0.5 * held.weight * beyond**2
                pull = held.weight * beyond * held.limit.sign
                slope[at] += pull * held.limit.number.slope(dose[at], share)
        return value, slope


def cost_of(rows: Rows, aims: Sequence[Aim], held: Sequence[Held] = ()) -> Cost:
    """Sort aims and limits by how they are evaluated."""
    by_voxel = [a for a in aims if isinstance(a.objective, VoxelWise)]
    of_mean = [a for a in aims if _is_of_mean(a.objective)]
    held_mean = [h for h in held if _is_of_mean(h.limit.number)]
    return Cost(
        rows=rows,
        bounds=bounds_of(rows.count, by_voxel, [h for h in held if h.limit.number is None]),
        means=tuple(
            [OfMean(_per_weight(rows, a.structure), a) for a in of_mean]
            + [OfMean(_per_weight(rows, h.limit.structure), h) for h in held_mean]
        ),
        aims=tuple(a for a in aims if a not in by_voxel and a not in of_mean),
        held=tuple(h for h in held if h.limit.number is not None and h not in held_mean),
    )


def _is_of_mean(objective: Objective | None) -> bool:
    inner = objective.of if isinstance(objective, Beyond) else objective
    return isinstance(inner, MeanDose)


def _per_weight(rows: Rows, structure: Structure) -> Array:
    share = np.zeros(rows.count)
    share[structure.rows] = structure.share
    return rows.pull(share)


def bounds_of(count: int, aims: Sequence[Aim], held: Sequence[Held]) -> Bounds:
    """The terms of `count` rows, from voxel-wise aims and limits."""
    parts: list[tuple[Index, Array, Array, Array]] = []
    for aim in aims:
        assert isinstance(aim.objective, VoxelWise)
        share, sides = aim.priority * aim.structure.share, aim.objective.sides
        bound = np.full(len(share), aim.objective.dose_gy)
        parts.append((aim.structure.rows, bound, share * sides[0], share * sides[1]))
    for h in held:
        share = 0.5 * h.weight * h.limit.structure.share
        bound = h.limit.bound_gy - h.limit.sign * h.shift_gy
        nothing = np.zeros(len(share))
        under, over = (nothing, share) if h.limit.sign > 0 else (share, nothing)
        parts.append((h.limit.structure.rows, bound, under, over))
    if not parts:
        empty = np.zeros(0)
        return Bounds(np.zeros(count + 1, dtype=np.int64), empty, empty, empty)
    row, bound, under, over = (np.concatenate(x) for x in zip(*parts, strict=True))
    order = np.argsort(row, kind="stable")
    start = np.searchsorted(row[order], np.arange(count + 1))
    return Bounds(start, bound[order], under[order], over[order])
