# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Where has a quantity spread that grows up to a ceiling of one?

.. math::
    \partial_t u = \nabla \cdot D \nabla u + \rho u (1 - u) - k(t) u               \tag{1}

on the faces of `conductance`, D being those times a number. In turn (Strang 1968) half a step of
reaction, one of diffusion, half a step of reaction. The reaction is exact (`logistic`). The
diffusion is the s-stage method of second order of Spiteri & Ruuth 2002 (*SIAM J Numer Anal*
40:469),

.. math::
    u_{j+1} = u_j + \frac{\Delta t}{s-1} L u_j, \quad j = 0 \ldots s-1, \qquad
    u^{t + \Delta t} = \frac{u_0 + (s-1)\, u_s}{s},                                 \tag{2}

with as many stages, 2 or more, as make each of them an average of neighbours with weights that
are not negative (more than 200 are refused). So u stays between 0 and 1, whatever the step, to
rounding: nothing is clamped.

What is smaller than the fourth fifth of the exponents of the number format (5e-31 in single
precision) is taken as 0, so that parts that nothing has reached cost nothing. Such a cut slows
a front by :math:`\pi^2 / (2 \ln^2 \epsilon)` (Brunet & Derrida 1997, *Phys Rev E* 56:2597): 0.1 %.

Every voxel is computed by itself, the two sides of an axis alike: results do not depend on the
number of threads, and mirrored problems have mirrored results, to the last bit.

Not for: ceilings or rates of growth that differ from place to place.
"""

from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.conductance import Conductance
from bodytwin.numerics.grid.logistic import Decay, Reaction, logistic

Array = NDArray[np.floating]
MOST_STAGES = 200
MOST_GROWTH = 50.0


class Field:
    """The quantity on its voxels, which is moved on in place.

    `values` (nx, ny, nz) is single or double precision, as the conductances are; what lies
    outside them is left out.
    """

    def __init__(self, of: Conductance, values: Array) -> None:
        self._of = of
        self._u = of.laid_out(values)
        self._start, self._next = self._u.copy(), np.zeros_like(self._u)
        self._alive = of.alive(self._u)
        self._was, self._will = self._alive.copy(), np.zeros_like(self._alive)
        self._least = np.finfo(self._u.dtype).tiny ** 0.8

    @property
    def values(self) -> Array:
        """The quantity now, (nx, ny, nz); 0 outside."""
        return self._of.box(self._u)

    def scale(self, by: Array | float) -> None:
        """Multiply by a number or by numbers (nx, ny, nz) from 0 to 1."""
        share = np.asarray(by, dtype=self._u.dtype)
        if not (np.isfinite(share) & (share >= 0) & (share <= 1)).all():
            raise InvalidInputError("What is left of a quantity is a share, from 0 to 1.")
        self._u *= self._of.laid_out(share) if share.ndim else share

    def advance(
        self,
        *,
        diffusion: float,
        rate_per_d: float,
        duration_d: float,
        step_d: float,
        decays: Sequence[Decay] = (),
    ) -> None:
        """Follow (1) for a time, in equal steps no longer than `step_d`.

        The conductances are multiplied by `diffusion`; `decays` is what k(t) consists of.

        Raises:
            InvalidInputError: a number below 0, or a step with too many stages or growth.

        """
        _check(diffusion, rate_per_d, duration_d, step_d)
        if duration_d == 0:
            return
        steps = max(1, ceil(duration_d / step_d - 1e-9))
        if rate_per_d * duration_d / steps > MOST_GROWTH:
            raise InvalidInputError(
                f"A step would multiply by more than exp({MOST_GROWTH:g}). Take shorter steps, or "
                f"look whether a rate of {rate_per_d:g} per day is what was meant."
            )
        stages = self._stages(diffusion * duration_d / steps)
        each = diffusion * duration_d / steps / (stages - 1)
        halves = list(_halves(rate_per_d, duration_d, steps, decays))
        self._react(halves[0])
        for after in halves[1:]:
            self._step(stages, each, after)

    def _stages(self, reach: float) -> int:
        stages = 1 + max(1, ceil(reach * self._of.largest))
        if stages > MOST_STAGES:
            raise InvalidInputError(
                f"A step would need {stages} stages of diffusion, and {MOST_STAGES} are the most. "
                "Take shorter steps, or look whether diffusion and spacing have the units named."
            )
        return stages

    def _step(self, stages: int, each: float, after: Reaction) -> None:
        numbers = np.array(
            [each, 1 / stages, 1 - 1 / stages, after.gain, after.crowding, self._least, 1],
            dtype=self._u.dtype,
        )
        self._u, self._start = self._start, self._u
        self._alive, self._was = self._was, self._alive
        now, alive = self._start, self._was
        for j in range(stages):
            last = j + 1 == stages
            _stage(
                now, self._start, self._next, alive, self._was, self._will,
                self._of.weights, self._of.strides, self._of.blocks, last, numbers,
            )  # fmt: skip
            self._u, self._next = self._next, self._u
            self._alive, self._will = self._will, self._alive
            now, alive = self._u, self._alive

    def _react(self, by: Reaction) -> None:
        kind = self._u.dtype.type
        self._u *= kind(by.gain) / (kind(1.0) + kind(by.crowding) * self._u)


def _halves(
    rate_per_d: float, duration_d: float, steps: int, decays: Sequence[Decay]
) -> Iterator[Reaction]:
    """The reaction before, between and after the steps of diffusion: steps + 1."""
    step, at = duration_d / steps, 0.0
    for k in range(steps + 1):
        length = 0.5 * step if k in (0, steps) else step
        yield logistic(rate_per_d, length, [d.later(at) for d in decays])
        at += length


def _check(diffusion: float, rate_per_d: float, duration_d: float, step_d: float) -> None:
    given = (diffusion, rate_per_d, duration_d)
    if not (np.isfinite(given).all() and min(given) >= 0 and 0 < step_d < np.inf):
        raise InvalidInputError(
            "Diffusion, rate and duration are 0 or more, a step above 0; got "
            f"{diffusion:g}, {rate_per_d:g}, {duration_d:g} d and {step_d:g} d."
        )


@njit(cache=True, nogil=True, parallel=True)
def _stage(  # noqa: PLR0913
    u, start, out, alive, was, will, weights, strides, blocks, last, numbers
):
    """Write one stage of (2) to `out`; the last one also averages with `start` and reacts.

    `u`, `start`, `out` (m,) are laid out in blocks of which `alive`, `was` and `will` (m / size,)
    tell whether anything in them is not 0; `weights` (3, m) join each voxel with the next along
    each axis, which lies `strides` (3,) on; `blocks` names those with voxels.
    """
    size = len(u) // len(alive)
    for b in prange(len(blocks)):
        block = blocks[b]
        low = block * size
        high = low + size
        if _reached(block, alive, strides, size) or (last and was[block]):
            _spread(u, out, weights, strides, numbers[0], low, high)
            if last:
                _react(start[low:high], out[low:high], numbers)
            will[block] = _any(out[low:high])
        else:
            if will[block]:
                out[low:high] = 0
            will[block] = False


@njit(cache=True, nogil=True)
def _react(was, to, numbers):
    """Average with where the step began, and apply the reaction."""
    back, ahead, gain = numbers[1], numbers[2], numbers[3]
    crowding, least, one = numbers[4], numbers[5], numbers[6]
    zero = one - one
    for i in range(len(to)):
        mixed = was[i] * back + to[i] * ahead
        grown = mixed * gain / (one + crowding * mixed)
        to[i] = grown if grown >= least else zero


@njit(cache=True, nogil=True)
def _reached(block, alive, strides, size):
    """Whether a voxel of the block or one beside it is not 0."""
    found = alive[block]
    low = block * size
    for axis in range(3):
        for sign in (-1, 1):
            at = low + sign * strides[axis]
            found = found or alive[at // size] or alive[(at + size - 1) // size]
    return found


@njit(cache=True, nogil=True)
def _any(values):
    for value in values:  # noqa: SIM110
        if value != 0:
            return True
    return False


@njit(cache=True, nogil=True)
def _spread(u, out, weights, strides, each, low, high):
    """Average a block with its neighbours: slices, so that a compiler does many at a time."""
    here, to = u[low:high], out[low:high]
    x, y, z = strides
    east, west = u[low + x : high + x], u[low - x : high - x]
    north, south = u[low + y : high + y], u[low - y : high - y]
    up, down = u[low + z : high + z], u[low - z : high - z]
    to_east, to_west = weights[0, low:high], weights[0, low - x : high - x]
    to_north, to_south = weights[1, low:high], weights[1, low - y : high - y]
    to_up, to_down = weights[2, low:high], weights[2, low - z : high - z]
    for i in range(len(to)):
        v = here[i]
        a = to_east[i] * (east[i] - v) + to_west[i] * (west[i] - v)
        b = to_north[i] * (north[i] - v) + to_south[i] * (south[i] - v)
        c = to_up[i] * (up[i] - v) + to_down[i] * (down[i] - v)
        to[i] = v + each * (a + b + c)
