"""Programmed stimulation: a train, then extra beats ever earlier, from one place after another.

A site is stimulated eight times at `s1_ms`; then an extra beat S2 is given, first
at `s2_from_ms` after the last and each time `step_ms` earlier, until the tissue is
refractory or a tachycardia follows. Without one S2 stays `above_erp_ms` above refractoriness and S3
is brought in alike, then S4 (Wellens et al. 1985, *Circulation* 72:1; in virtual
hearts Arevalo et al. 2016, doi 10.1038/ncomms11437). Or bursts: trains at one interval, each
faster than the one before, until the tissue no longer follows beat for beat.

As text:

    S1 600 x 4, S2 to S4 from 400 by 20
    burst 350 to 200 by 10 x 8

A tachycardia is sustained when activity goes on `sustained_ms` after the last stimulus.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.front import State
from bodytwin.twins.rhythm.model.heart import Heart
from bodytwin.twins.rhythm.model.wave import Beats, Stimulus, Waves

SETTLING_MS = 1200.0
"""A sustained tachycardia is followed so much longer, since its first cycles differ."""
AT, FARTHEST_MM = "at ", 5.0
"""How a site begins that is a point, and how far from conducting muscle it may lie."""
Cancelled = Callable[[], None]
"""Called between runs; raises where the work is to stop."""
STIMULATED_MM = 2.0
"""Muscle within this distance of a site is excited with it."""
FOLLOWS_MS = 40.0
"""Within this time of a stimulus the muscle around the site follows, or it did not capture."""


def never() -> None:
    """Nobody stops the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraBeats:
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

    @property
    def words(self) -> str:
        """What is done, for people."""
        return (
            f"S1 {self.s1_ms:g} ms x {self.s1_beats}, up to {self.extras} extra beats from "
            f"{self.s2_from_ms:g} ms by {self.step_ms:g} ms; sustained after "
            f"{self.sustained_ms:g} ms"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Trains of `beats` at intervals from `from_ms` down to `to_ms`, by `step_ms`."""

    from_ms: float = 350.0
    to_ms: float = 200.0
    step_ms: float = 10.0
    beats: int = 8
    sustained_ms: float = 2000.0

    def __post_init__(self) -> None:
        if not 150 <= self.to_ms <= self.from_ms <= 1000 or not 2 <= self.beats <= 30:
            raise InvalidInputError(
                "A burst has 2 to 30 beats at intervals that fall between 1000 and 150 ms."
            )
        if not 1 <= self.step_ms <= 50:
            raise InvalidInputError("Bursts become faster by 1 to 50 ms at a time.")

    @property
    def words(self) -> str:
        """What is done, for people."""
        return (
            f"bursts of {self.beats} at {self.from_ms:g} to {self.to_ms:g} ms by "
            f"{self.step_ms:g} ms; sustained after {self.sustained_ms:g} ms"
        )


Protocol = ExtraBeats | Burst
SYNTAX = "Write 'S1 600 x 4, S2 to S4 from 400 by 20' or 'burst 350 to 200 by 10 x 8'; ms."
_NUMBER = r"(\d+(?:\.\d+)?)"
_EXTRA = re.compile(rf"s1 {_NUMBER} x (\d+), s2(?: to s([34]))? from {_NUMBER} by {_NUMBER}")
_BURST = re.compile(rf"burst {_NUMBER} to {_NUMBER} by {_NUMBER} x (\d+)")


def protocol_from_text(text: str) -> Protocol:
    """The protocol that `text` says. Raises InvalidInputError with the syntax."""
    plain = " ".join(text.lower().split())
    if found := _EXTRA.fullmatch(plain):
        s1, beats, last, start, step = found.groups()
        return ExtraBeats(
            s1_ms=float(s1), s1_beats=int(beats), extras=int(last or 2) - 1,
            s2_from_ms=float(start), step_ms=float(step),
        )  # fmt: skip
    if found := _BURST.fullmatch(plain):
        start, end, step, beats = found.groups()
        return Burst(from_ms=float(start), to_ms=float(end), step_ms=float(step), beats=int(beats))
    raise InvalidInputError(f"'{text[:60]}' is no protocol of stimulation. {SYNTAX}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Tried:
    """What stimulation from one place did.

    `intervals_ms` are those of the extra beats that induced, else of the last tried, or that of
    the burst; `erp_ms` the refractory period at S1, NaN where nothing captured and for bursts.
    `beats` are those after the last stimulus, where a tachycardia was sustained.
    """

    site: str
    captured: bool
    induced: bool
    intervals_ms: tuple[float, ...]
    erp_ms: float
    beats: Beats | None
    runs: int


def places(heart: Heart, site: str) -> tuple[int, ...]:
    """The conducting voxels that are excited when pacing from a site, or from "at X Y Z" in mm."""
    if site.startswith(AT):
        return around(heart, _nearest(heart, site))
    if site not in heart.sites:
        _strange(heart, site)
    return around(heart, conducting_near(heart, heart.sites[site]))


def _nearest(heart: Heart, site: str) -> int:
    """The conducting voxel nearest to a point, which lies in or at the muscle."""
    try:
        point = np.array([float(word) for word in site[len(AT) :].split()])
    except ValueError:
        _strange(heart, site)
    if point.shape != (3,) or not np.isfinite(point).all():
        _strange(heart, site)
    able = np.flatnonzero(heart.conducting)
    away = np.linalg.norm(heart.voxels.positions_mm[able] - point, axis=1)
    if away.min() > FARTHEST_MM:
        raise InvalidInputError(
            f"This point lies {away.min():.0f} mm from muscle that conducts; up to "
            f"{FARTHEST_MM:g} mm are allowed. Points are in mm in the frame of the image."
        )
    return int(able[np.argmin(away)])


def _strange(heart: Heart, site: str) -> NoReturn:
    raise InvalidInputError(
        f"There is no site '{site[:40]}'. There are: {', '.join(heart.sites)}; or any point, as "
        f"'{AT}58 19.5 11'."
    )


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
    attempt = _Attempt(waves, site, voxels, protocol.sustained_ms, cancelled)
    return attempt.bursts(protocol) if isinstance(protocol, Burst) else attempt.extra(protocol)


class _Attempt:
    """One site; counts its runs."""

    def __init__(
        self, waves: Waves, site: str, voxels: tuple[int, ...], sustained_ms: float,
        cancelled: Cancelled,
    ) -> None:  # fmt: skip
        self.waves, self.site, self.voxels = waves, site, voxels
        self.sustained_ms, self.cancelled = sustained_ms, cancelled
        self.inside = np.zeros(waves.heart.voxels.count, dtype=np.bool_)
        self.inside[list(voxels)] = True
        self.runs = 0

    def extra(self, p: ExtraBeats) -> Tried:
        """S1, then extra beats brought in one after the other."""
        train = [Stimulus(voxels=self.voxels, time_ms=k * p.s1_ms) for k in range(p.s1_beats)]
        last = train[-1].time_ms
        state, beats = self.waves.run(self.waves.rested(), train, last + 1e-6)
        if not self._captured(beats, 0.0):
            return self._told(captured=False)
        fixed: tuple[float, ...] = ()
        erp = np.nan
        for extra in range(p.extras):
            start = fixed[-1] if fixed else p.s2_from_ms
            found, shortest = self._brought_in(state, last, start, p.step_ms)
            erp = shortest if extra == 0 else erp
            if found is not None:
                beats, at = found
                return self._told(
                    intervals_ms=(*fixed, at), erp_ms=erp if erp == erp else at, beats=beats
                )
            if shortest != shortest:
                break
            fixed = (*fixed, shortest + p.above_erp_ms)
            at = last + fixed[-1]
            extra_beat = Stimulus(voxels=self.voxels, time_ms=at)
            state, _ = self.waves.run(state, [extra_beat], at + 1e-6)
            last = at
        return self._told(intervals_ms=fixed, erp_ms=erp)

    def bursts(self, p: Burst) -> Tried:
        """Trains ever faster, each after a long pause, until a beat of one fails to capture."""
        interval, followed = p.from_ms, np.nan
        while interval >= p.to_ms:
            self.cancelled()
            times = [k * interval for k in range(p.beats)]
            train = [Stimulus(voxels=self.voxels, time_ms=t) for t in times]
            state, beats = self.waves.run(self.waves.rested(), train, times[-1] + 150.0)
            self.runs += 1
            if not all(self._captured(beats, t) for t in times):
                break
            followed = interval
            beats = self._on(state, beats, times[-1])
            if self._goes_on(beats, times[-1]):
                return self._told(intervals_ms=(interval,), beats=beats.after(times[-1]))
            interval -= p.step_ms
        if followed != followed:
            return self._told(captured=False)
        return self._told(intervals_ms=(followed,))

    def _told(
        self,
        *,
        captured: bool = True,
        intervals_ms: tuple[float, ...] = (),
        erp_ms: float = np.nan,
        beats: Beats | None = None,
    ) -> Tried:
        return Tried(
            site=self.site, captured=captured, induced=beats is not None,
            intervals_ms=intervals_ms, erp_ms=erp_ms, beats=beats, runs=self.runs,
        )  # fmt: skip

    def _brought_in(
        self, state: State, last: float, start: float, step_ms: float
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
            if self._goes_on(beats, at):
                return (beats.after(at), interval), shortest
            interval -= step_ms
        return None, shortest

    def _goes_on(self, beats: Beats, at: float) -> bool:
        return beats.last_ms >= at + self.sustained_ms - 1.0

    def _on(self, state: State, beats: Beats, at: float) -> Beats:
        """Run on until all is quiet, or the tachycardia is sustained and has settled."""
        until = at + self.sustained_ms
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
