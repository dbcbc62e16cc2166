"""A slab of muscle with turning fibres, a round wave in it, and its ECG by brute force."""

import numpy as np

from bodytwin.numerics.grid import Voxels
from bodytwin.twins.rhythm.model.heart import Heart
from bodytwin.twins.rhythm.model.torso import Electrodes, numbers

SIZE_MM = np.array([24.0, 18.0, 12.0])
START_MM = np.array([-4.0, 5.0, -2.0])
SPEED_M_PER_S = 0.5
APD_MS = 280.0


def fibre_at(x):
    """From +60 to -60 degrees through the thickness."""
    angle = np.radians(60.0 - 120.0 * x[:, 2] / SIZE_MM[2])
    return np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)


def slab(spacing_mm, size_mm=SIZE_MM, turning=fibre_at):
    """The slab as a heart; only what the lead field needs of it is filled in."""
    shape = np.round(size_mm / spacing_mm).astype(int)
    h = spacing_mm / 2
    voxels = Voxels.of_mask(np.ones(shape, dtype=bool), spacing_mm=spacing_mm, origin_mm=(h, h, h))
    n = voxels.count
    zero, off = np.zeros(n, dtype=np.float32), np.zeros(n, dtype=bool)
    fibre = turning(voxels.positions_mm).astype(np.float32)
    return Heart(
        voxels=voxels,
        tissue=np.zeros(n, dtype=np.uint8),
        fibre=fibre,
        sheet_normal=fibre,
        transmural=zero,
        apicobasal=zero,
        rotational_rad=zero,
        ventricle=np.zeros(n, dtype=np.uint8),
        segment=np.zeros(n, dtype=np.uint8),
        endocardial=off,
        epicardial=off,
        sites={},
    )


def electrodes():
    """Nine around its middle, 60 to 250 mm away."""
    rng = np.random.default_rng(7)
    away = rng.normal(size=(9, 3))
    away /= np.linalg.norm(away, axis=1)[:, None]
    return Electrodes(positions_mm=SIZE_MM / 2 + away * np.linspace(60.0, 250.0, 9)[:, None])


def arrival_ms(x):
    return np.linalg.norm(x - START_MM, axis=1) / SPEED_M_PER_S


def integrated(course, times_ms, fine_mm=0.3):
    """Potentials (9, t) by midpoints, the slope of V in closed form."""
    axes = [np.arange(fine_mm / 2, size, fine_mm) for size in SIZE_MM]
    x = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    from_start = x - START_MM
    slope = from_start / np.linalg.norm(from_start, axis=1)[:, None] / SPEED_M_PER_S
    s, f = numbers()["conductivity"], fibre_at(x)
    across = s["intracellular_across_s_per_m"]
    extra = s["intracellular_along_s_per_m"] - across
    flow = across * slope + extra * (f * slope).sum(axis=1)[:, None] * f
    parts = []
    for place in electrodes().positions_mm:
        away = place - x
        lead = away / np.linalg.norm(away, axis=1)[:, None] ** 3
        parts.append((flow * lead).sum(axis=1) / (4 * np.pi * s["trunk_s_per_m"]) * fine_mm**3)
    weight, begun = np.array(parts), arrival_ms(x)
    found = np.empty((9, len(times_ms)))
    for k, t in enumerate(times_ms):
        ahead, behind = (course.above_rest_at(t - begun + d, APD_MS) for d in (0.05, -0.05))
        found[:, k] = weight @ ((ahead - behind) / 0.1)
    return found
