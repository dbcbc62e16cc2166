"""The three problems of Land et al. 2015, for a mesh as fine as asked."""

import numpy as np

from bodytwin.numerics import solid
from bodytwin.numerics.solid.material import Guccione

BULK_KPA = 1e4
SHORT_MM, LONG_MM, WALL_MM, TOP_MM = 7.0, 17.0, 3.0, 5.0


def beam(shape):
    """Problem 1: a beam with fibres along it, held at one end and pressed from below."""
    mesh = solid.box(shape, size_mm=(10.0, 1.0, 1.0))
    law = Guccione(c_kpa=2.0, b_fibre=8.0, b_across=2.0, b_shear=4.0)
    made = solid.body(mesh, law, bulk_kpa=BULK_KPA)
    below = mesh.boundary_where(lambda x: x[:, 2] < 1e-9)
    end = mesh.nodes_where(lambda x: x[:, 0] < 1e-9)
    found = solid.solve(made, [solid.Pressure(below, pressure_kpa=0.004)], solid.held_still(end))
    now = mesh.positions_mm + found.displacement_mm
    tip = np.abs(mesh.positions_mm - [10.0, 0.5, 1.0]).sum(axis=1).argmin()
    return now[tip], found


def ventricle(across, outward, through):
    """The truncated ellipsoid, and the depth in its wall of each node, 0 inside to 1 outside."""
    flat = solid.disc(across, outward, through)
    depth = flat.positions_mm[:, 2]

    def place(x):
        radius = np.minimum(np.hypot(x[:, 0], x[:, 1]), 1.0)
        short, long = SHORT_MM + WALL_MM * depth, LONG_MM + WALL_MM * depth
        u = -np.pi + radius * (np.pi - np.arccos(TOP_MM / long))
        v = np.arctan2(x[:, 1], x[:, 0])
        return np.stack(
            [-short * np.sin(u) * np.cos(v), short * np.sin(u) * np.sin(v), long * np.cos(u)],
            axis=1,
        )

    return flat.moved(place), depth


def fibres(mesh, depth):
    """Axes (m, 27, 3, 3): fibres turn from 90 degrees inside to -90 outside."""
    at = mesh.points_mm
    deep = mesh.at_points(depth)
    short, long = SHORT_MM + WALL_MM * deep, LONG_MM + WALL_MM * deep
    u = -np.arccos(np.clip(at[..., 2] / long, -1, 1))
    v = np.arctan2(-at[..., 1], -at[..., 0])
    down = np.stack(
        [short * np.cos(u) * np.cos(v), short * np.cos(u) * np.sin(v), -long * np.sin(u)], axis=-1
    )
    around = np.stack([-np.sin(u) * np.sin(v), np.sin(u) * np.cos(v), 0 * u], axis=-1)
    down /= np.linalg.norm(down, axis=-1)[..., None]
    around /= np.linalg.norm(around, axis=-1)[..., None]
    angle = np.deg2rad(90 - 180 * deep)[..., None]
    fibre = down * np.sin(angle) + around * np.cos(angle)
    normal = np.cross(down, around)
    return np.stack([fibre, np.cross(normal, fibre), normal], axis=-2)


def inflated(counts, law, *, pressure_kpa, active_kpa=0.0, turning=False, path=None):
    """Problems 2 and 3: the heights of the apex inside and outside."""
    mesh, depth = ventricle(*counts)
    made = solid.body(
        mesh,
        law,
        bulk_kpa=BULK_KPA,
        axes=fibres(mesh, depth) if turning else None,
        active_kpa=active_kpa,
    )
    top = mesh.nodes_where(lambda x: x[:, 2] > TOP_MM - 1e-6)
    inner = mesh.boundary[(depth[mesh.boundary] < 1e-9).all(axis=1)]
    found = solid.solve(
        made, [solid.Pressure(inner, pressure_kpa=pressure_kpa)], solid.held_still(top), path=path
    )
    now = mesh.positions_mm + found.displacement_mm
    axis = np.flatnonzero(np.hypot(*mesh.positions_mm[:, :2].T) < 1e-9)
    return now[axis[depth[axis] < 1e-9][0]], now[axis[depth[axis] > 1 - 1e-9][0]], found


def problem_2(counts):
    """Inflation of an isotropic ventricle."""
    law = Guccione(c_kpa=10.0, b_fibre=1.0, b_across=1.0, b_shear=1.0)
    return inflated(counts, law, pressure_kpa=10.0)


def problem_3(counts):
    """Inflation while the muscle contracts along fibres that turn through the wall."""
    law = Guccione(c_kpa=2.0, b_fibre=8.0, b_across=2.0, b_shear=4.0)
    return inflated(counts, law, pressure_kpa=15.0, active_kpa=60.0, turning=True)
