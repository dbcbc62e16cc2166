"""A suture round a tube, against Lame's solution."""

import numpy as np
import pytest

from bodytwin.numerics import solid
from bodytwin.numerics.solid.material import NeoHookean

YOUNG_KPA, POISSON, HIGH_MM = 10.0, 0.3, 2.0
SHEAR_KPA, BULK_KPA = YOUNG_KPA / 2 / (1 + POISSON), YOUNG_KPA / 3 / (1 - 2 * POISSON)


def tube(shape, inner, outer, heights):
    """A whole tube; `shape` is across the wall, around and along; `heights` takes [0, 1] to mm."""

    def place(x):
        angle, radius = 2 * np.pi * x[:, 1], inner + (outer - inner) * x[:, 0]
        return np.stack([radius * np.cos(angle), radius * np.sin(angle), heights(x[:, 2])], axis=1)

    return solid.joined([solid.block(shape).moved(place)], within_mm=1e-6)


def around(mesh, radius, z, count):
    """Points on the outer surface as the elements have it, which is not quite round."""
    at = np.arange(count) * 2 * np.pi / count
    points = np.stack([radius * np.cos(at), radius * np.sin(at), np.full(count, z)], axis=1)
    return solid.embedded(mesh, points, within_mm=0.01 * radius)


def centred(mesh):
    """Held so that it cannot move sideways or turn."""
    return [
        solid.Held(mesh.nodes_where(lambda x, i=i: np.abs(x[:, i]) < 1e-9), i) for i in range(2)
    ]


def outward(mesh, found, radius):
    at = mesh.nodes_where(lambda x: np.abs(np.hypot(x[:, 0], x[:, 1]) - radius) < 1e-6)
    x, u = mesh.positions_mm[at], found.displacement_mm[at]
    return (x[:, :2] * u[:, :2]).sum(axis=1) / radius


def lame_mm(pressure_kpa, inner, outer, at):
    """How far inward the wall moves at radius `at` under pressure from outside, in plane strain."""
    scale = pressure_kpa * (1 + POISSON) / YOUNG_KPA * outer**2 / (outer**2 - inner**2)
    return scale * ((1 - 2 * POISSON) * at + inner**2 / at)


def tied_tube(shape, inner, outer, *, tension_mn, stiffness_mn=0.0):
    """How far inward the inner and the outer wall move, and the tension left."""
    mesh = tube((*shape, 1), inner, outer, lambda z: HIGH_MM * z)
    # Simpson's rule along the height: three rings load the element as one band.
    rings = [
        solid.tied(
            around(mesh, outer, z, 8 * shape[1]),
            mesh.positions_mm,
            tension_mn=tension_mn * part,
            stiffness_mn=stiffness_mn * part,
        )
        for z, part in ((0.0, 1 / 6), (HIGH_MM / 2, 4 / 6), (HIGH_MM, 1 / 6))
    ]
    made = solid.body(mesh, NeoHookean(SHEAR_KPA), bulk_kpa=BULK_KPA)
    held = [*centred(mesh), solid.Held(np.arange(mesh.count), 2)]
    found = solid.solve(made, rings, held)
    there = mesh.positions_mm + found.displacement_mm
    left = sum(ring.tensions_mn(there).mean() for ring in rings)
    return [-outward(mesh, found, r).mean() for r in (inner, outer)], left


@pytest.mark.parametrize("inner_mm", [10.0, 19.0], ids=["thick", "thin"])
def test_sutures_press_a_tube_as_an_even_pressure_does(inner_mm, record_property):
    outer_mm, tension_mn, errors = 20.0, 1e-3, []
    for count in (8, 16):
        moved, _ = tied_tube((count // 4, count), inner_mm, outer_mm, tension_mn=tension_mn)
        p = tension_mn / outer_mm / HIGH_MM
        exact = [lame_mm(p, inner_mm, outer_mm, r) for r in (inner_mm, outer_mm)]
        errors.append(float(np.abs(np.divide(moved, exact) - 1).max()))
    print("Lame:", inner_mm, errors)
    record_property("errors", errors)
    assert errors[1] < 0.6 * errors[0]
    assert errors[1] < 2e-3


def test_a_thin_hoop_bears_the_tension_of_its_suture_over_its_wall():
    """Without a change of height nor pressure across, its hoop stress is T over wall and height."""
    outer_mm, wall_mm, tension_mn = 20.0, 0.5, 1e-3
    moved, _ = tied_tube((1, 32), outer_mm - wall_mm, outer_mm, tension_mn=tension_mn)
    middle = outer_mm - wall_mm / 2
    hoop = tension_mn / wall_mm / HIGH_MM * middle * (1 - POISSON**2) / YOUNG_KPA
    assert np.mean(moved) == pytest.approx(hoop, rel=0.02)


def test_an_elastic_suture_gives_up_as_much_tension_as_the_tube_gives_way(record_property):
    inner_mm, outer_mm, tension_mn, stiffness_mn = 10.0, 20.0, 1e-3, 400.0
    _, left = tied_tube(
        (2, 16), inner_mm, outer_mm, tension_mn=tension_mn, stiffness_mn=stiffness_mn
    )
    per_mn = lame_mm(1 / outer_mm / HIGH_MM, inner_mm, outer_mm, outer_mm) / outer_mm
    exact = tension_mn / (1 + stiffness_mn * per_mn)
    print("tension left:", left, exact)
    record_property("ratio", float(left / exact))
    assert exact < 0.7 * tension_mn
    assert left == pytest.approx(exact, rel=5e-3)
