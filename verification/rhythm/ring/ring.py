"""A ring of muscle, and a wave sent round it one way."""

from dataclasses import dataclass, replace

import numpy as np

from bodytwin.numerics.grid import Voxels
from bodytwin.twins.rhythm.model.heart import Heart, Tissue
from bodytwin.twins.rhythm.model.restitution import ten_tusscher
from bodytwin.twins.rhythm.model.wave import Stimulus, Substrate, Waves

INNER_MM, OUTER_MM, HEIGHT_MM = 40.0, 44.0, 3.0
SPEED_M_PER_S = 0.6
ALONG = 1.0001


@dataclass(frozen=True)
class Ring:
    heart: Heart
    waves: Waves
    angle: np.ndarray

    def at(self, degrees, width=4.0):
        """Voxels within `width` degrees of a place on the ring."""
        gap = np.abs((np.degrees(self.angle) - degrees + 180.0) % 360.0 - 180.0)
        return tuple(int(v) for v in np.flatnonzero(gap <= width))


def ring(spacing_mm, *, border=(0.0, 0.0)):
    """A ring; between the two angles `border` its muscle is border zone."""
    n = int(2 * OUTER_MM / spacing_mm) + 5
    axis = (np.arange(n) - n // 2) * spacing_mm
    x, y = np.meshgrid(axis, axis, indexing="ij")
    r = np.hypot(x, y)
    flat = (r >= INNER_MM) & (r <= OUTER_MM)
    mask = np.repeat(flat[:, :, None], max(2, round(HEIGHT_MM / spacing_mm)), axis=2)
    voxels = Voxels.of_mask(mask, spacing_mm=spacing_mm, origin_mm=(axis[0], axis[0], 0.0))
    p = voxels.positions_mm
    angle = np.arctan2(p[:, 1], p[:, 0])
    round_ = np.stack([-np.sin(angle), np.cos(angle), 0 * angle], axis=1).astype(np.float32)
    degrees = np.degrees(angle)
    tissue = np.where(
        (degrees > border[0]) & (degrees < border[1]), Tissue.BORDER, Tissue.HEALTHY
    ).astype(np.uint8)
    count = voxels.count
    zero = np.zeros(count, dtype=np.float32)
    names = {f"place {k}": int(np.argmin(np.abs(degrees - 90.0 * k + 135))) for k in range(4)}
    heart = Heart(
        voxels=voxels,
        tissue=tissue,
        fibre=round_,
        sheet_normal=round_,
        transmural=zero,
        apicobasal=zero,
        rotational_rad=angle.astype(np.float32),
        ventricle=np.zeros(count, dtype=np.uint8),
        segment=np.zeros(count, dtype=np.uint8),
        endocardial=np.ones(count, dtype=np.bool_),
        epicardial=np.zeros(count, dtype=np.bool_),
        sites=names,
    )
    return of(heart, angle)


def of(heart, angle):
    """The ring made of this heart."""
    count = heart.voxels.count
    speed = np.full(count, SPEED_M_PER_S, dtype=np.float32)
    substrate = Substrate(
        cv_fibre_m_per_s=speed,
        cv_cross_m_per_s=(speed / ALONG).astype(np.float32),
        kind=np.zeros(count, dtype=np.uint8),
        restitution=ten_tusscher(),
        apd_share=np.ones(count, dtype=np.float32),
        conducting=heart.conducting,
    )
    return Ring(heart=heart, waves=Waves(heart=heart, substrate=substrate), angle=angle)


def sent_round(made, until_ms, *, start=0.0):
    """Beats of a wave that starts at `start` degrees while the muscle behind it is refractory."""
    rested = made.waves.rested()
    reached = rested.reached_ms.copy()
    reached[list(made.at(start - 15.0, 10.0))] = -150.0
    state = replace(rested, reached_ms=reached)
    _, beats = made.waves.run(state, [Stimulus(voxels=made.at(start, 3.0), time_ms=0.0)], until_ms)
    return beats
