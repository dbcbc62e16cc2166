"""Contours become voxels and millilitres."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.record import (
    Image,
    Instant,
    Provenance,
    Region,
    StructureSet,
    inside,
    skipped_slices,
    volume_ml,
)

WHEN = Instant(datetime(2026, 3, 5, tzinfo=UTC))
FROM = Provenance("0" * 64, "", "test")


def circle(radius, z, *, at=(0.0, 0.0), points=720):
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.column_stack(
        [at[0] + radius * np.cos(turn), at[1] + radius * np.sin(turn), np.full(points, z)]
    )


def drawn(radius_at, heights, *, slices=None, turned=None):
    contours = [circle(radius_at(z), z) for z in heights if radius_at(z) > 1e-3]
    if turned is not None:
        contours = [c @ turned.T for c in contours]
    region = Region(number=1, name="it", contours_mm=tuple(contours))
    return StructureSet(
        regions=(region,), frame_uid="1.2", instant=WHEN, provenance=FROM, slices_mm=slices
    )


def grid(shape=(60, 60, 60), spacing=(1.0, 1.0, 1.0), turned=None, first=None):
    affine = np.eye(4)
    directions = np.eye(3) if turned is None else turned
    affine[:3, :3] = directions * np.array(spacing)
    middle = affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    affine[:3, 3] = -middle if first is None else first
    return Image(
        values=np.zeros(shape, dtype="f4"), affine=affine, modality="CT", instant=WHEN,
        provenance=FROM,
    )  # fmt: skip


def voxels_ml(structures, image):
    mask = inside(structures, structures.regions[0], image)
    return mask.sum() * abs(np.linalg.det(image.affine[:3, :3])) / 1000


UNEVEN = np.array([-20, -17.5, -15, -10, -8, -3, 0, 1.5, 4, 9, 12, 14.5, 19, 20.0])


def test_a_cylinder_has_its_volume_whatever_the_distance_of_its_slices():
    exact = np.pi * 15**2 * (20 + 1.25 + 20 + 0.5) / 1000
    structures = drawn(lambda z: 15.0, UNEVEN)
    assert volume_ml(structures, structures.regions[0]) == pytest.approx(exact, rel=2e-5)


def sphere(z):
    return np.sqrt(max(0.0, 20.0**2 - z**2))


def cone(z):
    return max(0.0, 15.0 * (z + 20.0) / 40.0) if z <= 20 else 0.0


@pytest.mark.parametrize(
    ("shape", "exact_ml"),
    [(sphere, 4 / 3 * np.pi * 20**3 / 1000), (cone, np.pi * 15**2 * 40 / 3 / 1000)],
)
def test_the_volume_of_sphere_and_cone_converges_with_the_square_of_the_distance(shape, exact_ml):
    off = []
    for step in (4.0, 2.0, 1.0):
        heights = np.arange(-20 + step / 2, 20, step)
        structures = drawn(shape, heights)
        off.append(abs(volume_ml(structures, structures.regions[0]) / exact_ml - 1))
    assert off[1] < off[0] / 3.5
    assert off[2] < off[1] / 3.5
    assert off[2] < 1e-3


@pytest.mark.parametrize("turn_deg", [0, 25])
def test_the_voxels_of_a_sphere_fill_its_volume(turn_deg):
    t = np.deg2rad(turn_deg)
    turned = np.array([[1, 0, 0], [0, np.cos(t), -np.sin(t)], [0, np.sin(t), np.cos(t)]])
    structures = drawn(sphere, np.arange(-19.5, 20, 1.0))
    found = voxels_ml(structures, grid(turned=turned))
    assert found == pytest.approx(volume_ml(structures, structures.regions[0]), rel=4e-3)


def test_an_oblique_grid_holds_the_same_as_the_aligned_one_at_the_same_places():
    """A tilt that is just too large for whole slices moves no voxel but those on an edge."""
    t = 2e-3
    turned = np.array([[np.cos(t), 0, np.sin(t)], [0, 1, 0], [-np.sin(t), 0, np.cos(t)]])
    structures = drawn(sphere, np.arange(-19.5, 20, 1.0))
    region = structures.regions[0]
    straight, tilted = (inside(structures, region, grid(turned=t)) for t in (np.eye(3), turned))
    assert (straight != tilted).sum() < 0.02 * straight.sum()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)])
def test_the_axes_of_the_grid_may_stand_in_any_order_and_direction(order):
    heights = np.array([-6.0, -3, 0, 2, 7])
    contours = tuple(circle(6, z, at=(3, -2)) for z in heights)
    region = Region(number=4, name="", contours_mm=contours)
    structures = StructureSet(regions=(region,), frame_uid="1", instant=WHEN, provenance=FROM)
    plain = grid((24, 24, 24))
    expected = inside(structures, region, plain)
    flipped = np.flip(expected.transpose(order), axis=0)
    shape = flipped.shape
    affine = plain.affine.copy()
    affine[:3, :3] = plain.affine[:3, list(order)]
    affine[:3, 3] += affine[:3, 0] * (shape[0] - 1)
    affine[:3, 0] *= -1
    image = Image(
        values=np.zeros(shape, "f4"), affine=affine, modality="CT", instant=WHEN, provenance=FROM
    )
    assert (inside(structures, region, image) == flipped).all()
    assert expected.any()


def test_a_contour_within_another_is_a_hole_and_one_in_the_hole_is_not():
    contours = [circle(r, z) for z in (0.0, 2.0, 4.0) for r in (20.0, 12.0, 5.0)]
    region = Region(number=1, name="", contours_mm=tuple(contours))
    structures = StructureSet(regions=(region,), frame_uid="1", instant=WHEN, provenance=FROM)
    exact = np.pi * (20**2 - 12**2 + 5**2) * 6 / 1000
    assert volume_ml(structures, region) == pytest.approx(exact, rel=1e-4)
    assert voxels_ml(
        structures, grid((200, 200, 12), (0.25, 0.25, 0.5), first=(-24.9, -24.9, -0.75))
    ) == (pytest.approx(exact, rel=1e-2))


def test_a_slice_of_the_image_without_a_contour_holds_nothing():
    heights = np.array([0.0, 2, 4, 6, 8, 10])
    full = drawn(lambda z: 9.0, heights, slices=heights)
    gap = drawn(lambda z: 0.0 if z in (4.0, 6.0) else 9.0, heights, slices=heights)
    assert skipped_slices(gap, gap.regions[0]) == 2
    assert volume_ml(gap, gap.regions[0]) == pytest.approx(volume_ml(full, full.regions[0]) * 4 / 6)
    mask = inside(gap, gap.regions[0], grid((20, 20, 10), first=(-9.5, -9.5, 0)))
    assert not mask[:, :, 3:7].any()
    assert mask[:, :, [0, 2, 7, 9]].any(axis=(0, 1)).all()


def test_unequal_slices_reach_half_way_to_their_neighbours():
    structures = drawn(lambda z: 5.0, np.array([0.0, 1.0, 6.0]))
    fine = grid((3, 3, 120), (1, 1, 0.1), first=(0, 0, -2.05))
    held = inside(structures, structures.regions[0], fine)[0, 0]
    places = fine.affine[2, 3] + 0.1 * np.flatnonzero(held)
    assert places.min() == pytest.approx(-0.45)
    assert places.max() == pytest.approx(8.45)
    assert volume_ml(structures, structures.regions[0]) == pytest.approx(
        np.pi * 25 * 9 / 1000, rel=1e-4
    )


def test_contours_on_one_slice_have_no_volume_that_could_be_told():
    structures = drawn(lambda z: 5.0, np.array([3.0]))
    with pytest.raises(InvalidInputError, match="no thickness"):
        volume_ml(structures, structures.regions[0])


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([[0, 0, 0], [1, 0, 0]], "encloses nothing"),
        ([[0, 0, 0], [1, 0, 0], [2, 0, 0]], "encloses nothing"),
        ([[0, 0, 0], [9, 0, 0], [9, 9, 3], [0, 9, 0]], "not planar"),
        ([[0, 0, 0], [1, 0, 0], [np.nan, 2, 0]], "finite"),
    ],
)
def test_what_is_no_planar_contour_is_refused(points, reason):
    with pytest.raises(InvalidInputError, match=reason):
        Region(number=1, name="", contours_mm=(np.array(points, float),))


polygons = st.lists(
    st.tuples(st.floats(-9, 9, width=32), st.floats(-9, 9, width=32)), min_size=3, max_size=9
)


@given(polygons)
@settings(max_examples=60, deadline=None)
def test_filling_by_rows_and_by_points_agree_on_any_polygon(corners):
    """Even for lines that cross themselves; a tilt of 0.1 degrees forces the slow way."""
    from bodytwin.record.raster import _inside_points, filled

    polygon = np.array(corners, dtype=float) + 10.0 + np.sqrt(2) * 1e-3
    index = np.indices((20, 20)).reshape(2, -1).T.astype(float)
    by_points = _inside_points(index, [polygon]).reshape(20, 20)
    assert (filled([polygon], (20, 20)) == by_points).all()


def test_slices_that_lean_over_are_filled_straight_above_the_contours():
    """A tilted gantry leaves slices that are parallel and shifted from one to the next."""
    structures = drawn(lambda z: 8.0, np.array([0.0, 10.0, 20.0]))
    affine = np.array([[1, 0, 0.7, -12], [0, 1, 0, -12.3], [0, 0, 2, 0.5], [0, 0, 0, 1.0]])
    image = Image(
        values=np.zeros((30, 26, 10), "f4"), affine=affine, modality="CT", instant=WHEN,
        provenance=FROM,
    )  # fmt: skip
    mask = inside(structures, structures.regions[0], image)
    places = np.argwhere(np.ones(mask.shape)) @ affine[:3, :3].T + affine[:3, 3]
    from_axis = np.hypot(places[:, 0], places[:, 1]).reshape(mask.shape)
    assert mask[from_axis < 7.99].all()
    assert not mask[from_axis > 8.01].any()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_contours_on_voxel_centres_fill_the_same_voxels_after_a_rounding_error(seed):
    """Corners on the lattice of the grid, slices half way between those of the image."""
    chance = np.random.default_rng(seed)
    corners = np.array([[-4.0, -5, 0], [6, -5, 0], [6, 3, 0], [-4, 3, 0]]) * 1.1

    def mask(error):
        contours = [corners + np.array([0, 0, z]) + error() for z in (0.0, 3.0, 6.0)]
        region = Region(number=1, name="", contours_mm=tuple(contours))
        structures = StructureSet(regions=(region,), frame_uid="1", instant=WHEN, provenance=FROM)
        image = grid((20, 20, 12), (1.1, 1.1, 1.5), first=(-11.0, -11.0, -6.0))
        return inside(structures, region, image)

    exact = mask(lambda: 0.0)
    assert exact.sum() == 10 * 8 * 6
    assert (mask(lambda: chance.uniform(-1e-12, 1e-12, (4, 3))) == exact).all()
