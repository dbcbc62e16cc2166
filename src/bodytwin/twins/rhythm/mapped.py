"""What does an electroanatomic map tell of this heart: which of its points, if any?

A map informs where it was taken in sinus rhythm and lies in the frame of the image.
Points far from each other are taken, by farthest-point sampling (Gonzalez 1985,
*Theor Comput Sci* 38:293), and their times relative to their mean, from which the
reference of the map drops out:

    y_k = t_k - mean_j t_j,   k, j of the chosen points                            (1)

Not for: maps of the epicardium or the atria; maps in another frame, since nothing is
registered here; scar, which is that of the image whatever the voltage.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.digest import digest
from bodytwin.record import Map, Rhythm
from bodytwin.twins.rhythm.model.heart import Heart
from bodytwin.twins.rhythm.model.restitution import ten_tusscher
from bodytwin.twins.rhythm.model.sinus import sinus_arrival_ms
from bodytwin.twins.rhythm.model.substrate import substrate
from bodytwin.twins.rhythm.model.wave import Waves
from bodytwin.twins.rhythm.parameters import prior

Array = NDArray[np.float64]
POINT = "activation at map point "
"""With the number of the point, from 1, the name of what is measured there."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Mapped:
    """The chosen points (k,) of a map: their rows in it, and the voxels where they touch muscle."""

    taken: Map
    rows: NDArray[np.intp]
    voxels: NDArray[np.intp]
    median_mm: float

    @property
    def content_address(self) -> str:
        """The hash of the map and of where its points lie in the heart."""
        return digest(self.taken.content_address, self.rows, self.voxels)

    @property
    def quantities(self) -> tuple[str, ...]:
        """What is measured at each point."""
        return tuple(f"{POINT}{k}" for k in range(1, len(self.rows) + 1))

    @property
    def measured_ms(self) -> Array:
        """Equation (1) of what was measured, (k,)."""
        return relative_ms(self.taken.lat_ms[self.rows])

    def predicted_ms(self, arrival_ms: Array) -> Array:
        """Equation (1) of the activation of every voxel (n,), (k,); NaN where no wave gets to."""
        return relative_ms(arrival_ms[self.voxels])


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Why a map tells nothing of a heart."""

    reason: str


def relative_ms(times_ms: Array) -> Array:
    """Times from the mean of those that there are."""
    there = np.isfinite(times_ms)
    return np.where(there, times_ms - times_ms[there].mean(), np.nan)


@cache
def rules() -> dict[str, Any]:
    """When a map is used, and how many points of it."""
    path = files("bodytwin.twins.rhythm") / "data" / "measured.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["map"]


def mapped(taken: Map, heart: Heart) -> Mapped | LeftOut:
    """The points of a map that inform this heart, or why none does."""
    from scipy.spatial import KDTree

    if taken.rhythm is not Rhythm.SINUS:
        return LeftOut(
            reason=f"its rhythm is '{taken.rhythm.value}', and only maps in sinus rhythm are "
            "compared"
        )
    rule, rows = rules(), np.flatnonzero(taken.measured("lat_ms"))
    if len(rows) < rule["fewest_points"]:
        return LeftOut(
            reason=f"it has times at {len(rows)} points, and {rule['fewest_points']} are needed"
        )
    at, x = taken.points_mm[rows], heart.voxels.positions_mm
    away_mm = np.asarray(KDTree(x[heart.endocardial]).query(at)[0])
    if reason := _elsewhere(away_mm) or _too_long(taken.lat_ms[rows]):
        return LeftOut(reason=reason)
    touched = np.flatnonzero(heart.endocardial & _reached(heart))
    off_mm, nearest = (np.asarray(found) for found in KDTree(x[touched]).query(at))
    near = np.flatnonzero(off_mm <= rule["most_of_points_mm"])
    if len(near) < rule["fewest_points"]:
        return LeftOut(
            reason=f"{len(near)} of its points lie at muscle that conducts, and "
            f"{rule['fewest_points']} are needed"
        )
    chosen = near[_apart(at[near], rule["most_points"])]
    return Mapped(
        taken=taken,
        rows=rows[chosen],
        voxels=touched[nearest[chosen]],
        median_mm=float(np.median(away_mm)),
    )


def _elsewhere(away_mm: Array) -> str:
    """Why a map does not lie in the frame of the image; nothing where it does."""
    rule = rules()
    median, most = float(np.median(away_mm)), float(np.quantile(away_mm, 0.95))
    if median <= rule["median_mm"] and most <= rule["most_of_points_mm"]:
        return ""
    return (
        f"it does not lie in the frame of the image: its points are {median:.1f} mm (median) and "
        f"{most:.1f} mm (95 %) from the endocardium, and at most {rule['median_mm']:g} and "
        f"{rule['most_of_points_mm']:g} mm are allowed. Register it to the image before it is "
        "brought"
    )


def _too_long(lat_ms: Array) -> str:
    """Why times cannot be those of one sinus beat of the ventricles; nothing where they can."""
    low, high = np.quantile(lat_ms, [0.05, 0.95])
    longest = rules()["longest_ms"]
    if high - low <= longest:
        return ""
    return (
        f"90 % of its times span {high - low:.0f} ms, and ventricles in sinus rhythm are "
        f"activated within {longest:g} ms"
    )


def _reached(heart: Heart) -> NDArray[np.bool_]:
    """Which voxels (n,) a sinus beat gets to: the same whatever the speeds."""
    usual = {p.name: p.median for p in prior().parameters}
    waves = Waves(heart=heart, substrate=substrate(heart, usual, ten_tusscher()))
    return np.isfinite(sinus_arrival_ms(waves, usual["endocardial_speedup"]))


def _apart(points_mm: Array, most: int) -> list[int]:
    """Rows of at most so many points, each as far from those before as can be."""
    away = np.linalg.norm(points_mm - points_mm.mean(axis=0), axis=1)
    chosen: list[int] = []
    while len(chosen) < most and away.max() > 0.0:
        chosen.append(int(np.argmax(away)))
        here = np.linalg.norm(points_mm - points_mm[chosen[-1]], axis=1)
        away = here if len(chosen) == 1 else np.minimum(away, here)
    return chosen


def usable(maps: Sequence[Map], heart: Heart) -> tuple[Mapped | None, tuple[str, ...]]:
    """The last of some maps that informs this heart, and in sentences what is left out."""
    found: Mapped | None = None
    out: list[str] = []
    for taken in reversed(maps):
        if found is not None:
            out.append(f"{_called(taken)}: a later one is used.")
            continue
        here = mapped(taken, heart)
        if isinstance(here, LeftOut):
            out.append(f"{_called(taken)}: {here.reason}.")
        else:
            found = here
    if any(m.measured("bipolar_mv").any() or m.measured("unipolar_mv").any() for m in maps):
        out.append("Voltages of electroanatomic maps: scar is where the image shows it.")
    return found, tuple(out)


def _called(taken: Map) -> str:
    when = f"{taken.instant.moment:%Y-%m-%d %H:%M} UTC"
    return f"The electroanatomic map of {when} ({taken.provenance.path})"
