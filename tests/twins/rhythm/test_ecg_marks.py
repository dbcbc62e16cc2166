"""Beats and intervals of an electrocardiogram against annotated beats and known intervals."""

from pathlib import Path

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.importers import waveform
from bodytwin.twins.rhythm.model.ecg_marks import marks

DATA = Path(__file__).parent / "data"
RATE_HZ = 500.0


def beats_of(*, qrs_ms, qt_ms, rr_ms, noise_mv=0.005):
    """Three leads with a QRS of one period of a sine, and a T of a triangle that ends at QT."""
    t = np.arange(0, 12_000, 1000 / RATE_HZ) % rr_ms - 200
    qrs = np.where((t >= 0) & (t <= qrs_ms), np.sin(2 * np.pi * t / qrs_ms), 0)
    wave_t = 0.4 * np.clip(1 - np.abs(t - qt_ms + 80) / 80, 0, None)
    noise = np.random.default_rng(4).normal(0, noise_mv, (3, len(t)))
    return np.outer([1.0, -0.6, 0.8], qrs) + np.outer([1.0, 0.5, 0.3], wave_t) + noise


def test_every_annotated_beat_is_found_and_no_other():
    header = (DATA / "mitdb100.hea").read_bytes()
    files = {"mitdb100.dat": (DATA / "mitdb100.dat").read_bytes()}
    signals = waveform.read(header, files)
    found = marks(signals.values, rate_hz=signals.rate_hz).peak_ms
    true = np.loadtxt(DATA / "mitdb100.beats.txt") * 1000 / signals.rate_hz
    true = true[(true > 320) & (true < 59_400)]
    assert len(found) == len(true)
    assert np.abs(found - true).max() < 75  # half the window of ANSI/AAMI EC57


@pytest.mark.parametrize(("qrs", "qt", "rr"), [(80, 380, 800), (120, 420, 1000), (160, 440, 900)])
def test_known_intervals_are_found(qrs, qt, rr):
    found = marks(beats_of(qrs_ms=qrs, qt_ms=qt, rr_ms=rr), rate_hz=RATE_HZ)
    assert found.rr_ms[0] == pytest.approx(rr, abs=2)
    assert found.qrs_ms[0] == pytest.approx(qrs, abs=20)
    assert found.qt_ms[0] == pytest.approx(qt, abs=20)


def test_noise_widens_the_spread():
    quiet = marks(beats_of(qrs_ms=100, qt_ms=400, rr_ms=850), rate_hz=RATE_HZ)
    noisy = marks(beats_of(qrs_ms=100, qt_ms=400, rr_ms=850, noise_mv=0.05), rate_hz=RATE_HZ)
    assert noisy.qt_ms[1] > quiet.qt_ms[1]


def test_a_line_without_beats_and_holes_are_refused():
    with pytest.raises(InvalidInputError):
        marks(np.full((1, 5000), np.nan), rate_hz=500)
    with pytest.raises(InvalidInputError):
        marks(np.zeros((1, 5000)), rate_hz=500)
    with pytest.raises(InvalidInputError, match="200 Hz"):
        marks(np.zeros((1, 5000)), rate_hz=100)
