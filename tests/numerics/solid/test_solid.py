"""What a body does when it is moved, pressed and held."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import eye
from scipy.sparse.linalg import splu
from scipy.spatial.transform import Rotation

from bodytwin.errors import InvalidInputError, NumericalError
from bodytwin.numerics import solid
from bodytwin.numerics.solid import field
from bodytwin.numerics.solid.assemble import Assembly
from bodytwin.numerics.solid.equations import Equations
from bodytwin.numerics.solid.material import (
    ChainFibres,
    Drained,
    Gathered,
    Guccione,
    Holzapfel,
    NeoHookean,
)
from bodytwin.numerics.solid.ordering import dissected

SOFT = NeoHookean(shear_kpa=2.0)
HEART = Guccione(c_kpa=2.0, b_fibre=8.0, b_across=2.0, b_shear=4.0)
CERVIX = Drained(
    shear_kpa=0.4,
    lame_kpa=0.9,
    fibres=ChainFibres(stiffness_kpa=12.0, locking_stretch=2.4),
    spread=Gathered(concentration=1.0),
)
ARTERY = Holzapfel(shear_kpa=2.0, k1_kpa=3.0, k2=1.2, dispersion=0.1, angle_rad=0.5)


def crooked(shape=(2, 2, 2), seed=0, by=0.04):
    """A cube of 2 mm whose inner nodes are moved at random, elements staying curved."""
    mesh = solid.box(shape, size_mm=(2.0, 2.0, 2.0))
    rng = np.random.default_rng(seed)

    def place(x):
        inside = ((x > 1e-9) & (x < 2 - 1e-9)).all(axis=1)
        return x + inside[:, None] * rng.uniform(-by, by, x.shape)

    return mesh.moved(place)


def surface(mesh):
    return np.unique(mesh.boundary)


def forces_mn(made, u, *, stiff=False):
    equations = Equations(made, [], [])
    state = equations.settled(u.reshape(-1), share=1.0)
    return equations.balance(state, share=1.0, stiff=stiff)


@pytest.mark.parametrize("law", [SOFT, HEART, ARTERY, CERVIX], ids=lambda x: type(x).__name__)
def test_a_body_whose_surface_is_moved_evenly_deforms_evenly(law):
    mesh = crooked()
    f = np.array([[1.2, 0.1, 0.0], [-0.05, 0.9, 0.15], [0.1, 0.0, 1.05]])
    u = mesh.positions_mm @ (f - np.eye(3)).T
    at = surface(mesh)
    held = [solid.Held(at, i, u[at, i]) for i in range(3)]
    found = solid.solve(solid.body(mesh, law, bulk_kpa=1000.0), [], held)
    np.testing.assert_allclose(found.displacement_mm, u, rtol=0, atol=1e-11)
    stress = field.cauchy_kpa(solid.body(mesh, law, bulk_kpa=1000.0), found.displacement_mm)
    np.testing.assert_allclose(stress, np.broadcast_to(stress[0, 0], stress.shape), atol=1e-7)


def test_two_tissues_in_a_row_bear_one_force():
    """Confined and pulled, the stress along is the same in drained and in other tissue."""
    mesh = solid.box((1, 1, 2), size_mm=(1.0, 1.0, 2.0))
    made = solid.body(mesh, (CERVIX, SOFT), bulk_kpa=20.0, law_of=np.array([0, 1]))
    x = mesh.positions_mm
    every, top, bottom = (np.flatnonzero(c) for c in (x[:, 2] > -1, x[:, 2] > 1.99, x[:, 2] < 0.01))
    held = [solid.Held(every, i) for i in (0, 1)]
    held += [solid.Held(bottom, 2), solid.Held(top, 2, 0.3)]
    found = solid.solve(made, [], held)
    stress = field.cauchy_kpa(made, found.displacement_mm)[..., 2, 2]
    np.testing.assert_allclose(stress, stress[0, 0], rtol=1e-6)
    middle = found.displacement_mm[np.isclose(x[:, 2], 1.0), 2]
    assert np.ptp(middle) < 1e-9
    assert middle[0] > 0.2


def test_a_bulk_modulus_belongs_to_tissue_that_keeps_its_volume_and_to_no_other():
    mesh = solid.box((1, 1, 2), size_mm=(1.0, 1.0, 2.0))
    with pytest.raises(InvalidInputError, match="must be positive"):
        solid.body(mesh, SOFT)
    with pytest.raises(InvalidInputError, match="must be 0 where the law is Drained"):
        solid.body(mesh, (CERVIX, SOFT), bulk_kpa=np.full(2, 5.0), law_of=np.array([0, 1]))


@settings(max_examples=20, deadline=None)
@given(
    turn=st.tuples(*[st.floats(-3, 3)] * 3),
    shift=st.tuples(*[st.floats(-50, 50)] * 3),
    seed=st.integers(0, 1000),
)
def test_turning_and_shifting_a_deformed_body_turns_its_forces_and_keeps_its_energy(
    turn, shift, seed
):
    mesh = crooked((1, 2, 1))
    made = solid.body(mesh, ARTERY, bulk_kpa=100.0, active_kpa=3.0)
    u = np.random.default_rng(seed).uniform(-0.05, 0.05, mesh.positions_mm.shape)
    rotation = Rotation.from_rotvec(turn).as_matrix()
    turned = (mesh.positions_mm + u) @ rotation.T + np.array(shift) - mesh.positions_mm
    assembly, none = Assembly(made), np.zeros((len(mesh.cells), 4))
    before = assembly.answer(u, none, active_share=1.0, stiff=False)
    after = assembly.answer(turned, none, active_share=1.0, stiff=False)
    scale = np.abs(before.force_mn).max()
    np.testing.assert_allclose(
        after.force_mn, before.force_mn @ rotation.T, rtol=0, atol=1e-9 * scale
    )
    np.testing.assert_allclose(after.energy_uj, before.energy_uj, rtol=1e-9)
    np.testing.assert_allclose(after.grown, before.grown, rtol=0, atol=1e-11)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_inner_forces_neither_push_nor_turn_the_body_as_a_whole(seed):
    mesh = crooked((1, 2, 1))
    made = solid.body(mesh, HEART, bulk_kpa=100.0, active_kpa=3.0)
    u = np.random.default_rng(seed).uniform(-0.05, 0.05, mesh.positions_mm.shape)
    force = forces_mn(made, u).residual_mn.reshape(-1, 3)
    scale = np.abs(force).sum()
    np.testing.assert_allclose(force.sum(axis=0), 0.0, atol=1e-12 * scale)
    moment = np.cross(mesh.positions_mm + u, force).sum(axis=0)
    np.testing.assert_allclose(moment, 0.0, atol=1e-12 * scale)


def test_an_undeformed_body_resists_all_but_the_six_rigid_motions():
    mesh = crooked()
    assembly = Assembly(solid.body(mesh, SOFT, bulk_kpa=1000.0))
    at_rest = assembly.answer(
        np.zeros_like(mesh.positions_mm), np.zeros((8, 4)), active_share=1.0, stiff=True
    )
    values = np.linalg.eigvalsh(assembly.pattern.matrix(at_rest.values).toarray())
    assert (np.abs(values) < 1e-9 * values[-1]).sum() == 6
    assert values[6] > 1e-6 * values[-1]


@pytest.mark.parametrize("law", [SOFT, HEART, ARTERY], ids=lambda x: type(x).__name__)
def test_the_stiffness_of_a_loaded_body_is_the_slope_of_its_forces(law):
    mesh = crooked((2, 1, 1))
    made = solid.body(mesh, law, bulk_kpa=40.0, active_kpa=5.0)
    above = mesh.boundary_where(lambda x: x[:, 2] > 2 - 1e-9)
    loads = [
        solid.Pressure(above, pressure_kpa=3.0),
        solid.Pressure(above, pressure_kpa=1.0, rise_kpa_per_mm=(0.4, -0.7, 1.1)),
        solid.Traction(above, traction_kpa=(1.0, 2.0, 3.0)),
        solid.Support(above, stiffness_kpa_per_mm=4.0),
    ]
    equations = Equations(made, loads, [])
    rng = np.random.default_rng(1)
    u, v = (rng.uniform(-a, a, 3 * mesh.count) for a in (0.03, 1.0))
    u += (mesh.positions_mm * [0.4, -0.1, -0.2]).reshape(-1)  # fibres in tension, off their kink

    def residual(u):
        return equations.balance(equations.settled(u, share=0.7), share=0.7, stiff=False)

    at = equations.balance(equations.settled(u, share=0.7), share=0.7, stiff=True)
    h = 1e-4
    slope = (
        8 * (residual(u + h * v).residual_mn - residual(u - h * v).residual_mn)
        - (residual(u + 2 * h * v).residual_mn - residual(u - 2 * h * v).residual_mn)
    ) / (12 * h)
    along = equations.reduced(at.values) @ v[equations.free]
    np.testing.assert_allclose(
        along, slope[equations.free], rtol=0, atol=1e-7 * np.abs(slope).max()
    )


def test_pressure_on_the_whole_surface_pushes_with_no_net_force():
    mesh = crooked()
    u = np.random.default_rng(2).uniform(-0.1, 0.1, mesh.positions_mm.shape)
    load = solid.Pressure(mesh.boundary, pressure_kpa=2.0)
    force = load.force_mn(mesh.positions_mm[mesh.boundary], u[mesh.boundary], 1.0)
    np.testing.assert_allclose(force.sum(axis=(0, 1)), 0.0, atol=1e-12)


def test_a_pressure_that_rises_with_the_place_pushes_like_the_fluid_that_the_body_displaces():
    mesh = crooked()
    u = np.random.default_rng(3).uniform(-0.1, 0.1, mesh.positions_mm.shape)
    now = solid.Mesh(mesh.positions_mm + u, mesh.cells)
    rise = np.array([0.2, -0.1, 0.5])
    load = solid.Pressure(mesh.boundary, pressure_kpa=2.0, rise_kpa_per_mm=tuple(rise))
    residual = load.force_mn(mesh.positions_mm[mesh.boundary], u[mesh.boundary], 1.0)
    displaced = rise * now.geometry.weight_mm3.sum()
    np.testing.assert_allclose(residual.sum(axis=(0, 1)), displaced, rtol=2e-3)


def test_a_face_under_pressure_is_pushed_against_its_outward_normal():
    mesh = solid.box((1, 1, 1), size_mm=(2.0, 3.0, 4.0))
    above = mesh.boundary_where(lambda x: x[:, 2] > 4 - 1e-9)
    load = solid.Pressure(above, pressure_kpa=5.0)
    residual = load.force_mn(mesh.positions_mm[above], 0 * mesh.positions_mm[above], 1.0)
    np.testing.assert_allclose(-residual.sum(axis=(0, 1)), [0, 0, -30.0], atol=1e-12)


def test_a_squeezed_bag_encloses_less():
    mesh = solid.disc(2, 1, 1)
    under = mesh.boundary_where(lambda x: x[:, 2] < 1e-9)
    over = mesh.boundary_where(lambda x: x[:, 2] > 1 - 1e-9)
    rim = mesh.boundary_where(lambda x: np.hypot(x[:, 0], x[:, 1]) > 1 - 1e-9)
    everything = np.concatenate([under, over, rim])
    assert len(everything) == len(mesh.boundary) == 32
    round_mm3 = -field.enclosed_mm3(mesh.positions_mm, everything)
    assert round_mm3 == pytest.approx(mesh.geometry.weight_mm3.sum(), rel=1e-12)
    assert round_mm3 == pytest.approx(np.pi, rel=3e-3)
    assert -field.enclosed_mm3(0.5 * mesh.positions_mm, everything) == pytest.approx(round_mm3 / 8)


def pulled(law, *, stretch, bulk_kpa=1e5):
    mesh = solid.box((1, 1, 1), size_mm=(1.0, 1.0, 1.0))
    low = [mesh.nodes_where(lambda x, i=i: x[:, i] < 1e-9) for i in range(3)]
    far = mesh.nodes_where(lambda x: x[:, 0] > 1 - 1e-9)
    held = [*(solid.Held(at, i) for i, at in enumerate(low)), solid.Held(far, 0, stretch - 1)]
    return solid.solve(solid.body(mesh, law, bulk_kpa=bulk_kpa), [], held), far


def test_a_bar_of_rubber_pulled_to_twice_its_length_pulls_back_as_the_formula_says():
    found, far = pulled(SOFT, stretch=2.0, bulk_kpa=1e7)
    assert found.reaction_mn[far, 0].sum() == pytest.approx(2.0 * (2 - 1 / 4), rel=1e-6)


def test_the_answer_does_not_depend_on_the_shares_in_which_the_load_comes():
    mesh = solid.box((3, 1, 1), size_mm=(6.0, 1.0, 1.0))
    end = mesh.nodes_where(lambda x: x[:, 0] < 1e-9)
    below = mesh.boundary_where(lambda x: x[:, 2] < 1e-9)
    made = solid.body(mesh, SOFT, bulk_kpa=2000.0)
    load = [solid.Pressure(below, pressure_kpa=0.01)]

    def answer(first):
        path = solid.Path(first_share=first)
        return solid.solve(made, load, solid.held_still(end), path=path).displacement_mm

    np.testing.assert_allclose(answer(1.0), answer(0.1), rtol=0, atol=1e-7)


def test_a_known_answer_to_a_similar_question_saves_iterations():
    mesh = solid.box((3, 1, 1), size_mm=(6.0, 1.0, 1.0))
    end = mesh.nodes_where(lambda x: x[:, 0] < 1e-9)
    below = mesh.boundary_where(lambda x: x[:, 2] < 1e-9)
    made = solid.body(mesh, SOFT, bulk_kpa=2000.0)

    def answer(pressure_kpa, start=None):
        load = [solid.Pressure(below, pressure_kpa=pressure_kpa)]
        return solid.solve(made, load, solid.held_still(end), start_mm=start)

    first, cold = answer(0.01), answer(0.0105)
    warm = answer(0.0105, first.displacement_mm)
    assert warm.iterations < cold.iterations
    np.testing.assert_allclose(warm.displacement_mm, cold.displacement_mm, rtol=0, atol=1e-7)


def test_the_forces_that_hold_a_body_balance_what_is_applied():
    mesh = solid.box((2, 1, 1), size_mm=(2.0, 1.0, 1.0))
    end = mesh.nodes_where(lambda x: x[:, 0] < 1e-9)
    far = mesh.boundary_where(lambda x: x[:, 0] > 2 - 1e-9)
    made = solid.body(mesh, SOFT, bulk_kpa=500.0)
    found = solid.solve(
        made, [solid.Traction(far, traction_kpa=(0.1, 0.02, 0.0))], solid.held_still(end)
    )
    np.testing.assert_allclose(found.reaction_mn.sum(axis=0), [-0.1, -0.02, 0.0], atol=1e-7)


def test_the_matrix_is_the_same_whatever_the_order_of_the_elements():
    mesh = crooked()
    order = np.random.default_rng(5).permutation(len(mesh.cells))
    u = np.random.default_rng(6).uniform(-0.03, 0.03, mesh.positions_mm.shape)
    other = solid.Mesh(mesh.positions_mm, mesh.cells[order])
    whole = [
        (lambda a, v: a.pattern.matrix(v.values).toarray())(
            Assembly(solid.body(m, SOFT, bulk_kpa=90.0)),
            Assembly(solid.body(m, SOFT, bulk_kpa=90.0)).answer(
                u, np.zeros((8, 4)), active_share=0.0, stiff=True
            ),
        )
        for m in (mesh, other)
    ]
    np.testing.assert_allclose(whole[0], whole[1], rtol=0, atol=1e-10)


def test_every_node_is_eliminated_once_and_a_block_with_sparser_factors_than_line_by_line():
    mesh = solid.box((4, 4, 4), size_mm=(4.0, 4.0, 4.0))
    order = np.concatenate(dissected(mesh))
    assert (np.sort(order) == np.arange(mesh.count)).all()
    made = Equations(solid.body(mesh, SOFT, bulk_kpa=90.0), [], [solid.Held(np.arange(9), 0)])
    at = made.settled(np.zeros(3 * mesh.count), share=0.0)
    matrix = made.reduced(made.balance(at, share=0.0, stiff=True).values) + 10 * eye(
        len(made.free), format="csr"
    )
    line = np.argsort(made.free)

    def size(of):
        options = {"SymmetricMode": True}
        return splu(of.tocsc(), permc_spec="NATURAL", diag_pivot_thresh=0.0, options=options).L.nnz

    assert size(matrix) < 0.7 * size(matrix[line][:, line])


def test_meshes_of_one_shape_share_their_topology():
    one, other = crooked(seed=1), crooked(seed=2)
    assert (one.cells == other.cells).all()
    assert not np.allclose(one.positions_mm, other.positions_mm)


def test_an_element_that_is_folded_from_the_start_is_named():
    mesh = solid.box((2, 1, 1), size_mm=(2.0, 1.0, 1.0))
    flipped = solid.Mesh(mesh.positions_mm * [-1, 1, 1], mesh.cells)
    with pytest.raises(NumericalError, match="Element 0 is folded or inside out before any load"):
        _ = flipped.geometry


def test_what_no_body_can_bear_is_refused_with_the_share_that_could_be_borne():
    mesh = solid.box((1, 1, 1), size_mm=(1.0, 1.0, 1.0))
    end = mesh.nodes_where(lambda x: x[:, 0] < 1e-9)
    far = mesh.nodes_where(lambda x: x[:, 0] > 1 - 1e-9)
    made = solid.body(mesh, SOFT, bulk_kpa=10.0)
    through_itself = [*solid.held_still(end), solid.Held(far, 0, -1.5)]
    with pytest.raises(NumericalError, match=r"Only 0\.[3-6]\d* of the load could be applied"):
        solid.solve(made, [], through_itself)


def test_a_body_that_nothing_holds_is_refused():
    mesh = solid.box((1, 1, 1), size_mm=(1.0, 1.0, 1.0))
    far = mesh.boundary_where(lambda x: x[:, 0] > 1 - 1e-9)
    made = solid.body(mesh, SOFT, bulk_kpa=10.0)
    with pytest.raises(NumericalError, match="Only 0 of the load could be applied"):
        solid.solve(made, [solid.Traction(far, traction_kpa=(1.0, 0.0, 0.0))], [])


def test_who_listens_to_the_steps_can_end_the_search():
    class Enough(Exception):
        pass

    heard = []

    def listen(step):
        heard.append(step.share)
        if step.share >= 0.3:
            raise Enough

    mesh = solid.box((1, 1, 1), size_mm=(1.0, 1.0, 1.0))
    end = mesh.nodes_where(lambda x: x[:, 0] < 1e-9)
    far = mesh.boundary_where(lambda x: x[:, 0] > 1 - 1e-9)
    load = [solid.Traction(far, traction_kpa=(0.1, 0.0, 0.0))]
    made = solid.body(mesh, SOFT, bulk_kpa=100.0)
    with pytest.raises(Enough):
        solid.solve(
            made, load, solid.held_still(end), path=solid.Path(first_share=0.1), on_step=listen
        )
    assert heard == [0.1, pytest.approx(0.3)]


def test_a_node_moved_to_two_places_is_refused():
    mesh = solid.box((1, 1, 1), size_mm=(1.0, 1.0, 1.0))
    made = solid.body(mesh, SOFT, bulk_kpa=100.0)
    nodes = np.array([0])
    with pytest.raises(InvalidInputError, match="Node 0 is moved to two places"):
        solid.solve(made, [], [solid.Held(nodes, 0, 0.0), solid.Held(nodes, 0, 1.0)])


def test_axes_that_are_not_at_right_angles_are_refused():
    mesh = solid.box((1, 1, 1), size_mm=(1.0, 1.0, 1.0))
    with pytest.raises(InvalidInputError, match="axes must be orthonormal"):
        solid.body(mesh, HEART, bulk_kpa=100.0, axes=1.1 * np.tile(np.eye(3), (1, 27, 1, 1)))


def test_a_load_on_no_face_is_refused():
    with pytest.raises(InvalidInputError, match="at least one"):
        solid.Pressure(np.empty((0, 9), dtype=np.int64), pressure_kpa=1.0)
