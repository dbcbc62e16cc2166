"""Which tetrahedron holds a point of a grid: against another search, and by volumes."""

import numpy as np
import pytest
from scipy.spatial import Delaunay

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.geometry.tetrahedra import (
    OF_HEXAHEDRON,
    OF_PRISM,
    OF_PYRAMID,
    cell_of,
    cut,
    volumes_mm3,
)

CUBE = np.array(
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]],
    dtype=float,
)


def test_every_point_is_found_in_the_tetrahedron_that_another_search_finds():
    points = np.random.default_rng(7).uniform(0, 10, (60, 3))
    found = Delaunay(points)
    origin, spacing, shape = np.array([-1.03, -0.71, -0.57]), 0.37, (32, 31, 30)
    ours = cell_of(
        points, found.simplices.astype(np.int64), origin_mm=origin, spacing_mm=spacing, shape=shape
    )
    at = origin + spacing * np.argwhere(np.ones(shape))
    assert np.array_equal(ours.ravel(), found.find_simplex(at))
    assert 0.2 < (ours >= 0).mean() < 0.9


def test_the_corners_of_a_tetrahedron_may_run_either_way_round():
    cells = cut(np.arange(8)[None], OF_HEXAHEDRON)
    grid = {"origin_mm": np.full(3, 0.05), "spacing_mm": 0.1, "shape": (10, 10, 10)}
    ours = cell_of(CUBE, cells, **grid)
    other = cell_of(CUBE, cells[:, [1, 0, 2, 3]], **grid)
    assert (ours >= 0).all()
    assert np.array_equal(ours, other)


def test_a_point_on_a_shared_face_is_in_the_cell_that_stands_first():
    cells = np.array([[0, 1, 3, 4], [0, 1, 3, 4]])
    found = cell_of(CUBE, cells, origin_mm=np.zeros(3), spacing_mm=0.5, shape=(3, 3, 3))
    assert set(np.unique(found)) == {-1, 0}
    assert int((found == 0).sum()) == 10


def test_a_flat_tetrahedron_and_one_outside_the_grid_hold_no_point():
    cells = np.array([[0, 1, 2, 3], [0, 1, 3, 4]])
    found = cell_of(CUBE + 50, cells, origin_mm=np.zeros(3), spacing_mm=0.5, shape=(4, 4, 4))
    assert (found == -1).all()
    flat = cell_of(CUBE, cells[:1], origin_mm=np.zeros(3), spacing_mm=0.5, shape=(4, 4, 4))
    assert (flat == -1).all()


@pytest.mark.parametrize(
    ("corners", "pattern", "volume"),
    [
        (CUBE, OF_HEXAHEDRON, 1.0),
        (CUBE[[0, 1, 3, 4, 5, 7]], OF_PRISM, 0.5),
        (CUBE[[0, 1, 2, 3, 4]], OF_PYRAMID, 1 / 3),
    ],
)
def test_the_pieces_of_a_cell_have_its_volume(corners, pattern, volume):
    sheared = corners @ np.array([[2, 0.3, 0], [0, 1.5, 0.2], [0.1, 0, 0.5]])
    pieces = cut(np.arange(len(corners))[None], pattern)
    size = np.abs(volumes_mm3(sheared, pieces)).sum()
    shear = np.linalg.det([[2, 0.3, 0], [0, 1.5, 0.2], [0.1, 0, 0.5]])
    assert size == pytest.approx(volume * shear)


@pytest.mark.parametrize(("spacing", "shape"), [(0.0, (3, 3, 3)), (1.0, (3, 0, 3))])
def test_an_impossible_grid_is_refused(spacing, shape):
    with pytest.raises(InvalidInputError, match="spacing above 0 mm"):
        cell_of(CUBE, np.array([[0, 1, 3, 4]]), origin_mm=np.zeros(3), spacing_mm=spacing,
                shape=shape)  # fmt: skip
