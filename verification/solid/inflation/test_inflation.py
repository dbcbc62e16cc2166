"""A sphere and a tube under inner pressure, against their exact solutions."""

from math import log

import numpy as np
import pytest

from bodytwin.numerics import solid
from bodytwin.numerics.solid.material import NeoHookean

INNER_MM, OUTER_MM, STRETCH = 10.0, 15.0, 1.2
SHEAR_KPA, BULK_KPA = 1.0, 1e6


def octant(count):
    """An eighth of a thick sphere, from three blocks that meet along its diagonal."""

    def third(axis):
        def place(x):
            a, b, depth = x.T
            along = np.stack(
                [np.ones_like(a), np.tan(a * np.pi / 4), np.tan(b * np.pi / 4)], axis=1
            )
            along = np.roll(along / np.linalg.norm(along, axis=1)[:, None], axis, axis=1)
            return along * (INNER_MM + (OUTER_MM - INNER_MM) * depth)[:, None]

        return place

    parts = [solid.block((count, count, count)).moved(third(axis)) for axis in range(3)]
    return solid.joined(parts, within_mm=1e-6)


def quarter(count):
    """A quarter of a thick tube, one element long."""

    def place(x):
        angle, radius = x[:, 1] * np.pi / 2, INNER_MM + (OUTER_MM - INNER_MM) * x[:, 0]
        return np.stack([radius * np.cos(angle), radius * np.sin(angle), 2.0 * x[:, 2]], axis=1)

    return solid.block((count, 2 * count, 1)).moved(place)


def sphere_pressure_kpa(inner, outer):
    def one(x):
        return 1 / x + 1 / (4 * x**4)

    return 2 * SHEAR_KPA * (one(outer) - one(inner))


def tube_pressure_kpa(inner, outer):
    return SHEAR_KPA * (log(inner / outer) + (outer**-2 - inner**-2) / 2)


def error(mesh, *, dimension, pressure_kpa, flat):
    """Root mean square of the error of the radial displacement over that displacement."""
    power = 1 / dimension
    grown = INNER_MM**dimension * (STRETCH**dimension - 1)
    outer = (1 + grown / OUTER_MM**dimension) ** power

    def radius(x):
        return np.linalg.norm(x[..., :dimension], axis=-1)

    inside = mesh.boundary_where(lambda x: np.abs(radius(x) - INNER_MM) < 1e-6)
    held = [
        solid.Held(mesh.nodes_where(lambda x, i=i: np.abs(x[:, i]) < 1e-9), i) for i in range(3)
    ]
    if flat:
        held[2] = solid.Held(np.arange(mesh.count), 2)
    made = solid.body(mesh, NeoHookean(SHEAR_KPA), bulk_kpa=BULK_KPA)
    load = solid.Pressure(inside, pressure_kpa=pressure_kpa(STRETCH, outer))
    found = solid.solve(made, [load], held)
    at, moved = mesh.points_mm, mesh.at_points(found.displacement_mm)
    exact = (radius(at) ** dimension + grown) ** power - radius(at)
    outward = at[..., :dimension] / radius(at)[..., None]
    off = moved[..., :dimension] - exact[..., None] * outward
    weight = mesh.geometry.weight_mm3
    return np.sqrt((weight * (off**2).sum(axis=-1)).sum() / (weight * exact**2).sum())


CASES = {
    "sphere": (octant, (1, 2, 4), {"dimension": 3, "pressure_kpa": sphere_pressure_kpa}, False),
    "tube": (quarter, (1, 2, 4, 8), {"dimension": 2, "pressure_kpa": tube_pressure_kpa}, True),
}


@pytest.mark.parametrize("name", CASES)
def test_the_error_falls_with_the_third_power_of_the_size_of_elements(name, record_property):
    make, counts, how, flat = CASES[name]
    errors = np.array([error(make(n), flat=flat, **how) for n in counts])
    orders = np.log2(errors[:-1] / errors[1:])
    print(name, errors, orders)
    record_property("errors", errors.tolist())
    assert orders[-1] > 2.8
    assert errors[-1] < 2e-4
