"""The slab of the N-version benchmark, and when its points are activated.

Niederer et al. 2011, Phil Trans R Soc A 369:4331, doi 10.1098/rsta.2011.0139: 20 x 7 x 3 mm,
fibres along the 20 mm, ten Tusscher & Panfilov 2006 epicardial cells, monodomain conductivities
as the harmonic means of inner (0.17, 0.019 S/m) and outer (0.62, 0.24 S/m), 140 per mm of
surface, 0.01 uF/mm^2, 50000 uA/cm^3 for 2 ms in a corner of 1.5 mm. Activated: first above 0 mV.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from bodytwin.numerics.grid import Voxels
from bodytwin.numerics.grid.stencil import BLEND, stencil
from bodytwin.twins.rhythm.model.monodomain import Monodomain, Pulse
from bodytwin.twins.rhythm.model.monodomain_cells import ten_tusscher
from bodytwin.twins.rhythm.model.monodomain_marks import joined

SIZE_MM = np.array([20.0, 7.0, 3.0])
POINTS_MM = {
    "P1": (0, 0, 0), "P2": (0, 7, 0), "P3": (20, 0, 0), "P4": (20, 7, 0), "P5": (0, 0, 3),
    "P6": (0, 7, 3), "P7": (20, 0, 3), "P8": (20, 7, 3), "P9": (10, 3.5, 1.5),
}  # fmt: skip
PER_MM, CAPACITANCE_UF_PER_MM2 = 140.0, 0.01


def harmonic(inner, outer):
    """Diffusion in mm^2/ms of the harmonic mean of two conductivities in S/m (mS/mm)."""
    return inner * outer / (inner + outer) / (PER_MM * CAPACITANCE_UF_PER_MM2)


ALONG, ACROSS = harmonic(0.17, 0.62), harmonic(0.019, 0.24)
STRENGTH_MV_PER_MS = 50.0 / (PER_MM * CAPACITANCE_UF_PER_MM2)
CORNER_MM, PULSE_MS = 1.5, 2.0
CHUNK_MS = 4.0


@dataclass(frozen=True)
class Slab:
    voxels: Voxels
    tissue: Monodomain
    shape: tuple

    def times(self, activity, points):
        """Activation at points; without flux it is even about every face."""
        first = activity.first_ms(self.voxels.count).reshape(self.shape)
        h = self.voxels.spacing_mm
        axes = [np.concatenate([[0.0], (np.arange(n) + 0.5) * h, [n * h]]) for n in self.shape]
        at = RegularGridInterpolator(axes, with_faces(first))
        return {name: float(at([place])[0]) for name, place in points.items()}


def with_faces(values):
    """Values at centres, and by a parabola that is even about them, those on the faces."""
    for axis in range(values.ndim):
        inner = np.moveaxis(values, axis, 0)
        low, high = (9 * inner[[0, -1]] - inner[[1, -2]]) / 8
        values = np.moveaxis(np.concatenate([low[None], inner, high[None]]), 0, axis)
    return values


def slab(dx_mm, dt_ms, *, blend=BLEND, size_mm=SIZE_MM, quiet=0.0, along=ALONG, across=ACROSS):
    shape = tuple(round(s / dx_mm) for s in size_mm)
    voxels = Voxels.of_mask(np.ones(shape, bool), spacing_mm=dx_mm, origin_mm=(dx_mm / 2,) * 3)
    n = voxels.count
    fibre = np.tile(np.array([1.0, 0.0, 0.0], np.float32), (n, 1))
    made = stencil(
        voxels,
        fibre=fibre,
        along_mm2_per_ms=np.full(n, along, np.float32),
        across_mm2_per_ms=np.full(n, across, np.float32),
        blend=blend,
    )
    tissue = Monodomain(
        stencil=made,
        membrane=ten_tusscher(),
        kinds=np.zeros(n, np.uint8),
        dt_ms=dt_ms,
        quiet_mv_per_ms=quiet,
    )
    return Slab(voxels, tissue, shape)


def corner(made):
    """The pulse; voxels that lie partly in the corner get their part of it."""
    h = made.voxels.spacing_mm
    inside = np.clip((CORNER_MM - (made.voxels.positions_mm - h / 2)) / h, 0.0, 1.0).prod(axis=1)
    inside = inside.round(6)
    return [
        Pulse(
            voxels=tuple(int(v) for v in np.flatnonzero(inside == share)),
            start_ms=0.0,
            duration_ms=PULSE_MS,
            strength_mv_per_ms=STRENGTH_MV_PER_MS * share,
        )
        for share in np.unique(inside[inside > 0])
    ]


def activated(made, *, points=POINTS_MM, at_most_ms=200.0, threads=None):
    """Activation at points, of a run until every voxel is activated."""
    state, found = made.tissue.rested(), []
    for until_ms in np.arange(CHUNK_MS, at_most_ms + 1.0, CHUNK_MS):
        state, more = made.tissue.run(state, corner(made), float(until_ms), threads=threads)
        found.append(more)
        if len(joined(found).voxel) == made.voxels.count:
            break
    return made.times(joined(found), points)
