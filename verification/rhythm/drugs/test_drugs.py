import numpy as np
import pytest

from bodytwin.twins.rhythm.model.cable import Strand, stimulated
from bodytwin.twins.rhythm.model.cells.ten_tusscher import apd90_ms, beat, cell, rested
from bodytwin.twins.rhythm.model.drugs import blocker, drugged_cell, effects, names
from verification.rhythm.drugs.fit import fitted, responses


def test_every_block_is_that_of_the_measured_responses():
    fits = {key: fitted(*pair) for key, pair in responses().items()}
    for name in names():
        found = {c: fits[name, c] for n, c in fits if n == name and fits[name, c]}
        given = dict(blocker(name).block)
        if name == "mexiletine":
            assert given.pop("na") == (43.0, 1.0)  # Mirams et al. 2011
        assert set(given) == set(found)
        for current, (half, steep) in found.items():
            assert given[current][0] == pytest.approx(half, rel=0.01)
            assert given[current][1] == pytest.approx(steep, abs=0.01)


@pytest.mark.parametrize(("name", "multiple"), [("dofetilide", 1.0), ("verapamil", 5.0)])
def test_the_table_of_durations_is_met_again_by_cells(name, multiple):
    durations = []
    for of in (cell("epi"), drugged_cell("epi", blocker(name), multiple)):
        state = rested(of, cycle_ms=600.0, beats=50)
        _, trace = beat(of, state, length_ms=600.0, sample_ms=0.1)
        durations.append(apd90_ms(trace, sample_ms=0.1))
    share = effects(name, multiple).duration_share
    assert durations[1] / durations[0] == pytest.approx(share, abs=0.005)


def test_the_table_of_speeds_is_met_again_by_strands():
    strand, speeds = Strand(), []
    for of in (cell("border"), drugged_cell("border", blocker("lidocaine"), 5.0)):
        state = np.tile(rested(of, cycle_ms=600.0, beats=60), (strand.points, 1))
        _, passed = stimulated(of, strand, state, [0.0], 80.0)
        speeds.append(float(passed.speed_m_per_s[0]))
    share = effects("lidocaine", 5.0).border_speed_share
    assert speeds[1] / speeds[0] == pytest.approx(share, abs=0.01)
