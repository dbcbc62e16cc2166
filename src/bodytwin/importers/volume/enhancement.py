"""Scar and border zone by how bright muscle is in late enhancement, at thresholds that are stated.

Two rules are in use (compared by Circulation 2012;126(Suppl 21):A18372): shares of the largest
intensity in the muscle (core above 50 %, border zone from 35 %, after Roes et al.), or standard
deviations above the mean of remote muscle (core above 3, border zone from 2). They disagree by a
factor of two in the mass of the border zone; whoever brings the image says which holds.

Not for: images whose brightness changes from slice to slice, fat, or blood in the muscle's label.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.record import Image

Mask = NDArray[np.bool_]
MEANT = {"border": 2, "scar": 3}
OUTLIERS = 0.999
"""The largest intensity is this quantile of the muscle, lest one voxel decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesOfMaximum:
    """Border zone and core begin at these shares of the largest intensity in the muscle."""

    border: float = 0.35
    core: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.border <= self.core < 1:
            raise InvalidInputError("Shares of the maximum rise from border zone to core, 0 to 1.")

    def thresholds(self, muscle: NDArray[np.float64]) -> tuple[float, float]:
        """Intensities at which border zone and core begin."""
        largest = float(np.quantile(muscle, OUTLIERS))
        return self.border * largest, self.core * largest


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationsOfRemote:
    """Border zone and core begin so many sd above the mean of remote muscle, as it was measured."""

    mean: float
    sd: float
    border: float = 2.0
    core: float = 3.0

    def __post_init__(self) -> None:
        if not (self.sd > 0 and 0 < self.border <= self.core):
            raise InvalidInputError("Deviations rise from border zone to core; the sd is above 0.")

    def thresholds(self, muscle: NDArray[np.float64]) -> tuple[float, float]:
        """Intensities at which border zone and core begin."""
        _ = muscle
        return self.mean + self.border * self.sd, self.mean + self.core * self.sd


Rule = SharesOfMaximum | DeviationsOfRemote


def by_intensity(segmentation: Image, intensities: Image, rule: Rule) -> tuple[Image, str]:
    """The segmentation with scar and border zone in its healthy muscle, and how they were found.

    Raises:
        InvalidInputError: not a segmentation that shows no scar, with an image of intensities on
            the same voxels.

    """
    labels = segmentation.labels
    if labels is None or intensities.labels is not None:
        raise InvalidInputError(
            "Scar by intensity needs a segmentation of the muscle and an image of intensities."
        )
    if set(labels.values()) & set(MEANT):
        raise InvalidInputError("The segmentation shows scar or border zone already.")
    same = segmentation.values.shape == intensities.values.shape
    if not same or not np.allclose(segmentation.affine, intensities.affine, atol=1e-3):
        raise InvalidInputError(
            "Segmentation and intensities lie on different voxels. Resample one onto the other "
            "in the program that made them."
        )
    healthy = np.isin(segmentation.values, [n for n, name in labels.items() if name == "healthy"])
    bright = intensities.values.astype(np.float64)
    border, core = rule.thresholds(bright[healthy])
    values, found = _marked(segmentation, labels, healthy, bright, (border, core))
    each = float(abs(np.linalg.det(segmentation.affine[:3, :3]))) / 1000.0
    volumes = [float((values == found[name]).sum()) * each for name in MEANT]
    made = replace(
        segmentation, values=values, labels={**labels, **{n: m for m, n in found.items()}}
    )
    return made, (
        f"By intensity: border zone from {border:.4g} ({volumes[0]:.1f} mL), core from {core:.4g} "
        f"({volumes[1]:.1f} mL)."
    )


def _marked(
    segmentation: Image,
    labels: Mapping[int, str],
    healthy: Mask,
    bright: NDArray[np.float64],
    thresholds: tuple[float, float],
) -> tuple[NDArray[np.int32], dict[str, int]]:
    used = set(labels)
    found: dict[str, int] = {}
    values = segmentation.values.astype(np.int32)
    for (name, wished), from_ in zip(MEANT.items(), thresholds, strict=True):
        number = wished if wished not in used else max(used) + 1
        used.add(number)
        found[name] = number
        values[healthy & (bright >= from_)] = number
    return values, found
