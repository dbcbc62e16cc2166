r"""What is wanted of the dose in a structure, as a number to be made small and its exact slope?

With the dose :math:`d_i` in the voxels of a structure and their shares :math:`v_i` of its volume,
:math:`\sum_i v_i = 1`:

.. math::
    \text{under} &: \sum_i v_i [l - d_i]_+^2, \qquad
    \text{over}: \sum_i v_i [d_i - l]_+^2, \qquad
    \text{deviation}: \sum_i v_i (d_i - l)^2,                                     \tag{1} \\
    \bar d &= \sum_i v_i d_i, \qquad
    gEUD = \Big(\sum_i v_i d_i^a\Big)^{1/a},                                      \tag{2} \\
    \hat d &= \tau \ln \sum_i v_i e^{d_i/\tau}.                                   \tag{3}

A volume goal "at most the share V above l" is over-dose of the voxels between l and :math:`D_V`,
the dose that the hottest V receive, as in (1); "at least" is its mirror. Its slope is exact where
no voxel stands at l or at :math:`D_V`. (3) lies below the greatest dose, by at most
:math:`-\tau \ln v_{max}`.

Source: Bortfeld 1999, Semin Radiat Oncol 9:20 (quadratic and volume goals); Niemierko 1999, Med
Phys 26:1100 (gEUD, abstract); Wu & Mohan 2000, Med Phys 27:701, doi 10.1118/1.598944.

Values also take complex doses, for a complex step.

Not for: how much each goal should weigh, which is the question asked of the patient's team.
"""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import require_positive

Array = NDArray[np.float64]
Doses = Array | NDArray[np.complex128]


class Objective(Protocol):
    """A number to be made small: from doses (voxels,) and shares of volume (voxels,)."""

    def value(self, dose_gy: Doses, share: Array) -> Any:
        """The number, in the units of the equation."""
        ...

    def slope(self, dose_gy: Array, share: Array) -> Array:
        """Its derivative by the dose of each voxel."""
        ...


@runtime_checkable
class VoxelWise(Protocol):
    """An objective that is a sum over voxels of squared distances beyond one dose."""

    @property
    def dose_gy(self) -> float:
        """The bound."""
        ...

    @property
    def sides(self) -> tuple[float, float]:
        """Weight of what lies under the bound, and of what lies over it."""
        ...


@dataclass(frozen=True)
class _Squared:
    dose_gy: float

    def __post_init__(self) -> None:
        if self.dose_gy != 0.0:
            require_positive(dose_gy=self.dose_gy)

    @property
    def sides(self) -> tuple[float, float]:
        raise NotImplementedError

    def value(self, dose_gy: Doses, share: Array) -> Any:
        """Mean squared distance beyond the bound, Gy^2."""
        gap = dose_gy - self.dose_gy
        under, over = self.sides
        return share @ (np.where(np.real(gap) > 0.0, over, under) * gap * gap)

    def slope(self, dose_gy: Array, share: Array) -> Array:
        """Derivative by dose, Gy."""
        gap = dose_gy - self.dose_gy
        under, over = self.sides
        return 2.0 * share * np.where(gap > 0.0, over, under) * gap


@dataclass(frozen=True)
class Underdose(_Squared):
    """Squared lack below `dose_gy`."""

    @property
    def sides(self) -> tuple[float, float]:
        """Under only."""
        return 1.0, 0.0


@dataclass(frozen=True)
class Overdose(_Squared):
    """Squared excess above `dose_gy`."""

    @property
    def sides(self) -> tuple[float, float]:
        """Over only."""
        return 0.0, 1.0


@dataclass(frozen=True)
class Deviation(_Squared):
    """Squared distance from `dose_gy`, either way."""

    @property
    def sides(self) -> tuple[float, float]:
        """Both."""
        return 1.0, 1.0


@dataclass(frozen=True)
class MeanDose:
    """The mean dose, Gy."""

    def value(self, dose_gy: Doses, share: Array) -> Any:
        """Equation (2)."""
        return share @ dose_gy

    def slope(self, dose_gy: Array, share: Array) -> Array:
        """The shares themselves."""
        return np.array(np.broadcast_to(share, dose_gy.shape), dtype=np.float64)


@dataclass(frozen=True)
class EquivalentUniformDose:
    """The generalised equivalent uniform dose of exponent `a`, Gy; `a` is not zero."""

    a: float

    def value(self, dose_gy: Doses, share: Array) -> Any:
        """Equation (2), scaled by the greatest dose so that nothing overflows."""
        top = _top(dose_gy)
        return top * (share @ (_above_zero(dose_gy, top) / top) ** self.a) ** (1.0 / self.a)

    def slope(self, dose_gy: Array, share: Array) -> Array:
        """Derivative by dose."""
        top = _top(dose_gy)
        relative = np.real(_above_zero(dose_gy, top)) / top
        mean = share @ relative**self.a
        return share * relative ** (self.a - 1.0) * mean ** (1.0 / self.a - 1.0)


@dataclass(frozen=True)
class GreatestDose:
    """A smooth greatest dose, equation (3), Gy."""

    softness_gy: float = 0.5

    def value(self, dose_gy: Doses, share: Array) -> Any:
        """Equation (3)."""
        top = np.real(dose_gy).max()
        return top + self.softness_gy * np.log(share @ np.exp((dose_gy - top) / self.softness_gy))

    def slope(self, dose_gy: Array, share: Array) -> Array:
        """The shares that each voxel has in (3)."""
        own = share * np.exp((dose_gy - dose_gy.max()) / self.softness_gy)
        return own / own.sum()


@dataclass(frozen=True)
class Beyond:
    """Squared excess of one number of the dose over `most_gy`, or lack below `least_gy`, Gy^2."""

    of: Objective
    most_gy: float = np.inf
    least_gy: float = -np.inf

    def value(self, dose_gy: Doses, share: Array) -> Any:
        """Zero within the bounds."""
        gap = self._gap(self.of.value(dose_gy, share))
        return gap * gap

    def slope(self, dose_gy: Array, share: Array) -> Array:
        """By the chain rule."""
        gap = self._gap(self.of.value(dose_gy, share))
        return 2.0 * gap * self.of.slope(dose_gy, share) if gap else np.zeros(len(dose_gy))

    def _gap(self, found: Any) -> Any:
        if np.real(found) > self.most_gy:
            return found - self.most_gy
        return found - self.least_gy if np.real(found) < self.least_gy else 0.0


@dataclass(frozen=True)
class VolumeAbove:
    """At most the share `volume` of the structure above `dose_gy`."""

    dose_gy: float
    volume: float

    def value(self, dose_gy: Doses, share: Array) -> Any:
        """Mean squared excess of the voxels that must come down, Gy^2."""
        gap = dose_gy - self.dose_gy
        return share @ (self._count(np.real(dose_gy), share) * gap * gap)

    def slope(self, dose_gy: Array, share: Array) -> Array:
        """Derivative by dose, the voxels counted being held."""
        return 2.0 * share * self._count(dose_gy, share) * (dose_gy - self.dose_gy)

    def _count(self, dose: Array, share: Array) -> NDArray[np.bool_]:
        return (dose > self.dose_gy) & (dose <= _hottest(dose, share, self.volume))


@dataclass(frozen=True)
class VolumeReached:
    """At least the share `volume` of the structure at `dose_gy` or more."""

    dose_gy: float
    volume: float

    def value(self, dose_gy: Doses, share: Array) -> Any:
        """Mean squared lack of the voxels that must come up, Gy^2."""
        gap = dose_gy - self.dose_gy
        return share @ (self._count(np.real(dose_gy), share) * gap * gap)

    def slope(self, dose_gy: Array, share: Array) -> Array:
        """Derivative by dose, the voxels counted being held."""
        return 2.0 * share * self._count(dose_gy, share) * (dose_gy - self.dose_gy)

    def _count(self, dose: Array, share: Array) -> NDArray[np.bool_]:
        return (dose < self.dose_gy) & (dose >= _hottest(dose, share, self.volume))


def _hottest(dose: Array, share: Array, volume: float) -> float:
    """The dose that the hottest `volume` of the structure receive at least."""
    order = np.argsort(-dose, kind="stable")
    filled = np.cumsum(share[order])
    at = int(np.searchsorted(filled, volume * filled[-1] * (1.0 - 1e-12)))
    return float(dose[order[min(at, len(dose) - 1)]])


def _top(dose: Doses) -> float:
    return max(float(np.max(np.real(dose))), np.finfo(np.float64).tiny)


def _above_zero(dose: Doses, top: float) -> Doses:
    """Doses of zero have no slope in (2) where a < 1, so they are held just above it."""
    return np.where(np.real(dose) > 1e-9 * top, dose, 1e-9 * top)
