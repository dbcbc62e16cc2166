"""How is this heart activated in sinus rhythm?

From a few places of early activation on the endocardium (Durrer et al. 1970), with a thin layer
under it that conducts faster and stands for the Purkinje network.
"""

import tomllib
from dataclasses import replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from bodytwin.twins.rhythm.model.protocol import conducting_near
from bodytwin.twins.rhythm.model.wave import Waves

Array = NDArray[np.float64]


@cache
def delays_ms() -> dict[str, float]:
    """When each named site is activated."""
    path = files("bodytwin.twins.rhythm") / "data" / "sinus.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["delay_ms"]


def sinus_arrival_ms(waves: Waves, speedup: float) -> Array:
    """First activation of each voxel (n,); the endocardium conducts `speedup` times faster."""
    heart, s = waves.heart, waves.substrate
    layer = np.where(heart.endocardial, np.float32(speedup), np.float32(1.0))
    fast = replace(
        waves,
        substrate=replace(
            s,
            cv_fibre_m_per_s=(s.cv_fibre_m_per_s * layer).astype(np.float32),
            cv_cross_m_per_s=(s.cv_cross_m_per_s * layer).astype(np.float32),
        ),
    )
    places = [conducting_near(heart, heart.sites[name]) for name in delays_ms()]
    return fast.arrival_ms(places, list(delays_ms().values()))
