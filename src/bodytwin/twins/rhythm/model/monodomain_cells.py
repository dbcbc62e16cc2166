# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

"""How is a kind of cell given to the tissue, and how are many of them advanced at once?

Cells lie in blocks of `BLOCK` neighbours. Each block is advanced by a step of its own, so
that one in which nothing happens can be left alone for a while; blocks are dealt to the
threads in a fixed manner, and none needs another, so that results do not depend on
the number of threads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.single import F
from bodytwin.twins.rhythm.model import monodomain_gates as gate
from bodytwin.twins.rhythm.model.cells.ten_tusscher import NUMBERS, SHARES, STATES, cell
from bodytwin.twins.rhythm.model.monodomain_currents import concentrations, currents

Float = NDArray[np.float32]
BLOCK = 512
_TASKS = 128
_ZERO = F(0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Membrane:
    """What is true of every cell of the tissue: states, start, and how a step is made.

    `advance(v, states, shares, steps_ms, rates)` changes the potential (b, BLOCK) and the states
    (b, s, BLOCK) in place, each block by its step (b,), left alone where that is 0, and writes the
    largest change of the potential by the membrane, in mV/ms, to `rates` (b,); all float32.
    `initial` is (1 + s,), the potential in mV first; `kinds` gives the shares (k,) of each kind.
    """

    name: str
    initial: Float
    share_names: tuple[str, ...]
    kinds: dict[str, Float]
    advance: Callable[..., Any]

    def start(self, blocks: int) -> tuple[Float, Float]:
        """Potential (b, BLOCK) and states (b, s, BLOCK) at the start."""
        v = np.full((blocks, BLOCK), self.initial[0], dtype=np.float32)
        states = np.broadcast_to(self.initial[1:, None], (blocks, len(self.initial) - 1, BLOCK))
        return v, np.ascontiguousarray(states)

    def shares(self, kinds: NDArray[np.uint8], names: Sequence[str]) -> Float:
        """Shares (b, k, BLOCK) of n cells, `kinds` (n,) pointing into `names`."""
        table = np.stack([self.kind(name) for name in names])
        filled = np.zeros(blocks(len(kinds)) * BLOCK, dtype=np.intp)
        filled[: len(kinds)] = kinds
        rows = table[filled].reshape(-1, BLOCK, table.shape[1])
        return np.ascontiguousarray(rows.transpose(0, 2, 1))

    def kind(self, kind: str) -> Float:
        """Shares (k,) of one kind."""
        if kind not in self.kinds:
            allowed = ", ".join(self.kinds)
            raise InvalidInputError(f"{self.name} has no kind '{kind[:20]}', only: {allowed}.")
        return self.kinds[kind]


def blocks(count: int) -> int:
    """Number of blocks that hold `count` cells."""
    return -(-count // BLOCK)


def ten_tusscher(kinds: Sequence[str] = ("epi", "mid", "endo", "border")) -> Membrane:
    """The ventricular cell of ten Tusscher & Panfilov 2006 (`cells.ten_tusscher`)."""
    made = {kind: cell(kind) for kind in kinds}
    initial = made[kinds[0]].initial.copy()
    initial[STATES.index("na_i")] = initial[STATES.index("k_i")] = 0.0
    return Membrane(
        name="ten Tusscher & Panfilov 2006",
        initial=initial.astype(np.float32),
        share_names=SHARES,
        kinds={kind: found.shares.astype(np.float32) for kind, found in made.items()},
        advance=_ten_tusscher,
    )


def _constants() -> Float:
    start = cell("epi").initial
    zero = [start[STATES.index("na_i")], start[STATES.index("k_i")]]
    return np.concatenate([NUMBERS, zero]).astype(np.float32)


_C = _constants()


def _ten_tusscher(v: Float, states: Float, shares: Float, steps_ms: Float, rates: Float) -> None:
    _advance(v, states, shares, steps_ms, rates, _C)


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def _advance(v, states, shares, steps_ms, rates, c):
    tasks = min(_TASKS, len(steps_ms))
    for task in prange(tasks):
        scratch = np.empty((5, BLOCK), dtype=np.float32)
        for b in range(task, len(steps_ms), tasks):
            if steps_ms[b] > _ZERO:
                rates[b] = _block(v[b], states[b], shares[b], steps_ms[b], c, scratch)


@njit(cache=True, nogil=True, error_model="numpy")
def _block(v, y, shares, dt, c, sums):
    currents(v, y, shares, c, sums)
    _gates(v, y, shares[6], dt)
    concentrations(y[12], y[13], y[14], y[15], sums[2], sums[3], dt, c)
    return _charges(v, y[16], y[17], sums, dt, c)


@njit(cache=True, nogil=True, error_model="numpy")
def _gates(v, y, slow, dt):
    gate.xr1(y[0], v, dt)
    gate.xr2(y[1], v, dt)
    gate.xs(y[2], v, dt)
    gate.m(y[3], v, dt)
    gate.h(y[4], v, dt)
    gate.j(y[5], v, dt)
    gate.d(y[6], v, dt)
    gate.f(y[7], v, dt)
    gate.f2(y[8], v, dt)
    gate.fcass(y[9], y[15], dt)
    gate.s(y[10], v, slow, dt)
    gate.r(y[11], v, dt)


@njit(cache=True, nogil=True, error_model="numpy")
def _charges(v, na_i, k_i, sums, dt, c):
    k, na, ca, cal = sums[0], sums[1], sums[2], sums[3]
    over = dt * c[2] / (c[3] * c[1])
    most = _ZERO
    for i in range(len(v)):
        k_i[i] -= over * k[i]
        na_i[i] -= over * na[i]
    for i in range(len(v)):
        rate = k[i] + na[i] + ca[i] + cal[i]
        v[i] -= dt * rate
        most = max(most, abs(rate))
    return most


def largest_change(before: Float, after: Float) -> Float:
    """The largest change of the potential (b, BLOCK) in each block, (b,)."""
    found = np.empty(len(before), dtype=np.float32)
    _largest_change(before, after, found)
    return found


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def _largest_change(before, after, found):
    for b in prange(len(before)):
        most = _ZERO
        for i in range(BLOCK):
            most = max(most, abs(after[b, i] - before[b, i]))
        found[b] = most
