"""A soft body against rigid ones, along which it slides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError, NumericalError
from bodytwin.numerics import solid
from bodytwin.numerics.solid import field
from bodytwin.numerics.solid.material import NeoHookean

SOFT = NeoHookean(shear_kpa=2.0)
OBSTACLES = {
    "plane": solid.Plane((0.1, 0.2, 0.3), (1.0, 2.0, 3.0)),
    "ball": solid.Ball((0.1, 0.2, 0.3), 2.0),
    "cylinder": solid.Cylinder((0.1, 0.2, 0.3), (1.0, 0.5, 2.0), 2.0),
    "hole": solid.Cylinder((0.1, 0.2, 0.3), (1.0, 0.5, 2.0), 2.0, hollow=True),
    "torus": solid.Torus((0.1, 0.2, 0.3), (1.0, 0.5, 2.0), 3.0, 0.7),
}


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), name=st.sampled_from(sorted(OBSTACLES)))
def test_an_obstacles_normal_and_bend_are_derivatives_of_its_distance(seed, name):
    rng = np.random.default_rng(seed)
    points, step, h = rng.uniform(-5, 5, (5, 3)), rng.standard_normal((5, 3)), 1e-4

    def slope(of):
        near, far = (of(points + n * h * step) - of(points - n * h * step) for n in (1, 2))
        return (8 * near - far) / (12 * h)

    def distance(x):
        return OBSTACLES[name].distance(x)

    _, n, bend = distance(points)
    np.testing.assert_allclose(np.linalg.norm(n, axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(np.sum(n * step, axis=1), slope(lambda x: distance(x)[0]), atol=1e-6)
    along = np.einsum("kij,kj->ki", bend, step)
    np.testing.assert_allclose(along, slope(lambda x: distance(x)[1]), atol=1e-4)


def test_a_torus_is_as_far_as_its_nearest_circle_says():
    torus = solid.Torus((0.0, 0.0, 1.0), (0.0, 0.0, 2.0), 3.0, 0.5)
    at = np.array([[4.0, 0.0, 1.0], [0.0, 2.0, 1.0], [0.0, 3.0, 3.0], [6.0, 0.0, -3.0]])
    np.testing.assert_allclose(torus.distance(at)[0], [0.5, 0.5, 1.5, 4.5])


def block():
    return solid.box((2, 2, 1), size_mm=(2.0, 2.0, 1.0))


def above(mesh, height=1.0):
    return mesh.boundary_where(lambda x: x[:, 2] > height - 1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), name=st.sampled_from(["plane", "ball", "torus"]))
def test_force_and_stiffness_are_derivatives_of_the_energy(seed, name):
    mesh, rng = block(), np.random.default_rng(seed)
    lid = {
        "plane": solid.Plane((0.0, 0.0, 0.9), (0.1, 0.0, -1.0)),
        "ball": solid.Ball((1.0, 1.0, 2.5), 1.8),
        "torus": solid.Torus((1.0, 1.0, 1.2), (0.0, 0.0, 1.0), 0.8, 0.4),
    }[name]
    faces = above(mesh)
    multiplier = rng.uniform(0, 3, (len(faces), 4))
    one = solid.Contact(faces, lid, penalty_kpa_per_mm=7.0, multiplier_kpa=multiplier)
    x, now = mesh.positions_mm, rng.uniform(-0.05, 0.05, mesh.positions_mm.shape)
    step, h = rng.standard_normal(x.shape), 1e-6

    def force(u):
        out = np.zeros_like(x)
        np.add.at(out, faces, one.force_mn(x[faces], u[faces], 1.0))
        return out

    rise = one.energy_uj(x, now + h * step) - one.energy_uj(x, now - h * step)
    assert np.abs(force(now)).max() > 0
    assert np.sum(force(now) * step) == pytest.approx(rise / (2 * h), rel=1e-5, abs=1e-7)
    matrix = one.stiffness_mn_per_mm(x[faces], now[faces], 1.0)
    np.testing.assert_allclose(matrix, np.swapaxes(matrix, 1, 2), atol=1e-12)
    local = np.einsum("gab,gb->ga", matrix, step[faces].reshape(len(matrix), -1))
    along = np.zeros_like(x)
    np.add.at(along, faces, local.reshape(*faces.shape, 3))
    rate = (force(now + h * step) - force(now - h * step)) / (2 * h)
    np.testing.assert_allclose(along, rate, atol=1e-4 * np.abs(rate).max())


def pressed(by_mm, *, penalty=50.0, depth_mm=1e-6, crooked=0.0, height=1.0):
    """A block between a wall and a plane that comes down, its sides sliding along walls."""
    rng = np.random.default_rng(0)
    size = np.array([2.0, 2.0, 1.0])

    def place(x):
        inside = ((x > 1e-9) & (x < size - 1e-9)).all(axis=1)
        return x + inside[:, None] * rng.uniform(-crooked, crooked, x.shape)

    mesh = block().moved(place)
    held = [solid.Held(mesh.nodes_where(lambda x, i=i: x[:, i] < 1e-9), i) for i in range(3)]
    plane = solid.Plane((0.0, 0.0, 1.0 - by_mm), (0.0, 0.0, -1.0))
    one = solid.Contact(above(mesh), plane, penalty, from_mm=(0.0, 0.0, by_mm))
    made = solid.body(mesh, SOFT, bulk_kpa=20.0)
    return made, solid.rest(made, [], held, [one], depth_mm=depth_mm)


def test_a_block_that_a_plane_presses_deforms_evenly_and_bears_one_stress():
    made, found = pressed(0.2, crooked=0.04)
    u = found.solution.displacement_mm
    f = field.deformation(made.mesh, u)
    np.testing.assert_allclose(f, np.broadcast_to(f[0, 0], f.shape), atol=1e-6)
    np.testing.assert_allclose(f[0, 0, 2, 2], 0.8, atol=1e-5)
    stress = field.cauchy_kpa(made, u)
    np.testing.assert_allclose(stress[..., 0, 0], 0.0, atol=1e-5)
    p = found.contacts[0].pressure_kpa(made.mesh.positions_mm, u)
    area = f[0, 0, 0, 0] * f[0, 0, 1, 1]
    np.testing.assert_allclose(p, -stress[0, 0, 2, 2] * area, rtol=1e-4)


def test_action_equals_reaction():
    made, found = pressed(0.2)
    at, u = made.mesh.positions_mm, found.solution.displacement_mm
    push = found.contacts[0].resultant_mn(at, u)
    assert push[2] > 1.0
    np.testing.assert_allclose(found.solution.reaction_mn.sum(axis=0), push, atol=1e-6)


def test_the_answer_does_not_depend_on_the_penalty():
    soft, hard = (pressed(0.2, penalty=penalty)[1] for penalty in (10.0, 200.0))
    assert soft.rounds > hard.rounds
    np.testing.assert_allclose(
        soft.solution.displacement_mm, hard.solution.displacement_mm, rtol=0, atol=1e-5
    )


def test_an_obstacle_that_is_not_reached_does_nothing():
    _, found = pressed(-0.1)
    assert found.rounds == 1
    np.testing.assert_allclose(found.solution.displacement_mm, 0.0, atol=1e-12)


def test_a_ring_that_is_pushed_into_a_block_leaves_a_round_dent_and_open_gaps():
    mesh = solid.box((4, 4, 2), size_mm=(8.0, 8.0, 3.0))
    below = mesh.nodes_where(lambda x: x[:, 2] < 1e-9)
    ring = solid.Torus((4.0, 4.0, 3.7), (0.0, 0.0, 1.0), 2.0, 1.0)
    one = solid.Contact(above(mesh, 3.0), ring, 20.0, from_mm=(0.0, 0.0, 0.3))
    made = solid.body(mesh, SOFT, bulk_kpa=20.0)
    found = solid.rest(made, [], solid.held_still(below), [one], depth_mm=1e-3)
    there = mesh.positions_mm + found.solution.displacement_mm
    gap = found.contacts[0].gap_mm(there)
    assert gap.min() > -1e-3
    assert gap.max() > 0.5
    np.testing.assert_allclose(
        found.solution.reaction_mn.sum(axis=0),
        found.contacts[0].resultant_mn(mesh.positions_mm, found.solution.displacement_mm),
        atol=1e-4,
    )


def test_too_few_rounds_are_refused_with_how_deep_a_point_reaches():
    mesh = block()
    held = [solid.Held(mesh.nodes_where(lambda x, i=i: x[:, i] < 1e-9), i) for i in range(3)]
    plane = solid.Plane((0.0, 0.0, 0.8), (0.0, 0.0, -1.0))
    one = solid.Contact(above(mesh), plane, 1.0)
    made = solid.body(mesh, SOFT, bulk_kpa=20.0)
    with pytest.raises(NumericalError, match=r"After 2 rounds a point still reaches 0\.1"):
        solid.rest(made, [], held, [one], depth_mm=1e-3, most_rounds=2)


def test_a_torus_thicker_than_its_ring_and_a_direction_of_no_length_are_refused():
    with pytest.raises(InvalidInputError, match="tube_mm must be less than radius_mm"):
        solid.Torus((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 1.0, 1.5)
    with pytest.raises(InvalidInputError, match="A direction needs three numbers"):
        solid.Plane((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
