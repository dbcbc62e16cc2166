"""From a surface to voxels and back, the volume stays."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.geometry import inside, rim_closed, skin_of
from bodytwin.numerics.grid import Voxels

RADIUS_MM = 20.0
VOLUME_ML = 4 / 3 * np.pi * RADIUS_MM**3 / 1000


def sphere():
    k = np.arange(2000) + 0.5
    polar, turn = np.arccos(1 - 2 * k / 2000), np.pi * (1 + 5**0.5) * k
    v = RADIUS_MM * np.stack(
        [np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], axis=1
    )
    return v, ConvexHull(v).simplices.astype(np.int64)


def voxels_of(vertices, triangles, h=0.5):
    n = int(2 * (RADIUS_MM + 3) / h)
    origin = np.full(3, -RADIUS_MM - 3.0)
    mask = inside(vertices, triangles, origin_mm=origin, spacing_mm=h, shape=(n, n, n))
    return Voxels.of_mask(mask, spacing_mm=h, origin_mm=tuple(origin))


def test_the_voxels_of_a_sphere_have_its_volume():
    assert voxels_of(*sphere()).volume_ml == pytest.approx(VOLUME_ML, rel=0.005)


def test_a_seam_that_is_not_welded_does_no_harm():
    v, t = sphere()
    upper = v[t].mean(axis=1)[:, 2] > 0
    twice = np.vstack([v, v + 1e-6])
    parted = np.where(upper[:, None], t, t + len(v))
    assert voxels_of(twice, parted).count == pytest.approx(voxels_of(v, t).count, rel=1e-3)


def test_an_open_rim_is_closed_by_a_flat_lid():
    v, t = sphere()
    bowl = t[(v[t][:, :, 2] < 5.0).all(axis=1)]
    closed = rim_closed(v, bowl)
    up = float(closed[0][-1][2])
    below = np.pi * (2 / 3 * RADIUS_MM**3 + RADIUS_MM**2 * up - up**3 / 3) / 1000
    assert voxels_of(*closed).volume_ml == pytest.approx(below, rel=0.03)


def test_the_skin_is_closed_and_faces_outwards():
    skin = skin_of(voxels_of(*sphere(), h=1.0))
    a, b, c = (skin.vertices_mm[skin.triangles[:, k]] for k in range(3))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6000
    assert volume == pytest.approx(VOLUME_ML, rel=0.03)
    edges = np.sort(
        np.concatenate([skin.triangles[:, [i, j]] for i, j in ((0, 1), (1, 2), (2, 0))])
    )
    _, count = np.unique(edges, axis=0, return_counts=True)
    assert (count % 2 == 0).all()


def test_a_grid_without_spacing_is_refused():
    v, t = sphere()
    with pytest.raises(InvalidInputError):
        inside(v, t, origin_mm=np.zeros(3), spacing_mm=0.0, shape=(3, 3, 3))
