"""A suture tied round a tissue."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError, InvalidParameterError
from bodytwin.numerics import solid
from bodytwin.numerics.solid.equations import Equations
from bodytwin.numerics.solid.material import NeoHookean

SOFT = NeoHookean(shear_kpa=2.0)


def tube(around=6, high=1):
    """A whole tube of radii 2 and 4 mm, 2 mm high."""

    def place(x):
        angle, radius = 2 * np.pi * x[:, 1], 2 + 2 * x[:, 0]
        return np.stack([radius * np.cos(angle), radius * np.sin(angle), 2 * x[:, 2]], axis=1)

    return solid.joined([solid.block((1, around, high)).moved(place)], within_mm=1e-6)


def circle(radius, count, z=1.0, turned=0.1):
    angle = turned + np.arange(count) * 2 * np.pi / count
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full(count, z)], axis=1)


def round_about(mesh, *, count=9, radius=3.4, tension_mn=5.0, stiffness_mn=20.0):
    points = solid.embedded(mesh, circle(radius, count))
    return solid.tied(points, mesh.positions_mm, tension_mn=tension_mn, stiffness_mn=stiffness_mn)


def held(mesh):
    return solid.held_still(mesh.nodes_where(lambda x: x[:, 2] < 1e-9))


def test_points_are_where_they_were_put_and_move_with_the_body():
    mesh = tube()
    wanted = circle(3.3, 7, z=0.7)
    points = solid.embedded(mesh, wanted)
    np.testing.assert_allclose(points.at(mesh.positions_mm), wanted, atol=1e-12)
    a = np.array([[1.1, 0.2, 0.0], [0.0, 0.9, 0.1], [0.3, 0.0, 1.2]])
    np.testing.assert_allclose(points.at(mesh.positions_mm @ a.T), wanted @ a.T, atol=1e-12)


def test_a_point_at_a_node_is_carried_by_that_node_alone():
    mesh = tube()
    nodes = np.array([3, 17, 40])
    points = solid.embedded(mesh, mesh.positions_mm[nodes])
    assert points.nodes.shape == (3, 1)
    assert (points.nodes[:, 0] == nodes).all()


def test_a_point_outside_the_body_is_named():
    with pytest.raises(InvalidInputError, match=r"Point 0 at .* lies in no element .4 of 4 points"):
        solid.embedded(tube(), circle(1.5, 4))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), tension_mn=st.floats(0, 10), stiffness_mn=st.floats(1, 50))
def test_force_and_stiffness_are_derivatives_of_the_energy(seed, tension_mn, stiffness_mn):
    mesh, rng = tube(), np.random.default_rng(seed)
    ring = round_about(mesh, tension_mn=tension_mn, stiffness_mn=stiffness_mn)
    now = mesh.positions_mm * [1.2, 1.1, 1.0] + rng.uniform(-0.1, 0.1, mesh.positions_mm.shape)
    step, h = rng.standard_normal(now.shape), 1e-4

    def force(at):
        out = np.zeros_like(at)
        x = mesh.positions_mm[ring.groups]
        np.add.at(out, ring.groups, ring.force_mn(x, at[ring.groups] - x, 1.0))
        return out

    def slope(of):
        near, far = (of(now + n * h * step) - of(now - n * h * step) for n in (1, 2))
        return (8 * near - far) / (12 * h)

    work = np.sum(force(now) * step)
    assert work == pytest.approx(slope(ring.energy_uj), rel=1e-8, abs=1e-8)
    x = mesh.positions_mm[ring.groups]
    matrix = ring.stiffness_mn_per_mm(x, now[ring.groups] - x, 1.0)
    np.testing.assert_allclose(matrix, np.swapaxes(matrix, 1, 2), atol=1e-12)
    local = np.einsum("gab,gb->ga", matrix, step[ring.groups].reshape(len(matrix), -1))
    along = np.zeros_like(now)
    np.add.at(along, ring.groups, local.reshape(*ring.groups.shape, 3))
    rate = slope(force)
    np.testing.assert_allclose(along, rate, atol=1e-7 * np.abs(rate).max())


def test_a_ring_neither_pushes_nor_turns_the_body_as_a_whole():
    mesh = tube()
    ring = round_about(mesh)
    u = np.random.default_rng(0).uniform(-0.2, 0.2, mesh.positions_mm.shape)
    x = mesh.positions_mm[ring.groups]
    force = ring.force_mn(x, u[ring.groups], 1.0)
    assert np.abs(force).max() > 0.1
    np.testing.assert_allclose(force.sum(axis=(0, 1)), 0.0, atol=1e-12)
    moment = np.cross(x + u[ring.groups], force).sum(axis=(0, 1))
    np.testing.assert_allclose(moment, 0.0, atol=1e-12)


def test_the_whole_matrix_holds_what_joins_nodes_of_different_elements():
    mesh = tube()
    ring = round_about(mesh, count=4)
    made = solid.body(mesh, SOFT, bulk_kpa=40.0)
    equations = Equations(made, [ring], held(mesh))
    assert len(equations.assembly.joints[0]) == 4
    rng = np.random.default_rng(1)
    u, v = (rng.uniform(-a, a, 3 * mesh.count) for a in (0.03, 1.0))

    def residual(u):
        found = equations.balance(equations.settled(u, share=0.7), share=0.7, stiff=False)
        return found.residual_mn[equations.free]

    at = equations.balance(equations.settled(u, share=0.7), share=0.7, stiff=True)
    v[equations.fixed] = 0.0
    near, far = (residual(u + n * 1e-4 * v) - residual(u - n * 1e-4 * v) for n in (1, 2))
    slope = (8 * near - far) / 12e-4
    along = equations.reduced(at.values) @ v[equations.free]
    np.testing.assert_allclose(along, slope, rtol=0, atol=1e-7 * np.abs(slope).max())


def test_a_tied_ring_narrows_the_canal_and_the_more_so_the_tighter_it_is():
    mesh = tube()
    made = solid.body(mesh, SOFT, bulk_kpa=40.0)
    inner = mesh.nodes_where(lambda x: (np.hypot(x[:, 0], x[:, 1]) < 2 + 1e-9) & (x[:, 2] > 1.9))
    radii = []
    for tension_mn in (0.0, 2.0, 4.0):
        ring = round_about(mesh, count=24, tension_mn=tension_mn, stiffness_mn=0.0)
        there = mesh.positions_mm + solid.solve(made, [ring], held(mesh)).displacement_mm
        radii.append(np.hypot(there[inner, 0], there[inner, 1]).mean())
    assert radii[0] == pytest.approx(2.0)
    assert radii[0] > radii[1] > radii[2]
    assert radii[2] < 1.9


def test_a_stiff_ring_loses_its_tension_as_the_tissue_gives_way_and_never_pushes():
    mesh = tube()
    made = solid.body(mesh, SOFT, bulk_kpa=40.0)
    ring = round_about(mesh, count=24, tension_mn=4.0, stiffness_mn=40.0)
    there = mesh.positions_mm + solid.solve(made, [ring], held(mesh)).displacement_mm
    assert 0 < ring.tensions_mn(there).max() < 4.0
    assert ring.length_mm(there) < ring.length_mm(mesh.positions_mm)
    assert (ring.tensions_mn(0.5 * mesh.positions_mm) == 0).all()


def test_half_a_ring_pulls_each_of_its_points_as_the_whole_does():
    mesh, count = tube(), 9
    u = np.random.default_rng(4).uniform(-0.2, 0.2, mesh.positions_mm.shape)
    points = solid.embedded(mesh, circle(3.4, count))
    first = solid.Embedded(points.nodes[:5], points.shares[:5])

    def pulls(at, *, half):
        ring = solid.tied(at, mesh.positions_mm, tension_mn=5.0, stiffness_mn=20.0, half=half)
        x = mesh.positions_mm[ring.groups]
        out = np.zeros_like(u)
        np.add.at(out, ring.groups, ring.force_mn(x, u[ring.groups], 1.0))
        return ring, out

    (ring, some), (whole, every) = pulls(first, half=True), pulls(points, half=False)
    assert len(ring.groups) == 4
    assert ring.tied_mm == pytest.approx(whole.tied_mm[:4])
    inner = np.setdiff1d(
        points.nodes[1:4], np.r_[points.nodes[:1].ravel(), points.nodes[4:].ravel()]
    )
    assert len(inner)
    np.testing.assert_allclose(some[inner], every[inner], atol=1e-12)
    assert ring.length_mm(mesh.positions_mm) == pytest.approx(ring.tied_mm.sum())


def test_a_ring_of_two_points_or_negative_tension_is_refused():
    mesh = tube()
    with pytest.raises(InvalidInputError, match="A ring needs 3 points, got 2"):
        solid.tied(solid.on_nodes(np.array([0, 9])), mesh.positions_mm, tension_mn=1.0)
    with pytest.raises(InvalidParameterError, match="tension_mn must be zero or more"):
        round_about(mesh, tension_mn=-1.0)
