import numpy as np
import pytest

from bodytwin.twins.rhythm.model.cells.ten_tusscher import SHARES, apd90_ms, beat, cell, rested
from verification.rhythm.ten_tusscher.equations import solved

TIMES_MS = np.arange(0.0, 600.0)
CYCLES_MS = (600.0, 450.0, 380.0, 340.0, 320.0, 300.0, 290.0, 280.0, 265.0, 250.0, 235.0)


@pytest.fixture(scope="module", params=["epi", "endo", "mid", "border"])
def both(request):
    of = cell(request.param)
    return of, solved(of.initial, dict(zip(SHARES, of.shares, strict=True)), 600.0, TIMES_MS)


def test_a_stiff_solver_finds_the_same_within_one_millivolt(both):
    of, reference = both
    _, trace = beat(of, of.initial, length_ms=600.0, dt_ms=0.0025)
    assert np.abs(trace - reference).max() < 1.0


def test_the_difference_halves_with_the_step(both):
    of, reference = both
    apart = []
    for dt_ms in (0.01, 0.005, 0.0025):
        _, trace = beat(of, of.initial, length_ms=600.0, dt_ms=dt_ms)
        apart.append(np.abs(trace - reference).max())
    assert np.array(apart[1:]) / np.array(apart[:-1]) == pytest.approx(0.5, abs=0.05)


def test_the_working_step_keeps_the_duration_within_a_quarter_of_a_millisecond(both):
    of, reference = both
    _, trace = beat(of, of.initial, length_ms=600.0)
    assert apd90_ms(trace) == pytest.approx(apd90_ms(reference), abs=0.25)


@pytest.fixture(scope="module")
def paced():
    """The last two durations of a cell paced ever faster, by the cycle."""
    of, found = cell("epi"), {}
    state = rested(of, cycle_ms=1000.0, beats=15)
    for cycle_ms in CYCLES_MS:
        for _ in range(40):
            state, _ = beat(of, state, length_ms=cycle_ms)
        pair = []
        for _ in range(2):
            state, trace = beat(of, state, length_ms=cycle_ms, sample_ms=0.1)
            pair.append(apd90_ms(trace, sample_ms=0.1))
        found[cycle_ms] = pair
    return found


def test_restitution_steepens_to_one_and_there_alternans_begins(paced):
    """A slope above one makes durations alternate; the paper's set of parameters is that of 1.1."""
    steady = [c for c in CYCLES_MS if c >= 265.0]
    rest = np.array([c - paced[c][0] for c in steady])
    duration = np.array([paced[c][0] for c in steady])
    steepness = np.diff(duration) / np.diff(rest)
    assert (np.diff(steepness) > 0).all()
    assert 0.9 < steepness[-1] < 1.1
    assert all(abs(paced[c][0] - paced[c][1]) < 0.5 for c in steady)
    assert abs(paced[235.0][0] - paced[235.0][1]) > 10.0


def test_at_one_hertz_it_rests_as_in_the_benchmark_and_lasts_about_300_ms():
    of = cell("epi")
    _, trace = beat(of, rested(of, cycle_ms=1000.0, beats=20), length_ms=1000.0, sample_ms=0.1)
    assert trace[0] == pytest.approx(-85.23, abs=0.5)
    assert apd90_ms(trace, sample_ms=0.1) == pytest.approx(305.0, abs=10.0)
