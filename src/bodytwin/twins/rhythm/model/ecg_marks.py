"""When does each beat of an electrocardiogram begin and end, over all its leads?

1. Beats: the squared slope of the leads between 8 and 25 Hz, summed and smoothed over
   100 ms, stands above a fraction of its usual height.
2. QRS: from the steepest instant outwards, to where the slope of all leads together stays
   below a fraction of its largest for 12 ms.
3. End of T: where the steepest falling tangent after the peak of T meets the level before
   QRS (E. Lepeschkin and B. Surawicz, Circulation 6 (1952) 378), on the length of the
   vector of leads.

The fractions are choices of this module: made-up beats whose QRS lasts 80 to 160 ms come out 16 ms
too long, and durations were not held against readings of people. Not for: an input of the
twin, paced beats, fibrillation of the ventricles, or a diagnosis.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, filtfilt, find_peaks

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
BEAT_FRACTION, SLOPE_FRACTION, REFRACTORY_S, QUIET_S = 0.3, 0.07, 0.25, 0.012
SLOWEST_HZ = 200.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marks:
    """Instants in ms, one of each for every whole beat; NaN where an end of T was not found."""

    peak_ms: Array
    onset_ms: Array
    offset_ms: Array
    t_end_ms: Array

    @property
    def qrs_ms(self) -> tuple[float, float]:
        """Median duration of QRS, and its spread over the beats."""
        return _spread(self.offset_ms - self.onset_ms)

    @property
    def qt_ms(self) -> tuple[float, float]:
        """Median QT, and its spread over the beats."""
        return _spread(self.t_end_ms - self.onset_ms)

    @property
    def rr_ms(self) -> tuple[float, float]:
        """Median time between beats, and its spread."""
        return _spread(np.diff(self.peak_ms))


def marks(leads_mv: Array, *, rate_hz: float) -> Marks:
    """The marks of the beats in `leads_mv` (leads, samples).

    Raises:
        InvalidInputError: a lead is not whole, sampled too rarely, or has less than two beats.

    """
    leads = np.atleast_2d(np.asarray(leads_mv, dtype=np.float64))
    if not rate_hz >= SLOWEST_HZ or not np.isfinite(leads).all() or leads.shape[1] < rate_hz:
        raise InvalidInputError(
            f"Leads of {leads.shape[1]} samples at {rate_hz:g} Hz were given. Finite numbers over "
            f"at least a second, at {SLOWEST_HZ:g} Hz or more, are needed."
        )
    beats = _beats(leads, rate_hz)
    smooth = _filtered(leads, (0.5, 40.0), rate_hz)
    slope = np.asarray(np.linalg.norm(np.gradient(smooth, axis=1), axis=0), dtype=np.float64)
    margin = round(0.15 * rate_hz)
    beats = beats[(beats > 2 * margin) & (beats < leads.shape[1] - 4 * margin)]
    if len(beats) < 2:
        raise InvalidInputError(f"{len(beats)} whole beats were found, and two are needed.")
    ends = [_qrs(slope, beat, rate_hz) for beat in beats]
    after = np.append(beats[1:], min(leads.shape[1], beats[-1] + int(np.median(np.diff(beats)))))
    t_end = [_t_end(smooth, *e, int(n), rate_hz) for e, n in zip(ends, after, strict=True)]
    ms = 1000.0 / rate_hz
    places = np.array(ends, dtype=np.float64) * ms
    return Marks(
        peak_ms=np.asarray(beats * ms, dtype=np.float64),
        onset_ms=places[:, 0],
        offset_ms=places[:, 1],
        t_end_ms=np.array(t_end) * ms,
    )


def _filtered(leads: Array, band_hz: tuple[float, float], rate_hz: float) -> Array:
    shape: Any = butter(2, np.array(band_hz) / (rate_hz / 2), btype="band")
    return np.asarray(filtfilt(shape[0], shape[1], leads, axis=1))


def _beats(leads: Array, rate_hz: float) -> NDArray[np.intp]:
    steep = np.gradient(_filtered(leads, (8.0, 25.0), rate_hz), axis=1)
    width = max(round(0.1 * rate_hz), 1)
    energy = np.convolve((steep**2).sum(axis=0), np.ones(width) / width, mode="same")
    seconds = energy[: len(energy) // round(rate_hz) * round(rate_hz)].reshape(-1, round(rate_hz))
    height = BEAT_FRACTION * float(np.median(seconds.max(axis=1)))
    return find_peaks(energy, height=height, distance=round(REFRACTORY_S * rate_hz))[0]


def _qrs(slope: Array, beat: int, rate_hz: float) -> tuple[int, int]:
    """First and last sample of the slopes that belong together around a beat."""
    reach, quiet = round(0.15 * rate_hz), max(round(QUIET_S * rate_hz), 1)
    near = slope[beat - reach // 2 : beat + reach // 2]
    steepest = beat - reach // 2 + int(np.argmax(near))
    rest = float(np.median(slope[max(beat - 2 * reach, 0) : beat - reach // 2]))
    level = rest + SLOPE_FRACTION * float(near.max() - rest)
    back = _still(slope[max(steepest - reach, 0) : steepest + 1][::-1] < level, quiet)
    on = _still(slope[steepest : steepest + reach] < level, quiet)
    return steepest - back, steepest + on


def _still(below: NDArray[np.bool_], quiet: int) -> int:
    """How far it is to the first of `quiet` samples in a row that are below."""
    run = np.convolve(below, np.ones(quiet), mode="valid")
    found = np.flatnonzero(run > quiet - 0.5)
    return int(found[0]) if len(found) else len(below)


def _t_end(smooth: Array, onset: int, offset: int, after: int, rate_hz: float) -> float:
    """Where the tangent meets the level before QRS, in samples."""
    level = smooth[:, max(onset - round(0.02 * rate_hz), 0) : onset].mean(axis=1, keepdims=True)
    first = offset + round(0.05 * rate_hz)
    last = onset + round(0.7 * (after - onset))
    length = np.linalg.norm(smooth[:, first:last] - level, axis=0)
    if len(length) < round(0.1 * rate_hz):
        return float("nan")
    peak = int(np.argmax(length))
    falling = np.gradient(length)[peak:]
    steepest = peak + int(np.argmin(falling))
    if falling.min() >= 0:
        return float("nan")
    crossing = first + steepest - length[steepest] / float(falling.min())
    return float(crossing) if crossing < after else float("nan")


def _spread(values: Array) -> tuple[float, float]:
    """Median, and 1.4826 times the median distance from it."""
    found = values[np.isfinite(values)]
    if not len(found):
        return float("nan"), float("nan")
    middle = float(np.median(found))
    return middle, 1.4826 * float(np.median(np.abs(found - middle)))
