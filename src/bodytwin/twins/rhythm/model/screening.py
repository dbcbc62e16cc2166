"""From which places can this heart be thrown into a tachycardia, and how fast is it?"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from bodytwin.twins.rhythm.model.protocol import Protocol, Tried, stimulate
from bodytwin.twins.rhythm.model.wave import Beats, Waves

Report = Callable[[str, float], None]
"""Told what is done and the share of the whole; raises where the work is to stop."""


def silent(_what: str, _share: float) -> None:
    """Report nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SiteResult:
    """What one site gave: `outcome` is "no capture", "non-inducible" or "inducible".

    `cycle_length_ms` and its sd over the voxels of the last cycles are NaN where
    no tachycardia was induced.
    """

    site: str
    outcome: str
    coupling_intervals_ms: tuple[float, ...]
    erp_ms: float
    cycle_length_ms: float
    cycle_length_sd_ms: float
    beats: Beats | None
    runs: int

    @property
    def inducible(self) -> bool:
        """Whether a tachycardia was sustained."""
        return self.outcome == "inducible"


def screen(
    waves: Waves,
    protocol: Protocol,
    *,
    sites: Sequence[str] = (),
    report: Report = silent,
    threads: int = 2,
    first_only: bool = False,
) -> tuple[SiteResult, ...]:
    """Programmed stimulation from every site, or from `sites`; in their order.

    The results do not depend on `threads`. With `first_only` the work ends with
    the first site, in order, from which a tachycardia was induced.
    """
    names = tuple(sites or waves.heart.sites)
    _ = waves.medium
    done = 0
    found: list[SiteResult] = []
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(names), threads):
            some = names[start : start + threads]
            report(f"Stimulating from {' and '.join(some)}", done / len(names))
            made = list(pool.map(lambda name: _result(stimulate(waves, name, protocol)), some))
            done += len(some)
            found.extend(made)
            if first_only and any(r.inducible for r in made):
                break
    if first_only and any(r.inducible for r in found):
        found = found[: next(k for k, r in enumerate(found) if r.inducible) + 1]
    report("Stimulated", 1.0)
    return tuple(found)


def _result(tried: Tried) -> SiteResult:
    outcome = "no capture" if not tried.captured else "non-inducible"
    cycle, sd = np.nan, np.nan
    if tried.induced and tried.beats is not None:
        outcome = "inducible"
        cycle, sd = cycle_length_ms(tried.beats)
    return SiteResult(
        site=tried.site,
        outcome=outcome,
        coupling_intervals_ms=tried.intervals_ms,
        erp_ms=tried.erp_ms,
        cycle_length_ms=cycle,
        cycle_length_sd_ms=sd,
        beats=tried.beats,
        runs=tried.runs,
    )


def cycle_length_ms(beats: Beats, *, cycles: int = 2) -> tuple[float, float]:
    """Median time between activations of a voxel over its last cycles, and sd over voxels."""
    order = np.lexsort((beats.time_ms, beats.voxel))
    voxel, time = beats.voxel[order], beats.time_ms[order]
    last = np.flatnonzero(np.r_[voxel[1:] != voxel[:-1], True])
    first = np.r_[0, last[:-1] + 1]
    enough = last - first >= cycles
    if not enough.any():
        return np.nan, np.nan
    end = last[enough]
    length = (time[end] - time[end - cycles]) / cycles
    return float(np.median(length)), float(length.std())
