r"""How does a body deform under its loads?

Newton's iteration :math:`K\,\Delta u = -R`. A step of length s is taken if no element turns inside
out and the correction that would follow, found with the same K, is shorter than the step:

.. math::
    \| K^{-1} R(u + s\,\Delta u) \| \le (1 - s/4) \, \| \Delta u \|                      \tag{1}

(the restricted natural monotonicity test of Deuflhard 2004, *Newton Methods for Nonlinear
Problems*, section 3.3; unlike the size of R it does not shy from stiffness against change of
volume). Otherwise it is halved. Where all are too long for that, as when faces begin to touch, the
longest is taken that brings :math:`R`, with the pressure eliminated, nearer to nought. The load is
applied in shares; a share that fails is cut to a quarter, one that is easy is followed by twice as
much.

Not for: what lies beyond a limit load, where no equilibrium is near. There the answer is an error
that says how much of the load could be borne.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import NumericalError
from bodytwin.numerics.solid.composition import Body
from bodytwin.numerics.solid.equations import Balance, Equations, State, size_of
from bodytwin.numerics.solid.linear import Solve
from bodytwin.numerics.solid.load import Held, Load

Array = NDArray[np.float64]
HALVINGS = 6
ROUNDING = 1e-12
"""A change of volume, or of place in terms of the body's size, that rounding leaves: where the
stiffness is great it makes a force, which no iteration takes away."""


@dataclass(frozen=True)
class Path:
    """How the load is applied: in which shares, and when an equilibrium is good enough.

    `tolerance` is the largest residual in terms of the forces in the body.
    """

    first_share: float = 0.5
    least_share: float = 1e-3
    tolerance: float = 1e-8
    most_iterations: int = 16
    easy_iterations: int = 6


@dataclass(frozen=True)
class Step:
    """An equilibrium under `share` of the load, found in so many `iterations`."""

    share: float
    iterations: int


@dataclass(frozen=True, eq=False)
class Solution:
    """Displacement (n, 3), the forces (n, 3) that hold the held nodes, and how it was found."""

    displacement_mm: Array
    reaction_mn: Array
    steps: tuple[Step, ...]
    cuts: int

    @property
    def iterations(self) -> int:
        """Of all steps that succeeded."""
        return sum(s.iterations for s in self.steps)


class Problem(Protocol):
    """What is brought to balance: see `Equations`, which is one."""

    goal_mm: Array
    fixed: NDArray[np.int64]
    free: NDArray[np.int64]

    @property
    def extent_mm(self) -> float: ...  # noqa: D102
    @property
    def volume_mm3(self) -> Array: ...  # noqa: D102
    def balance(self, state: State, *, share: float, stiff: bool) -> Balance: ...  # noqa: D102
    def pushed(self, slope: Array, at: Balance) -> Array: ...  # noqa: D102
    def advanced(  # noqa: D102
        self, state: State, now: Balance, step_mm: Array, length: float
    ) -> State: ...
    def settled(self, u_mm: Array, *, share: float) -> State: ...  # noqa: D102
    def factorised(self, values: Array) -> Solve: ...  # noqa: D102
    def dragged(self, values: Array, moved_mm: Array) -> Array: ...  # noqa: D102


class _StuckError(Exception):
    pass


def silent(_step: Step) -> None:
    """Says nothing of a step."""


def solve(
    of: Body,
    loads: Sequence[Load],
    held: Sequence[Held],
    *,
    path: Path | None = None,
    start_mm: Array | None = None,
    on_step: Callable[[Step], None] = silent,
) -> Solution:
    """The equilibrium under the whole load.

    From `start_mm` (n, 3), such as the answer to a similar question, the whole load is tried
    at once, and if that fails, in shares from the undeformed state. `on_step` hears
    of each equilibrium; what it raises ends the search. Raises NumericalError with
    the share of the load that could be borne and why not more.
    """
    return found(Equations(of, loads, held), path or Path(), start_mm, on_step)


def found(
    equations: Problem, how: Path, start_mm: Array | None, on_step: Callable[[Step], None]
) -> Solution:
    """The answer to `solve` for any problem."""
    if start_mm is not None:
        try:
            begun = equations.settled(start_mm.reshape(-1).copy(), share=1.0)
            state, iterations = _equilibrium(equations, begun, 1.0, how)
            step = Step(1.0, iterations)
            on_step(step)
            return _solution(equations, state, [step], 0)
        except _StuckError:
            pass
    return _in_shares(equations, how, on_step)


def _in_shares(equations: Problem, how: Path, on_step: Callable[[Step], None]) -> Solution:
    state = equations.settled(np.zeros(len(equations.goal_mm)), share=0.0)
    reached, more, cuts = 0.0, how.first_share, 0
    steps: list[Step] = []
    while reached < 1.0:
        share = 1.0 if reached + 1.001 * more >= 1.0 else reached + more
        try:
            state, iterations = _equilibrium(equations, state, share, how)
        except _StuckError as cause:
            more, cuts = (share - reached) / 4, cuts + 1
            if more < how.least_share:
                raise NumericalError(
                    f"Only {reached:.4g} of the load could be applied. At {share:.4g}: {cause} "
                    f"Steps were cut {cuts} times, to less than {how.least_share} of the load. "
                    "Check loads, stiffness and supports, or mesh finer there."
                ) from None
            continue
        more, reached = share - reached, share
        steps.append(Step(share, iterations))
        on_step(steps[-1])
        if iterations <= how.easy_iterations:
            more *= 2
    return _solution(equations, state, steps, cuts)


def _solution(equations: Problem, state: State, steps: list[Step], cuts: int) -> Solution:
    reaction = equations.balance(state, share=1.0, stiff=False).residual_mn
    reaction[equations.free] = 0.0
    return Solution(state.u_mm.reshape(-1, 3), reaction.reshape(-1, 3), tuple(steps), cuts)


def _equilibrium(equations: Problem, state: State, share: float, how: Path) -> tuple[State, int]:
    """The state in balance and the number of iterations, from a `state` near it."""
    goal, fixed = share * equations.goal_mm, equations.fixed
    for iteration in range(how.most_iterations):
        now = equations.balance(state, share=share, stiff=True)
        if now.inverted is not None:
            raise _StuckError(f"element {now.inverted} begins inside out.")
        step = np.zeros_like(state.u_mm)
        step[fixed] = goal[fixed] - state.u_mm[fixed]
        dragging = bool(np.any(step))
        pushed = equations.pushed(now.slope, now)
        if not dragging and _balanced(equations, now, pushed, how.tolerance):
            return state, iteration
        if dragging:
            pushed = pushed + equations.dragged(now.values, step)
        solved = _factorised(equations, now)
        step[equations.free] = -solved(pushed)
        if not dragging and np.abs(step).max() <= ROUNDING * equations.extent_mm:
            return state, iteration
        if dragging:
            state = _dragged(equations, state, step, share, now)
            state.u_mm[fixed] = goal[fixed]
        else:
            state = _searched(equations, state, step, share, now, solved)
    raise _StuckError(f"there was no balance after {how.most_iterations} iterations.")


def _balanced(equations: Problem, now: Balance, pushed: Array, tolerance: float) -> bool:
    enough = tolerance * now.scale_mn
    if np.linalg.norm(now.residual_mn[equations.free]) > enough:
        return False
    off = np.abs(now.defect).max(axis=1) / np.sqrt(equations.volume_mm3)
    return bool(np.linalg.norm(pushed) <= enough or off.max() <= ROUNDING)


def _factorised(equations: Problem, now: Balance) -> Solve:
    try:
        return equations.factorised(now.values)
    except NumericalError as cause:
        raise _StuckError(str(cause)) from None


def _dragged(equations: Problem, state: State, step: Array, share: float, now: Balance) -> State:
    there = equations.advanced(state, now, step, 1.0)
    then = equations.balance(there, share=share, stiff=False)
    if then.inverted is not None:
        raise _StuckError(f"element {then.inverted} turned inside out as held nodes moved.")
    if not isfinite(then.scale_mn):
        raise _StuckError("stresses overflowed as held nodes moved.")
    return there


def _searched(
    equations: Problem, state: State, step: Array, share: float, now: Balance, solved: Solve
) -> State:
    size, length = size_of(step), 1.0
    unbalanced = size_of(equations.pushed(now.slope, now))
    inverted: int | None = None
    second: State | None = None
    for _ in range(HALVINGS):
        there = equations.advanced(state, now, step, length)
        then = equations.balance(there, share=share, stiff=False)
        inverted = then.inverted
        if inverted is None and isfinite(then.scale_mn):
            pushed = equations.pushed(now.slope, then)
            if size_of(solved(pushed)) <= (1 - length / 4) * size:
                return there
            if second is None and size_of(pushed) <= (1 - length / 4) * unbalanced:
                second = there
        length /= 2
    if second is not None:
        return second
    if inverted is not None:
        raise _StuckError(f"element {inverted} turns inside out however short the step.")
    raise _StuckError("the line search stalled: no shorter step brings the forces nearer balance.")
