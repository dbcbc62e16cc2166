"""Bodies of water and fields for the cases of this folder."""

from functools import cache

import numpy as np

from bodytwin.twins.radiotherapy.model.collapsed_cone import grid_dose
from bodytwin.twins.radiotherapy.model.geometry import Beam
from bodytwin.twins.radiotherapy.model.trace import Densities

FAR_MM = 1e6


def block(count, spacing_mm, *, top_mm, density=1.0, slab=None):
    """Voxels about the axis below y = `top_mm`; `slab` (depth from, to, density) within."""
    count, spacing = (np.broadcast_to(v, 3) for v in (count, spacing_mm))
    affine = np.diag([*spacing, 1.0]).astype(float)
    affine[:3, 3] = -0.5 * spacing * (count - 1)
    affine[1, 3] = top_mm + 0.5 * spacing[1]
    values = np.full(tuple(count), density, np.float32)
    if slab:
        depth = spacing[1] * (np.arange(count[1]) + 0.5)
        values[:, (depth > slab[0]) & (depth < slab[1])] = slab[2]
    return Densities(values=values, affine=affine)


@cache
def field(side_mm, beamlet_mm=5.0):
    at = np.arange(-0.5 * side_mm + 0.5 * beamlet_mm, 0.5 * side_mm, beamlet_mm)
    x, z = np.meshgrid(at, at, indexing="ij")
    return np.column_stack([x.ravel(), z.ravel()])


def beam(gantry_deg=0.0, distance_mm=1000.0):
    return Beam(gantry_deg=gantry_deg, isocentre_mm=(0.0, 0.0, 0.0), axis_distance_mm=distance_mm)


def of_field(body, photons, side_mm, *, distance_mm=1000.0, cones=None):
    """The dose of a square field of weights of one, (nx, ny, nz)."""
    at = field(side_mm)
    return grid_dose(
        beam(distance_mm=distance_mm), body, photons, beamlets_mm=at, weights=np.ones(len(at)),
        cones=cones,
    )  # fmt: skip


def axis(dose):
    """The column of the middle, along y."""
    return dose[dose.shape[0] // 2, :, dose.shape[2] // 2].astype(float)
