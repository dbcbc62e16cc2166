r"""How much of a structure receives which dose?

With doses :math:`d_i` and partial volumes :math:`v_i`, the volume at a dose or more and the dose
that the hottest share x receives at least are

.. math::
    V(l) = \sum_{d_i \ge l} v_i, \qquad D_x = \max\{l : V(l) \ge x\, V(0)\},      \tag{1}

with doses read as linear from one level to the next below, each level being reached at half its
volume; voxels of the same dose to a millionth of a gray are one level. No dose above the greatest
or below the least is read. The indices are

.. math::
    HI = \frac{D_2 - D_{98}}{D_{50}}, \qquad
    CI = \frac{TV_{PIV}^2}{TV \cdot PIV}                                          \tag{2}

(ICRU Report 83; Paddick 2000, J Neurosurg 93 Suppl 3:219,
doi 10.3171/jns.2000.93.supplement_3.0219) and gEUD as in `objectives` (2).

Where dose changes across a voxel by more than is allowed, `between_voxels` reads it on a finer
grid.

Not for: the volume of a structure, whose error comes from its contours.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, MissingDataError
from bodytwin.twins.radiotherapy.model.objectives import EquivalentUniformDose

Array = NDArray[np.float64]
SAME_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Dvh:
    """Levels of dose (levels,) in a structure, highest first, with the volume of each in cm3."""

    dose_gy: Array
    volume_cm3: Array

    @cached_property
    def total_cm3(self) -> float:
        """Volume of the structure."""
        return float(self.volume_cm3.sum())

    @cached_property
    def _reached(self) -> Array:
        return (np.cumsum(self.volume_cm3) - 0.5 * self.volume_cm3) / self.total_cm3

    def dose_at_gy(self, volume_percent: float) -> float:
        """D_x: what the hottest x per cent of the volume receive at least."""
        if not 0.0 <= volume_percent <= 100.0:
            raise InvalidInputError(f"A volume is 0 to 100 %, got {volume_percent:g}.")
        return float(np.interp(volume_percent / 100.0, self._reached, self.dose_gy))

    def dose_at_cm3_gy(self, volume_cm3: float) -> float:
        """D of the hottest cm3.

        Raises:
            MissingDataError: the structure is smaller.

        """
        if volume_cm3 > self.total_cm3:
            raise MissingDataError(
                f"The structure has {self.total_cm3:.3g} cm3, {volume_cm3:g} cm3 were asked for."
            )
        return self.dose_at_gy(100.0 * volume_cm3 / self.total_cm3)

    def volume_percent(self, dose_gy: float) -> float:
        """V_l: how much of the volume receives this dose or more, in per cent."""
        if dose_gy <= self.dose_gy[-1]:
            return 100.0
        if dose_gy > self.dose_gy[0]:
            return 0.0
        return 100.0 * float(np.interp(-dose_gy, -self.dose_gy, self._reached))

    @property
    def mean_gy(self) -> float:
        """Mean dose."""
        return float(self.volume_cm3 @ self.dose_gy) / self.total_cm3

    def uniform_gy(self, a: float) -> float:
        """GEUD of exponent a; plus and minus infinity are the greatest and the least dose."""
        if np.isinf(a):
            return float(self.dose_gy[0] if a > 0 else self.dose_gy[-1])
        share = self.volume_cm3 / self.total_cm3
        return float(EquivalentUniformDose(a).value(self.dose_gy, share))

    @property
    def homogeneity(self) -> float:
        """HI of equation (2); zero is even."""
        return (self.dose_at_gy(2.0) - self.dose_at_gy(98.0)) / self.dose_at_gy(50.0)

    def cumulative(self, dose_gy: Array) -> Array:
        """Per cent of the volume at each of these doses or more."""
        return np.array([self.volume_percent(float(d)) for d in dose_gy])

    def differential_cm3(self, edge_gy: Array) -> Array:
        """Volume between each two edges (bins + 1,), the last edge included."""
        return np.histogram(self.dose_gy, bins=edge_gy, weights=self.volume_cm3)[0]


def dvh(dose_gy: Array, volume_cm3: Array) -> Dvh:
    """Histogram of voxels with their (partial) volumes, both of one shape.

    Raises:
        InvalidInputError: shapes differ, a negative dose or volume, or no volume.

    """
    dose, volume = np.ravel(dose_gy), np.ravel(volume_cm3)
    if dose.shape != volume.shape or not volume.sum() > 0.0:
        raise InvalidInputError(
            f"{dose.size} doses and {volume.size} volumes with a sum of {volume.sum():g} cm3 make "
            "no histogram. One volume for each dose is needed, and some above zero."
        )
    if dose.min() < 0.0 or volume.min() < 0.0:
        raise InvalidInputError("A dose or a volume is negative. Check what was read.")
    held = volume > 0.0
    level, at = np.unique(-np.round(dose[held], SAME_DECIMALS), return_inverse=True)
    return Dvh(
        dose_gy=np.asarray(-level, dtype=np.float64),
        volume_cm3=np.asarray(np.bincount(at, weights=volume[held]), dtype=np.float64),
    )


def between_voxels(dose_gy: Array, finer: int) -> Array:
    """Dose (finer nx, finer ny, finer nz) read linearly inside each voxel of a grid (nx, ny, nz).

    The voxels are cut in `finer` parts along each edge; beyond the outer centres the slope goes on.
    """
    found = np.asarray(dose_gy, dtype=np.float64)
    for axis in range(found.ndim):
        count = found.shape[axis]
        at = (np.arange(count * finer) + 0.5) / finer - 0.5
        left = np.clip(np.floor(at).astype(np.int64), 0, max(count - 2, 0))
        right = np.minimum(left + 1, count - 1)
        part = np.where(right > left, at - left, 0.0).reshape(
            [-1 if k == axis else 1 for k in range(found.ndim)]
        )
        found = (1.0 - part) * found.take(left, axis) + part * found.take(right, axis)
    return np.maximum(found, 0.0)


def conformity(dose_gy: Array, target: Array, *, prescribed_gy: float) -> float:
    """CI of equation (2), 1 where the prescribed dose fits; `target` is shares of voxels.

    Raises:
        MissingDataError: nowhere is the prescribed dose reached.

    """
    high = np.asarray(dose_gy) >= prescribed_gy
    if not high.any():
        raise MissingDataError(f"No voxel receives {prescribed_gy:g} Gy, so nothing conforms.")
    covered, whole = float(target[high].sum()), float(target.sum())
    return covered**2 / (whole * float(high.sum()))
