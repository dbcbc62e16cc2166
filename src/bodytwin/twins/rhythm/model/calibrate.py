r"""How large must diffusion be for a wave to run at a wished speed, on these voxels?

Voxels of clinical images are coarser than the foot of the wave, which slows it. So the diffusion
D is sought for which a strand one voxel thick, at the same spacing, step, scheme and kind of cell,
conducts at the speed c that was wished:

.. math::
    c(D; \Delta x, \Delta t, \theta) = c^*                                         \tag{1}

first in a table of strands side by side, then by secants (as Costa et al. 2013, *Comput Cardiol*
40:373, tune conductivities). A plane wave along or across the fibres of `numerics.grid.stencil`
that runs along an axis of the grid obeys the same equations as the strand.

Not for: waves that are strongly curved, or oblique to the grid, which conduct a little differently
(verification/rhythm/conduction says how much).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, NumericalError
from bodytwin.numerics.grid import Voxels
from bodytwin.numerics.grid.stencil import BLEND, Stencil, stencil
from bodytwin.twins.rhythm.model.monodomain import Monodomain, Pulse
from bodytwin.twins.rhythm.model.monodomain_cells import ten_tusscher
from bodytwin.twins.rhythm.model.monodomain_marks import Activity, joined

Array = NDArray[np.float64]
LENGTH_MM = 24.0
STIMULATED_MM = 2.5
WATCHED = (0.5, 0.8)
"""Where along the strand the wave is timed."""
SMALLEST, LARGEST, ROWS = 0.002, 0.4, 16
"""Diffusion in mm^2/ms between which a table is made, and its number of strands."""
CLOSE_ENOUGH = 0.003
_CHUNK_MS, _LONGEST_MS = 10.0, 600.0
_SECANTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How tissue is computed: what a speed depends on apart from diffusion."""

    spacing_mm: float
    dt_ms: float = 0.02
    blend: float = BLEND
    kind: str = "epi"

    def __post_init__(self) -> None:
        if not 0.05 <= self.spacing_mm <= 1.0:
            raise InvalidInputError(
                f"Voxels of {self.spacing_mm:g} mm carry no wave that can be trusted or paid for; "
                "take 0.05 to 1 mm."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The diffusion that gives a speed under a scheme, and the slowest wave it conducts at all."""

    scheme: Scheme
    wished_m_per_s: float
    measured_m_per_s: float
    diffusion_mm2_per_ms: float
    slowest_m_per_s: float


@cache
def calibrated(speed_m_per_s: float, scheme: Scheme) -> Calibration:
    """The diffusion for a wave of `speed_m_per_s`; the same along and across the fibres.

    Raises:
        InvalidInputError: no diffusion gives that speed on these voxels; says which can be had.

    """
    diffusion, speed = _table(scheme)
    slowest, fastest = float(speed.min()), float(speed.max())
    if not slowest <= speed_m_per_s <= fastest:
        raise InvalidInputError(
            f"A wave of {speed_m_per_s:g} m/s cannot be had on voxels of {scheme.spacing_mm:g} mm; "
            f"take {slowest:.2g} to {fastest:.2g} m/s, or a finer spacing where it must be slower."
        )
    wanted = float(np.exp(np.interp(np.log(speed_m_per_s), np.log(speed), np.log(diffusion))))
    found, measured = _secants(wanted, speed_m_per_s, scheme)
    return Calibration(
        scheme=scheme,
        wished_m_per_s=speed_m_per_s,
        measured_m_per_s=measured,
        diffusion_mm2_per_ms=found,
        slowest_m_per_s=slowest,
    )


def speeds_m_per_s(diffusion_mm2_per_ms: Array, scheme: Scheme) -> Array:
    """Speed in strands of each diffusion (d,); NaN where the wave does not come through."""
    length = round(LENGTH_MM / scheme.spacing_mm)
    made, place, strand = _strands(diffusion_mm2_per_ms, length, scheme)
    tissue = Monodomain(
        stencil=made,
        membrane=ten_tusscher(),
        kinds=np.zeros(made.count, dtype=np.uint8),
        kind_names=(scheme.kind,),
        dt_ms=scheme.dt_ms,
    )
    pulse = np.flatnonzero((place + 0.5) * scheme.spacing_mm < STIMULATED_MM)
    near, far = (round(share * length) for share in WATCHED)
    given = Pulse(voxels=tuple(pulse.tolist()), start_ms=0.0)
    activity = _until_reached(tissue, given, place == far)
    first = activity.first_ms(made.count)
    times = np.full((length, len(diffusion_mm2_per_ms)), np.inf)
    times[place, strand] = first
    with np.errstate(invalid="ignore"):
        speed = (far - near) * scheme.spacing_mm / (times[far] - times[near])
    return np.where(np.isfinite(times[far]), speed, np.nan)


def _strands(
    diffusion: Array, length: int, scheme: Scheme
) -> tuple[Stencil, NDArray[np.int64], NDArray[np.int64]]:
    """The stencil of strands side by side; place along its strand and strand of each voxel."""
    mask = np.zeros((length, 2 * len(diffusion) - 1, 1), dtype=np.bool_)
    mask[:, ::2] = True
    voxels = Voxels.of_mask(mask, spacing_mm=scheme.spacing_mm)
    place, strand = (voxels.cells[:, 0] - 1).astype(np.int64), (voxels.cells[:, 1] - 1) // 2
    own = diffusion[strand].astype(np.float32)
    made = stencil(
        voxels,
        fibre=np.tile(np.array([1.0, 0.0, 0.0], dtype=np.float32), (voxels.count, 1)),
        along_mm2_per_ms=own,
        across_mm2_per_ms=own,
        blend=scheme.blend,
    )
    return made, place, strand.astype(np.int64)


def _until_reached(tissue: Monodomain, pulse: Pulse, ends: NDArray[np.bool_]) -> Activity:
    """What happens until every wave has come to the `ends` or has died out."""
    state = tissue.rested()
    found: list[Activity] = []
    for until_ms in np.arange(_CHUNK_MS, _LONGEST_MS + 1.0, _CHUNK_MS):
        state, more = tissue.run(state, [pulse], float(until_ms))
        found.append(more)
        reached = np.isfinite(joined(found).first_ms(len(ends)))[ends].all()
        if reached or (until_ms > 2 * _CHUNK_MS and not len(more.voxel)):
            break
    return joined(found)


@cache
def _table(scheme: Scheme) -> tuple[Array, Array]:
    """Diffusion and speed where a wave comes through, both rising."""
    most = min(LARGEST, 0.99 * _stable(scheme))
    diffusion = np.geomspace(SMALLEST, most, ROWS)
    speed = speeds_m_per_s(diffusion, scheme)
    through = np.isfinite(speed)
    if through.sum() < 2:
        raise NumericalError(
            f"No wave runs through a strand of {scheme.kind} cells on voxels of "
            f"{scheme.spacing_mm:g} mm. Take finer voxels."
        )
    return diffusion[through], speed[through]


def _stable(scheme: Scheme) -> float:
    """The largest diffusion for which the step of a strand is stable, in mm^2/ms."""
    made, _, _ = _strands(np.ones(1), 8, scheme)
    return made.largest_step_ms / scheme.dt_ms


def _secants(diffusion: float, wished: float, scheme: Scheme) -> tuple[float, float]:
    """Diffusion and speed after steps in their logarithms, each with the slope of the last."""
    at, slope = np.log(diffusion), 0.5
    last: tuple[float, float] | None = None
    for _ in range(_SECANTS):
        speed = float(speeds_m_per_s(np.array([np.exp(at)]), scheme)[0])
        if not np.isfinite(speed):
            break
        off = np.log(speed / wished)
        if abs(off) < CLOSE_ENOUGH:
            return float(np.exp(at)), speed
        if last is not None and abs(at - last[0]) > 1e-9:
            slope = float(np.clip((off - last[1]) / (at - last[0]), 0.3, 3.0))
        last = (at, off)
        at -= off / slope
    raise NumericalError(
        f"No diffusion was found that gives {wished:g} m/s on voxels of {scheme.spacing_mm:g} mm. "
        "Take a speed further from the slowest that conducts, or finer voxels."
    )
