import numpy as np
import pytest

from bodytwin.twins.rhythm.model.circuit import Kind, find
from bodytwin.twins.rhythm.model.screening import cycle_length_ms
from verification.rhythm.confirmed.run import apart_ms, channel_ms
from verification.rhythm.confirmed.wall import S2_MS, UNTIL_MS, fast, wall, whole


@pytest.fixture(scope="module")
def scarred():
    made = wall()
    return made, fast(made), whole(made)


def test_both_modes_sustain_the_tachycardia_that_the_same_two_stimuli_begin(scarred):
    _, quick, full = scarred
    assert quick.last_ms > UNTIL_MS - 5.0
    assert full.last_ms > UNTIL_MS - 5.0


def test_their_cycles_agree_within_five_per_cent(scarred):
    _, quick, full = scarred
    cycles = [cycle_length_ms(b)[0] for b in (quick, full)]
    assert cycles[0] == pytest.approx(cycles[1], rel=0.05)


def test_both_run_through_the_channel_the_same_way(scarred):
    made, quick, full = scarred
    through = [channel_ms(made, b) for b in (quick, full)]
    assert all(80.0 < t < 140.0 for t in through)
    circuit = find(made.heart, quick)
    assert circuit.kind is Kind.SCAR


def test_activation_within_the_cycle_is_the_same_within_a_tenth_of_it(scarred):
    made, quick, full = scarred
    assert apart_ms(made, quick, full) < 0.1 * cycle_length_ms(full)[0]


@pytest.mark.parametrize("mode", [fast, whole])
def test_without_the_scar_the_same_stimuli_begin_nothing(mode):
    beats = mode(wall(scarred=False))
    assert S2_MS < beats.last_ms < S2_MS + 300.0
    assert np.bincount(beats.voxel).max() <= 2
