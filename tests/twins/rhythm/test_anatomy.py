"""From a segmentation to a heart: what must hold of it, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from bodytwin.errors import MissingDataError, OutsidePopulationError, UnreadableFileError
from bodytwin.importers import mesh
from bodytwin.importers.mesh.ventricles import labelled, parts_of
from bodytwin.twins.rhythm.model.anatomy import heart_from_labels
from bodytwin.twins.rhythm.model.heart import Tissue, Ventricle
from bodytwin.twins.rhythm.model.scar import Scar, placed

FILE = Path(__file__).parents[3] / "examples" / "data" / "heart" / "ventricles.ply"


@pytest.fixture(scope="module")
def segmented():
    surface = mesh.read(FILE.read_bytes(), length_unit="mm")
    made = labelled(parts_of(surface), spacing_mm=1.0)
    return made.values, np.diag([-1.0, -1.0, 1.0, 1.0]) @ made.affine, made.labels


@pytest.fixture(scope="module")
def heart(segmented):
    return heart_from_labels(*segmented, spacing_mm=1.5)[0]


def test_the_muscle_has_the_volume_of_the_surface(heart):
    assert heart.voxels.volume_ml == pytest.approx(144.5, rel=0.03)


def test_coordinates_run_from_apex_to_base_and_from_inside_out(heart):
    assert heart.apicobasal.min() == pytest.approx(0.0, abs=1e-6)
    assert heart.apicobasal.max() == pytest.approx(1.0, abs=1e-6)
    left = heart.ventricle == Ventricle.LEFT
    assert heart.transmural[heart.endocardial].max() < 0.35
    assert np.median(heart.transmural[heart.epicardial & left]) == pytest.approx(1.0, abs=0.01)
    septum = left & (np.abs(heart.rotational_rad) < 0.3) & (heart.apicobasal > 0.4)
    assert heart.transmural[septum].max() < 0.75


def test_the_left_ventricle_has_seventeen_segments_and_the_right_none(heart):
    assert set(np.unique(heart.segment[heart.ventricle == Ventricle.LEFT])) == set(range(1, 18))
    assert set(np.unique(heart.segment[heart.ventricle == Ventricle.RIGHT])) == {0}
    assert len(heart.sites) == 20


def test_anterior_lies_in_front_and_the_right_ventricle_on_the_right(heart):
    x = heart.voxels.positions_mm
    front = x[heart.sites["segment 7"]] - x[heart.sites["segment 10"]]
    assert front[1] < 0
    assert x[heart.ventricle == Ventricle.RIGHT][:, 0].mean() < x[heart.ventricle == 0][:, 0].mean()


def test_fibres_turn_from_plus_sixty_to_minus_sixty_degrees(heart):
    """Helix angle: how far the fibre leaves the circle around the long axis, within the wall."""
    x = heart.voxels.positions_mm
    base, tip = x[heart.apicobasal > 0.95].mean(axis=0), x[heart.apicobasal < 0.03].mean(axis=0)
    up = (base - tip) / np.linalg.norm(base - tip)
    out = x - tip
    out -= (out @ up)[:, None] * up
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    around = np.cross(up, out)
    lateral = (heart.ventricle == Ventricle.LEFT) & (np.abs(heart.rotational_rad) > 2.2)
    lateral &= (heart.apicobasal > 0.35) & (heart.apicobasal < 0.8)
    level = (heart.fibre * around).sum(axis=1)
    rising = np.sign(heart.fibre @ up) * np.sign(level)
    helix = rising * np.degrees(np.arccos(np.clip(np.abs(level), 0, 1)))
    layers = [
        lateral & (heart.transmural >= low) & (heart.transmural <= high)
        for low, high in ((0.0, 0.1), (0.2, 0.3), (0.45, 0.55), (0.7, 0.8), (0.9, 1.0))
    ]
    seen = np.array([np.median(helix[layer]) for layer in layers])
    ruled = np.array([60.0 - 120.0 * np.median(heart.transmural[layer]) for layer in layers])
    tilt = np.mean(seen - ruled)
    assert abs(tilt) < 20.0, "The base of this heart is oblique to its long axis."
    assert seen - tilt == pytest.approx(ruled, abs=12.0)


def test_fibres_and_sheets_are_unit_vectors_at_right_angles(heart):
    assert np.linalg.norm(heart.fibre, axis=1) == pytest.approx(1.0, abs=1e-4)
    assert (heart.fibre * heart.sheet_normal).sum(axis=1) == pytest.approx(0.0, abs=1e-3)


def test_the_same_segmentation_gives_the_same_heart(segmented, heart):
    again, _ = heart_from_labels(*segmented, spacing_mm=1.5)
    assert again.content_address == heart.content_address


def test_a_scar_that_was_labelled_is_found_again(segmented):
    values, affine, labels = segmented
    wounded = values.copy()
    at = np.argwhere(values == 1)
    k = at[len(at) // 2]
    near = ((np.indices(values.shape).T - k) ** 2).sum(axis=3).T < 10**2
    wounded[near & (values == 1)] = 3
    heart, _ = heart_from_labels(wounded, affine, {**labels, 3: "scar"}, spacing_mm=1.5)
    expected = float((wounded == 3).sum()) * 1.0**3 / 1000
    assert heart.volume_ml(Tissue.SCAR) == pytest.approx(expected, rel=0.1)


def test_a_scar_put_in_has_a_channel_through_it(heart):
    made = placed(heart, Scar(radius_mm=20.0, border_mm=3.0, channel_mm=8.0))
    assert 3 < made.volume_ml(Tissue.SCAR) < 25
    assert made.volume_ml(Tissue.BORDER) > 2
    without = placed(heart, Scar(radius_mm=20.0, border_mm=3.0, channel_mm=0.0))
    assert without.volume_ml(Tissue.SCAR) > made.volume_ml(Tissue.SCAR)


def refused(values, affine, labels, error, words):
    with pytest.raises(error, match=words):
        heart_from_labels(values, affine, labels, spacing_mm=1.5)


def test_a_cavity_that_is_not_labelled_is_asked_for(segmented):
    values, affine, _ = segmented
    refused(values, affine, {1: "healthy", 5: "lv_blood"}, MissingDataError, "rv_blood")


def test_a_spacing_that_no_image_has_is_refused(segmented):
    values, affine, labels = segmented
    metres = affine @ np.diag([1e-3, 1e-3, 1e-3, 1.0])
    refused(values, metres, labels, UnreadableFileError, "spacing")


def test_a_heart_of_a_giant_is_refused(segmented):
    values, affine, labels = segmented
    large = np.diag([1.6, 1.6, 1.6, 1.0]) @ affine
    refused(values, large, labels, OutsidePopulationError, "mL")


def test_a_mirrored_heart_is_refused(segmented):
    values, affine, labels = segmented
    refused(values, np.diag([-1.0, 1, 1, 1]) @ affine, labels, UnreadableFileError, "exchanged")


def test_ventricles_without_a_base_are_refused(segmented):
    values, affine, labels = segmented
    top = np.pad(values, 3)
    blood = np.isin(top, (5, 6))
    from bodytwin.numerics.grid import morphology

    lid = morphology.grown(blood, times=2) & (top == 0)
    top[lid] = 1
    shifted = affine.copy()
    shifted[:3, 3] -= affine[:3, :3] @ np.full(3, 3.0)
    refused(top, shifted, labels, UnreadableFileError, "no base")


def test_a_wall_full_of_holes_is_refused_and_a_crumb_is_removed(segmented):
    values, affine, labels = segmented
    rng = np.random.default_rng(0)
    holed = values.copy()
    deep = np.argwhere(values == 1)
    for k in deep[rng.integers(len(deep), size=400)]:
        a, b, c = k
        holed[a - 1 : a + 2, b - 1 : b + 2, c - 1 : c + 2] = 0
    with pytest.raises(UnreadableFileError):
        heart_from_labels(holed, affine, labels, spacing_mm=1.5)
    crumb = values.copy()
    crumb[1:4, 1:4, 1:4] = 1
    _, repairs = heart_from_labels(crumb, affine, labels, spacing_mm=1.5)
    assert any("crumb" in words for words in repairs)


def test_scar_outside_the_muscle_is_refused(segmented):
    values, affine, labels = segmented
    stray = values.copy()
    stray[1:20, 1:20, 1:20] = 3
    refused(stray, affine, {**labels, 3: "scar"}, UnreadableFileError, "apart|outside")
