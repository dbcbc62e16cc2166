import numpy as np
import pytest
from scipy.stats import norm

from bodytwin.twins.radiotherapy.model.forward import dose_of_fluence
from bodytwin.twins.radiotherapy.model.geometry import Beam
from bodytwin.twins.radiotherapy.model.influence import influence
from bodytwin.twins.radiotherapy.model.pencil import FINE_MM, generic
from bodytwin.twins.radiotherapy.model.trace import Densities, traced

SPACING_MM, EDGE = 4.0, 75
AXIS = Beam(gantry_deg=0.0, isocentre_mm=(0.0, 0.0, 0.0))


def water(slab=None):
    """A cube of water of 300 mm about the isocentre; `slab` (y from, y to, density) within."""
    affine = np.diag([SPACING_MM] * 3 + [1.0])
    affine[:3, 3] = -0.5 * SPACING_MM * (EDGE - 1)
    values = np.ones((EDGE,) * 3, np.float32)
    if slab:
        y = affine[1, 3] + SPACING_MM * np.arange(EDGE)
        values[:, (y > slab[0]) & (y < slab[1])] = slab[2]
    return Densities(values=values, affine=affine)


def plane(y_mm=0.0, half_mm=45.0, step_mm=1.0):
    across = np.arange(-half_mm, half_mm + step_mm / 2, step_mm)
    x, z = np.meshgrid(across, across, indexing="ij")
    return np.column_stack([x.ravel(), np.full(x.size, y_mm), z.ravel()])


def alone(densities, voxels_mm, beam=AXIS, at=(0.0, 0.0)):
    """The column of the beamlet at one place."""
    target = np.array([[at[0], 0.0, at[1]]])
    found = influence([beam], densities, generic(), voxels_mm=voxels_mm, target_mm=target)
    (column,) = np.flatnonzero((found.beamlets_mm == np.array(at)).all(axis=1))
    return found.matrix[:, [column]].toarray().ravel()


def test_the_depth_is_the_way_through_water_and_slab():
    points = np.array([[0.0, -100.0, 0.0], [0.0, 0.0, 0.0], [60.0, 90.0, -40.0]])
    seen = AXIS.seen(points)
    slant = np.sqrt(1 + (seen[:, :2] ** 2).sum(axis=1) / AXIS.axis_distance_mm**2)
    plain = traced(AXIS, water())
    way = np.array([50.0, 150.0, 240.0])
    assert plain.at(seen) == pytest.approx(way * slant, abs=0.1)
    light = traced(AXIS, water(slab=(-62.0, -22.0, 0.25)))
    assert light.at(seen)[0] == pytest.approx(way[0], abs=0.1)
    assert light.at(seen)[1:] == pytest.approx((way[1:] - 0.75 * 40.0) * slant[1:], abs=0.1)


@pytest.mark.parametrize("at", [(0.0, 0.0), (15.0, -10.0)])
def test_a_beamlet_lies_where_it_should_to_a_fiftieth_of_a_mm(at):
    voxels = plane(half_mm=70.0)
    dose = alone(water(), voxels, at=at)
    near = np.abs(voxels[:, [0, 2]] - np.array(at)).max(axis=1) < 30.0
    centre = dose[near] @ voxels[near][:, [0, 2]] / dose[near].sum()
    assert centre == pytest.approx(np.array(at), abs=0.02)


@pytest.mark.parametrize("couch", [0.0, 90.0])
def test_turning_beam_and_point_together_changes_nothing(couch):
    points = np.array([[0.0, 0.0, 0.0], [12.0, -30.0, 8.0], [-20.0, 40.0, 16.0]])
    doses = []
    for gantry in (0.0, 90.0, 180.0, 270.0):
        beam = Beam(gantry_deg=gantry, couch_deg=couch, isocentre_mm=(0.0, 0.0, 0.0))
        u, v, w = beam.axes
        turned = points[:, [0]] * u + points[:, [1]] * w + points[:, [2]] * v
        doses.append(alone(water(), turned, beam))
    assert np.array(doses) == pytest.approx(np.tile(doses[0], (4, 1)), rel=1e-3)


def test_along_the_axis_dose_falls_by_the_depth_terms_and_the_square_of_the_distance():
    machine = generic()
    y = np.arange(-140.0, 141.0, 20.0)
    dose = alone(water(), np.column_stack([0 * y, y, 0 * y]))
    table = machine.tables(beamlet_mm=5.0, surface_mm=850.0)[:, 0, 0]
    depth = y + 150.0
    beta, m = machine.betas_per_mm, machine.m_per_mm
    wanted = [
        (1000.0 / (1000.0 + at)) ** 2
        * sum(
            k * b / (b - m) * (np.exp(-m * r) - np.exp(-b * r))
            for k, b in zip(table, beta, strict=True)
        )
        for at, r in zip(y, depth, strict=True)
    ]
    assert dose == pytest.approx(np.array(wanted), rel=2e-3)


@pytest.mark.parametrize("place", [(0.0, 0.0), (3.0, 1.0), (10.0, 4.5), (0.5, 38.0)])
def test_a_table_is_the_sum_of_the_kernel_over_the_fluence_around_a_place(place):
    machine = generic()
    tables = machine.tables(beamlet_mm=5.0, surface_mm=900.0)
    nearest = machine.kernels[np.argmin(np.abs(machine.surface_mm - 900.0))]
    sigma = machine.penumbra_mm / (2 * np.sqrt(2 * np.log(2)))
    cells = FINE_MM * np.arange(-300, 301)
    x, z = np.meshgrid(cells, cells, indexing="ij")
    edge = norm(scale=sigma).cdf
    fluence = np.outer(*(edge(p - cells + 2.5) - edge(p - cells - 2.5) for p in place))
    row, column = (round(p / FINE_MM) for p in place)
    for table, kernel in zip(tables, nearest, strict=True):
        whole = np.interp(np.hypot(x, z), machine.radius_mm, kernel, right=0.0)
        assert table[row, column] == pytest.approx((whole * fluence).sum(), rel=1e-6)


def test_a_fluence_without_a_matrix_gives_what_the_matrix_gives():
    densities, machine = water(slab=(-62.0, -22.0, 0.25)), generic()
    voxels = np.concatenate([plane(y, 40.0, 4.0) for y in (-80.0, 0.0, 100.0)])
    target = plane(0.0, 20.0, 5.0)
    found = influence([AXIS], densities, machine, voxels_mm=voxels, target_mm=target)
    weights = np.random.default_rng(0).random(len(found.beamlets_mm))
    folded = dose_of_fluence(
        AXIS,
        densities,
        machine,
        voxels_mm=voxels,
        beamlets_mm=found.beamlets_mm,
        weights=weights,
    )
    assert folded == pytest.approx(found.matrix @ weights, abs=0.005 * folded.max())
