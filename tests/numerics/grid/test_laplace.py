"""A field between fixed values is the one that is known where one is known."""

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, NumericalError
from bodytwin.numerics.grid import Voxels
from bodytwin.numerics.grid.laplace import Laplace


def shell(h):
    n = int(2 * 13 / h) + 1
    axis = (np.arange(n) - n // 2) * h
    r = np.sqrt(sum(a**2 for a in np.meshgrid(axis, axis, axis, indexing="ij")))
    return Voxels.of_mask((r >= 5) & (r <= 12), spacing_mm=h, origin_mm=(axis[0],) * 3)


def test_between_two_planes_it_is_a_straight_line():
    laplace = Laplace(Voxels.of_mask(np.ones((11, 4, 3), dtype=bool), spacing_mm=0.5))
    x = laplace.voxels.positions_mm[:, 0] / 5.0
    fixed = (x == 0) | (x == 1)
    assert laplace.solve(fixed, np.where(x == 1, 1.0, 0.0)) == pytest.approx(x, abs=1e-5)
    assert laplace.gradient(x) == pytest.approx(np.tile([0.2, 0, 0], (len(x), 1)), abs=1e-12)


def test_between_two_spheres_it_comes_nearer_to_the_exact_one_on_finer_voxels():
    errors = []
    for h in (1.0, 0.5):
        laplace = Laplace(shell(h))
        r = np.linalg.norm(laplace.voxels.positions_mm, axis=1)
        exact = (1 / 5 - 1 / r) / (1 / 5 - 1 / 12)
        fixed = (r < 5 + h) | (r > 12 - h)
        found = laplace.solve(fixed, exact)
        errors.append(np.abs(found - exact).max())
    assert errors[1] < 0.4 * errors[0]


def test_it_never_leaves_the_range_of_what_is_fixed():
    laplace = Laplace(shell(1.0))
    r = np.linalg.norm(laplace.voxels.positions_mm, axis=1)
    found = laplace.solve((r < 6) | (r > 11), np.where(r < 6, 1.0, 0.0))
    assert -1e-6 <= found.min() <= found.max() <= 1 + 1e-6


def test_nothing_fixed_is_refused():
    laplace = Laplace(shell(2.0))
    n = laplace.voxels.count
    with pytest.raises(InvalidInputError):
        laplace.solve(np.zeros(n, dtype=bool), np.zeros(n))


def test_a_part_that_hangs_on_nothing_is_an_error():
    mask = np.zeros((8, 3, 3), dtype=bool)
    mask[:3], mask[5:] = True, True
    laplace = Laplace(Voxels.of_mask(mask, spacing_mm=1.0))
    x = laplace.voxels.positions_mm[:, 0]
    with pytest.raises(NumericalError):
        laplace.solve(x == 0, np.where(x == 0, 3.0, 0.0) + 1.0)
