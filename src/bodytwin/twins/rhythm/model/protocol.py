"""Programmed stimulation: a train, then extra beats ever earlier, from one place after another.

A site is stimulated eight times at `s1_ms`; then an extra beat S2 is given, first
at `s2_from_ms` after the last and each time `step_ms` earlier, until the tissue is
refractory or a tachycardia follows. Without one S2 stays `above_erp_ms` above refractoriness and S3
is brought in alike, then S4 (Wellens et al. 1985, *Circulation* 72:1; in virtual
hearts Arevalo et al. 2016, doi 10.1038/ncomms11437).

A tachycardia is sustained when activity goes on `sustained_ms` after the last stimulus.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.front import State
from bodytwin.twins.rhythm.model.heart import Heart
from bodytwin.twins.rhythm.model.wave import Beats, Stimulus, Waves

SETTLING_MS = 1200.0
"""A sustained tachycardia is followed so much longer, since its first cycles differ."""
Cancelled = Callable[[], None]
"""Called between runs; raises where the work is to stop."""
STIMULATED_MM = 2.0
"""Muscle within this distance of a site is excited with it."""
FOLLOWS_MS = 40.0
"""Within this time of a stimulus the muscle around the site follows, or it did not capture."""


def never() -> None:
    """Nobody stops the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Intervals of programmed stimulation, all in ms; up to `extras` extra beats."""

    s1_ms: float = 600.0
    s1_beats: int = 4
    s2_from_ms: float = 400.0
    step_ms: float = 20.0
    above_erp_ms: float = 10.0
    extras: int = 3
    sustained_ms: float = 2000.0

    def __post_init__(self) -> None:
        if not 200 <= self.s1_ms <= 2000 or not 1 <= self.s1_beats <= 20:
            raise InvalidInputError("A train has 1 to 20 beats, 200 to 2000 ms apart.")
        if not 1 <= self.extras <= 3:
            raise InvalidInputError(f"1 to 3 extra beats can be given, asked for {self.extras}.")
        if not 1 <= self.step_ms <= 50 or self.s2_from_ms >= self.s1_ms:
            raise InvalidInputError(
                "S2 comes sooner than S1 and is brought in by 1 to 50 ms at a time."
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Tried:
    """What stimulation from one place did.

    `intervals_ms` are those of the extra beats that induced, else of the last tried;
    `erp_ms` the refractory period at S1, NaN where nothing captured. `beats` are
    those after the last stimulus, where a tachycardia was sustained.
    """

    site: str
    captured: bool
    induced: bool
    intervals_ms: tuple[float, ...]
    erp_ms: float
    beats: Beats | None
    runs: int


def places(heart: Heart, site: str) -> tuple[int, ...]:
    """The conducting voxels that are excited when pacing from a site."""
    if site not in heart.sites:
        raise InvalidInputError(
            f"There is no site '{site[:40]}'. There are: {', '.join(heart.sites)}."
        )
    return around(heart, conducting_near(heart, heart.sites[site]))


def conducting_near(heart: Heart, voxel: int) -> int:
    """The voxel itself, or where it does not conduct the nearest on the endocardium that does."""
    if heart.conducting[voxel]:
        return voxel
    able = np.flatnonzero(heart.conducting & heart.endocardial)
    x = heart.voxels.positions_mm
    return int(able[np.argmin(((x[able] - x[voxel]) ** 2).sum(axis=1))])


def around(heart: Heart, voxel: int) -> tuple[int, ...]:
    """The conducting voxels near one."""
    x = heart.voxels.positions_mm
    near = ((x - x[voxel]) ** 2).sum(axis=1) <= max(STIMULATED_MM, heart.voxels.spacing_mm) ** 2
    return tuple(int(v) for v in np.flatnonzero(near & heart.conducting))


def stimulate(
    waves: Waves, site: str, protocol: Protocol, *, cancelled: Cancelled = never
) -> Tried:
    """Programmed stimulation from one named site."""
    voxels = places(waves.heart, site)
    if not voxels:
        return Tried(
            site=site, captured=False, induced=False, intervals_ms=(), erp_ms=np.nan, beats=None,
            runs=0,
        )  # fmt: skip
    return _Attempt(waves, site, voxels, protocol, cancelled).tried()


class _Attempt:
    """One site; counts its runs."""

    def __init__(
        self, waves: Waves, site: str, voxels: tuple[int, ...], protocol: Protocol,
        cancelled: Cancelled,
    ) -> None:  # fmt: skip
        self.waves, self.site, self.voxels = waves, site, voxels
        self.protocol, self.cancelled = protocol, cancelled
        self.inside = np.zeros(waves.heart.voxels.count, dtype=np.bool_)
        self.inside[list(voxels)] = True
        self.runs = 0

    def tried(self) -> Tried:
        p = self.protocol
        train = [Stimulus(voxels=self.voxels, time_ms=k * p.s1_ms) for k in range(p.s1_beats)]
        last = train[-1].time_ms
        state, beats = self.waves.run(self.waves.rested(), train, last + 1e-6)
        if not self._captured(beats, 0.0):
            return Tried(
                site=self.site, captured=False, induced=False, intervals_ms=(), erp_ms=np.nan,
                beats=None, runs=self.runs,
            )  # fmt: skip
        fixed: tuple[float, ...] = ()
        found, erp = None, np.nan
        for extra in range(p.extras):
            start = fixed[-1] if fixed else p.s2_from_ms
            found, shortest = self._brought_in(state, last, start)
            erp = shortest if extra == 0 else erp
            if found is not None:
                beats, at = found
                return Tried(
                    site=self.site, captured=True, induced=True, intervals_ms=(*fixed, at),
                    erp_ms=erp if erp == erp else at, beats=beats, runs=self.runs,
                )  # fmt: skip
            if shortest != shortest:
                break
            fixed = (*fixed, shortest + p.above_erp_ms)
            at = last + fixed[-1]
            extra_beat = Stimulus(voxels=self.voxels, time_ms=at)
            state, _ = self.waves.run(state, [extra_beat], at + 1e-6)
            last = at
        return Tried(
            site=self.site, captured=True, induced=False, intervals_ms=fixed, erp_ms=erp,
            beats=None, runs=self.runs,
        )  # fmt: skip

    def _brought_in(
        self, state: State, last: float, start: float
    ) -> tuple[tuple[Beats, float] | None, float]:
        """Bring one beat in: the tachycardia that followed, the shortest interval that captured."""
        interval, shortest = start, np.nan
        while interval > 100.0:
            self.cancelled()
            at = last + interval
            stimulus = Stimulus(voxels=self.voxels, time_ms=at)
            after, beats = self.waves.run(state, [stimulus], at + 150.0)
            self.runs += 1
            if not self._captured(beats, at):
                break
            shortest = interval
            beats = self._on(after, beats, at)
            if beats.last_ms >= at + self.protocol.sustained_ms - 1.0:
                return (beats.after(at), interval), shortest
            interval -= self.protocol.step_ms
        return None, shortest

    def _on(self, state: State, beats: Beats, at: float) -> Beats:
        """Run on until all is quiet, or the tachycardia is sustained and has settled."""
        until = at + self.protocol.sustained_ms
        for stop in (*np.arange(at + 550.0, until, 400.0), until, until + SETTLING_MS):
            if not len(state.waiting.time_ms):
                break
            state, more = self.waves.run(state, [], float(stop))
            beats = beats.followed_by(more)
        return beats

    def _captured(self, beats: Beats, at: float) -> bool:
        """Whether muscle around the site was activated from it after a stimulus."""
        soon = beats.after(at)
        here = (soon.from_voxel >= 0) & (soon.time_ms <= at + FOLLOWS_MS)
        source = soon.from_voxel[here]
        return bool((self.inside[source] & ~self.inside[soon.voxel[here]]).any())
