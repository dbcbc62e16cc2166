"""What the rhythm twin takes of an electroanatomic map, and what it leaves out with the reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bodytwin.contract import Target
from bodytwin.errors import InvalidInputError
from bodytwin.importers import mesh
from bodytwin.importers.mesh.ventricles import labelled, parts_of
from bodytwin.record import Image, Instant, Map, Provenance, Record, Rhythm
from bodytwin.twins.rhythm.model.anatomy import heart_from_labels
from bodytwin.twins.rhythm.model.restitution import ten_tusscher
from bodytwin.twins.rhythm.model.sinus import sinus_arrival_ms
from bodytwin.twins.rhythm.model.substrate import substrate
from bodytwin.twins.rhythm.model.wave import Waves
from bodytwin.twins.rhythm.parameters import NAMES, prior
from bodytwin.twins.rhythm.twin import VARIANT, RhythmTwin

FILE = Path(__file__).parents[3] / "examples" / "data" / "heart" / "ventricles.ply"
WHEN = Instant(datetime(2026, 3, 1, 8, tzinfo=UTC))
TWIN = RhythmTwin(spacing_mm=1.8)
USUAL = np.array([p.median for p in prior().parameters])
FASTER = USUAL * np.where(np.array(NAMES) == "fibre_speed_m_per_s", 1.3, 1.0)


@pytest.fixture(scope="module")
def image():
    made = labelled(parts_of(mesh.read(FILE.read_bytes(), length_unit="mm")), spacing_mm=1.0)
    return Image(
        values=made.values,
        affine=np.diag([-1.0, -1.0, 1.0, 1.0]) @ made.affine,
        modality="SEG",
        labels=made.labels,
        instant=WHEN,
        provenance=Provenance("", "volume", "test/1"),
    )


@pytest.fixture(scope="module")
def fine(image):
    """The heart on voxels finer than those of the twin."""
    return heart_from_labels(image.values, image.affine, image.labels, spacing_mm=1.3)[0]


@pytest.fixture(scope="module")
def mapped(fine):
    """A map of a faster heart than the usual one."""
    u = dict(zip(NAMES, FASTER, strict=True))
    waves = Waves(heart=fine, substrate=substrate(fine, u, ten_tusscher()))
    arrival = sinus_arrival_ms(waves, u["endocardial_speedup"])
    rng = np.random.default_rng(1)
    at = rng.choice(np.flatnonzero(fine.endocardial), 120, replace=False)
    lat = arrival[at] - 40.0
    lat[:20] = np.nan
    return Map(
        vertices_mm=np.empty((0, 3)),
        triangles=np.empty((0, 3), dtype=np.int64),
        points_mm=fine.voxels.positions_mm[at] + rng.standard_normal((120, 3)),
        lat_ms=lat,
        bipolar_mv=np.full(120, 1.5),
        unipolar_mv=np.full(120, np.nan),
        instant=WHEN,
        provenance=Provenance("abc", "map 2", "test/1"),
        rhythm=Rhythm.SINUS,
        name="Doe, Jane",
    )


@pytest.fixture
def seen(image):
    def see(*maps, as_of=None):
        record = Record(patient="p", images=(image,), maps=maps)
        return TWIN.observe(record, variant=VARIANT, as_of=as_of)

    return see


def test_a_record_without_maps_is_seen_as_before(seen):
    case = seen()
    assert (case.measurements, case.left_out, case.inputs.mapped) == ((), (), None)
    assert case.inputs.content_address == seen().inputs.content_address


def test_a_map_makes_another_case(seen, mapped):
    assert seen(mapped).inputs.content_address != seen().inputs.content_address


def test_of_a_map_on_the_endocardium_points_far_apart_are_measured_from_their_mean(seen, mapped):
    case = seen(mapped)
    assert [m.quantity for m in case.measurements] == [
        f"activation at map point {k}" for k in range(1, 25)
    ]
    values = np.array([m.value for m in case.measurements])
    assert abs(values.mean()) < 1e-9
    rows = [int(m.source.rpartition(" ")[2]) - 1 for m in case.measurements]
    assert min(rows) >= 20
    np.testing.assert_allclose(values, mapped.lat_ms[rows] - mapped.lat_ms[rows].mean())
    at = mapped.points_mm[rows]
    apart = np.linalg.norm(at[:, None] - at, axis=2) + 1e3 * np.eye(24)
    assert apart.min() > 12.0
    assert all(8.0 < m.error.additive_sd < 20.0 for m in case.measurements)
    assert any("lies in the frame" in words for words in case.assumed)


def test_the_reference_of_a_map_drops_out(seen, mapped):
    later = replace(mapped, lat_ms=mapped.lat_ms + 77.0)
    values = [[m.value for m in seen(m).measurements] for m in (mapped, later)]
    np.testing.assert_allclose(*values, atol=1e-9)


def test_a_map_fits_the_heart_it_was_taken_in_better_than_another(seen, mapped):
    case = seen(mapped)
    targets = [m.target for m in case.measurements]
    shares = np.array([0.7, 0.85, 1.0, 1.15])
    found = TWIN.simulate(
        case, np.vstack([FASTER * [s, *[1.0] * 6] for s in shares]), None, targets
    )
    np.testing.assert_allclose(found.mean(axis=1), 0.0, atol=1e-9)
    missed = ((found - [m.value for m in case.measurements]) ** 2).mean(axis=1) ** 0.5
    assert shares[np.argmin(missed)] == 1.0
    assert missed.min() < 4.0


def test_a_map_that_lies_elsewhere_is_left_out_with_how_far(seen, mapped):
    away = replace(mapped, points_mm=mapped.points_mm + np.array([30.0, 0.0, 0.0]))
    case = seen(away)
    assert case.measurements == ()
    (reason, _) = case.left_out
    assert "does not lie in the frame" in reason
    median = float(reason.split(" mm (median)")[0].rpartition(" ")[2])
    assert 4.0 < median < 30.0
    assert "Doe" not in reason


@pytest.mark.parametrize("rhythm", [r for r in Rhythm if r is not Rhythm.SINUS])
def test_a_map_in_another_rhythm_is_left_out(seen, mapped, rhythm):
    case = seen(replace(mapped, rhythm=rhythm))
    assert case.measurements == ()
    assert f"'{rhythm.value}'" in case.left_out[0]


def test_too_few_points_or_a_span_that_no_sinus_beat_has_are_left_out(seen, mapped):
    few = np.where(np.arange(120) < 115, np.nan, mapped.lat_ms)
    assert "at 5 points, and 8 are needed" in seen(replace(mapped, lat_ms=few)).left_out[0]
    long = replace(mapped, lat_ms=mapped.lat_ms * 8.0)
    assert "span" in seen(long).left_out[0]


def test_voltage_is_not_used_and_that_is_said(seen, mapped):
    assert any("Voltages" in words for words in seen(mapped).left_out)
    silent = replace(mapped, bipolar_mv=np.full(120, np.nan))
    assert seen(silent).left_out == ()


def test_the_last_map_that_can_be_used_is_used_up_to_the_time_asked_for(seen, mapped):
    later = Instant(WHEN.moment + timedelta(hours=2))
    last = Instant(WHEN.moment + timedelta(hours=3))
    again = replace(mapped, instant=later, lat_ms=mapped.lat_ms * 1.1)
    tachycardia = replace(mapped, instant=last, rhythm=Rhythm.TACHYCARDIA)
    case = seen(mapped, again, tachycardia)
    assert {m.time_h for m in case.measurements} == {2.0}
    assert "tachycardia" in case.left_out[0]
    assert "a later one is used" in case.left_out[1]
    before = seen(mapped, again, tachycardia, as_of=WHEN.moment + timedelta(hours=1))
    assert {m.time_h for m in before.measurements} == {0.0}
    assert before.digest != case.digest


def with_scar(image, at_mm, radius_mm):
    """All muscle round a point is scar."""
    (healthy,) = (n for n, name in image.labels.items() if name == "healthy")
    index = np.argwhere(image.values == healthy)
    place = index @ image.affine[:3, :3].T + image.affine[:3, 3]
    values = image.values.copy()
    values[tuple(index[np.linalg.norm(place - at_mm, axis=1) < radius_mm].T)] = 99
    return replace(image, values=values, labels=dict(image.labels) | {99: "scar"})


def test_points_on_muscle_that_does_not_conduct_are_not_compared(seen, mapped, image):
    usual = seen(mapped).inputs.mapped
    at_mm = mapped.points_mm[usual.rows[3]]
    record = Record(patient="p", images=(with_scar(image, at_mm, 22.0),), maps=(mapped,))
    case = TWIN.observe(record, variant=VARIANT)
    heart = case.inputs.heart
    assert usual.rows[3] not in case.inputs.mapped.rows
    assert heart.conducting[case.inputs.mapped.voxels].all()
    found = TWIN.simulate(case, USUAL[None], None, [m.target for m in case.measurements])
    assert np.isfinite(found).all()


def test_a_plan_acts_on_what_is_mapped_later_only(seen, mapped):
    case = seen(mapped)
    plan = TWIN.plan_from_text(case, "pace RV apex")
    name = case.measurements[0].quantity
    now, later = (Target(quantity=name, time_h=t, unit="ms") for t in (0.0, 1.0))
    found = TWIN.simulate(case, USUAL[None], plan, [now, later])[0]
    assert found[0] == TWIN.simulate(case, USUAL[None], None, [now])[0, 0]
    assert abs(found[1] - found[0]) > 1.0


def test_a_point_that_the_map_does_not_have_cannot_be_predicted(seen, mapped):
    wish = [Target(quantity="activation at map point 25", time_h=0.0, unit="ms")]
    with pytest.raises(InvalidInputError, match="map point 25"):
        TWIN.simulate(seen(mapped), USUAL[None], None, wish)
