"""A small C-shaped target around a core in a round body, and beamlets that are made up."""

import numpy as np
from scipy.sparse import csr_array

from bodytwin.twins.radiotherapy.model.merge import Lattice
from bodytwin.twins.radiotherapy.model.rows import rows_of
from bodytwin.twins.radiotherapy.model.wanted import Structure

SHAPE, SPACING_MM = (40, 40, 6), (3.0, 3.0, 3.0)


def influence(beams=7, width_mm=4.0, seed=0):
    """Sparse (voxels, beamlets): narrow bells across each beam, falling off with depth."""
    rng = np.random.default_rng(seed)
    at = voxels() * np.array(SPACING_MM)
    middle = at.mean(axis=0)
    columns = []
    for angle in np.arange(beams) * 2 * np.pi / beams:
        along = np.array([np.cos(angle), np.sin(angle), 0.0])
        across = np.array([-along[1], along[0], 0.0])
        depth, side, height = (at - middle) @ along, (at - middle) @ across, at[:, 2]
        for u in np.arange(-24.0, 25.0, 6.0):
            for z in (4.5, 10.5):
                off = (side - u) ** 2 + (height - z) ** 2
                given = np.exp(-off / (2 * width_mm**2) - 0.005 * (depth + 60.0))
                given *= 1.0 + 0.02 * rng.standard_normal(len(at))
                columns.append(np.where(off < (3 * width_mm) ** 2, np.abs(given), 0.0))
    return csr_array(np.array(columns, dtype=np.float32).T)


def voxels():
    return np.stack(np.unravel_index(np.arange(np.prod(SHAPE)), SHAPE), axis=1)


def lattice():
    return Lattice(voxel=voxels(), spacing_mm=SPACING_MM)


def structures():
    """Target, core and body, by rows."""
    at = voxels() * np.array(SPACING_MM)
    x, y, _ = (at - at.mean(axis=0)).T
    r, inner = np.hypot(x, y), np.abs(at[:, 2] - 7.5) < 5.0
    target = (r > 9.0) & (r < 20.0) & inner & ~((np.abs(x) < 8.0) & (y < 0.0))
    core = (r < 7.0) & inner
    body = (r < 58.0) & ~target & ~core
    return {
        "target": Structure("target", np.flatnonzero(target)),
        "core": Structure("core", np.flatnonzero(core)),
        "body": Structure("body", np.flatnonzero(body), fine=False),
    }


def rows(**given):
    return rows_of(influence(**given))
