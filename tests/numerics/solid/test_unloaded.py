"""From a loaded shape back to the one without its load."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import NumericalError
from bodytwin.numerics import solid
from bodytwin.numerics.solid.backward import Backward
from bodytwin.numerics.solid.equations import State
from bodytwin.numerics.solid.material import ChainFibres, Drained, Gathered, Guccione, NeoHookean

SOFT = NeoHookean(shear_kpa=2.0)
HEART = Guccione(c_kpa=2.0, b_fibre=8.0, b_across=2.0, b_shear=4.0)
CERVIX = Drained(
    shear_kpa=0.4,
    lame_kpa=0.9,
    fibres=ChainFibres(stiffness_kpa=12.0, locking_stretch=2.4),
    spread=Gathered(concentration=1.0),
)


def crooked(seed=0):
    rng = np.random.default_rng(seed)
    mesh = solid.box((2, 1, 1), size_mm=(2.0, 1.0, 1.0))
    return mesh.moved(lambda x: x + rng.uniform(-0.03, 0.03, x.shape))


def every_load(mesh):
    far = mesh.boundary[:3]
    return [
        solid.Pressure(far, pressure_kpa=3.0),
        solid.Traction(far, traction_kpa=(1.0, 2.0, 3.0)),
        solid.Support(far, stiffness_kpa_per_mm=4.0),
    ]


@pytest.mark.parametrize("law", [SOFT, HEART, CERVIX], ids=lambda x: type(x).__name__)
def test_the_matrix_backward_is_the_slope_of_the_forces_with_the_pressure_eliminated(law):
    mesh, rng = crooked(), np.random.default_rng(1)
    problem = Backward(
        solid.body(mesh, law, bulk_kpa=40.0, active_kpa=5.0), every_load(mesh), [], None
    )
    u = (mesh.positions_mm * [0.1, 0.15, 0.2]).reshape(-1)
    u += rng.uniform(-0.002, 0.002, u.shape)
    balanced = problem.settled(u, share=0.7)
    state = State(u, balanced.pressure * rng.uniform(0.9, 1.1, balanced.pressure.shape))
    now = problem.balance(state, share=0.7, stiff=True)
    step, h = rng.standard_normal(u.size), 1e-5

    def at(length):
        there = problem.advanced(state, now, step, length)
        found = problem.balance(there, share=0.7, stiff=False)
        return np.concatenate([found.residual_mn, found.defect.reshape(-1)])

    slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
    forces, defect = slope[: u.size], slope[u.size :]
    extra = problem.pushed(now.slope, now) - now.residual_mn[problem.free]
    along = problem.reduced(now.values) @ step[problem.free] + extra
    np.testing.assert_allclose(
        along, forces[problem.free], rtol=0, atol=1e-7 * np.abs(forces).max()
    )
    # A whole step takes the change of volume to nought, to first order.
    np.testing.assert_allclose(
        defect, -now.defect.reshape(-1), rtol=0, atol=1e-7 * np.abs(now.defect).max()
    )


@settings(max_examples=8, deadline=None)
@given(
    pressure_kpa=st.floats(-0.4, 0.4),
    moved_mm=st.floats(-0.2, 0.3),
    law=st.sampled_from([SOFT, HEART, CERVIX]),
)
def test_what_loading_makes_is_taken_back_to_what_it_was(pressure_kpa, moved_mm, law):
    mesh = crooked()
    made = solid.body(mesh, law, bulk_kpa=200.0)
    end = mesh.nodes_where(lambda x: x[:, 0] < 0.1)
    far = mesh.nodes_where(lambda x: x[:, 0] > 1.9)
    side = mesh.boundary_where(lambda x: x[:, 2] > 0.9)
    loads = [solid.Pressure(side, pressure_kpa=pressure_kpa)]
    held = [*solid.held_still(end), solid.Held(far, 0, moved_mm)]
    there = mesh.positions_mm + solid.solve(made, loads, held).displacement_mm
    seen = solid.body(solid.Mesh(there, mesh.cells), law, bulk_kpa=200.0)
    found = solid.unloaded(seen, loads, held)
    np.testing.assert_allclose(found.body.mesh.positions_mm, mesh.positions_mm, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.displacement_mm, there - mesh.positions_mm, rtol=0, atol=1e-6)


def test_without_a_load_the_shape_is_the_one_that_was_seen():
    mesh = crooked()
    end = mesh.nodes_where(lambda x: x[:, 0] < 0.1)
    found = solid.unloaded(solid.body(mesh, SOFT, bulk_kpa=200.0), [], solid.held_still(end))
    np.testing.assert_allclose(found.displacement_mm, 0.0, atol=1e-10)


def test_fibres_that_follow_the_shape_are_those_of_the_unloaded_shape():
    mesh = solid.box((3, 1, 1), size_mm=(3.0, 1.0, 1.0))
    end = mesh.nodes_where(lambda x: x[:, 0] < 1e-9)

    def lengthwise(mesh):
        """Fibres along the lines of nodes from end to end."""
        f = mesh.at_points(mesh.positions_mm)
        f = np.gradient(f.reshape(-1, 3, 3, 3, 3), axis=3).reshape(f.shape)
        f /= np.linalg.norm(f, axis=-1, keepdims=True)
        s = np.cross([0.0, 1.0, 0.0], f)
        s /= np.linalg.norm(s, axis=-1, keepdims=True)
        return np.stack([f, s, np.cross(f, s)], axis=2)

    made = solid.body(mesh, HEART, bulk_kpa=200.0, axes=lengthwise(mesh))
    below = mesh.boundary_where(lambda x: x[:, 2] < 1e-9)
    load, held = [solid.Pressure(below, pressure_kpa=0.1)], solid.held_still(end)
    bent = mesh.positions_mm + solid.solve(made, load, held).displacement_mm
    assert bent[:, 2].max() > 1.2
    curved = solid.Mesh(bent, mesh.cells)
    seen = solid.body(curved, HEART, bulk_kpa=200.0, axes=lengthwise(curved))
    off = {}
    for name, axes in (("followed", lengthwise), ("kept", None)):
        found = solid.unloaded(seen, load, held, axes=axes)
        off[name] = np.abs(found.body.mesh.positions_mm - mesh.positions_mm).max()
    assert off["followed"] < 1e-6
    assert off["kept"] > 1e-4


def test_what_no_unloaded_shape_explains_is_refused_with_the_share_that_could_be_taken_away():
    mesh = solid.box((1, 1, 1), size_mm=(1.0, 1.0, 1.0))
    end = mesh.nodes_where(lambda x: x[:, 0] < 1e-9)
    far = mesh.nodes_where(lambda x: x[:, 0] > 1 - 1e-9)
    longer_than_the_body = [*solid.held_still(end), solid.Held(far, 0, 1.5)]
    with pytest.raises(NumericalError, match=r"shape was not found\. Only 0\.[3-6]\d* of the load"):
        solid.unloaded(solid.body(mesh, SOFT, bulk_kpa=20.0), [], longer_than_the_body)
