# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""What energy does it take to deform a tissue whose water has had time to leave?

A ground that can change its volume bears fibres in all directions n, in the shares R(n) of
`directions`, which carry no compression:

.. math::
    W = \tfrac{\mu}{2} (I_1 - 3 - 2 \ln J) + \tfrac{\lambda}{2} (\ln J)^2
        + \int R(n)\, \psi(I_n)\, dA, \qquad I_n = n \cdot C n > 1                       \tag{1}
.. math::
    \psi = \frac{\xi}{\alpha\beta} \left( e^{\alpha (I_n - 1)^\beta} - 1 \right), \qquad
    \psi = \frac{\xi}{\beta} (I_n - 1)^\beta \text{ if } \alpha = 0             \tag{2: PowerFibres}
.. math::
    \psi = \xi N \left( y b + \ln\frac{b}{\sinh b} \right) - \tfrac12 \xi \sqrt{N}\, b_0 I_n
        - \psi_0, \quad y = \sqrt{I_n / N}, \quad y = \coth b - 1/b             \tag{3: ChainFibres}

C, not freed of its change of volume, is in (1) throughout, so that no pressure is added to it. In
(3) :math:`\sqrt N = \zeta` is the stretch at which the chains lock, :math:`b_0` is b at
:math:`I_n = 1`, and :math:`\psi_0` makes :math:`\psi` nought there. A state beyond has no energy
(NaN).

(1) and (2): Myers et al. 2015 (*J Biomech* 48:1533) of the cervix; (3): Shi et al. 2022 (*Acta
Biomater* 150:277). The papers themselves could not be read: (1) to (3) follow FEBio 4
(`neo-Hookean`, `continuous fiber distribution`, `fiber-exp-pow`, `fiber-entropy-chain`), where (3)
is named as that of Shi et al. FEBio sums a series for b; here it is found to rounding.
There (3) is shown upon a ground of Arruda and Boyce; here the ground is that of (1).

Not for: what a tissue does in seconds, before water moves: there it keeps its volume.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit

from bodytwin.errors import InvalidParameterError, require_positive
from bodytwin.numerics.solid.material.directions import Spread, sampled
from bodytwin.numerics.solid.material.guccione import dyad
from bodytwin.numerics.solid.material.vectors import add_twofold, vector

KIND = 3
_HEAD = 7


@dataclass(frozen=True)
class PowerFibres:
    """Equation (2): xi, beta of at least 2, and alpha, which is 0 for the plain power."""

    stiffness_kpa: float
    power: float
    growth: float = 0.0

    def __post_init__(self) -> None:
        require_positive(stiffness_kpa=self.stiffness_kpa)
        if not (np.isfinite(self.power) and self.power >= 2):
            raise InvalidParameterError(
                f"power must be 2 or more, got {self.power}: below, fibres just taut would be "
                "infinitely stiff."
            )
        if not (np.isfinite(self.growth) and self.growth >= 0):
            raise InvalidParameterError(f"growth must be zero or more, got {self.growth}.")

    def packed(self) -> list[float]:
        """Which of the two laws, and its three constants."""
        return [0.0, self.stiffness_kpa, self.power, self.growth]


@dataclass(frozen=True)
class ChainFibres:
    """Equation (3): xi, and the stretch zeta at which the chains lock."""

    stiffness_kpa: float
    locking_stretch: float

    def __post_init__(self) -> None:
        require_positive(stiffness_kpa=self.stiffness_kpa)
        if not (np.isfinite(self.locking_stretch) and self.locking_stretch > 1):
            raise InvalidParameterError(
                f"locking_stretch must be more than 1, got {self.locking_stretch}."
            )

    def packed(self) -> list[float]:
        """Which of the two laws, and its three constants."""
        slack = float(_inverse_langevin(1 / self.locking_stretch))
        return [1.0, self.stiffness_kpa, self.locking_stretch**2, slack]


@dataclass(frozen=True)
class Drained:
    """Equation (1). Small changes of volume meet lambda + 2 mu / 3 of the ground.

    `degree` is that of the polynomials of n that are summed exactly: 17 takes 55 directions.
    """

    shear_kpa: float
    lame_kpa: float
    fibres: PowerFibres | ChainFibres
    spread: Spread
    degree: int = 17

    def __post_init__(self) -> None:
        require_positive(shear_kpa=self.shear_kpa)
        if not (np.isfinite(self.lame_kpa) and self.lame_kpa >= 0):
            raise InvalidParameterError(f"lame_kpa must be zero or more, got {self.lame_kpa}.")
        _ = self._directions

    @cached_property
    def _directions(self) -> list[float]:
        along, share = sampled(self.spread, self.degree)
        return np.column_stack([along, share]).ravel().tolist()

    def packed(self) -> tuple[int, list[float]]:
        """Number of the kernel and its constants."""
        head = [self.shear_kpa, self.lame_kpa, *self.fibres.packed()]
        return KIND, [*head, float(len(self._directions) // 4), *self._directions]


@njit(cache=True, nogil=True)
def _inverse_langevin(y):
    """The b of coth b - 1/b = y for 0 < y < 1, by Newton's iteration from within 2 %."""
    b = y * (3.0 - 2.6 * y + 0.7 * y * y) / ((1.0 - y) * (1.0 + 0.1 * y))
    for _ in range(4):
        if b < 1e-2:
            value, slope = b / 3.0 - b**3 / 45.0, 1.0 / 3.0 - b * b / 15.0
        else:
            tail = np.exp(-2.0 * b)
            value = (1.0 + tail) / (1.0 - tail) - 1.0 / b
            slope = 1.0 / (b * b) - 4.0 * tail / ((1.0 - tail) * (1.0 - tail))
        step = (value - y) / slope
        b -= step
        if abs(step) < 1e-14 * b:
            break
    return b


@njit(cache=True, nogil=True)
def _power(stiffness, power, growth, over):
    """Energy of (2) and its first and second derivative, at I - 1 = `over`."""
    last = over ** (power - 2.0)
    first, whole = last * over, last * over * over
    if growth == 0.0:
        return stiffness / power * whole, stiffness * first, stiffness * (power - 1.0) * last
    raised = stiffness * np.exp(growth * whole)
    bend = raised * last * (power - 1.0 + growth * power * whole)
    return (raised - stiffness) / (growth * power), raised * first, bend


@njit(cache=True, nogil=True)
def _entropy(y, b):
    return y * b + np.log(b) - b - np.log(0.5 * (1.0 - np.exp(-2.0 * b)))


@njit(cache=True, nogil=True)
def _chain(stiffness, links, slack, over):
    """Energy of (3) and its first and second derivative, at I - 1 = `over`."""
    square, zeta = 1.0 + over, np.sqrt(links)
    stretch = np.sqrt(square)
    y = stretch / zeta
    if y >= 1.0:
        return np.nan, np.nan, np.nan
    b = _inverse_langevin(y)
    fold = np.exp(-2.0 * b)
    slope = 1.0 / (b * b) - 4.0 * fold / ((1.0 - fold) * (1.0 - fold))
    if b < 1e-2:
        slope = 1.0 / 3.0 - b * b / 15.0
    grown = _entropy(y, b) - _entropy(1.0 / zeta, slack)
    energy = stiffness * links * grown - 0.5 * stiffness * zeta * slack * over
    first = 0.5 * stiffness * zeta * (b / stretch - slack)
    second = 0.25 * stiffness * (1.0 / (slope * square) - zeta * b / (square * stretch))
    return energy, first, second


@njit(cache=True, nogil=True)
def respond(constants, axes, c, ci, j, s, t):
    """Energy of (1) in kPa at C = `c` (6,), whose inverse is `ci` (3, 3), and J = `j`.

    Writes 2 dW/dC to `s` (6,) and 4 d2W/dC2 to `t` (6, 6); `axes` (3, 3) has f, s and n in rows.
    """
    shear, lame, chained = constants[0], constants[1], constants[2] > 0.5
    swell = np.log(j)
    energy = 0.5 * shear * (c[0] + c[1] + c[2] - 3.0 - 2.0 * swell) + 0.5 * lame * swell * swell
    h = np.empty(6)
    vector(ci, h)
    for a in range(6):
        s[a] = (shear if a < 3 else 0.0) + (lame * swell - shear) * h[a]
        for b in range(6):
            t[a, b] = lame * h[a] * h[b]
    along = np.empty(3)
    for d in range(int(constants[_HEAD - 1])):
        at = _HEAD + 4 * d
        for a in range(3):
            along[a] = (
                constants[at] * axes[0, a]
                + constants[at + 1] * axes[1, a]
                + constants[at + 2] * axes[2, a]
            )
        dyad(along, along, h)
        over = -1.0
        for a in range(6):
            over += h[a] * c[a]
        if over <= 0.0:
            continue
        share = constants[at + 3]
        if chained:
            w, first, second = _chain(constants[3], constants[4], constants[5], over)
        else:
            w, first, second = _power(constants[3], constants[4], constants[5], over)
        energy += share * w
        for a in range(6):
            s[a] += 2.0 * share * first * h[a]
            bend = 4.0 * share * second * h[a]
            for b in range(a + 1):
                t[a, b] += bend * h[b]
    for a in range(6):
        for b in range(a):
            t[b, a] = t[a, b]
    add_twofold(t, ci, 2.0 * (shear - lame * swell))
    return energy
