r"""Which doses, in which fractions, do the voxels of a structure receive in a course of parts?

A course has parts k of :math:`n_k` equal fractions. A voxel receives :math:`D_k` in part k as
planned, and a patient the share s of what was planned, so that

.. math::
    D = s \sum_k D_k, \qquad
    EQD_2 = \sum_k s D_k \frac{s D_k / n_k + \alpha/\beta}{2 + \alpha/\beta}, \qquad
    \ln S = -\sum_k \big(\alpha\, s D_k + \beta\, (s D_k)^2 / n_k\big).                  \tag{1}

Voxels whose doses of all parts agree to `GRAIN_GY` are one level.

Not for: parts between which a tissue does not repair, or doses on different anatomies, which are
to be mapped onto one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.laws.cell_survival import course_log_survival
from bodytwin.laws.isoeffect import STANDARD_FRACTION_GY
from bodytwin.twins.radiotherapy.model.dvh import Dvh, dvh

Array = NDArray[np.float64]
GRAIN_GY = 0.05


@dataclass(frozen=True, eq=False)
class Part:
    """Doses (voxels,) that one part of a course gives to a structure in equal fractions."""

    dose_gy: Array
    fractions: int


@dataclass(frozen=True, eq=False)
class Delivered:
    """Doses (parts, levels) with the volume of each level (levels,) and fractions (parts,)."""

    dose_gy: Array
    fractions: Array
    volume_cm3: Array

    @cached_property
    def share(self) -> Array:
        """The share of the volume at each level, (levels,)."""
        return self.volume_cm3 / self.volume_cm3.sum()

    @property
    def planned(self) -> Dvh:
        """The histogram of the doses as planned."""
        return dvh(self.dose_gy.sum(axis=0), self.volume_cm3)

    def physical_gy(self, share: Array) -> Array:
        """Doses (draws, levels) of (1) for shares (draws,) of what was planned."""
        return share[:, None] * self.dose_gy.sum(axis=0)

    def eqd2_gy(self, share: Array, *, alpha_beta_gy: float) -> Array:
        """Doses in 2 Gy fractions (draws, levels) of (1) for shares (draws,)."""
        linear, square = self._moments
        s = share[:, None]
        whole = STANDARD_FRACTION_GY + alpha_beta_gy
        return (s * linear * alpha_beta_gy + s * s * square) / whole

    def log_survival(self, share: Array, *, alpha_per_gy: Array, beta_per_gy2: Array) -> Array:
        """Logarithms of the shares of cells that survive (draws, levels), by (1)."""
        found = np.zeros((len(share), self.dose_gy.shape[1]))
        for dose, count in zip(self.dose_gy, self.fractions, strict=True):
            found += course_log_survival(
                share[:, None] * dose,
                fractions=float(count),
                alpha_per_gy=alpha_per_gy[:, None],
                beta_per_gy2=beta_per_gy2[:, None],
            )
        return found

    @cached_property
    def _moments(self) -> tuple[Array, Array]:
        return self.dose_gy.sum(axis=0), (self.dose_gy**2 / self.fractions[:, None]).sum(axis=0)


def delivered(parts: Sequence[Part], voxel_cm3: float) -> Delivered:
    """The course of a structure of equal voxels.

    Raises:
        InvalidInputError: no part, no voxel, parts of different voxels, or no fraction in one.

    """
    counts = {len(p.dose_gy) for p in parts}
    if len(counts) != 1 or not min(counts) or min(p.fractions for p in parts) < 1:
        raise InvalidInputError(
            "A course has parts of one fraction or more, each with a dose for every voxel of the "
            f"structure; got {len(parts)} part(s) of {sorted(counts)} voxels."
        )
    stacked = np.stack([p.dose_gy for p in parts]).astype(np.float64)
    cells, at = np.unique(np.rint(stacked / GRAIN_GY), axis=1, return_inverse=True)
    volume = np.bincount(np.ravel(at), minlength=cells.shape[1]) * voxel_cm3
    return Delivered(
        dose_gy=np.asarray(cells * GRAIN_GY, dtype=np.float64),
        fractions=np.array([p.fractions for p in parts], dtype=np.float64),
        volume_cm3=np.asarray(volume, dtype=np.float64),
    )
