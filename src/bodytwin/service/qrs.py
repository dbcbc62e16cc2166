"""Where are the heart beats in an ECG? The detector of Pan and Tompkins (1985).

    1  band-pass, 5 to 15 Hz: two moving sums of 6 samples, then what is left
       after the mean of 32 samples
    2  slope: y[n] = (2 x[n+1] + x[n+2] - x[n-2] - 2 x[n-1]) / 8
    3  square, and the mean of 30 samples (150 ms)
    4  a peak in 3 is a beat where it and the peak of 1 beside it exceed thresholds that
       follow the peaks of beats (S) and of noise (N): T = N + (S - N) / 4
    5  a peak within 360 ms of a beat with less than half its slope is a T wave
    6  a beat that is missing for 166 % of the usual interval is looked for with T / 2

At 200 Hz, as in the paper; other rates are resampled. Departures: the filters are
run without recursion, the high-pass as corrected in later prints, and the first
thresholds are a third of the largest and half of the mean value of the first 2 s,
which the paper leaves open. Not for: saying what kind of beat it is.
"""

import tomllib
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

Signal = NDArray[np.float64]
TABLE: dict[str, Any] = tomllib.loads(
    (files("bodytwin.service") / "data" / "pulse.toml").read_text(encoding="utf-8")
)
_D = TABLE["detector"]
RATE_HZ: int = _D["rate_hz"]
_LOW, _HIGH, _MEAN = _D["low_pass_samples"], _D["high_pass_samples"], _D["integration_samples"]
_REFRACTORY, _T_WAVE = int(_D["refractory_s"] * RATE_HZ), int(_D["t_wave_s"] * RATE_HZ)


@dataclass(slots=True)
class _Level:
    """Running peaks of beats and of noise, and the threshold between them."""

    beat: float
    noise: float

    @property
    def threshold(self) -> float:
        return self.noise + _D["threshold_share"] * (self.beat - self.noise)

    def saw_beat(self, peak: float, weight: float) -> None:
        self.beat += weight * (peak - self.beat)

    def saw_noise(self, peak: float) -> None:
        self.noise += _D["peak_weight"] * (peak - self.noise)


@dataclass(slots=True)
class _Rhythm:
    """The usual interval, of the last beats that came when they should (RR AVERAGE2)."""

    usual: list[int] = field(default_factory=list[int])

    @property
    def missed(self) -> float:
        return _D["rr_missed"] * float(np.mean(self.usual)) if self.usual else np.inf

    def saw(self, interval: int) -> None:
        mean = float(np.mean(self.usual)) if self.usual else interval
        if len(self.usual) < 2 or _D["rr_low"] * mean < interval < _D["rr_high"] * mean:
            self.usual = [*self.usual, interval][-_D["rr_kept"] :]


def at_detector_rate(values: NDArray[Any], rate_hz: float) -> Signal:
    """The signal at 200 Hz, without its first value."""
    x = np.asarray(values, dtype=np.float64)
    x = x - x[0]
    if rate_hz == RATE_HZ:
        return x
    ratio = Fraction(RATE_HZ / rate_hz).limit_denominator(1000)
    return np.asarray(resample_poly(x, ratio.numerator, ratio.denominator, padtype="line"))


def band_passed(x: Signal) -> Signal:
    """Step 1, in place: the delays of both filters are taken out."""
    low = np.convolve(np.ones(_LOW), np.ones(_LOW)) / _LOW**2
    smooth = np.convolve(np.pad(x, len(low) // 2, mode="edge"), low, mode="valid")
    high = -np.ones(_HIGH) / _HIGH
    high[_HIGH // 2] += 1.0
    padded = np.pad(smooth, (_HIGH // 2, _HIGH // 2 - 1), mode="edge")
    return np.asarray(np.convolve(padded, high[::-1], mode="valid"), dtype=np.float64)


def slope(y: Signal) -> Signal:
    """Step 2."""
    padded = np.pad(y, 2, mode="edge")
    rise = np.array([1.0, 2.0, 0.0, -2.0, -1.0]) / 8.0
    return np.asarray(np.convolve(padded, rise, mode="valid"), dtype=np.float64)


def integrated(dy: Signal) -> Signal:
    """Step 3, in place."""
    padded = np.pad(dy * dy, (_MEAN // 2, _MEAN // 2 - 1))
    return np.asarray(np.convolve(padded, np.ones(_MEAN) / _MEAN, mode="valid"), dtype=np.float64)


def beats(values: NDArray[Any], rate_hz: float) -> NDArray[np.float64]:
    """Times of the beats in seconds from the first value."""
    x = at_detector_rate(values, rate_hz)
    if len(x) < _D["learning_s"] * RATE_HZ:
        return np.empty(0)
    filtered = band_passed(x)
    dy = slope(filtered)
    peaks = _Detector(np.abs(filtered), np.abs(dy), integrated(dy)).run()
    return np.array(_places(filtered, peaks), dtype=np.float64) / RATE_HZ


class _Detector:
    """Steps 4 to 6 over one signal."""

    def __init__(self, filtered: Signal, steep: Signal, mean: Signal) -> None:
        self._filtered, self._steep, self._mean = filtered, steep, mean
        learn = int(_D["learning_s"] * RATE_HZ)
        self._i = _Level(float(mean[:learn].max()) / 3, float(mean[:learn].mean()) / 2)
        self._f = _Level(float(filtered[:learn].max()) / 3, float(filtered[:learn].mean()) / 2)
        self._rhythm = _Rhythm()
        self._found: list[int] = []
        self._last = -_T_WAVE
        self._last_steep = 0.0
        self._passed: list[int] = []

    def run(self) -> list[int]:
        """Peaks of 3 that are beats."""
        for peak in _peaks(self._mean):
            self._search_back(peak)
            if self._is_beat(peak, share=1.0):
                self._keep(peak, _D["peak_weight"])
            else:
                self._i.saw_noise(self._mean[peak])
                self._f.saw_noise(self._height(peak))
                self._passed.append(peak)
        return self._found

    def _is_beat(self, peak: int, *, share: float) -> bool:
        return bool(
            self._mean[peak] > share * self._i.threshold
            and self._height(peak) > share * self._f.threshold
            and not self._is_t_wave(peak)
        )

    def _is_t_wave(self, peak: int) -> bool:
        near = peak - self._last < _T_WAVE
        return near and self._steepness(peak) < 0.5 * self._last_steep

    def _search_back(self, peak: int) -> None:
        if peak - self._last <= self._rhythm.missed:
            return
        possible = [
            p
            for p in self._passed
            if p - self._last > _REFRACTORY
            and peak - p > _REFRACTORY
            and self._is_beat(p, share=0.5)
        ]
        if possible:
            best = max(possible, key=lambda p: self._mean[p])
            self._keep(best, _D["search_back_weight"])

    def _keep(self, peak: int, weight: float) -> None:
        self._i.saw_beat(self._mean[peak], weight)
        self._f.saw_beat(self._height(peak), weight)
        if self._found:
            self._rhythm.saw(peak - self._last)
        self._last, self._last_steep = peak, self._steepness(peak)
        self._found.append(peak)
        self._passed = [p for p in self._passed if p > peak]

    def _height(self, peak: int) -> float:
        return float(self._filtered[max(0, peak - _MEAN // 2) : peak + _MEAN // 2].max())

    def _steepness(self, peak: int) -> float:
        return float(self._steep[max(0, peak - _MEAN // 2) : peak + _MEAN // 2].max())


def _places(filtered: Signal, peaks: list[int]) -> list[int]:
    """The wave of each beat that is largest over all of them, up or down."""
    starts = [max(0, p - _MEAN // 2) for p in peaks]
    pieces = [filtered[a : p + _MEAN // 2] for a, p in zip(starts, peaks, strict=True)]
    up = sum(float(x.max()) for x in pieces) >= -sum(float(x.min()) for x in pieces)
    return [a + int(np.argmax(x if up else -x)) for a, x in zip(starts, pieces, strict=True)]


def _peaks(mean: Signal) -> list[int]:
    """The highest places, none within the 200 ms in which no heart beats twice."""
    rising = np.flatnonzero((mean[1:-1] > mean[:-2]) & (mean[1:-1] >= mean[2:])) + 1
    found: list[int] = []
    for place in rising.tolist():
        if found and place - found[-1] < _REFRACTORY:
            if mean[place] > mean[found[-1]]:
                found[-1] = place
        else:
            found.append(place)
    return found
