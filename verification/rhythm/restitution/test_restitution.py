import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.twins.rhythm.model.cable import Strand, stimulated
from bodytwin.twins.rhythm.model.cells.ten_tusscher import apd90_ms, beat, cell, rested
from bodytwin.twins.rhythm.model.restitution import ten_tusscher


@pytest.fixture(scope="module")
def trained():
    strand, of = Strand(), cell("epi")
    state = np.tile(rested(of, cycle_ms=600.0, beats=50), (strand.points, 1))
    state, train = stimulated(of, strand, state, [0.0, 600.0, 1200.0], 1440.0)
    return strand, of, state, train


def test_the_table_is_met_again_by_a_strand(trained):
    strand, of, state, train = trained
    _, seen = stimulated(of, strand, state, [400.0 - 240.0], 650.0)
    table = ten_tusscher()
    end = float(train.arrival_ms[-1]) - 1440.0 + 296.0
    rest = float(seen.arrival_ms[0]) - end
    duration = float(seen.repolarised_ms[0] - seen.arrival_ms[0])
    assert duration == pytest.approx(np.interp(rest, table.di_ms, table.apd_ms[0]), rel=0.02)
    share = float(seen.speed_m_per_s[0] / train.speed_m_per_s[-1])
    assert share == pytest.approx(np.interp(rest, table.di_ms, table.cv_share[0]), rel=0.03)


def test_half_the_step_changes_the_speed_by_less_than_three_per_cent(trained):
    strand, of, state, train = trained
    fine = Strand(dt_ms=0.01)
    _, seen = stimulated(of, fine, state, [450.0 - 240.0], 300.0)
    _, coarse = stimulated(of, strand, state, [450.0 - 240.0], 300.0)
    assert seen.speed_m_per_s[0] == pytest.approx(float(coarse.speed_m_per_s[0]), rel=0.03)
    assert train.speed_m_per_s[-1] == pytest.approx(0.60, abs=0.02)


def test_an_unstable_step_is_refused():
    with pytest.raises(InvalidInputError, match="at most"):
        Strand(dt_ms=0.06)


def test_kinds_differ_as_the_paper_says():
    durations = {}
    for kind in ("epi", "endo", "mid", "border"):
        of = cell(kind)
        _, trace = beat(of, rested(of, cycle_ms=1000.0, beats=40), length_ms=1000.0, sample_ms=0.1)
        durations[kind] = apd90_ms(trace, sample_ms=0.1)
        assert -87.0 < trace[0] < -84.0
    assert durations["endo"] == pytest.approx(durations["epi"], abs=5.0)
    assert durations["mid"] > durations["epi"] + 60.0
    assert durations["border"] > durations["epi"] + 20.0


def test_gates_stay_between_nothing_and_one():
    of = cell("border")
    state = rested(of, cycle_ms=300.0, beats=20)
    gates = state[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14]]
    assert ((gates >= 0) & (gates <= 1)).all()
    assert (state[13:] > 0).all()


def test_a_shorter_step_moves_the_duration_by_less_than_half_a_millisecond():
    of = cell("epi")
    state = rested(of, cycle_ms=600.0, beats=30)
    durations = [
        apd90_ms(beat(of, state, length_ms=600.0, dt_ms=dt, sample_ms=0.1)[1], sample_ms=0.1)
        for dt in (0.02, 0.005)
    ]
    assert durations[0] == pytest.approx(durations[1], abs=0.5)
