r"""How does a wave of excitation run through the wall, current by current?

.. math::
    \partial_t V = \nabla \cdot D \nabla V - I_{ion}(V, \cdot) + I_{stim}          \tag{1}

without flux through the surface. In turn (Godunov) an explicit step of `numerics.grid.diffusion`
and one step of the cells, gates by Rush & Larsen 1978. A block of cells in which neither
changes the potential by more than `quiet_mv_per_ms` takes one long step of its membrane for up to
`LONGEST_STEPS` short ones; diffusion is never left out.

Not for: the bath around the heart (bidomain), tissue that moves; a speed
that was not calibrated at this spacing (`calibrate`).
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, NumericalError
from bodytwin.numerics.grid.diffusion import Diffusion
from bodytwin.numerics.grid.stencil import OFFSETS, Stencil
from bodytwin.twins.rhythm.model.monodomain_cells import BLOCK, Membrane, blocks, largest_change
from bodytwin.twins.rhythm.model.monodomain_marks import Activity, Marks, collected, joined
from bodytwin.twins.rhythm.model.monodomain_state import State
from bodytwin.twins.rhythm.model.screening import Report, silent

Float = NDArray[np.float32]
LONGEST_STEPS = 5
QUIET_MV_PER_MS = 0.2
REPORT_EVERY_MS = 1.0
FEWEST_SHARED = 16_384
"""Fewer voxels than this are done by one thread unless told otherwise: sharing costs more."""
_SANE_MV = 500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A current into `voxels` from `start_ms` on; its strength raises the potential in mV/ms."""

    voxels: tuple[int, ...]
    start_ms: float
    duration_ms: float = 2.0
    strength_mv_per_ms: float = 35.714

    def __post_init__(self) -> None:
        if not (self.voxels and self.duration_ms > 0 and self.start_ms >= 0):
            raise InvalidInputError("A pulse has voxels, a start of 0 ms or later and a duration.")

    def is_on(self, step: int, dt_ms: float) -> bool:
        """Whether it is given from this step to the next."""
        return round(self.start_ms / dt_ms) <= step < self.end(dt_ms)

    def end(self, dt_ms: float) -> int:
        """The step with which it has ended."""
        return round((self.start_ms + self.duration_ms) / dt_ms)


@dataclass(frozen=True, kw_only=True, eq=False)
class Monodomain:
    """Tissue made ready: how it conducts (`stencil`), what its n cells are, and the step.

    `kinds` (n,) points into `kind_names`, kinds of cell that `membrane` knows.
    """

    stencil: Stencil
    membrane: Membrane
    kinds: NDArray[np.uint8]
    kind_names: tuple[str, ...] = ("epi",)
    dt_ms: float = 0.02
    quiet_mv_per_ms: float = QUIET_MV_PER_MS

    def __post_init__(self) -> None:
        self.stencil.check_step(self.dt_ms)
        if len(self.kinds) != self.stencil.count:
            raise InvalidInputError(
                f"There are {len(self.kinds)} kinds of cell for {self.stencil.count} voxels."
            )
        if len(self.kinds) and int(self.kinds.max()) >= len(self.kind_names):
            raise InvalidInputError(f"Kinds of cell are below {len(self.kind_names)} here.")

    @cached_property
    def _shares(self) -> Float:
        return self.membrane.shares(self.kinds, self.kind_names)

    @property
    def name(self) -> str:
        """Which checkpoints are its own."""
        return f"{self.membrane.name}, {self.stencil.count} voxels, steps of {self.dt_ms:g} ms"

    def rested(self) -> State:
        """Every cell at the membrane's start, at time 0."""
        v, states = self.membrane.start(blocks(self.stencil.count))
        marks = Marks.at(v.reshape(-1)[: self.stencil.count])
        zero = np.zeros(len(v), dtype=np.float32)
        return State(
            of=self.name, step=0, v=v, states=states, due_ms=zero, rates=zero.copy(),
            top=marks.top, low=marks.low,
        )  # fmt: skip

    def run(
        self,
        state: State,
        pulses: Sequence[Pulse],
        until_ms: float,
        *,
        report: Report = silent,
        threads: int | None = None,
    ) -> tuple[State, Activity]:
        """The state at `until_ms`, and every activation and repolarisation on the way.

        `report` is told every millisecond, and may raise to stop. The results do not
        depend on `threads`, to the last bit.

        Raises:
            InvalidInputError: a checkpoint of other tissue, or a pulse out of it.
            NumericalError: the potential left what a cell can have.

        """
        state.check(self.name)
        if any(max(p.voxels) >= self.stencil.count or min(p.voxels) < 0 for p in pulses):
            raise InvalidInputError(f"A pulse names a voxel that is not 0 to {self.stencil.count}.")
        few = self.stencil.count < FEWEST_SHARED
        with _threads(1 if few and threads is None else threads):
            return self._followed(state.copied(), pulses, round(until_ms / self.dt_ms), report)

    def _followed(
        self, now: State, pulses: Sequence[Pulse], last: int, report: Report
    ) -> tuple[State, Activity]:
        walk = _Walk(self, now)
        found: list[Activity] = []
        every, first = max(1, round(REPORT_EVERY_MS / self.dt_ms)), now.step
        for step in range(first, last):
            walk.step(step, self._source(pulses, step))
            if (step + 1 - first) % every == 0 or step + 1 == last:
                found.append(walk.noted())
                report("Following the wave", (step + 1 - first) / (last - first))
        return walk.state(max(first, last)), joined(found)

    def _source(self, pulses: Sequence[Pulse], step: int) -> Float | None:
        on = [p for p in pulses if p.is_on(step, self.dt_ms)]
        if not on:
            return None
        source = np.zeros(self.stencil.count, dtype=np.float32)
        for pulse in on:
            source[list(pulse.voxels)] += np.float32(pulse.strength_mv_per_ms)
        return source


class _Walk:
    """The arrays of a run, and one step of them."""

    def __init__(self, of: Monodomain, start: State) -> None:
        self._of, self._now = of, start
        self._count = of.stencil.count
        self._v, self._next = start.v, start.v.copy()
        self._marks = Marks(top=start.top, low=start.low)
        self._due = start.due_ms
        self._diffusion = Diffusion(of.stencil, dt_ms=of.dt_ms)
        self._up, self._down = (np.full(self._count, np.nan) for _ in range(2))

    def step(self, step: int, source: Float | None) -> None:
        old, new, n = self._v.reshape(-1), self._next.reshape(-1), self._count
        self._diffusion.step(old[:n], new[:n], source)
        new[n:] = old[n:]
        self._of.membrane.advance(
            self._next, self._now.states, self._of._shares, self._awake(), self._now.rates  # pyright: ignore[reportPrivateUsage]
        )  # fmt: skip
        self._marks.note(old[:n], new[:n], step, self._up, self._down)
        self._v, self._next = self._next, self._v

    def _awake(self) -> Float:
        """How long a step each block's membrane takes now, (b,); 0: none yet."""
        quiet, dt = np.float32(self._of.quiet_mv_per_ms), np.float32(self._of.dt_ms)
        self._due += dt
        moved = largest_change(self._v, self._next)
        awake = (moved > quiet * dt) | (self._now.rates > quiet)
        awake |= self._due > (LONGEST_STEPS - 0.5) * dt
        steps = np.where(awake, self._due, np.float32(0))
        self._due[awake] = 0
        return steps

    def noted(self) -> Activity:
        if not np.abs(self._v).max() < _SANE_MV:
            raise NumericalError(
                "The potential left what a cell can have. Take a shorter step, or look whether "
                "the shares of the conductances are as they should be."
            )
        return collected(self._up, self._down, self._of.dt_ms)

    def state(self, step: int) -> State:
        return self._now.moved(step=step, v=self._v)


def memory_bytes(count: int, *, membrane: Membrane, blend: bool = False) -> int:
    """What a run on `count` voxels holds at most, apart from the events."""
    shares = len(membrane.share_names)
    per_cell = 4 * (3 + 2 * (len(membrane.initial) - 1) + 1 + shares) + 2 * 8 + 4 * 4
    per_voxel = 8 * len(OFFSETS) + (4 + 4 * 6 if blend else 0)
    return blocks(count) * BLOCK * per_cell + count * per_voxel


@contextmanager
def _threads(threads: int | None) -> Generator[None]:
    before = numba.get_num_threads()
    most = int(numba.config.NUMBA_NUM_THREADS)  # pyright: ignore
    numba.set_num_threads(before if threads is None else max(1, min(threads, most)))
    try:
        yield
    finally:
        numba.set_num_threads(before)
