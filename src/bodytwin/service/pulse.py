"""How fast does the heart beat, and how sure is that? Or: why nothing can be said.

The rate is 60 over the mean interval between the beats that `qrs` finds in the
last seconds. Its interval is that of the mean of an autocorrelated series, so it
speaks of the rate that this rhythm keeps, not of the next beat. Nothing is said
where more than one beat does not resemble the others (correlation as in Orphanidou
2015, and size), where beats do not stand out, are too few, or where there is a
pause: a pause may be the heart's or the wire's.
Not for: diagnosis, alarms, or the kind of rhythm.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from bodytwin.errors import InvalidInputError
from bodytwin.service import qrs
from bodytwin.service.live_values import Estimate, Window
from bodytwin.service.qrs import RATE_HZ, TABLE, Signal
from bodytwin.units import convert

_Q, _R, _I = TABLE["quality"], TABLE["resemblance"], TABLE["interval"]
QUANTITY, UNIT = "heart rate", "/min"
SLOWEST_HZ, NAMED = 100.0, "ECG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A heart rate per minute with its 90 % interval, from `beats` beats."""

    value: float
    lower: float
    upper: float
    beats: int


class Unsaid(Exception):
    """Nothing can be said about the heart rate; the message says why."""


def rate_of(intervals_s: NDArray[np.float64]) -> Rate:
    """The rate that intervals between beats speak for; at least three are needed.

    >>> rate = rate_of(np.array([0.8, 0.82, 0.78, 0.81, 0.79, 0.8]))
    >>> round(rate.value), round(rate.lower, 1), round(rate.upper, 1)
    (75, 74.1, 75.9)
    """
    n, mean = len(intervals_s), float(intervals_s.mean())
    around = intervals_s - mean
    spread = float((around**2).sum())
    lagged = float((around[1:] * around[:-1]).sum()) / spread if spread > 0 else 0.0
    r = min(max(lagged + (1 + 3 * lagged) / n, 0.0), _I["largest_correlation"])
    inflation = (1 + r) / (1 - r)
    independent = max(n / inflation, 2.0)
    resolution = 1.0 / RATE_HZ / (n * 3**0.5)
    error = (spread / (n - 1) / n * inflation + resolution**2) ** 0.5
    half = float(student.ppf((1 + _I["probability"]) / 2, independent - 1)) * error
    slow, fast = mean + half, max(mean - half, 0.2)
    return Rate(value=60 / mean, lower=60 / slow, upper=max(60 / fast, 60 / mean), beats=n + 1)


def heart_rate(values: NDArray[np.floating], *, rate_hz: float, unit: str) -> Rate:
    """The heart rate in an ECG; Unsaid, with the reason, where it cannot be told."""
    if rate_hz < SLOWEST_HZ:
        raise Unsaid(f"An ECG at {rate_hz:g} Hz is too coarse; {SLOWEST_HZ:g} Hz are needed.")
    if len(values) < _Q["shortest_s"] * rate_hz:
        raise Unsaid(f"{_Q['shortest_s']:g} s without a gap are needed.")
    x = qrs.at_detector_rate(np.asarray(values, dtype=np.float64), rate_hz) * _millivolts(unit)
    y = qrs.band_passed(x)
    _require_range(x, y)
    found = qrs.beats(x, RATE_HZ)
    _require_beats(found, len(x) / RATE_HZ)
    _require_likeness(y, (found * RATE_HZ).round().astype(int))
    rate = rate_of(np.diff(found))
    if rate.upper - rate.lower > 2 * _I["widest_share"] * rate.value:
        raise Unsaid("the intervals between beats differ too much to state one rate.")
    return rate


class Pulse:
    """The heart rate of live data, as the hub asks for it."""

    quantity = NAMED
    window_s: float = _Q["window_s"]

    def __call__(self, window: Window) -> Estimate:
        """What can be said now; without a value, why nothing can."""
        c = window.channel
        try:
            rate = heart_rate(window.values, rate_hz=c.rate_hz, unit=c.unit)
        except Unsaid as reason:
            return _estimate(window, None, f"No heart rate from {c.name}: {reason}")
        words = (
            f"Heart rate from {rate.beats} beats in {c.name}: {rate.value:.0f} /min, with 90 % "
            f"probability between {rate.lower:.0f} and {rate.upper:.0f}."
        )
        return _estimate(window, rate, words)


def _estimate(window: Window, rate: Rate | None, words: str) -> Estimate:
    return Estimate(
        seq=window.seq,
        time_ms=window.end_ms,
        quantity=QUANTITY,
        unit=UNIT,
        value=rate.value if rate else None,
        lower=rate.lower if rate else None,
        upper=rate.upper if rate else None,
        words=words,
    )


def _millivolts(unit: str) -> float:
    try:
        return convert(1.0, source=unit, target="mV")
    except InvalidInputError as error:
        raise Unsaid("the unit of the signal is not one of voltage.") from error


def _require_range(x: Signal, y: Signal) -> None:
    if float(np.ptp(y)) < _Q["least_range_mv"]:
        raise Unsaid("the line is flat. Check the electrodes.")
    if float(np.ptp(x)) > _Q["largest_range_mv"]:
        raise Unsaid("the signal is far larger than an ECG. Check the electrodes.")


def _require_beats(found: NDArray[np.float64], length_s: float) -> None:
    longest = _R["longest_pause_s"]
    edges = [0.0, *found.tolist(), length_s]
    if any(b - a > longest for a, b in pairwise(edges)):
        raise Unsaid(f"no beat can be made out for more than {longest:g} s.")
    if len(found) < _Q["fewest_beats"]:
        raise Unsaid("too few beats can be made out.")


def _require_likeness(y: Signal, places: NDArray[np.int_]) -> None:
    pieces = np.stack(list(_pieces(y, places)) or [np.zeros(2)])
    if len(pieces) < 3:
        raise Unsaid("too few beats can be made out.")
    usual = np.median(pieces, axis=0)
    size = _Q["least_size"] * float(np.ptp(usual))
    unlike = sum(np.ptp(p) < size or not _resemble(p, usual) for p in pieces)
    mean = qrs.integrated(qrs.slope(y))
    contrast = float(np.median(mean[places]) / np.median(mean))
    if unlike > _Q["most_unlike"] or not contrast >= _Q["least_contrast"]:
        raise Unsaid("the signal is too noisy, or its beats are too unlike, to be sure of them.")


def _resemble(piece: Signal, usual: Signal) -> bool:
    return bool(np.corrcoef(piece, usual)[0, 1] >= _R["least"])


def _pieces(y: Signal, places: NDArray[np.int_]) -> Iterator[Signal]:
    half = _Q["half_beat_samples"]
    for place in places.tolist():
        if half <= place <= len(y) - half:
            yield y[place - half : place + half]
