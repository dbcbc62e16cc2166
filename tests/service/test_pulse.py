import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, lfilter, resample_poly

from bodytwin.service.live_values import Channel, Window
from bodytwin.service.pulse import Pulse, Unsaid, heart_rate, rate_of
from bodytwin.service.qrs import beats

DATA = Path(__file__).parent / "data"
RATE = 360.0
TWELVE = int(12 * RATE)


@pytest.fixture(scope="module")
def ecg():
    raw = zlib.decompress((DATA / "mitdb-100-mlii-2min.i16.z").read_bytes())
    return (np.frombuffer(raw, "<i2") - 1024) / 200.0


@pytest.fixture(scope="module")
def marked():
    return np.loadtxt(DATA / "mitdb-100-beats.txt") / RATE


@pytest.fixture
def rng():
    return np.random.default_rng(20260419)


def matched(found, marked, within_s=0.15):
    """How many marked beats have one found of their own, as AAMI EC57 counts."""
    free = list(found)
    hits = 0
    for beat in marked:
        near = [f for f in free if abs(f - beat) <= within_s]
        if near:
            free.remove(min(near, key=lambda f: abs(f - beat)))
            hits += 1
    return hits


def test_every_marked_beat_is_found_and_nothing_else(ecg, marked):
    found = beats(ecg, RATE)
    assert matched(found, marked) == len(marked) == 148
    assert len(found) == 148
    offset = [found[np.argmin(np.abs(found - m))] - m for m in marked]
    assert np.abs(offset).max() < 0.03


@pytest.mark.parametrize("db", [6, 0])
def test_beats_are_found_in_white_noise(ecg, marked, rng, db):
    noise = rng.standard_normal(len(ecg)) * np.sqrt(np.var(ecg) / 10 ** (db / 10))
    found = beats(ecg + noise, RATE)
    assert matched(found, marked) >= 147
    assert len(found) <= 149


@pytest.mark.parametrize(("up", "down", "rate"), [(1, 2, 180.0), (5, 9, 200.0), (25, 9, 1000.0)])
def test_the_rate_of_sampling_does_not_matter(ecg, marked, up, down, rate):
    found = beats(resample_poly(ecg, up, down, padtype="line"), rate)
    assert matched(found, marked) == len(found) == 148


def test_the_sign_and_the_zero_of_the_lead_do_not_matter(ecg):
    usual = heart_rate(ecg[:TWELVE], rate_hz=RATE, unit="mV")
    turned = heart_rate(5.0 - ecg[:TWELVE], rate_hz=RATE, unit="mV")
    assert turned.value == pytest.approx(usual.value, rel=0.01)
    np.testing.assert_allclose(beats(5.0 - ecg, RATE), beats(ecg, RATE), atol=0.006)


@pytest.mark.parametrize("start_s", range(0, 108, 12))
def test_the_rate_is_the_one_that_was_marked(ecg, marked, start_s):
    rate = heart_rate(ecg[int(start_s * RATE) :][:TWELVE], rate_hz=RATE, unit="mV")
    true = 60 / np.diff(marked[(marked >= start_s) & (marked < start_s + 12)]).mean()
    assert rate.value == pytest.approx(true, rel=0.01)
    assert rate.lower < true < rate.upper
    assert rate.upper - rate.lower < 0.15 * rate.value


def test_the_unit_of_the_signal_counts(ecg):
    microvolts = heart_rate(ecg[:TWELVE] * 1000, rate_hz=RATE, unit="uV")
    assert microvolts == heart_rate(ecg[:TWELVE], rate_hz=RATE, unit="mV")
    with pytest.raises(Unsaid, match="flat"):
        heart_rate(ecg[:TWELVE], rate_hz=RATE, unit="uV")
    for unit in ("mm[Hg]", "", "millivolts of joy"):
        with pytest.raises(Unsaid, match="voltage"):
            heart_rate(ecg[:TWELVE], rate_hz=RATE, unit=unit)


@pytest.mark.parametrize("noise", ["white", "banded", "wandering", "spikes"])
def test_noise_alone_has_no_heart_rate(rng, noise):
    for _ in range(40):
        x = rng.standard_normal(TWELVE)
        if noise == "banded":
            x = lfilter(*butter(2, [5, 15], "band", fs=RATE), x) * 3
        elif noise == "wandering":
            x = np.cumsum(x) * 0.05
        elif noise == "spikes":
            x = x * 0.02
            x[rng.integers(0, TWELVE, 15)] += rng.standard_normal(15) * 3
        with pytest.raises(Unsaid):
            heart_rate(x, rate_hz=RATE, unit="mV")


@pytest.mark.parametrize("hz", [0.3, 1.3, 8.0, 50.0])
def test_a_hum_has_no_heart_rate(hz):
    x = np.sin(2 * np.pi * hz * np.arange(TWELVE) / RATE)
    with pytest.raises(Unsaid):
        heart_rate(x, rate_hz=RATE, unit="mV")


@pytest.mark.parametrize("db", [3, -3, -6, -9, -15])
def test_in_noise_it_is_right_within_its_interval_or_says_nothing(ecg, marked, rng, db):
    said = right = 0
    filtering = butter(2, [5, 15], "band", fs=RATE)
    for start_s in range(0, 108, 4):
        x = ecg[int(start_s * RATE) :][:TWELVE]
        noise = lfilter(*filtering, rng.standard_normal(TWELVE))
        noise *= np.sqrt(np.var(ecg) / 10 ** (db / 10)) / noise.std()
        true = 60 / np.diff(marked[(marked >= start_s) & (marked < start_s + 12)]).mean()
        try:
            rate = heart_rate(x + noise, rate_hz=RATE, unit="mV")
        except Unsaid:
            continue
        said += 1
        right += rate.lower <= true <= rate.upper
    assert right >= 0.8 * said
    assert said == 0 or db > -6


def test_a_flat_line_a_loose_wire_and_a_short_piece_say_nothing(ecg):
    flat = np.zeros(TWELVE)
    for x, why in (
        (flat, "flat"),
        (flat + 0.7, "flat"),
        (ecg[: int(7.9 * RATE)], "8 s"),
        (ecg[:TWELVE] * 50, "larger"),
        (np.where(np.arange(TWELVE) > 7 * RATE, ecg[0], ecg[:TWELVE]), "3 s"),
    ):
        with pytest.raises(Unsaid, match=why):
            heart_rate(x, rate_hz=RATE, unit="mV")
    with pytest.raises(Unsaid, match="coarse"):
        heart_rate(ecg[:TWELVE:10], rate_hz=36.0, unit="mV")


@pytest.mark.parametrize(("correlation", "least"), [(-0.3, 0.9), (0.0, 0.88), (0.3, 0.82)])
def test_the_interval_holds_the_rate_of_the_rhythm_nine_times_in_ten(rng, correlation, least):
    inside = 0
    for _ in range(1500):
        x = np.zeros(62)
        for i, e in enumerate(rng.standard_normal(61)):
            x[i + 1] = correlation * x[i] + e
        rate = rate_of(0.8 + 0.04 * x[-12:])
        inside += rate.lower <= 75.0 <= rate.upper
    assert least <= inside / 1500 <= 0.985


def test_a_perfectly_even_rhythm_is_known_to_the_resolution_of_the_clock():
    rate = rate_of(np.full(12, 0.8))
    assert rate.value == pytest.approx(75.0)
    assert 0 < rate.upper - rate.lower < 0.3


def test_a_live_estimate_says_what_it_rests_on_or_why_it_is_silent(ecg):
    channel = Channel(name="II", unit="mV", rate_hz=RATE, quantity="ECG")
    window = Window(channel=channel, values=ecg[:TWELVE].astype("f4"), seq=7, end_ms=12_000.0)
    found = Pulse()(window)
    assert found.value == pytest.approx(74, abs=2)
    assert found.lower < found.value < found.upper
    assert (found.seq, found.time_ms, found.unit) == (7, 12_000.0, "/min")
    assert "beats in II" in found.words
    silent = Pulse()(Window(channel=channel, values=np.zeros(TWELVE, "f4"), seq=8, end_ms=13_000.0))
    assert (silent.value, silent.lower, silent.upper) == (None, None, None)
    assert "flat" in silent.words
