"""Where do the electrodes of a 12-lead ECG lie around this heart?

A template: the electrodes of one healthy person, moved to this heart. Where the electrodes of
the patient are known, give those. Not for: absolute amplitudes; hearts that lie unusually.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.twins.rhythm.model.heart import Heart, Ventricle

Array = NDArray[np.float64]
ELECTRODES = ("RA", "LA", "LL", "V1", "V2", "V3", "V4", "V5", "V6")


@cache
def numbers() -> dict[str, Any]:
    """Positions and conductivities, with their sources."""
    path = files("bodytwin.twins.rhythm") / "data" / "torso.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Electrodes:
    """Where the electrodes of `ELECTRODES` lie, (9, 3), in the frame of the heart."""

    positions_mm: Array

    def __post_init__(self) -> None:
        if self.positions_mm.shape != (len(ELECTRODES), 3):
            raise InvalidInputError(
                f"Electrodes are {len(ELECTRODES)} points in mm, in the order "
                f"{', '.join(ELECTRODES)}; got an array of {self.positions_mm.shape}."
            )


def electrodes_of(
    heart: Heart, *, scale: float = 1.0, turned_with_heart: bool = True
) -> Electrodes:
    """The template around this heart.

    Args:
        heart: its centre is where that of the template's heart was.
        scale: size of the trunk, 1 for that of the template.
        turned_with_heart: turn the trunk such that the long axis and the septum of this heart
            lie in it as those of the template did. False where the axes of the image are
            those of the patient, and how the heart lies shall count.

    """
    if not 0.5 <= scale <= 2.0:
        raise InvalidInputError(f"The trunk is 0.5 to 2 times the template, got {scale:g}.")
    said = numbers()["electrodes"]
    offsets = np.array([said["offset_mm"][name] for name in ELECTRODES])
    if turned_with_heart:
        then = _frame(np.array(said["heart"]["apex"]), np.array(said["heart"]["septal"]))
        offsets = offsets @ then.T @ _frame(*axes_of_heart(heart))
    centre = heart.voxels.positions_mm.mean(axis=0)
    return Electrodes(positions_mm=centre + scale * offsets)


def axes_of_heart(heart: Heart) -> tuple[Array, Array]:
    """Directions of the apex from the base of the left ventricle, and of the right ventricle."""
    x = heart.voxels.positions_mm
    left, right = (heart.ventricle == v for v in (Ventricle.LEFT, Ventricle.RIGHT))
    ends = left & (heart.apicobasal < 0.05), left & (heart.apicobasal > 0.9)
    if not (right.any() and all(end.any() for end in ends)):
        raise InvalidInputError(
            "Electrodes are placed by both ventricles, the apex and the base; this heart lacks one."
        )
    return (
        x[ends[0]].mean(axis=0) - x[ends[1]].mean(axis=0),
        x[right].mean(axis=0) - x[left].mean(axis=0),
    )


def _frame(apex: Array, septal: Array) -> Array:
    """Orthonormal axes in rows, (3, 3), the first along `apex`."""
    first = apex / np.linalg.norm(apex)
    second = septal - (septal @ first) * first
    second /= np.linalg.norm(second)
    return np.stack([first, second, np.cross(first, second)])
