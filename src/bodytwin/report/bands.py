"""Draws over time as bands, and how bands are drawn."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.forecast import Forecast
from bodytwin.report.axis import Scale
from bodytwin.report.svg import curve, ribbon

Array = NDArray[np.float64]
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, kw_only=True, eq=False)
class Bands:
    """Median and central 50 % and 90 % intervals at each time (time,); NaN where not known."""

    time_h: Array
    low90: Array
    low50: Array
    median: Array
    high50: Array
    high90: Array

    @classmethod
    def of(cls, time_h: Array, draws: Array) -> "Bands":
        """Summarise draws (draw, time)."""
        found = np.full((len(LEVELS), len(time_h)), np.nan)
        held = np.where(np.isfinite(draws), draws, np.nan)
        known = ~np.isnan(held).all(axis=0)
        if known.any():
            found[:, known] = np.nanquantile(held[:, known], LEVELS, axis=0)
        return cls(
            time_h=time_h,
            low90=found[0],
            low50=found[1],
            median=found[2],
            high50=found[3],
            high90=found[4],
        )

    def at(self, i: int) -> tuple[float, float, float, float, float]:
        """Give the low 90, low 50, median, high 50 and high 90 % at one time."""
        rows = (self.low90, self.low50, self.median, self.high50, self.high90)
        low90, low50, median, high50, high90 = (float(r[i]) for r in rows)
        return low90, low50, median, high50, high90

    def __len__(self) -> int:
        """Count the times."""
        return len(self.time_h)


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """One quantity of a forecast over time: true value, value as measured, and population."""

    quantity: str
    unit: str
    true: Bands
    measured: Bands
    population: Bands


def courses(forecast: Forecast) -> tuple[Course, ...]:
    """Split a forecast into its quantities, each in order of time."""
    keys = list(dict.fromkeys((t.quantity, t.unit) for t in forecast.targets))
    return tuple(_course(forecast, quantity, unit) for quantity, unit in keys)


def _course(f: Forecast, quantity: str, unit: str) -> Course:
    mine = [j for j, t in enumerate(f.targets) if (t.quantity, t.unit) == (quantity, unit)]
    mine.sort(key=lambda j: f.targets[j].time_h)
    time_h = np.array([f.targets[j].time_h for j in mine])
    return Course(
        quantity=quantity,
        unit=unit,
        true=Bands.of(time_h, f.latent[:, mine]),
        measured=Bands.of(time_h, f.observable[:, mine]),
        population=Bands.of(time_h, f.prior_observable[:, mine]),
    )


def draw_bands(b: Bands, x: Scale, y: Scale, kind: str = "twin") -> str:
    """Draw both intervals and the median; `kind` is a class of the style sheet."""
    t = x.all(b.time_h)
    low90, low50, median, high50, high90 = (y.all(r) for r in _rows(b))
    return (
        ribbon(t, low90, high90, f"{kind} band90")
        + ribbon(t, low50, high50, f"{kind} band50")
        + curve(t, median, f"{kind} median")
    )


def draw_outline(low: Array, high: Array, time_h: Array, x: Scale, y: Scale, kind: str) -> str:
    """Draw the two edges of an interval."""
    t = x.all(time_h)
    return curve(t, y.all(low), kind) + curve(t, y.all(high), kind)


def _rows(b: Bands) -> list[Array]:
    return [getattr(b, f.name) for f in fields(b) if f.name != "time_h"]


def reach(*rows: Array) -> tuple[float, float]:
    """Find the lowest and highest known value; NaN where none is known."""
    held = np.concatenate([r[np.isfinite(r)] for r in rows]) if rows else np.array([])
    return (float(held.min()), float(held.max())) if len(held) else (np.nan, np.nan)
