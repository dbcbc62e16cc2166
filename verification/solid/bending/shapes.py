"""Cook's membrane and the two elliptic plates of NAFEMS."""

import numpy as np

from bodytwin.numerics import solid
from bodytwin.numerics.solid import field
from bodytwin.numerics.solid.material import NeoHookean

TINY = 1e-3


def cook(count):
    """Rise of the upper corner in mm under 100 N over the end, in plane strain."""

    def place(x):
        low, high = 44 * x[:, 0], 44 + 16 * x[:, 0]
        return np.stack([48 * x[:, 0], low + (high - low) * x[:, 1], x[:, 2]], axis=1)

    mesh = solid.block((count, count, 1)).moved(place)
    made = solid.body(mesh, NeoHookean(80.1938), bulk_kpa=400942.0)
    end = mesh.boundary_where(lambda x: x[:, 0] > 48 - 1e-9)
    wall = mesh.nodes_where(lambda x: x[:, 0] < 1e-9)
    held = [*solid.held_still(wall), solid.Held(np.arange(mesh.count), 2)]
    found = solid.solve(made, [solid.Traction(end, (0.0, 100 / 16, 0.0))], held)
    corner = np.abs(mesh.positions_mm[:, :2] - [48, 60]).sum(axis=1).argmin()
    return found.displacement_mm[corner, 1]


def elliptic(shape, height_mm):
    """The quarter plate between two ellipses; parameters run around, outward and up."""

    def place(x):
        angle = (1 - x[:, 0]) * np.pi / 2
        a, b = 2000 + 1250 * x[:, 1], 1000 + 1750 * x[:, 1]
        return np.stack([a * np.cos(angle), b * np.sin(angle), height_mm * x[:, 2]], axis=1)

    return solid.block(shape).moved(place)


def steel(mesh):
    """E = 210 GPa and a Poisson ratio of 0.3, in kPa."""
    young, poisson = 210e6, 0.3
    shear, bulk = young / 2 / (1 + poisson), young / 3 / (1 - 2 * poisson)
    return solid.body(mesh, NeoHookean(shear), bulk_kpa=bulk)


def across_mpa(made, loads, held, at_mm):
    """Stress along y at a corner, for a small share of the load, in terms of the whole."""
    found = solid.solve(made, loads, held)
    stress = field.at_nodes(made.mesh, field.cauchy_kpa(made, found.displacement_mm))
    node = np.abs(made.mesh.positions_mm - at_mm).sum(axis=1).argmin()
    return stress[node, 1, 1] / TINY / 1e3


def rim(x):
    return np.abs((x[:, 0] / 3250) ** 2 + (x[:, 1] / 2750) ** 2 - 1) < 1e-9


def le1(around, outward):
    """Plane stress: a plate a thousandth as thick as it is wide, pulled outward at 10 MPa."""
    mesh = elliptic((around, outward, 1), 2.0)
    held = [
        solid.Held(mesh.nodes_where(lambda x, i=i: np.abs(x[:, i]) < 1e-6), i) for i in range(3)
    ]
    load = solid.Pressure(mesh.boundary_where(rim), pressure_kpa=-1e4 * TINY)
    return across_mpa(steel(mesh), [load], held, [2000, 0, 0])


def le10(shape):
    """A thick plate under 1 MPa from above, held at its rim."""
    mesh = elliptic(shape, 600.0)
    outer = mesh.nodes_where(rim)
    held = [
        solid.Held(np.union1d(outer, mesh.nodes_where(lambda x: np.abs(x[:, 0]) < 1e-6)), 0),
        solid.Held(np.union1d(outer, mesh.nodes_where(lambda x: np.abs(x[:, 1]) < 1e-6)), 1),
        solid.Held(mesh.nodes_where(lambda x: rim(x) & (np.abs(x[:, 2] - 300) < 1e-6)), 2),
    ]
    above = mesh.boundary_where(lambda x: x[:, 2] > 600 - 1e-6)
    load = solid.Pressure(above, pressure_kpa=1e3 * TINY)
    return across_mpa(steel(mesh), [load], held, [2000, 0, 600])
