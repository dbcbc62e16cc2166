"""Small deformations of voxels against closed forms and another element."""

import numpy as np
import pytest

from benchmarks import voxels
from bodytwin.numerics import elastic, solid
from bodytwin.numerics.elastic.bricks import CORNERS, elasticity
from bodytwin.numerics.solid.material import NeoHookean

YOUNG_MPA, POISSON = 1000.0, 0.3


def made_up(x):
    """A displacement (n, 3) that vanishes on the faces of the unit cube."""
    s = np.sin(np.pi * x)
    return np.stack([s[:, 0] * s[:, 1] * s[:, 2] * k for k in (1.0, -2.0, 0.5)], axis=1)


def force_of(x):
    """The force per volume (n, 3) that it takes: -div sigma, by hand."""
    lame = YOUNG_MPA * POISSON / ((1 + POISSON) * (1 - 2 * POISSON))
    shear = YOUNG_MPA / (2 * (1 + POISSON))
    s, c, k = np.sin(np.pi * x), np.cos(np.pi * x), np.array([1.0, -2.0, 0.5])
    product = s.prod(axis=1)
    out = np.empty_like(x)
    for i in range(3):
        spread = -k[i] * product
        for j in range(3):
            if j != i:
                rest = 3 - i - j
                spread = spread + k[j] * c[:, i] * c[:, j] * s[:, rest]
        out[:, i] = -(np.pi**2) * ((lame + shear) * spread - 3 * shear * k[i] * product)
    return out


def error(count):
    """The error's norm over the cube, of count x count x count bricks."""
    edge = 1 / count
    body = elastic.Bricks(np.full((count,) * 3, YOUNG_MPA), (edge,) * 3, POISSON)
    force = np.zeros((len(body.nodes), 3))
    for at in CORNERS / np.sqrt(3) + (1 - 1 / np.sqrt(3)) / 2:
        density = force_of((body.cells + at) * edge) * edge**3 / 8
        for corner, place in enumerate(CORNERS):
            weight = np.where(place, at, 1 - at).prod()
            np.add.at(force, body.corners[:, corner], weight * density)
    held = ((body.nodes == 0) | (body.nodes == count)).any(axis=1)
    found = elastic.solve(body, force, held=held)
    off = found.displacement_mm - made_up(body.positions_mm)
    return np.sqrt((off**2).sum() * edge**3)


def test_displacement_converges_with_order_two():
    errors = np.array([error(n) for n in (8, 16, 32)])
    order = np.log2(errors[:-1] / errors[1:])
    print(f"\norder {order}, error {errors}")
    assert order == pytest.approx(2.0, abs=0.05)


def test_a_beam_bends_as_timoshenko_says():
    length, across, edge, push = 96, 12, 0.5, 2.0
    body = elastic.Bricks(np.full((length, across, across), YOUNG_MPA), (edge,) * 3, POISSON)
    along = body.nodes[:, 0]
    force = np.zeros((len(along), 3))
    end = along == length
    on_edge = ((body.nodes[end, 1:] == 0) | (body.nodes[end, 1:] == across)).sum(axis=1)
    share = 0.5**on_edge
    force[end, 1] = push * share / share.sum()
    held = np.zeros(force.shape, dtype=bool)
    held[along == 0, 0] = True
    corner = (body.nodes[:, 1:] == across // 2).all(axis=1) & (along == 0)
    held[corner] = True
    held[(along == 0) & (body.nodes[:, 2] == across // 2), 2] = True
    found = elastic.solve(body, force, held=held)
    size, long = across * edge, length * edge
    inertia, factor = size**4 / 12, 10 * (1 + POISSON) / (12 + 11 * POISSON)
    shear = YOUNG_MPA / (2 * (1 + POISSON))
    expected = push * long**3 / (3 * YOUNG_MPA * inertia) + push * long / (factor * shear * size**2)
    middle = (body.nodes == (length, across // 2, across // 2)).all(axis=1)
    said = found.displacement_mm[middle, 1][0]
    print(f"\n{said:.5f} mm, Timoshenko {expected:.5f} mm")
    assert said == pytest.approx(expected, rel=0.005)


def test_layers_share_a_load_as_their_stiffness_does():
    moduli = np.array([100.0, 20000.0, 1.0, 600.0])
    young = np.broadcast_to(moduli, (3, 3, 4)).copy()
    body = elastic.Bricks(young, (1.0, 1.0, 2.0), 0.0)
    force = np.zeros((len(body.nodes), 3))
    top = body.nodes[:, 2] == 4
    on_edge = ((body.nodes[top, :2] == 0) | (body.nodes[top, :2] == 3)).sum(axis=1)
    force[top, 2] = 0.9 * 0.5**on_edge
    found = elastic.solve(body, force, held=body.nodes[:, 2] == 0, tolerance=1e-12)
    stress = 0.9
    expected = np.concatenate([[0.0], np.cumsum(stress * 2.0 / moduli)])[body.nodes[:, 2]]
    assert found.displacement_mm[:, 2] == pytest.approx(expected, rel=1e-8)
    assert found.stress_mpa[:, 2] == pytest.approx(stress, rel=1e-8)


def test_a_block_gives_way_as_the_elements_of_27_nodes_say():
    said = []
    for count in (16, 32):
        edge = 1 / count
        body = elastic.Bricks(np.full((count,) * 3, 1e-3), (edge,) * 3, POISSON)
        held = (body.nodes[:, 2] == 0) | (body.nodes[:, 2] == count)
        moved = np.where(body.nodes[:, [2]] == count, [1e-6, 0.0, 0.0], 0.0)
        found = elastic.solve(body, np.zeros(moved.shape), held=held, moved_mm=moved)
        said.append(1e3 * found.reaction_n[body.nodes[:, 2] == count, 0].sum())
    said = said[1] + (said[1] - said[0]) / 3
    lame = POISSON / ((1 + POISSON) * (1 - 2 * POISSON))
    shear = 0.5 / (1 + POISSON)
    mesh = solid.box((6, 6, 6), size_mm=(1.0, 1.0, 1.0))
    made = solid.body(mesh, NeoHookean(shear), bulk_kpa=lame + 2 * shear / 3)
    low = mesh.nodes_where(lambda x: x[:, 2] < 1e-9)
    high = mesh.nodes_where(lambda x: x[:, 2] > 1 - 1e-9)
    pushed = (solid.Held(high, 0, 1e-6), solid.Held(high, 1), solid.Held(high, 2))
    held = [*solid.held_still(low), *pushed]
    found = solid.solve(made, [], held)
    other = found.reaction_mn[high, 0].sum()
    print(f"\nbricks {said:.6e}, elements of 27 nodes {other:.6e} mN")
    assert said == pytest.approx(other, rel=0.003)


def test_iterations_do_not_grow_with_the_body():
    counts = []
    for across in (8, 16, 32):
        body, held, force = voxels.shaft(across)
        counts.append(elastic.solve(body, force, held=held).iterations)
    print(f"\n{counts} iterations")
    assert max(counts) <= 25


def test_a_hydrostatic_strain_makes_the_pressure_of_the_bulk_modulus():
    bulk = 1 / (3 * (1 - 2 * POISSON))
    stress = elasticity(POISSON) @ [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    assert stress == pytest.approx([3 * bulk] * 3 + [0.0] * 3)
