import numpy as np
import pytest

from bodytwin.twins.rhythm.model.cells.ten_tusscher import apd90_ms, beat, cell
from bodytwin.twins.rhythm.model.monodomain_cells import ten_tusscher
from verification.rhythm.spiral.sheet import periods_ms, spiral
from verification.rhythm.spiral.steep import membrane, paced

SIDE_MM = 100.0
PERIOD_MS, PERIOD_SD_MS = 241.0, 8.0
"""fenicsx-beat, demos/spiral_wave.py: the same cell, speed and size of sheet."""
EARLIER_MS, EARLIER_SD_MS = 264.7, 10.5
"""The model of 2004 in a sheet of 120 mm, after ten Tusscher et al. 2004 as cited there."""
CYCLES_MS = (600.0, 450.0, 400.0, 360.0, 340.0, 320.0, 300.0, 280.0, 260.0, 240.0)


@pytest.fixture(scope="module")
def stable():
    return spiral(SIDE_MM, 1160.0, slope="1.1")


def late(seen):
    """The tips, one array a moment, from 400 ms after the second stimulus on."""
    return [t for t, at in zip(seen.tips, seen.times_ms, strict=True) if at > seen.s2_ms + 400.0]


def test_with_a_slope_of_1_1_the_spiral_turns_on_with_one_tip(stable):
    assert stable.activity.time_ms[-1] > 1150.0
    counts = np.array([len(t) for t in late(stable)])
    assert np.median(counts) == 1
    assert counts.mean() < 1.3


def test_its_period_lies_between_those_that_others_have_published(stable):
    found = float(np.median(periods_ms(stable, after_ms=stable.s2_ms + 400.0)))
    assert PERIOD_MS - 2 * PERIOD_SD_MS < found < EARLIER_MS + EARLIER_SD_MS


def test_its_tip_wanders_within_the_sheet(stable):
    at = np.concatenate([t[:1] for t in late(stable) if len(t)])
    assert (np.ptp(at, axis=0) < 60.0).all()
    assert (np.ptp(at, axis=0) > 5.0).all()


def alternans_ms(slope):
    """The longest cycle at which durations alternate by more than 2 ms, 0 where none does."""
    pairs = paced(slope, cycles_ms=CYCLES_MS, beats=16)[:, 1].reshape(-1, 2)
    wild = ~(np.abs(np.diff(pairs, axis=1)[:, 0]) <= 2.0)
    return CYCLES_MS[int(np.argmax(wild))] if wild.any() else 0.0


def test_the_steeper_the_set_the_slower_the_rate_at_which_durations_begin_to_alternate():
    onset = [alternans_ms(slope) for slope in ("0.7", "1.1", "1.4", "1.8")]
    assert onset == sorted(onset)
    assert onset[0] == 0.0 < onset[1] < onset[2] < onset[3]


def test_the_flattest_set_stays_below_a_slope_of_one():
    rest, duration = paced("0.7", cycles_ms=CYCLES_MS, beats=16)[::2].T
    steepness = np.diff(duration) / np.diff(rest)
    assert (steepness > 0).all()
    assert 0.5 < steepness.max() < 0.8


def test_the_set_of_1_1_is_the_cell_of_the_package():
    plain, same = ten_tusscher(("epi",)), membrane("1.1")
    states = []
    for made in (plain, same):
        v, y = made.start(1)
        v[:] = -30.0
        rates, step = np.zeros(1, np.float32), np.full(1, 0.02, np.float32)
        shares = made.shares(np.zeros(1, np.uint8), ("epi",))
        for _ in range(2500):
            made.advance(v, y, shares, step, rates)
        states.append(np.r_[v[0, 0], y[0, :, 0]])
    assert states[0] == pytest.approx(states[1], rel=2e-3, abs=1e-4)
    state, _ = beat(cell("epi"), cell("epi").initial, length_ms=600.0)
    _, second = beat(cell("epi"), state, length_ms=600.0, sample_ms=0.02)
    (_, found), _ = paced("1.1", cycles_ms=(600.0,), beats=3)
    assert found == pytest.approx(apd90_ms(second, sample_ms=0.02), abs=1e-9)
