r"""Which solid has these measures?

The origin is the middle of the cavity, x points to the woman's left, y forwards, z to the fundus.
The cavity is an ellipsoid; the wall is laid on along its normal,

.. math::
    X = E(\phi, \psi) + w\, t\, n, \qquad
    E = (a \sin\phi \sin\psi,\; b \sin\phi \cos\psi,\; c \cos\phi),                      \tag{1}

with a thickness t that is the measured one at the fundus, halfway up in front and behind, and
over the lower segment, and smooth between (quadratic above the middle, of the fifth degree below).
The canal is straight from the internal os O, the lower pole of the cavity, along

.. math::
    d = (0, \cos(\epsilon - A), \sin(\epsilon - A)),                                     \tag{2}

with A the anterior angle and :math:`\epsilon` the rise of the line from O to the inner wall 3 cm
in front. Canal and cervix are cylinders about d. Where the canal leaves the cavity and where the
cervix leaves the uterus, cubic curves round the edge, tangent to both surfaces.

A point of the solid has three coordinates: the angle round from the front, the distance r along
(0 fundus, 1 end of its cap, 2 halfway, 3 where the cervix begins to round off the uterus, 4 and 5
ends of the rounded internal os, 6 end of the rounding outside, 7 external os), and w through the
wall (0 inside, 1 outside).

Source: made for this twin; the idea of a solid from few measures is that of Westervelt et al.
2017, J Biomech Eng 139:051004, and Louwagie et al. 2021, PLoS ONE 16:e0242118.
Not for: the shape of a fetus in the wall, a cervix beside the lower pole.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidParameterError
from bodytwin.twins.pregnancy.model.measures import LOWER_MM, Measures

Array = NDArray[np.float64]
CAP_RAD = np.radians(50.0)
OUTER_ROUND_MM, INNER_ROUND_MM = 8.0, 4.0
OUTER_SHARES = (0.75, 0.90)
"""Shares of the outer curve that face the floor of the cavity and the rounded internal os."""
_ROUND = np.linspace(0.0, np.pi, 33)


@dataclass(frozen=True, eq=False)
class Junction:
    """Where cervix and uterus meet, at each angle round: points (k, 3) and depths (k,) in mm.

    Named by the letters of the coordinates above: `wall` at r = 3 on the cavity with its `normal`,
    `floor` 4, `canal` 5, `depth` 6; `edge` and `crotch` are the sharp edges that are rounded.
    """

    wall: Array
    normal: Array
    floor: Array
    canal: Array
    depth: Array
    edge: Array
    crotch: Array


@dataclass(frozen=True, eq=False)
class Shape:
    """The solid of (1) and (2). Raises InvalidParameterError where measures cannot be met."""

    measures: Measures

    def __post_init__(self) -> None:
        self._require_a_free_cervix()
        inside = np.hypot(*(self.junction(_ROUND).wall[:, :2] / self.half_mm[:2]).T)
        if inside.max() > 0.95:
            m = self.measures
            raise InvalidParameterError(
                f"cervix_outer_mm of {m.cervix_outer_mm:.1f} at angle_deg {m.angle_deg:.0f} takes "
                f"up the whole lower half of a cavity {m.anterior_posterior_mm:.0f} by "
                f"{m.transverse_mm:.0f} mm wide. Measure these again."
            )

    @cached_property
    def half_mm(self) -> Array:
        """Half the diameters of the cavity along x, y and z, (3,)."""
        m = self.measures
        return np.array([m.transverse_mm, m.anterior_posterior_mm, m.longitudinal_mm]) / 2

    @cached_property
    def os_mm(self) -> Array:
        """The internal os, (3,)."""
        return np.array([0.0, 0.0, -self.half_mm[2]])

    @cached_property
    def lower_mm(self) -> Array:
        """The inner wall 3 cm in front of the internal os, (3,)."""
        _, b, c = self.half_mm
        rest = b * b + c * c - LOWER_MM**2
        down = rest / (c * c + np.sqrt(c**4 - (c * c - b * b) * rest))
        return np.array([0.0, b * np.sqrt(1 - down * down), -c * down])

    @cached_property
    def canal(self) -> Array:
        """Direction (2) of the canal from internal to external os, (3,)."""
        ahead = self.lower_mm - self.os_mm
        turn = np.arctan2(ahead[2], ahead[1]) - np.radians(self.measures.angle_deg)
        return np.array([0.0, np.cos(turn), np.sin(turn)])

    @cached_property
    def round_mm(self) -> float:
        """How far the rounding of the outer edge reaches on either side."""
        return min(OUTER_ROUND_MM, 0.5 * self._free_mm())

    @cached_property
    def inner_round_mm(self) -> float:
        """How far the rounding of the internal os reaches on either side."""
        return min(INNER_ROUND_MM, 0.2 * self.measures.cervix_length_mm)

    def across(self, angle: Array) -> Array:
        """Unit vectors from the canal outwards at angles round it from the front, (k, 3)."""
        ahead = np.array([0.0, -self.canal[2], self.canal[1]])
        aside = np.array([1.0, 0.0, 0.0])
        return np.cos(angle)[:, None] * ahead + np.sin(angle)[:, None] * aside

    def along(self, angle: Array, depth_mm: Array, radius_mm: float) -> Array:
        """Points on a cylinder about the canal, (k, 3)."""
        return self.os_mm + depth_mm[:, None] * self.canal + radius_mm * self.across(angle)

    def edge_mm(self, angle: Array, *, radius_mm: float, added_mm: float) -> Array:
        """Depth at which a cylinder leaves the cavity with `added_mm` on its half diameters.

        No less than -0.3 radii: where a canal runs along the wall, the side of the cervix that
        lies against the wall would leave it far behind the internal os, or never meet it.
        """
        axes = self.half_mm + added_mm
        at, way = self.along(angle, np.zeros_like(angle), radius_mm) / axes, self.canal / axes
        a, b = way @ way, at @ way
        inside = np.maximum(b * b - a * ((at * at).sum(axis=1) - 1), 0.0)
        least = np.full_like(angle, -0.3 * radius_mm)
        return _greater((np.sqrt(inside) - b) / a, least, smooth=0.3 * radius_mm)

    def normal(self, at: Array) -> Array:
        """Outward normal of the cavity at its points (k, 3)."""
        slope = at / self.half_mm**2
        return slope / np.linalg.norm(slope, axis=-1, keepdims=True)

    def thickness_mm(self, at: Array) -> Array:
        """Thickness of the wall over points (k, 3) of the cavity."""
        m, (a, b, c) = self.measures, self.half_mm
        up = np.clip(at[:, 2] / c, -1.0, 1.0)
        wide = np.maximum(np.hypot(at[:, 0] / a, at[:, 1] / b), 1e-12)
        front = at[:, 1] / b / wide
        half = (m.anterior_mm + m.posterior_mm) / 2 + (m.anterior_mm - m.posterior_mm) / 2 * front
        above = half + (m.fundus_mm - half) * np.maximum(up, 0.0) ** 2
        s = np.clip(up / self._lower_share, 0.0, 1.0)
        ease = s**3 * (10 - 15 * s + 6 * s * s)
        return above + (m.lower_segment_mm - above) * ease

    @cached_property
    def _lower_share(self) -> float:
        z = self.floor_height(self.junction(_ROUND).wall).max()
        return float(max(self.lower_mm[2], min(z, -0.2 * self.half_mm[2])) / self.half_mm[2])

    def floor_height(self, at: Array) -> Array:
        """Height z of the floor of the cavity below points (k, 2 or 3)."""
        a, b, c = self.half_mm
        return -c * np.sqrt(np.maximum(1 - (at[:, 0] / a) ** 2 - (at[:, 1] / b) ** 2, 1e-12))

    def on_floor(self, flat: Array) -> Array:
        """Points (k, 2) put on the floor of the cavity, (k, 3)."""
        return np.column_stack([flat, self.floor_height(flat)])

    def junction(self, angle: Array) -> Junction:
        """How cervix and uterus meet at angles round from the front (k,)."""
        m = self.measures
        crotch_mm = self.edge_mm(
            angle, radius_mm=m.cervix_outer_mm / 2, added_mm=m.lower_segment_mm
        )
        edge_mm = self.edge_mm(angle, radius_mm=m.canal_mm / 2, added_mm=0.0)
        crotch = self.along(angle, crotch_mm, m.cervix_outer_mm / 2)
        edge = self.along(angle, edge_mm, m.canal_mm / 2)
        flat = self._outwards(crotch)
        wall = self.on_floor(flat)
        way = flat - edge[:, :2]
        way /= np.linalg.norm(way, axis=1)[:, None]
        floor = self.on_floor(edge[:, :2] + self.inner_round_mm * way)
        canal_mm = edge_mm + self.inner_round_mm
        least = canal_mm + 0.15 * m.cervix_length_mm
        return Junction(
            wall=wall,
            normal=self.normal(wall),
            floor=floor,
            canal=self.along(angle, canal_mm, m.canal_mm / 2),
            depth=_greater(crotch_mm + self.round_mm, least, smooth=0.1 * m.cervix_length_mm),
            edge=edge,
            crotch=crotch,
        )

    def _outwards(self, crotch: Array) -> Array:
        foot = (crotch - self.measures.lower_segment_mm * self.normal(crotch))[:, :2]
        ends = self._ends()
        way = foot - ends
        far = np.linalg.norm(way, axis=1, keepdims=True)
        return ends + way * (1 + self.round_mm / far)

    def _ends(self) -> Array:
        m = self.measures
        ends = np.array([0.0, np.pi])
        depth = self.edge_mm(ends, radius_mm=m.cervix_outer_mm / 2, added_mm=m.lower_segment_mm)
        at = self.along(ends, depth, m.cervix_outer_mm / 2)
        return (at - m.lower_segment_mm * self.normal(at))[:, :2].mean(axis=0)

    def _free_mm(self) -> float:
        m = self.measures
        depth = self.edge_mm(_ROUND, radius_mm=m.cervix_outer_mm / 2, added_mm=m.lower_segment_mm)
        return float(m.cervix_length_mm - depth.max())

    def _require_a_free_cervix(self) -> None:
        m, free = self.measures, self._free_mm()
        if free < 2.0:
            raise InvalidParameterError(
                f"angle_deg of {m.angle_deg:.0f} conflicts with cervix_length_mm of "
                f"{m.cervix_length_mm:.1f}: a cervix {m.cervix_outer_mm:.1f} mm wide would run "
                f"into the uterine wall before its external os. At this angle the length must be "
                f"at least {m.cervix_length_mm - free + 2.0:.1f} mm."
            )


def _greater(one: Array, other: Array, *, smooth: float) -> Array:
    return (one + other + np.sqrt((one - other) ** 2 + smooth**2)) / 2
