"""A scar put into a heart by its place and size, where no image of one can be had.

A region of dead muscle around a place on the endocardium, border zone around it, and
conducting channels of border zone through it: the substrate of figure-of-eight
re-entry. It is made for tests, teaching and studies, never for a patient with an image.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.twins.rhythm.model.heart import Heart, Tissue, Ventricle

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scar:
    """Where and how large, as seen on the wall.

    The middle lies at `height` (0 apex, 1 base) and `angle_deg` (0 septum, 90 anterior,
    180 lateral, -90 inferior) of the left ventricle. `depth` is how far it reaches
    from the endocardium, 1 through the wall. A channel runs through the middle,
    `channel_deg` from the circumferential direction; 0 width is none.
    """

    height: float = 0.55
    angle_deg: float = -100.0
    radius_mm: float = 24.0
    border_mm: float = 0.0
    depth: float = 1.0
    channel_mm: float = 6.0
    channel_deg: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.height <= 1 and 5 <= self.radius_mm <= 45 and 0 < self.depth <= 1):
            raise InvalidInputError(
                "A scar lies at a height of 0 to 1, has a radius of 5 to 45 mm and a depth up to 1."
            )
        if not (0 <= self.border_mm <= 15 and 0 <= self.channel_mm < self.radius_mm):
            raise InvalidInputError(
                "A border zone is 0 to 15 mm wide, and a channel narrower than the scar."
            )


def placed(heart: Heart, scar: Scar) -> Heart:
    """The heart with this scar."""
    across, away = _on_the_wall(heart, scar)
    left = heart.ventricle == Ventricle.LEFT
    within = left & (heart.transmural <= scar.depth + 1e-6)
    tissue = np.full(heart.voxels.count, Tissue.HEALTHY, dtype=np.uint8)
    tissue[within & (away < scar.radius_mm + scar.border_mm)] = Tissue.BORDER
    core = within & (away < scar.radius_mm)
    channel = np.abs(across) < 0.5 * scar.channel_mm
    tissue[core & ~channel] = Tissue.SCAR
    return heart.with_tissue(tissue)


def _on_the_wall(heart: Heart, scar: Scar) -> tuple[Array, Array]:
    """Distance across the channel and from the middle, in the plane of the wall."""
    x = heart.voxels.positions_mm
    turn = np.angle(np.exp(1j * (heart.rotational_rad - np.radians(scar.angle_deg))))
    wall = heart.endocardial & (heart.ventricle == Ventricle.LEFT)
    missed = np.where(wall, np.abs(heart.apicobasal - scar.height) + np.abs(turn), np.inf)
    middle = x[int(np.argmin(missed))]
    near = ((x - middle) ** 2).sum(axis=1) < (scar.radius_mm + scar.border_mm + 10.0) ** 2
    up = _slope(x, heart.apicobasal.astype(np.float64), near)
    around = _slope(x, turn, near & (np.abs(turn) < 1.5))
    around -= (around @ up) * up
    around /= np.linalg.norm(around)
    theta = np.radians(scar.channel_deg)
    axis, other = (
        np.cos(theta) * around + np.sin(theta) * up,
        -np.sin(theta) * around + np.cos(theta) * up,
    )
    d = x - middle
    along, across = d @ axis, d @ other
    beyond = np.abs(turn) > 2.0
    away = np.where(beyond, np.inf, np.hypot(along, across))
    return across, away


def _slope(x: Array, values: Array, where: NDArray[np.bool_]) -> Array:
    """Unit vector in which `values` grow most, fitted over some points."""
    design = np.column_stack([x[where], np.ones(int(where.sum()))])
    slope = np.linalg.lstsq(design, values[where], rcond=None)[0][:3]
    return slope / np.linalg.norm(slope)
