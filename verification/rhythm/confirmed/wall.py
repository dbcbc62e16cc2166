"""A sheet of wall with a scar of two lobes and a channel between them, for both modes.

The lobes lie above and below the channel, which runs along the fibres and is border zone. A wave
can go round either lobe, so re-entry through the channel is a figure of eight. One layer of
voxels: nothing changes through the wall.
"""

from dataclasses import dataclass

import numpy as np

from bodytwin.numerics.grid import Voxels
from bodytwin.numerics.grid.stencil import stencil
from bodytwin.twins.rhythm.model.calibrate import Scheme, calibrated
from bodytwin.twins.rhythm.model.heart import Heart, Tissue
from bodytwin.twins.rhythm.model.monodomain import Monodomain, Pulse
from bodytwin.twins.rhythm.model.monodomain_cells import ten_tusscher as membrane
from bodytwin.twins.rhythm.model.restitution import ten_tusscher as restitution
from bodytwin.twins.rhythm.model.wave import Stimulus, Substrate, Waves

MARGIN_MM, LENGTH_MM, LOBE_MM, CHANNEL_MM = 15.0, 30.0, 24.0, 6.0
"""Muscle around the scar, its length along the fibres, width of each lobe, of the channel."""
SIZE_MM = (LENGTH_MM + 2 * MARGIN_MM, 2 * LOBE_MM + CHANNEL_MM + 2 * MARGIN_MM)
ALONG, ACROSS = 0.6, 0.25
BORDER_ALONG, BORDER_ACROSS = 0.3, 0.2
SITE_MM, RADIUS_MM = (6.0, SIZE_MM[1] / 2), 2.0
S2_MS = 345.0
UNTIL_MS = 1700.0
SCHEME = Scheme(spacing_mm=0.5, dt_ms=0.05)


@dataclass(frozen=True)
class Wall:
    heart: Heart
    site: tuple

    @property
    def at_mm(self):
        """Place of each voxel in the sheet, from its corner."""
        x = self.heart.voxels.positions_mm
        return (x - x.min(axis=0))[:, :2] + self.heart.voxels.spacing_mm / 2


def wall(*, scarred=True, channel=True):
    """The sheet with its scar, or healthy."""
    h = SCHEME.spacing_mm
    shape = tuple(round(s / h) for s in SIZE_MM)
    voxels = Voxels.of_mask(np.ones((*shape, 1), bool), spacing_mm=h)
    n = voxels.count
    x, y = ((voxels.positions_mm - voxels.positions_mm.min(axis=0)) + h / 2).T[:2]
    along = (x > MARGIN_MM) & (x < MARGIN_MM + LENGTH_MM)
    off = np.abs(y - SIZE_MM[1] / 2)
    tissue = np.full(n, Tissue.HEALTHY, np.uint8)
    if scarred:
        tissue[along & (off < CHANNEL_MM / 2 + LOBE_MM)] = Tissue.SCAR
        tissue[along & (off < CHANNEL_MM / 2)] = Tissue.BORDER if channel else Tissue.SCAR
    zero = np.zeros(n, np.float32)
    fibre = np.tile(np.float32([1, 0, 0]), (n, 1))
    site = np.hypot(x - SITE_MM[0], y - SITE_MM[1]) < RADIUS_MM
    heart = Heart(
        voxels=voxels,
        tissue=tissue,
        fibre=fibre,
        sheet_normal=fibre[:, [2, 1, 0]],
        transmural=zero,
        apicobasal=zero,
        rotational_rad=zero,
        ventricle=np.zeros(n, np.uint8),
        segment=np.zeros(n, np.uint8),
        endocardial=np.ones(n, bool),
        epicardial=np.zeros(n, bool),
        sites={"left of the channel": int(np.flatnonzero(site)[0])},
    )
    return Wall(heart=heart, site=tuple(np.flatnonzero(site).tolist()))


def _speeds(heart):
    border = heart.tissue == Tissue.BORDER
    along = np.where(border, BORDER_ALONG, ALONG).astype(np.float32)
    across = np.where(border, BORDER_ACROSS, ACROSS).astype(np.float32)
    return border, along, across


def fast(made, *, s2_ms=S2_MS, until_ms=UNTIL_MS):
    """Beats of the fast mode."""
    border, along, across = _speeds(made.heart)
    of = Substrate(
        cv_fibre_m_per_s=along,
        cv_cross_m_per_s=across,
        kind=border.astype(np.uint8),
        restitution=restitution(),
        apd_share=np.ones(len(along), np.float32),
        conducting=made.heart.conducting,
    )
    waves = Waves(heart=made.heart, substrate=of)
    stimuli = [Stimulus(voxels=made.site, time_ms=t) for t in (0.0, s2_ms)]
    return waves.run(waves.rested(), stimuli, until_ms)[1]


def tissue(made):
    """The whole equations, calibrated to the speeds of the fast mode kind by kind."""
    border, _, _ = _speeds(made.heart)
    diffusion = {
        (kind, speed): calibrated(speed, Scheme(spacing_mm=SCHEME.spacing_mm, dt_ms=SCHEME.dt_ms,
                                                kind=kind)).diffusion_mm2_per_ms
        for kind, speed in (("epi", ALONG), ("epi", ACROSS), ("border", BORDER_ALONG),
                            ("border", BORDER_ACROSS))
    }  # fmt: skip
    d_along = np.where(border, diffusion["border", BORDER_ALONG], diffusion["epi", ALONG])
    d_across = np.where(border, diffusion["border", BORDER_ACROSS], diffusion["epi", ACROSS])
    made_of = stencil(
        made.heart.voxels,
        fibre=made.heart.fibre,
        along_mm2_per_ms=d_along.astype(np.float32),
        across_mm2_per_ms=d_across.astype(np.float32),
        conducting=made.heart.conducting,
        blend=SCHEME.blend,
    )
    return Monodomain(
        stencil=made_of,
        membrane=membrane(),
        kinds=border.astype(np.uint8),
        kind_names=("epi", "border"),
        dt_ms=SCHEME.dt_ms,
    )


def whole(made, *, s2_ms=S2_MS, until_ms=UNTIL_MS, threads=None):
    """Beats of the whole equations; ends early when 400 ms pass without any."""
    of = tissue(made)
    pulses = [Pulse(voxels=made.site, start_ms=t) for t in (0.0, s2_ms)]
    state, activity = of.run(of.rested(), pulses, s2_ms + 400.0, threads=threads)
    while state.step * SCHEME.dt_ms < until_ms - 1.0:
        now = state.step * SCHEME.dt_ms
        if activity.time_ms[-1] < now - 400.0:
            break
        state, more = of.run(state, [], min(now + 200.0, until_ms), threads=threads)
        activity = activity.followed_by(more)
    return activity.beats(made.heart.voxels)
