"""Hold the fast mode against the whole equations in one block of muscle.

    uv run python -m verification.rhythm.tachycardia.whole_equations

A block of 40 x 20 x 5 mm, fibres turning by 90 degrees through its wall, activated from one
corner. The whole equations run at 0.25 mm with the diffusion that is calibrated for a wished speed;
the fast mode is given those speeds.
"""

import time

import numpy as np

from bodytwin.numerics.grid import Voxels
from bodytwin.numerics.grid.front import first_arrival, medium
from bodytwin.numerics.grid.stencil import stencil
from bodytwin.twins.rhythm.model.calibrate import Scheme, calibrated
from bodytwin.twins.rhythm.model.monodomain import Monodomain, Pulse
from bodytwin.twins.rhythm.model.monodomain_cells import ten_tusscher

SIZE_MM, SPACING_MM, DT_MS = (40.0, 20.0, 5.0), 0.25, 0.02
ALONG, ACROSS = 0.6, 0.25


def block():
    shape = tuple(round(s / SPACING_MM) for s in SIZE_MM)
    voxels = Voxels.of_mask(np.ones(shape, bool), spacing_mm=SPACING_MM)
    x = voxels.positions_mm
    depth = (x[:, 2] - x[:, 2].min()) / np.ptp(x[:, 2])
    angle = np.radians(90.0 * depth - 45.0)
    fibre = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1).astype(np.float32)
    corner = np.flatnonzero((x - x.min(axis=0) < 1.5).all(axis=1))
    return voxels, fibre, corner


def fast(voxels, fibre, corner):
    n = voxels.count
    made = medium(
        voxels,
        axis=fibre,
        speed_along_m_per_s=np.full(n, ALONG, np.float32),
        speed_across_m_per_s=np.full(n, ACROSS, np.float32),
        carries=np.ones(n, bool),
    )
    sources = corner.astype(np.int32)
    first_arrival(made, sources, np.zeros(len(corner)))
    begin = time.process_time()
    found = first_arrival(made, sources, np.zeros(len(corner)))
    return found, time.process_time() - begin


def whole(voxels, fibre, corner):
    scheme = Scheme(spacing_mm=SPACING_MM, dt_ms=DT_MS)
    along, across = (calibrated(speed, scheme) for speed in (ALONG, ACROSS))
    n = voxels.count
    tissue = Monodomain(
        stencil=stencil(
            voxels,
            fibre=fibre,
            along_mm2_per_ms=np.full(n, along.diffusion_mm2_per_ms, np.float32),
            across_mm2_per_ms=np.full(n, across.diffusion_mm2_per_ms, np.float32),
            blend=scheme.blend,
        ),
        membrane=ten_tusscher(),
        kinds=np.zeros(n, np.uint8),
        dt_ms=DT_MS,
    )
    begin = time.process_time()
    pulse = Pulse(voxels=tuple(int(v) for v in corner), start_ms=0.0)
    _, activity = tissue.run(tissue.rested(), [pulse], 160.0)
    return activity.first_ms(n), time.process_time() - begin


def compared():
    """Differences in ms (n,) beyond 5 mm of the corner, arrivals of the whole equations, core-s."""
    voxels, fibre, corner = block()
    quick, quick_s = fast(voxels, fibre, corner)
    full, full_s = whole(voxels, fibre, corner)
    x = voxels.positions_mm
    far = np.linalg.norm(x - x[corner].mean(axis=0), axis=1) > 5.0
    shift = np.median((full - quick)[far])
    return (quick + shift - full)[far], full[far], quick_s, full_s


if __name__ == "__main__":
    gap, full, quick_s, full_s = compared()
    latest, rms = full.max(), np.sqrt((gap**2).mean())
    print(f"latest arrival {latest:.1f} ms; the fast mode differs by {rms:.2f} ms (rms), ")
    print(f"{100 * rms / latest:.1f} % of it, at most by {np.abs(gap).max():.2f} ms")
    print(f"core-seconds: fast {quick_s:.2f}, whole {full_s:.0f}")
