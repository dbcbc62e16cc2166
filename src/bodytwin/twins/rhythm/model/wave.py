"""How do waves of activation run through this heart, beat after beat?

The fast mode: fronts at the speeds of the tissue, durations and speeds after the
restitution tables, a voxel refractory until it has recovered. A wave that comes
to refractory tissue waits for `PATIENCE_MS` and dies there otherwise.

May be trusted where the wave front is thin beside the wall and scar, and
activation is carried by structure (scar-related re-entry). Not for: fibrillation,
spiral waves in healthy muscle, block at an abrupt widening (source and sink), the very
first beats after a change of rate (no memory).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.grid.front import (
    Events,
    Medium,
    State,
    at_rest,
    first_arrival,
    medium,
    spread,
)
from bodytwin.twins.rhythm.model.heart import Heart
from bodytwin.twins.rhythm.model.restitution import Restitution

Array = NDArray[np.float64]
Float = NDArray[np.float32]
PATIENCE_MS = 3.0
"""How long a front at its foot keeps enough charge to excite tissue that recovers."""
SMOOTHING_MS = 3.0
"""Over this time of conduction a voxel's duration is drawn to that of the one that excited it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Substrate:
    """How each of n voxels conducts and recovers. `kind` (n,) names rows of `restitution`.

    Speeds (n,) are those of rested tissue; `apd_share` (n,) scales the durations of the table.
    """

    cv_fibre_m_per_s: Float
    cv_cross_m_per_s: Float
    kind: NDArray[np.uint8]
    restitution: Restitution
    apd_share: Float
    conducting: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """Excitation of `voxels` at `time_ms`."""

    voxels: tuple[int, ...]
    time_ms: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Beats:
    """Every activation in order of time; `from_voxel` is -1 where a stimulus did it."""

    voxel: NDArray[np.int32]
    time_ms: Array
    apd_ms: Float
    from_voxel: NDArray[np.int32]

    @property
    def last_ms(self) -> float:
        """Time of the last activation; minus infinity where there was none."""
        return float(self.time_ms[-1]) if len(self.time_ms) else -np.inf

    def after(self, time_ms: float) -> "Beats":
        """What happened from `time_ms` on."""
        k = int(np.searchsorted(self.time_ms, time_ms))
        return Beats(
            voxel=self.voxel[k:],
            time_ms=self.time_ms[k:],
            apd_ms=self.apd_ms[k:],
            from_voxel=self.from_voxel[k:],
        )

    def followed_by(self, later: "Beats") -> "Beats":
        """These, then `later`."""
        pairs = (self, later)
        return Beats(
            voxel=np.concatenate([b.voxel for b in pairs]),
            time_ms=np.concatenate([b.time_ms for b in pairs]),
            apd_ms=np.concatenate([b.apd_ms for b in pairs]),
            from_voxel=np.concatenate([b.from_voxel for b in pairs]),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Waves:
    """A heart made ready for waves."""

    heart: Heart
    substrate: Substrate

    @cached_property
    def medium(self) -> Medium:
        """The voxels with their speeds."""
        s = self.substrate
        if len(s.kind) != self.heart.voxels.count:
            raise InvalidInputError("The substrate has another number of voxels than the heart.")
        return medium(
            self.heart.voxels,
            axis=self.heart.fibre,
            speed_along_m_per_s=s.cv_fibre_m_per_s,
            speed_across_m_per_s=s.cv_cross_m_per_s,
            carries=s.conducting,
        )

    def rested(self) -> State:
        """The heart after a long pause."""
        return at_rest(self.heart.voxels.count, 250.0)

    def arrival_ms(self, sources: Sequence[int], delays_ms: Sequence[float]) -> Array:
        """First activation of each voxel (n,), infinite where no wave gets to; one beat only."""
        return first_arrival(
            self.medium,
            np.array(sources, dtype=np.int32),
            np.array(delays_ms, dtype=np.float64),
        )

    def run(
        self, state: State, stimuli: Sequence[Stimulus], until_ms: float
    ) -> tuple[State, Beats]:
        """All activations from the time of `state` to `until_ms`, and the state then."""
        s = self.substrate
        voxels = [v for stimulus in stimuli for v in stimulus.voxels]
        times = [stimulus.time_ms for stimulus in stimuli for _ in stimulus.voxels]
        if times and min(times) < state.time_ms:
            raise InvalidInputError("A stimulus lies before the time of the state.")
        after, found = spread(
            self.medium,
            state,
            kind=s.kind,
            active_share=s.apd_share,
            recovery=s.restitution.recovery,
            sources=np.array(voxels, dtype=np.int32),
            times_ms=np.array(times, dtype=np.float64),
            until_ms=until_ms,
            patience_ms=PATIENCE_MS,
            smoothing_ms=SMOOTHING_MS,
        )
        return after, _beats(found)


def _beats(found: Events) -> Beats:
    return Beats(
        voxel=found.voxel,
        time_ms=found.time_ms,
        apd_ms=found.active_ms,
        from_voxel=found.source,
    )
