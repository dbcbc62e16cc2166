"""What the twelve leads say of waves through the mean heart, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.importers import mesh
from bodytwin.importers.mesh.ventricles import labelled, parts_of
from bodytwin.twins.rhythm.model.anatomy import heart_from_labels
from bodytwin.twins.rhythm.model.heart import Tissue
from bodytwin.twins.rhythm.model.leads import LEADS, LeadField
from bodytwin.twins.rhythm.model.restitution import ten_tusscher
from bodytwin.twins.rhythm.model.sinus import sinus_arrival_ms
from bodytwin.twins.rhythm.model.substrate import substrate
from bodytwin.twins.rhythm.model.torso import Electrodes, axes_of_heart, electrodes_of
from bodytwin.twins.rhythm.model.wave import Beats, Stimulus, Waves
from bodytwin.twins.rhythm.parameters import prior

FILE = Path(__file__).parents[3] / "examples" / "data" / "heart" / "ventricles.ply"
MEDIANS = {p.name: p.median for p in prior().parameters}
TIMES_MS = np.arange(-20.0, 500.0)
APD_MS = 296.0


@pytest.fixture(scope="module")
def heart():
    surface = mesh.read(FILE.read_bytes(), length_unit="mm")
    made = labelled(parts_of(surface), spacing_mm=1.5)
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ made.affine
    return heart_from_labels(made.values, to_lps, made.labels, spacing_mm=1.8)[0]


@pytest.fixture(scope="module")
def waves(heart):
    return Waves(heart=heart, substrate=substrate(heart, MEDIANS, ten_tusscher()))


@pytest.fixture(scope="module")
def field(heart):
    return LeadField.of(heart)


def ecg(field, arrival):
    return dict(
        zip(LEADS, field.ecg(arrival, np.full(len(arrival), APD_MS), TIMES_MS), strict=True)
    )


def paced(waves, site):
    return waves.arrival_ms([waves.heart.sites[site]], [0.0])


def during_qrs(lead):
    return lead[TIMES_MS < 250.0]


def net(lead):
    """How far it goes up, and down, together."""
    return float(during_qrs(lead).max() + during_qrs(lead).min())


def test_limb_leads_obey_einthoven_and_goldberger(field, waves):
    leads = ecg(field, sinus_arrival_ms(waves, 3.0))
    assert leads["I"] + leads["III"] == pytest.approx(leads["II"], abs=1e-12)
    assert leads["aVR"] + leads["aVL"] + leads["aVF"] == pytest.approx(0.0, abs=1e-12)
    assert leads["aVF"] == pytest.approx((leads["II"] + leads["III"]) / 2, abs=1e-12)


def qrs(leads):
    """Begin and end of when the leads change by more than a twentieth of their fastest."""
    speed = np.sqrt((np.gradient(np.array(list(leads.values())), axis=1) ** 2).sum(axis=0))
    active = during_qrs(TIMES_MS)[during_qrs(speed) > 0.05 * during_qrs(speed).max()]
    return active[0], active[-1]


def test_the_qrs_of_sinus_rhythm_lasts_as_long_as_the_activation(field, waves):
    arrival = sinus_arrival_ms(waves, 3.0)
    reached = arrival[np.isfinite(arrival)]
    begin, end = qrs(ecg(field, arrival))
    assert begin == pytest.approx(reached.min(), abs=6.0)
    assert end == pytest.approx(reached.max(), abs=6.0)


def test_pacing_widens_the_qrs(field, waves):
    begin, end = qrs(ecg(field, sinus_arrival_ms(waves, 3.0)))
    for site in ("RV apex", "segment 12"):
        first, last = qrs(ecg(field, paced(waves, site)))
        assert last - first > 1.5 * (end - begin)


def test_sinus_rhythm_goes_from_rs_in_front_to_r_at_the_left(field, waves):
    leads = ecg(field, sinus_arrival_ms(waves, 3.0))
    assert during_qrs(leads["V1"]).max() > 0.02
    assert net(leads["V1"]) < 0
    assert net(leads["V2"]) < 0
    assert net(leads["V5"]) > 0
    assert net(leads["V6"]) > 0


def test_a_lead_is_negative_where_the_wave_comes_from(field, waves):
    from_right, from_left = (ecg(field, paced(waves, s)) for s in ("RV apex", "segment 12"))
    assert net(from_right["V1"]) < 0 < net(from_left["V1"])
    assert net(from_left["I"]) < 0 < net(from_right["I"])
    assert net(from_left["aVL"]) < 0 < net(from_right["aVL"])
    from_above = ecg(field, paced(waves, "RV outflow tract"))
    for lead in ("II", "III", "aVF"):
        assert net(from_right[lead]) < 0 < net(from_above[lead])


def test_one_beat_is_the_same_as_a_list_of_activations(field, waves, heart):
    arrival = paced(waves, "segment 7")
    order = np.argsort(arrival)
    beats = Beats(
        voxel=order.astype(np.int32),
        time_ms=arrival[order],
        apd_ms=np.full(len(order), APD_MS, dtype=np.float32),
        from_voxel=np.full(len(order), -1, dtype=np.int32),
    )
    one = field.ecg(arrival, np.full(len(order), APD_MS), TIMES_MS)
    assert field.ecg_of(beats, TIMES_MS) == pytest.approx(one, abs=1e-12)


def test_beats_far_enough_apart_look_the_same(field, waves):
    site = (waves.heart.sites["segment 7"],)
    stimuli = [Stimulus(voxels=site, time_ms=1000.0 * k) for k in range(3)]
    _, beats = waves.run(waves.rested(), stimuli, 2600.0)
    second, third = (field.ecg_of(beats, TIMES_MS + 1000.0 * k) for k in (1, 2))
    assert np.abs(third).max() > 0.1
    assert third == pytest.approx(second, abs=1e-3)


def test_a_voxel_that_is_excited_again_gives_up_its_old_course(field, heart):
    n = heart.voxels.count
    times = np.sort(np.r_[np.zeros(n // 2), np.full(n // 2, 200.0)])
    beats = Beats(
        voxel=np.tile(np.arange(n // 2, dtype=np.int32), 2),
        time_ms=times,
        apd_ms=np.full(len(times), 280.0, dtype=np.float32),
        from_voxel=np.full(len(times), -1, dtype=np.int32),
    )
    later = field.ecg_of(beats.after(100.0), np.array([260.0]))
    assert field.ecg_of(beats, np.array([260.0])) == pytest.approx(later, abs=1e-12)


def test_scar_is_silent(heart):
    tissue = heart.tissue.copy()
    tissue[heart.segment == 7] = Tissue.SCAR
    weights = LeadField.of(heart.with_tissue(tissue)).weights
    assert (weights[heart.segment == 7] == 0).all()


def test_electrodes_lie_around_the_heart_however_it_lies(heart):
    apex, right = axes_of_heart(heart)
    positions = electrodes_of(heart).positions_mm - heart.voxels.positions_mm.mean(axis=0)
    v1, v4, v6 = positions[3], positions[6], positions[8]
    assert v4 @ apex > 0
    assert v1 @ right > 0 > v6 @ right
    larger = electrodes_of(heart, scale=1.2).positions_mm
    assert larger - heart.voxels.positions_mm.mean(axis=0) == pytest.approx(1.2 * positions)
    by_image = electrodes_of(heart, turned_with_heart=False).positions_mm
    assert by_image[0, 0] < by_image[1, 0]


def test_what_cannot_be_an_ecg_is_refused(heart, field):
    n = heart.voxels.count
    with pytest.raises(InvalidInputError, match="one per voxel"):
        field.ecg(np.zeros(3), np.zeros(3), TIMES_MS)
    with pytest.raises(InvalidInputError, match="rise"):
        field.ecg(np.zeros(n), np.full(n, APD_MS), np.array([1.0, 1.0]))
    with pytest.raises(InvalidInputError, match="in the order"):
        Electrodes(positions_mm=np.zeros((3, 3)))
    inside = np.tile(heart.voxels.positions_mm[:1], (9, 1))
    with pytest.raises(InvalidInputError, match="from the muscle"):
        LeadField.of(heart, Electrodes(positions_mm=inside))
    with pytest.raises(InvalidInputError, match="template"):
        electrodes_of(heart, scale=5.0)
