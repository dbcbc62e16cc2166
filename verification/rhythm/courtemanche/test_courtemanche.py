import numpy as np
import pytest

from bodytwin.errors import NotFoundError
from bodytwin.twins.rhythm.model.cells.courtemanche import (
    SHARES,
    apd90_ms,
    beat,
    cell,
    rested,
)
from verification.rhythm.courtemanche.equations import solved

TIMES_MS = np.arange(0.0, 600.0)


@pytest.fixture(scope="module", params=["atrium", "remodelled"])
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


def test_the_working_step_keeps_the_duration_within_two_per_cent(both):
    of, reference = both
    _, trace = beat(of, of.initial, length_ms=600.0)
    assert apd90_ms(trace) == pytest.approx(apd90_ms(reference), rel=0.02)


@pytest.fixture(scope="module")
def at_one_hertz():
    found = {}
    for kind in ("atrium", "remodelled"):
        of = cell(kind)
        state = rested(of, cycle_ms=1000.0, beats=20)
        _, trace = beat(of, state, length_ms=1000.0, dt_ms=0.005, sample_ms=0.005)
        found[kind] = trace
    return found


def test_at_one_hertz_it_rests_and_lasts_as_in_the_paper(at_one_hertz):
    trace = at_one_hertz["atrium"]
    assert trace[0] == pytest.approx(-81.2, abs=1.0)
    assert apd90_ms(trace, sample_ms=0.005) == pytest.approx(300.0, rel=0.03)


def test_remodelling_shortens_by_a_quarter_or_more_and_keeps_the_upstroke(at_one_hertz):
    plain, changed = at_one_hertz["atrium"], at_one_hertz["remodelled"]
    shares = apd90_ms(changed, sample_ms=0.005) / apd90_ms(plain, sample_ms=0.005)
    assert shares < 0.75
    assert np.diff(changed).max() == pytest.approx(np.diff(plain).max(), rel=0.05)


def test_faster_pacing_shortens():
    of = cell("atrium")
    durations = []
    for cycle_ms in (1000.0, 500.0, 350.0):
        state = rested(of, cycle_ms=cycle_ms, beats=20)
        _, trace = beat(of, state, length_ms=cycle_ms, sample_ms=0.1)
        durations.append(apd90_ms(trace, sample_ms=0.1))
    assert durations == sorted(durations, reverse=True)


def test_gates_stay_between_nothing_and_one_and_concentrations_above_nought():
    state = rested(cell("remodelled"), cycle_ms=300.0, beats=20)
    assert ((state[1:16] >= 0) & (state[1:16] <= 1)).all()
    assert (state[16:] > 0).all()


def test_a_kind_that_is_not_there_is_refused_with_the_list():
    with pytest.raises(NotFoundError, match="atrium, remodelled"):
        cell("sinus node")
