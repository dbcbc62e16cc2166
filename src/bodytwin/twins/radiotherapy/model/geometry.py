r"""From where does a beam come, and where does a point of the patient lie in its view?

With the source S at the distance SAD from the isocentre O, gantry angle :math:`\theta` and couch
angle :math:`\phi` (IEC 61217; the patient lies head first on the back, axes of DICOM: x to the
left, y to the back, z to the head)

.. math::
    u = R\,(1,0,0),\; w = R\,(0,1,0),\; v = R\,(0,0,1),\quad
    R = R_y(\phi)\,R_z(\theta), \quad S = O - \mathrm{SAD}\,w,                      \tag{1}

a point p has the distance :math:`g = (p - S) \cdot w` from the source along the axis and, projected
on the plane of the isocentre, the place

.. math::
    (x, z) = \frac{\mathrm{SAD}}{g} \big((p - S) \cdot u,\; (p - S) \cdot v\big).    \tag{2}

Not for: collimator rotation, since beamlets lie along u and v.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
Point = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Beam:
    """A beam with beamlets of `beamlet_mm` side in the plane of its isocentre."""

    gantry_deg: float
    isocentre_mm: Point
    couch_deg: float = 0.0
    axis_distance_mm: float = 1000.0
    beamlet_mm: float = 5.0

    def __post_init__(self) -> None:
        sizes = (self.axis_distance_mm, self.beamlet_mm)
        if not all(np.isfinite(s) and s > 0 for s in sizes):
            raise InvalidInputError(
                f"A beam has a distance and a beamlet above 0 mm, got {sizes[0]:g}, {sizes[1]:g}."
            )

    @cached_property
    def axes(self) -> Array:
        """Rows u, v and w of equation (1)."""
        a, b = np.radians(self.gantry_deg), np.radians(self.couch_deg)
        gantry = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
        couch = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
        turned = couch @ gantry
        return np.stack([turned[:, 0], turned[:, 2], turned[:, 1]])

    @property
    def source_mm(self) -> Array:
        """S of equation (1)."""
        return np.array(self.isocentre_mm) - self.axis_distance_mm * self.axes[2]

    def seen(self, points_mm: Array) -> Array:
        """x, z and g of points (n, 3) in mm, equation (2), as (n, 3).

        Raises:
            InvalidInputError: a point lies at or behind the source.

        """
        turned = (np.asarray(points_mm, dtype=np.float64) - self.source_mm) @ self.axes.T
        if not (turned[:, 2] > 0).all():
            raise InvalidInputError(
                "A point lies at or behind the source of the beam. Check isocentre and unit."
            )
        turned[:, :2] *= (self.axis_distance_mm / turned[:, 2])[:, None]
        return turned


def beamlets(beam: Beam, target_mm: Array) -> Array:
    """Centres (n, 2) in mm of the beamlets that cover a target (m, 3), and one more all round.

    They lie on whole multiples of the size of a beamlet, so that one is on the axis.
    """
    if not len(target_mm):
        raise InvalidInputError("A target needs at least one voxel to be covered by beamlets.")
    cells = np.unique(np.rint(beam.seen(target_mm)[:, :2] / beam.beamlet_mm).astype(int), axis=0)
    around = np.array([(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)])
    grown = np.unique((cells[:, None] + around).reshape(-1, 2), axis=0)
    return grown * beam.beamlet_mm
