"""From parameters and a drug to how fast and how long each voxel of a heart is active."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.twins.rhythm.model.heart import Heart, Tissue
from bodytwin.twins.rhythm.model.restitution import Restitution
from bodytwin.twins.rhythm.model.wave import Substrate

WOUNDED = (Tissue.BORDER, Tissue.INFLAMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drugged:
    """What a drug does to speed and duration of healthy and border tissue, as shares."""

    speed_share: float = 1.0
    duration_share: float = 1.0
    border_speed_share: float = 1.0
    border_duration_share: float = 1.0


def kinds(heart: Heart, table: Restitution) -> NDArray[np.uint8]:
    """Row of the restitution table for each voxel, (n,).

    Healthy muscle is of one kind through the wall: uncoupled layers differ far more than
    they do in the wall of a heart. Inflamed muscle counts as border zone.
    """
    wounded = np.isin(heart.tissue, WOUNDED)
    rows = table.kinds.index("healthy"), table.kinds.index("border")
    return np.where(wounded, rows[1], rows[0]).astype(np.uint8)


def substrate(
    heart: Heart,
    unknowns: Mapping[str, float],
    table: Restitution,
    drug: Drugged | None = None,
) -> Substrate:
    """How this heart conducts and recovers, for one draw of the unknowns."""
    drug = drug or Drugged()
    wounded = np.isin(heart.tissue, WOUNDED)
    speed = np.where(
        wounded,
        unknowns["border_speed_share"] * drug.border_speed_share,
        drug.speed_share,
    )
    duration = unknowns["duration_share"] * np.where(
        wounded,
        unknowns["border_duration_share"] * drug.border_duration_share,
        drug.duration_share,
    )
    along = (unknowns["fibre_speed_m_per_s"] * speed).astype(np.float32)
    return Substrate(
        cv_fibre_m_per_s=along,
        cv_cross_m_per_s=(along / unknowns["anisotropy"]).astype(np.float32),
        kind=kinds(heart, table),
        restitution=table,
        apd_share=duration.astype(np.float32),
        conducting=heart.conducting,
    )
