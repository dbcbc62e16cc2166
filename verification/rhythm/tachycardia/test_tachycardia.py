import numpy as np
import pytest

from bodytwin.twins.rhythm.model.ablation import burnt, search
from bodytwin.twins.rhythm.model.circuit import Kind, find
from bodytwin.twins.rhythm.model.protocol import ExtraBeats
from bodytwin.twins.rhythm.model.screening import screen
from verification.rhythm.tachycardia.mean_heart import heart, scarred, waves

PROTOCOL = ExtraBeats()
FEW = ("segment 6", "segment 14")
SOME = (*FEW, "segment 3", "segment 9", "segment 16", "RV apex")


@pytest.fixture(scope="module")
def screened():
    return screen(waves(scarred(1.5)), PROTOCOL)


def test_with_the_channel_through_the_scar_a_steady_tachycardia_is_induced(screened):
    induced = [r for r in screened if r.inducible]
    assert 2 <= len(induced) < len(screened)
    cycles = [r.cycle_length_ms for r in induced]
    assert np.ptp(cycles) < 0.02 * np.mean(cycles)
    assert 300.0 < np.mean(cycles) < 450.0
    assert all(r.cycle_length_sd_ms < 2.0 for r in induced)


def test_each_runs_through_the_channel_and_is_called_scar_related(screened):
    of = scarred(1.5)
    for result in screened:
        if result.inducible:
            circuit = find(of, result.beats)
            assert circuit.kind is Kind.SCAR
            length = np.linalg.norm(
                np.diff(of.voxels.positions_mm[circuit.isthmus], axis=0), axis=1
            ).sum()
            assert 35.0 < length < 60.0


def test_without_a_scar_no_site_induces_any():
    assert not any(r.inducible for r in screen(waves(heart(1.5)), PROTOCOL))


def test_a_scar_without_a_channel_induces_none():
    closed = scarred(1.5, channel_mm=0.0)
    assert not any(r.inducible for r in screen(waves(closed), PROTOCOL, sites=SOME))


def test_the_lesions_that_were_searched_for_leave_no_site_that_induces_it():
    of = scarred(1.5)
    found = search(of, lambda h: screen(waves(h), PROTOCOL, sites=FEW))
    assert found.non_inducible
    assert len(found.rounds[0].inducible) == 2
    assert found.volume_ml < 1.5
    after = screen(waves(burnt(of, found.lesions)), PROTOCOL)
    assert not any(r.inducible for r in after)


def test_on_finer_voxels_and_on_other_threads_the_cycle_is_the_same(screened):
    coarse = next(r for r in screened if r.site == FEW[0])
    (alone,) = screen(waves(scarred(1.5)), PROTOCOL, sites=FEW[:1], threads=1)
    assert abs(alone.cycle_length_ms - coarse.cycle_length_ms) < 2.0
    (fine,) = screen(waves(scarred(1.0)), PROTOCOL, sites=FEW[:1])
    assert fine.inducible
    assert fine.cycle_length_ms == pytest.approx(coarse.cycle_length_ms, rel=0.05)
