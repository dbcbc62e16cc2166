"""The speed of a plane wave in muscle without end, in any direction of the grid that has integers.

A plane wave along the integers (p, q, r) has one value on each plane p i + q j + r k = m of voxels,
so that the 26 neighbours of a voxel in space are neighbours on a line of planes: the very
weights and steps of a piece of muscle, without its walls.
"""

import numpy as np

from bodytwin.numerics.grid import Voxels
from bodytwin.numerics.grid.stencil import OFFSETS, Stencil, stencil
from bodytwin.twins.rhythm.model.monodomain import Monodomain, Pulse
from bodytwin.twins.rhythm.model.monodomain_cells import ten_tusscher
from bodytwin.twins.rhythm.model.monodomain_marks import joined

LENGTH_MM, STIMULATED_MM = 14.0, 2.5
LONGEST_MS = 120.0


def unit(v):
    return np.array(v, float) / np.linalg.norm(v)


def inner_weights(fibre, along, across, scheme):
    """The weights (26,) of a voxel with tissue all around it, and the bound of their stencil."""
    voxels = Voxels.of_mask(np.ones((5, 5, 5), bool), spacing_mm=scheme.spacing_mm)
    made = stencil(
        voxels,
        fibre=np.tile(unit(fibre).astype(np.float32), (voxels.count, 1)),
        along_mm2_per_ms=np.full(voxels.count, along, np.float32),
        across_mm2_per_ms=np.full(voxels.count, across, np.float32),
        blend=scheme.blend,
    )
    return made.weights[voxels.index[3, 3, 3]], made.stiffest_per_ms


def line_of_planes(wave, weights, stiffest, scheme):
    """The stencil of planes across `wave`, as many as make LENGTH_MM, and their distance in mm."""
    gap = scheme.spacing_mm / np.linalg.norm(wave)
    count = round(LENGTH_MM / gap)
    there = np.arange(count)[:, None] + OFFSETS @ np.array(wave)
    inside = (there >= 0) & (there < count)
    return gap, Stencil(
        neighbours=np.where(inside, there, np.arange(count)[:, None]).astype(np.int32),
        weights=np.where(inside, weights, np.float32(0)).astype(np.float32),
        spacing_mm=scheme.spacing_mm,
        blend=scheme.blend,
        stiffest_per_ms=stiffest,
    )


def speed_m_per_s(*, fibre, wave, along, across, scheme):
    """Speed of the wave along integers `wave` where the fibres lie along integers `fibre`."""
    gap, made = line_of_planes(wave, *inner_weights(fibre, along, across, scheme), scheme)
    tissue = Monodomain(
        stencil=made,
        membrane=ten_tusscher(),
        kinds=np.zeros(made.count, np.uint8),
        kind_names=(scheme.kind,),
        dt_ms=scheme.dt_ms,
    )
    x = np.arange(made.count) * gap
    start = np.flatnonzero(x < STIMULATED_MM)
    looked = (x > 0.5 * LENGTH_MM) & (x < 0.8 * LENGTH_MM)
    pulse = Pulse(voxels=tuple(start.tolist()), start_ms=0.0)
    state, found = tissue.rested(), []
    for until_ms in np.arange(5.0, LONGEST_MS, 5.0):
        state, more = tissue.run(state, [pulse], float(until_ms))
        found.append(more)
        first = joined(found).first_ms(made.count)[looked]
        if np.isfinite(first).all():
            return 1.0 / np.polyfit(x[looked], first, 1)[0]
    return np.nan
