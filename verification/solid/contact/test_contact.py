"""A ball on a block, against Hertz; a pipe round a tube, against Lame."""

import numpy as np
import pytest
from scipy.optimize import brentq

from bodytwin.numerics import solid
from bodytwin.numerics.solid.material import NeoHookean
from verification.solid.inflation.test_inflation import INNER_MM, OUTER_MM, quarter

YOUNG_KPA, POISSON = 10.0, 0.3
SHEAR_KPA, BULK_KPA = YOUNG_KPA / 2 / (1 + POISSON), YOUNG_KPA / 3 / (1 - 2 * POISSON)
PLANE_KPA = YOUNG_KPA / (1 - POISSON**2)
RADIUS_MM, APPROACH_MM, FAR = 10.0, 1e-3, 100.0
TOUCHED_MM = np.sqrt(RADIUS_MM * APPROACH_MM)


def quarter_block(fine, coarse):
    """`fine` even elements to a contact radius and a half, then `coarse` that grow, each way."""
    even = 1.5 * TOUCHED_MM
    first, rest = even / fine, FAR * TOUCHED_MM - even
    ratio = brentq(lambda r: first * r * (r**coarse - 1) / (r - 1) - rest, 1.01, 1e3)
    grown = even + first * ratio * (ratio ** np.arange(1, coarse + 1) - 1) / (ratio - 1)
    knots = np.concatenate([np.linspace(0, even, fine + 1), grown])
    at = np.linspace(0, 1, len(knots))

    def place(x):
        depth = -np.interp(1 - x[:, 2], at, knots)
        return np.stack(
            [np.interp(x[:, 0], at, knots), np.interp(x[:, 1], at, knots), depth], axis=1
        )

    return solid.block((fine + coarse,) * 3).moved(place)


def force_mn(mesh, approach_mm):
    """With which the ball is pushed, and that with which the block is held from below."""
    end = mesh.positions_mm.max()

    def sides(axis):
        return mesh.nodes_where(lambda x: (x[:, axis] < 1e-9) | (x[:, axis] > end - 1e-9))

    below = mesh.nodes_where(lambda x: x[:, 2] < -end + 1e-9)
    held = [solid.Held(sides(0), 0), solid.Held(sides(1), 1), solid.Held(below, 2)]
    above = mesh.boundary_where(
        lambda x: (x[:, 2] > -1e-9) & (np.hypot(x[:, 0], x[:, 1]) < 5 * TOUCHED_MM)
    )
    ball = solid.Ball((0.0, 0.0, RADIUS_MM - approach_mm), RADIUS_MM)
    one = solid.Contact(above, ball, 10 * PLANE_KPA / TOUCHED_MM, from_mm=(0.0, 0.0, approach_mm))
    made = solid.body(mesh, NeoHookean(SHEAR_KPA), bulk_kpa=BULK_KPA)
    found = solid.rest(made, [], held, [one], depth_mm=2e-3 * approach_mm)
    push = found.contacts[0].resultant_mn(mesh.positions_mm, found.solution.displacement_mm)
    return 4 * push[2], 4 * found.solution.reaction_mn[:, 2].sum()


def hertz_mn(approach_mm):
    return 4 / 3 * PLANE_KPA * np.sqrt(RADIUS_MM) * approach_mm**1.5


def test_a_ball_meets_the_force_of_hertz(record_property):
    coarse, fine = quarter_block(1, 4), quarter_block(2, 4)
    rough = force_mn(coarse, APPROACH_MM)[0] / hertz_mn(APPROACH_MM) - 1
    force, reaction = force_mn(fine, APPROACH_MM)
    off = force / hertz_mn(APPROACH_MM) - 1
    less, _ = force_mn(fine, APPROACH_MM / 2)
    power = np.log2(force / less)
    print("Hertz:", rough, off, "power", power)
    record_property("errors", [float(rough), float(off)])
    assert reaction == pytest.approx(force, rel=1e-6)
    assert abs(off) < 0.03
    assert abs(off) < abs(rough) / 2
    assert power == pytest.approx(1.5, rel=0.05)


def test_a_pipe_presses_a_thick_tube_as_lame_says(record_property):
    inward, errors = 0.02, []
    for count in (2, 4, 8):
        mesh = quarter(count)
        faces = mesh.boundary_where(lambda x: np.abs(np.hypot(x[:, 0], x[:, 1]) - OUTER_MM) < 1e-6)
        held = [solid.Held(mesh.nodes_where(lambda x, i=i: x[:, i] < 1e-9), i) for i in range(2)]
        held.append(solid.Held(np.arange(mesh.count), 2))
        pipe = solid.Cylinder((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), OUTER_MM - inward, hollow=True)
        one = solid.Contact(faces, pipe, 10.0)
        made = solid.body(mesh, NeoHookean(SHEAR_KPA), bulk_kpa=BULK_KPA)
        found = solid.rest(made, [], held, [one], depth_mm=1e-3 * inward)
        p = found.contacts[0].pressure_kpa(mesh.positions_mm, found.solution.displacement_mm)
        per_kpa = (1 + POISSON) / YOUNG_KPA * OUTER_MM**2 / (OUTER_MM**2 - INNER_MM**2)
        per_kpa *= (1 - 2 * POISSON) * OUTER_MM + INNER_MM**2 / OUTER_MM
        errors.append(float(p.mean() / (inward / per_kpa) - 1))
    print("Lame:", errors, np.ptp(p) / p.mean(), found.rounds)
    record_property("errors", errors)
    assert abs(errors[2]) < 0.005
