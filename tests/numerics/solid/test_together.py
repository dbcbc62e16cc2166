"""Regions, an unloaded state, a suture and a rigid ring in one body, as for a cervix."""

import numpy as np

from bodytwin.numerics import solid
from bodytwin.numerics.solid.material import ChainFibres, Drained, Gathered, Holzapfel

CERVIX = Drained(
    shear_kpa=0.4,
    lame_kpa=0.9,
    fibres=ChainFibres(stiffness_kpa=12.0, locking_stretch=2.4),
    spread=Gathered(concentration=1.0),
)
UTERUS = Holzapfel(shear_kpa=20.0, k1_kpa=6.0, k2=1.0, dispersion=0.0, angle_rad=0.785)


def neck():
    """A tube of radii 4 and 14 mm, 30 mm high."""

    def place(x):
        angle, radius = 2 * np.pi * x[:, 1], 4 + 10 * x[:, 0]
        return np.stack([radius * np.cos(angle), radius * np.sin(angle), 30 * x[:, 2]], axis=1)

    return solid.joined([solid.block((1, 8, 3)).moved(place)], within_mm=1e-6)


def round_the_canal(mesh):
    at = mesh.points_mm
    f = np.stack([-at[..., 1], at[..., 0], 0 * at[..., 0]], axis=-1)
    f /= np.linalg.norm(f, axis=-1, keepdims=True)
    s = np.broadcast_to([0.0, 0.0, 1.0], f.shape)
    return np.stack([f, s, np.cross(f, s)], axis=2)


def test_a_cervix_under_pressure_is_unloaded_tied_and_held_by_a_rigid_ring():
    seen = neck()
    region = (seen.positions_mm[seen.cells].mean(axis=1)[:, 2] > 20).astype(int)
    made = solid.body(
        seen, (CERVIX, UTERUS), law_of=region, bulk_kpa=2000.0, axes=round_the_canal(seen)
    )
    inside = seen.boundary_where(lambda x: np.hypot(x[:, 0], x[:, 1]) < 4.01)
    outside = seen.boundary_where(lambda x: np.hypot(x[:, 0], x[:, 1]) > 13.5)
    loads = [solid.Pressure(inside, pressure_kpa=1.0), solid.Support(outside, 0.02)]
    held = solid.held_still(seen.nodes_where(lambda x: x[:, 2] > 29.99))

    before = solid.unloaded(made, loads, held, axes=round_the_canal)
    at, start = before.body.mesh.positions_mm, before.displacement_mm
    np.testing.assert_allclose(at + start, seen.positions_mm, atol=1e-12)

    turn = np.arange(24) * 2 * np.pi / 24
    stitches = np.stack([11 * np.cos(turn), 11 * np.sin(turn), np.full(24, 11.0)], axis=1)
    points = solid.embedded(seen, stitches)
    ring = solid.tied(points, seen.positions_mm, tension_mn=20.0, stiffness_mn=500.0)
    tied = solid.solve(before.body, [*loads, ring], held, start_mm=start).displacement_mm
    assert 0 < ring.tensions_mn(at + tied).mean() < 20.0
    assert ring.length_mm(at + tied) < 0.99 * ring.length_mm(seen.positions_mm)

    torus = solid.Torus((0.0, 0.0, 8.0), (0.0, 0.0, 1.0), 17.0, 4.0)
    one = solid.Contact(outside, torus, penalty_kpa_per_mm=0.3)
    found = solid.rest(before.body, [*loads, ring], held, [one], depth_mm=0.1, start_mm=tied)
    u = found.solution.displacement_mm
    assert found.contacts[0].gap_mm(at + u).min() > -0.1
    assert np.linalg.norm(found.contacts[0].resultant_mn(at, u)) > 1.0
