r"""Which beamlet weights meet the aims of a plan best, and within its limits?

.. math::
    \min_{x \ge 0} \sum_k p_k f_k(A x) \quad \text{subject to } c_j(A x) \le 0     \tag{1}

by L-BFGS-B, on merged rows first and on all rows to finish; limits by rounds of the
augmented Lagrangian (`cost`). The weights are scaled by the curvature of the voxel-wise terms,

.. math::
    x_j = y_j / \sqrt{h_j}, \qquad h_j = 2 \sum_i w_i a_{ij}^2.                    \tag{2}

A plan like one that there is starts from its weights.

Source: Byrd, Lu, Nocedal & Zhu 1995, SIAM J Sci Comput 16:1190, doi 10.1137/0916069.

Not for: a global optimum where aims are not convex (volume goals), or whether a machine can give
the weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bodytwin.errors import InvalidPlanError
from bodytwin.twins.radiotherapy.model.cost import Cost, Held, bounds_of, cost_of
from bodytwin.twins.radiotherapy.model.merge import Merged
from bodytwin.twins.radiotherapy.model.objectives import VoxelWise
from bodytwin.twins.radiotherapy.model.rows import Rows
from bodytwin.twins.radiotherapy.model.wanted import Aim, Limit, values

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """Where the search stands: which stage, how many iterations of it, and the value there."""

    stage: str
    iteration: int
    value: float


Watch = Callable[[Step], bool]
"""Called after every iteration; false stops the search, which gives the best so far."""


@dataclass(frozen=True)
class Effort:
    """How long to search: iterations on merged rows and on all, and when each is enough."""

    merged_iterations: int = 150
    finish_iterations: int = 20
    relative_change: float = 1e-6
    rounds: int = 12
    limit_gy: float = 0.05
    memory: int = 20


WHAT_IF = Effort(merged_iterations=20, finish_iterations=5)
"""Enough from a plan that differs little."""


@dataclass(frozen=True, eq=False)
class Optimised:
    """Weights (beamlets,), the dose of all rows, priority times value of each aim, and how."""

    weight: Array
    dose_gy: Array
    aims: Array
    excess_gy: Array
    iterations: int
    evaluations: int
    stopped: bool

    @property
    def value(self) -> float:
        """Sum over aims."""
        return float(self.aims.sum())


@dataclass(eq=False)
class _Search:
    """What goes from one stage to the next."""

    weight: Array
    effort: Effort
    watch: Watch
    scale: Array | None = None
    iterations: int = 0
    evaluations: int = 0
    stopped: bool = False


def optimise(
    rows: Rows,
    aims: Sequence[Aim],
    limits: Sequence[Limit] = (),
    *,
    few: Merged | None = None,
    start: Array | None = None,
    effort: Effort | None = None,
    watch: Watch = lambda _: True,
) -> Optimised:
    """Equation (1), on merged rows first where there are some; `start` is a plan like it.

    What-ifs of one patient share `few` (see `merge.merged`), which need not be made again.

    Raises:
        InvalidPlanError: no aims, or a start of another length than the beamlets.

    """
    if not aims:
        raise InvalidPlanError("A plan needs at least one aim, such as a dose for its target.")
    weight = even(rows, aims) if start is None else np.maximum(start, 0.0)
    if weight.shape != (rows.beamlets,):
        raise InvalidPlanError(
            f"The plan to start from has shape {weight.shape}, {rows.beamlets} weights are needed. "
            "It belongs to other beams."
        )
    search = _Search(weight=weight, effort=effort or Effort(), watch=watch)
    held = tuple(_unheld(limit, aims) for limit in limits)
    if few is not None:
        held = _through(search, few, aims, held)
    _stage(search, rows, aims, held, "all voxels", search.effort.finish_iterations)
    dose = rows.dose_gy(search.weight)
    return Optimised(
        weight=search.weight,
        dose_gy=dose,
        aims=values(aims, dose),
        excess_gy=np.array([float(limit.excess_gy(dose).max()) for limit in limits]),
        iterations=search.iterations,
        evaluations=search.evaluations,
        stopped=search.stopped,
    )


def even(rows: Rows, aims: Sequence[Aim]) -> Array:
    """Equal weights, of the size that comes nearest to the doses below which there is a lack."""
    dose = rows.dose_gy(np.ones(rows.beamlets))
    wanted, given = 0.0, 0.0
    for aim in aims:
        if isinstance(aim.objective, VoxelWise) and aim.objective.sides[0] > 0.0:
            own, share = dose[aim.structure.rows], aim.priority * aim.structure.share
            wanted += aim.objective.dose_gy * float(share @ own)
            given += float(share @ own**2)
    size = wanted / given if given > 0.0 else 1.0 / max(float(dose.max()), 1e-300)
    return np.full(rows.beamlets, size)


def _through(
    search: _Search, few: Merged, aims: Sequence[Aim], held: tuple[Held, ...]
) -> tuple[Held, ...]:
    """The stage on merged rows; its multipliers are handed to the rows merged."""
    seen = {id(a.structure): few.seen(a.structure) for a in aims}
    seen |= {id(h.limit.structure): few.seen(h.limit.structure) for h in held}
    few_aims = [replace(a, structure=seen[id(a.structure)]) for a in aims]
    few_held = tuple(
        replace(h, limit=replace(h.limit, structure=seen[id(h.limit.structure)]), shift_gy=shift)
        for h in held
        for shift in [np.zeros(len(seen[id(h.limit.structure)].rows) if _by_voxel(h) else 1)]
    )
    done = _stage(
        search, few.rows, few_aims, few_held, "merged voxels", search.effort.merged_iterations
    )
    return tuple(_spread(few, h, d) for h, d in zip(held, done, strict=True))


def _spread(few: Merged, held: Held, done: Held) -> Held:
    if not _by_voxel(held):
        return replace(held, weight=done.weight, shift_gy=done.shift_gy)
    at = np.searchsorted(done.limit.structure.rows, few.group[held.limit.structure.rows])
    return replace(held, weight=done.weight, shift_gy=done.shift_gy[at])


def _stage(
    search: _Search,
    rows: Rows,
    aims: Sequence[Aim],
    held: tuple[Held, ...],
    name: str,
    iterations: int,
) -> tuple[Held, ...]:
    """Search on these rows, in rounds where there are limits."""
    if search.scale is None:
        search.scale = _scale(rows, aims, held)
    worst = np.inf
    for _ in range(search.effort.rounds if held else 1):
        _descend(search, cost_of(rows, aims, held), name, iterations)
        if not held or search.stopped:
            break
        dose = rows.dose_gy(search.weight)
        excess = [h.limit.excess_gy(dose) for h in held]
        left = max(float(e.max()) for e in excess)
        if left <= search.effort.limit_gy:
            break
        firmer = 4.0 if left > 0.25 * worst else 1.0
        held = tuple(
            replace(
                h,
                weight=firmer * h.weight,
                shift_gy=np.maximum(0.0, h.shift_gy + e) / firmer,
            )
            for h, e in zip(held, excess, strict=True)
        )
        worst = left
    return held


def _descend(search: _Search, cost: Cost, name: str, iterations: int) -> None:
    if iterations <= 0 or search.stopped:
        return
    done, scale = 0, np.ones(1) if search.scale is None else search.scale

    def scaled(y: Array) -> tuple[float, Array]:
        value, gradient = cost(y * scale)
        return value, gradient * scale

    def told(intermediate_result: object) -> None:
        nonlocal done
        done += 1
        value = float(getattr(intermediate_result, "fun", np.nan))
        if not search.watch(Step(stage=name, iteration=done, value=value)):
            search.stopped = True
            raise StopIteration

    found = minimize(
        scaled,
        search.weight / scale,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None)] * len(scale),
        callback=told,
        options={
            "maxiter": iterations,
            "maxfun": 2 * iterations + 20,
            "maxcor": search.effort.memory,
            "ftol": search.effort.relative_change,
            "gtol": 1e-12,
        },
    )
    search.weight = np.maximum(found.x * scale, 0.0)
    search.iterations += int(found.nit)
    search.evaluations += int(found.nfev)


def _scale(rows: Rows, aims: Sequence[Aim], held: Sequence[Held]) -> Array:
    """Equation (2) over the voxel-wise terms; one for all beamlets where there are none."""
    voxel_wise = [a for a in aims if isinstance(a.objective, VoxelWise)]
    by_voxel = [h for h in held if _by_voxel(h)]
    bounds = bounds_of(rows.count, voxel_wise, by_voxel)
    curved = np.add.reduceat(
        np.append(bounds.under + bounds.over, 0.0), np.minimum(bounds.start[:-1], bounds.start[-1])
    )
    curved[np.diff(bounds.start) == 0] = 0.0
    h = 2.0 * rows.pull_squared(curved)
    typical = float(np.median(h[h > 0.0])) if np.any(h > 0.0) else 1.0
    return 1.0 / np.sqrt(np.maximum(h, 1e-3 * typical))


def _unheld(limit: Limit, aims: Sequence[Aim]) -> Held:
    weight = sum(a.priority for a in aims)
    count = len(limit.structure.rows) if limit.number is None else 1
    return Held(limit=limit, weight=weight, shift_gy=np.zeros(count))


def _by_voxel(held: Held) -> bool:
    return held.limit.number is None
