import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.elastic import Bricks, solve
from bodytwin.numerics.elastic.multigrid import Multigrid

EDGES_MM = (1.0, 0.7, 1.3)


def rough(seed, shape=(9, 7, 6), share=0.8):
    """A body with holes and moduli that differ a thousandfold, in one part."""
    random = np.random.default_rng(seed)
    young = np.where(random.random(shape) < share, 10.0 ** random.uniform(1, 4, shape), 0.0)
    young[:, 0, :] = young[0] = young[:, :, 0] = 500.0
    return Bricks(young, EDGES_MM, 0.3).largest_part()


def dense(body):
    """The stiffness of all bricks, summed up without the code that is tested."""
    size = 3 * len(body.nodes)
    whole = np.zeros((size, size))
    for corners, modulus in zip(body.corners, body.moduli_mpa, strict=True):
        at = (3 * corners[:, None] + np.arange(3)).reshape(-1)
        whole[np.ix_(at, at)] += modulus * body.stiffness
    return whole


@pytest.mark.parametrize("seed", [1, 2])
def test_a_body_with_holes_bends_as_far_as_a_direct_solution_says(seed):
    body = rough(seed)
    random = np.random.default_rng(seed)
    held = random.random((len(body.nodes), 3)) < 0.1
    moved = random.standard_normal(held.shape)
    force = random.standard_normal(held.shape)
    found = solve(body, force, held=held, moved_mm=moved, tolerance=1e-11)
    whole, fixed = dense(body), held.reshape(-1)
    expected = np.where(held, moved, 0.0).reshape(-1)
    right = (force.reshape(-1) - whole @ expected)[~fixed]
    expected[~fixed] = np.linalg.solve(whole[np.ix_(~fixed, ~fixed)], right)
    assert found.displacement_mm.reshape(-1) == pytest.approx(expected, rel=1e-7, abs=1e-8)
    reaction = np.where(fixed, whole @ expected - force.reshape(-1), 0.0)
    assert found.reaction_n.reshape(-1) == pytest.approx(reaction, rel=1e-6, abs=1e-5)
    assert found.energy_n_mm.sum() == pytest.approx(0.5 * expected @ whole @ expected, rel=1e-9)


def test_a_body_whose_surface_moves_linearly_is_strained_evenly():
    body = Bricks(np.full((6, 5, 7), 250.0), EDGES_MM, 0.2)
    slope = 1e-3 * np.random.default_rng(3).standard_normal((3, 3))
    x = body.positions_mm
    surface = ((body.nodes == 0) | (body.nodes == body.nodes.max(axis=0))).any(axis=1)
    found = solve(body, np.zeros(x.shape), held=surface, moved_mm=x @ slope.T, tolerance=1e-13)
    assert found.displacement_mm == pytest.approx(x @ slope.T, abs=1e-13)
    strain = (slope + slope.T) / 2
    lame = 250.0 * 0.2 / (1.2 * 0.6)
    expected = lame * np.trace(strain) * np.eye(3) + 250.0 / 1.2 * strain
    voigt = [expected[i, j] for i, j in ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))]
    assert found.stress_mpa == pytest.approx(np.tile(voigt, (len(body.cells), 1)), abs=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_motions_of_a_rigid_body_need_no_force(seed):
    body, random = rough(seed, (4, 3, 5)), np.random.default_rng(seed)
    moved = random.standard_normal(3) + np.cross(random.standard_normal(3), body.positions_mm)
    free = body.nodes[:, [0, 0, 0]] > 0
    force = Multigrid(body, free).whole(moved)
    assert np.abs(force).max() < 1e-9 * body.moduli_mpa.max() * np.abs(moved).max()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_cycle_is_symmetric_and_positive(seed):
    body, random = rough(seed, (14, 13, 12)), np.random.default_rng(seed)
    held = np.zeros((len(body.nodes), 3), dtype=bool)
    held[body.nodes[:, 0] == 0] = True
    cycle = Multigrid(body, ~held).cycle
    one, two = (np.where(held, 0.0, random.standard_normal(held.shape)) for _ in range(2))
    first, second = np.vdot(one, cycle(two)), np.vdot(two, cycle(one))
    size = np.linalg.norm(one) * np.linalg.norm(cycle(two))
    assert abs(first - second) < 1e-10 * size
    assert np.vdot(one, cycle(one)) > 0


def test_what_holds_and_what_pulls_are_in_balance():
    body = rough(4, (12, 12, 20))
    force = np.random.default_rng(4).standard_normal((len(body.nodes), 3))
    found = solve(body, force, held=body.nodes[:, 2] == 0)
    held = body.nodes[:, 2] == 0
    assert not found.reaction_n[~held].any()
    total = (force[~held].sum(axis=0) + force[held].sum(axis=0)) + found.reaction_n.sum(axis=0)
    assert np.abs(total).max() < 1e-6 * np.abs(force).sum()


def test_a_search_says_how_far_it_is_and_can_be_ended():
    body = rough(5)
    force = np.ones((len(body.nodes), 3))

    def tired(iteration, residual):
        assert residual > 0
        if iteration == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(body, force, held=body.nodes[:, 2] == 0, on_iteration=tired)


@pytest.mark.parametrize("directions", [(), (0, 1), (0,)])
def test_a_body_that_is_free_to_move_is_refused(directions):
    body = Bricks(np.ones((3, 3, 3)), EDGES_MM, 0.3)
    held = np.zeros((len(body.nodes), 3), dtype=bool)
    for axis in directions:
        held[body.nodes[:, 2] == 0, axis] = True
    with pytest.raises(InvalidInputError, match="1 of 1 parts of the body can move as a whole"):
        solve(body, np.ones(held.shape), held=held)


def test_a_part_that_hangs_by_an_edge_is_refused():
    young = np.zeros((4, 4, 2))
    young[:2, :2], young[2:, 2:] = 1.0, 1.0
    body = Bricks(young, EDGES_MM, 0.3)
    with pytest.raises(InvalidInputError, match=r"1 of 2 parts .* of 8 bricks"):
        solve(body, np.ones((len(body.nodes), 3)), held=body.nodes[:, 0] == 0)


@pytest.mark.parametrize(
    ("young", "edges", "poisson", "words"),
    [
        (np.zeros((2, 2, 2)), EDGES_MM, 0.3, "somewhere above 0"),
        (np.full((2, 2, 2), np.nan), EDGES_MM, 0.3, "finite"),
        (-np.ones((2, 2, 2)), EDGES_MM, 0.3, "at least 0"),
        (np.ones((2, 2)), EDGES_MM, 0.3, "three axes"),
        (np.ones((2, 2, 2)), (1.0, 0.0, 1.0), 0.3, "spacing_mm"),
        (np.ones((2, 2, 2)), EDGES_MM, 0.49, "at most 0.45, got 0.49"),
    ],
)
def test_bricks_that_cannot_be_are_refused(young, edges, poisson, words):
    with pytest.raises(InvalidInputError, match=words):
        Bricks(young, edges, poisson)


def test_forces_that_are_not_for_this_body_are_refused():
    body = Bricks(np.ones((2, 2, 2)), EDGES_MM, 0.3)
    held = body.nodes[:, 0] == 0
    with pytest.raises(InvalidInputError, match=r"\(27, 3\)"):
        solve(body, np.ones((5, 3)), held=held)
    with pytest.raises(InvalidInputError, match="finite"):
        solve(body, np.full((27, 3), np.nan), held=held)
