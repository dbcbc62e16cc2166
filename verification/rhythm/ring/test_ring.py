import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.twins.rhythm.model.ablation import Lesion, burnt, lesions_for
from bodytwin.twins.rhythm.model.circuit import Kind, find
from bodytwin.twins.rhythm.model.protocol import Burst, ExtraBeats, protocol_from_text
from bodytwin.twins.rhythm.model.screening import cycle_length_ms, screen
from verification.rhythm.ring.ring import INNER_MM, SPEED_M_PER_S, of, ring, sent_round

ONCE_ROUND_MS = 2 * np.pi * INNER_MM / SPEED_M_PER_S


@pytest.mark.parametrize("spacing_mm", [2.0, 1.0, 0.75])
def test_a_wave_comes_round_after_the_length_of_the_ring_over_its_speed(spacing_mm):
    beats = sent_round(ring(spacing_mm), 4000.0)
    found, sd = cycle_length_ms(beats)
    slowed = ring(spacing_mm).waves.substrate.restitution
    rest = ONCE_ROUND_MS - 290.0
    share = np.interp(rest, slowed.di_ms, slowed.cv_share[0])
    assert found == pytest.approx(ONCE_ROUND_MS / share, rel=0.05)
    assert sd < 2.0


def test_the_cycle_is_the_same_from_beat_to_beat_and_on_finer_voxels():
    cycles = []
    for spacing_mm in (1.0, 0.75, 0.5):
        made = ring(spacing_mm)
        beats = sent_round(made, 4000.0)
        at = beats.time_ms[beats.voxel == made.at(90.0)[0]]
        assert np.ptp(np.diff(at)[2:]) < 2.0
        cycles.append(np.diff(at)[-1])
    assert np.ptp(cycles) / np.mean(cycles) < 0.05


def test_its_path_closes_and_is_called_what_it_is():
    healthy = ring(1.0)
    circuit = find(healthy.heart, sent_round(healthy, 4000.0))
    assert circuit is not None
    assert circuit.kind is Kind.FUNCTIONAL
    wounded = ring(1.0, border=(60.0, 120.0))
    circuit = find(wounded.heart, sent_round(wounded, 4000.0))
    assert circuit is not None
    assert circuit.kind is Kind.SCAR
    inside = np.degrees(wounded.angle[circuit.isthmus])
    assert 55.0 < inside.min() < 75.0
    assert 105.0 < inside.max() < 125.0


def test_the_smallest_lesion_across_the_isthmus_ends_it():
    made = ring(1.0, border=(60.0, 120.0))
    circuit = find(made.heart, sent_round(made, 4000.0))
    lesions = lesions_for(made.heart, circuit, radius_mm=3.0)
    assert 1 <= len(lesions) <= 3
    after = sent_round(of(burnt(made.heart, lesions), made.angle), 4000.0)
    assert after.last_ms < 1.2 * ONCE_ROUND_MS


def test_a_lesion_that_leaves_a_way_does_not_end_it():
    made = ring(1.0)
    beside = Lesion(points_mm=((44.0, 0.0, 1.0),), radius_mm=1.5)
    after = sent_round(of(burnt(made.heart, [beside]), made.angle), 4000.0, start=90.0)
    assert after.last_ms > 3500.0


def test_stimulation_gives_the_same_for_any_number_of_threads():
    made = ring(1.5, border=(60.0, 120.0))
    protocol = ExtraBeats(s1_beats=2, extras=2)
    one, two = (screen(made.waves, protocol, threads=n) for n in (1, 2))
    assert [r.outcome for r in one] == [r.outcome for r in two]
    assert [r.coupling_intervals_ms for r in one] == [r.coupling_intervals_ms for r in two]
    table = made.waves.substrate.restitution
    least = float(table.apd_ms[0, -1] + table.erp_ms[0])
    assert all(least - 5.0 <= r.erp_ms <= least + protocol.step_ms + 5.0 for r in one)


def test_bursts_grow_faster_until_the_tissue_no_longer_follows():
    made = ring(1.5)
    table = made.waves.substrate.restitution
    (found,) = screen(made.waves, Burst(from_ms=400.0, to_ms=160.0), sites=("place 0",))
    (last,) = found.coupling_intervals_ms
    refractory = table.apd_ms[0] + table.erp_ms[0]
    assert refractory.min() < last < refractory.max() + 10.0
    assert found.outcome == "non-inducible"
    (none,) = screen(made.waves, Burst(from_ms=160.0, to_ms=150.0), sites=("place 0",))
    assert none.outcome == "no capture"


def test_a_protocol_can_be_written():
    said = protocol_from_text("S1 550 x 8, S2 to S4 from 380 by 10")
    assert said == ExtraBeats(s1_ms=550.0, s1_beats=8, extras=3, s2_from_ms=380.0, step_ms=10.0)
    assert protocol_from_text("S1 600 x 4, S2 from 400 by 20").extras == 1
    assert protocol_from_text("Burst 320 to 200 by 5 x 10") == Burst(
        from_ms=320.0, to_ms=200.0, step_ms=5.0, beats=10
    )


@pytest.mark.parametrize(
    "words",
    ["S1 600", "burst 200 to 350 by 10 x 8", "S1 350 x 8, S2 from 400 by 20", "burst 350 x 8"],
)
def test_what_cannot_be_a_protocol_is_refused(words):
    with pytest.raises(InvalidInputError):
        protocol_from_text(words)
