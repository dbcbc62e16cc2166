"""A sphere and a tube as they are under pressure, taken back to what they were without."""

import numpy as np
import pytest

from bodytwin.numerics import solid
from bodytwin.numerics.solid.material import NeoHookean
from verification.solid.inflation.test_inflation import (
    INNER_MM,
    OUTER_MM,
    SHEAR_KPA,
    octant,
    quarter,
    sphere_pressure_kpa,
    tube_pressure_kpa,
)

BULK_KPA = 1e6
SHAPES = {"sphere": (octant, 3, sphere_pressure_kpa), "tube": (quarter, 2, tube_pressure_kpa)}


def loaded(name, count, stretch):
    """Body, load and held nodes of the loaded state, with even elements; exact inner radii."""
    make, dimension, pressure_kpa = SHAPES[name]
    inner = INNER_MM * stretch
    outer = (OUTER_MM**dimension + inner**dimension - INNER_MM**dimension) ** (1 / dimension)

    def radius(x):
        return np.linalg.norm(x[:, :dimension], axis=1)

    def place(x):
        share = (radius(x) - INNER_MM) / (OUTER_MM - INNER_MM)
        grown = x.copy()
        grown[:, :dimension] *= ((inner + share * (outer - inner)) / radius(x))[:, None]
        return grown

    mesh = make(count).moved(place)
    inside = mesh.boundary_where(lambda x: np.abs(radius(x) - inner) < 1e-6)
    held = [
        solid.Held(mesh.nodes_where(lambda x, i=i: np.abs(x[:, i]) < 1e-9), i) for i in range(3)
    ]
    if dimension == 2:
        held[2] = solid.Held(np.arange(mesh.count), 2)
    load = solid.Pressure(inside, pressure_kpa=pressure_kpa(stretch, outer / OUTER_MM))
    made = solid.body(mesh, NeoHookean(SHEAR_KPA), bulk_kpa=BULK_KPA)
    before = (radius(mesh.positions_mm) ** dimension + INNER_MM**dimension - inner**dimension) ** (
        1 / dimension
    )
    return made, [load], held, before


def error(name, count, stretch):
    """Root mean square of the error of the unloaded radius over how far nodes moved."""
    seen, loads, held, before = loaded(name, count, stretch)
    found = solid.unloaded(seen, loads, held)
    dimension = SHAPES[name][1]
    off = np.linalg.norm(found.body.mesh.positions_mm[:, :dimension], axis=1) - before
    moved = np.linalg.norm(found.displacement_mm, axis=1)
    return np.sqrt((off**2).sum() / (moved**2).sum()), found.iterations


@pytest.mark.parametrize(("name", "counts"), [("sphere", (1, 2, 4)), ("tube", (1, 2, 4, 8))])
def test_the_error_of_the_unloaded_radii_falls_with_the_third_power(name, counts, record_property):
    errors = np.array([error(name, count, 1.4)[0] for count in counts])
    orders = np.log2(errors[:-1] / errors[1:])
    print(name, errors, orders)
    record_property("errors", errors.tolist())
    assert orders[-1] > 2.7
    assert errors[-1] < 3e-4


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("stretch", [1.2, 1.4, 1.6])
def test_the_stretches_of_a_pregnant_womb_take_no_more_iterations_than_a_small_one(name, stretch):
    off, iterations = error(name, 2, stretch)
    print(name, stretch, off, iterations)
    assert off < 4e-3
    assert iterations <= 12


@pytest.mark.parametrize("name", SHAPES)
def test_loading_what_was_found_from_nothing_gives_back_what_was_given(name, record_property):
    seen, loads, held, _ = loaded(name, 2, 1.35)
    found = solid.unloaded(seen, loads, held)
    again = solid.solve(found.body, loads, held)
    off = found.body.mesh.positions_mm + again.displacement_mm - seen.mesh.positions_mm
    print(name, np.abs(off).max())
    record_property("largest_mm", float(np.abs(off).max()))
    assert np.abs(off).max() < 1e-6


def test_a_sphere_past_its_limit_load_is_in_balance_where_it_was_seen():
    seen, loads, held, _ = loaded("sphere", 2, 1.6)
    found = solid.unloaded(seen, loads, held)
    again = solid.solve(found.body, loads, held, start_mm=found.displacement_mm)
    np.testing.assert_allclose(again.displacement_mm, found.displacement_mm, rtol=0, atol=1e-7)
