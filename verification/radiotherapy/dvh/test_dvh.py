import numpy as np
import pytest

from bodytwin.twins.radiotherapy.model.dvh import between_voxels, conformity, dvh

SPACING_MM, FINER, COUNT, PARTS = 2.5, 5, 20, 3
GRADIENT_GY_PER_MM, MIDDLE_GY = 0.8, 40.0
RADIUS_MM, HEIGHT_MM = 20.3, 41.0
EDGE_GY = GRADIENT_GY_PER_MM * 1.0
"""The last millimetre before a flat face, where volume ends all at once: 0.7 % were seen there."""


def centres(spacing_mm, count):
    return (np.arange(count) + 0.5 - count / 2) * spacing_mm


def histogram(inside, along, *, offset_mm=0.0):
    """Of a shape inside(x, y, z) in mm, in a dose that rises along one axis."""
    coarse = centres(SPACING_MM, COUNT) + offset_mm
    line = MIDDLE_GY + GRADIENT_GY_PER_MM * coarse
    dose = np.broadcast_to(
        line.reshape([-1 if k == along else 1 for k in range(3)]), (COUNT, COUNT, COUNT)
    )
    volume = partial(inside, offset_mm) * (SPACING_MM / FINER / 10.0) ** 3
    return dvh(between_voxels(dose, FINER), volume)


def partial(inside, offset_mm):
    """How much of each fine voxel lies inside, by points in it; one slab at a time.

    The faces of the cone lie between points, so that its volume is not what is tested.
    """
    count = COUNT * FINER
    points = centres(SPACING_MM / FINER / PARTS, count * PARTS) + offset_mm
    shares = []
    for slab in points.reshape(count, PARTS):
        within = inside(*np.meshgrid(slab, points, points, indexing="ij", sparse=True))
        shares.append(within.reshape(PARTS, count, PARTS, count, PARTS).mean(axis=(0, 2, 4)))
    return np.array(shares)


def sphere(x, y, z):
    return x * x + y * y + z * z <= RADIUS_MM**2


def cone(x, y, z):
    """Apex up, its base halfway below the middle."""
    left = 0.5 * HEIGHT_MM - z
    return (left >= 0) & (left <= HEIGHT_MM) & (np.hypot(x, y) <= RADIUS_MM * left / HEIGHT_MM)


def cap_share(dose):
    """Share of the sphere above the plane where the dose is this."""
    h = np.clip(RADIUS_MM - (dose - MIDDLE_GY) / GRADIENT_GY_PER_MM, 0.0, 2 * RADIUS_MM)
    return h**2 * (3 * RADIUS_MM - h) / (4 * RADIUS_MM**3)


def tip_share(dose):
    left = 0.5 * HEIGHT_MM - (dose - MIDDLE_GY) / GRADIENT_GY_PER_MM
    return np.clip(left / HEIGHT_MM, 0.0, 1.0) ** 3


def across_share(dose):
    """Share of the cone beyond a plane along its axis, by quadrature over its heights."""
    x = (dose - MIDDLE_GY) / GRADIENT_GY_PER_MM
    level = (np.arange(20000) + 0.5) / 20000
    r = RADIUS_MM * level
    u = np.clip(x / r, -1.0, 1.0)
    area = r**2 * (np.arccos(u) - u * np.sqrt(1 - u**2))
    return area.sum() / (np.pi * (r**2).sum())


CASES = {
    "sphere": (sphere, 2, cap_share, 4 / 3 * np.pi * RADIUS_MM**3),
    "cone along its axis": (cone, 2, tip_share, np.pi * RADIUS_MM**2 * HEIGHT_MM / 3),
    "cone across its axis": (cone, 0, across_share, np.pi * RADIUS_MM**2 * HEIGHT_MM / 3),
}


@pytest.mark.parametrize("offset_mm", [0.0, 1 / 3])
@pytest.mark.parametrize("name", CASES)
def test_doses_and_volumes_are_those_of_the_closed_form(name, offset_mm):
    shape, along, share, volume_mm3 = CASES[name]
    found = histogram(shape, along, offset_mm=offset_mm)
    assert found.total_cm3 == pytest.approx(volume_mm3 / 1000.0, rel=0.005)
    levels = np.linspace(MIDDLE_GY - 22.0, MIDDLE_GY + 22.0, 4401)
    exact = np.array([share(d) for d in levels])
    away = (levels > levels[exact < 1.0].min() + EDGE_GY) & (levels < levels[exact > 0.0].max())
    volume = np.abs(found.cumulative(levels) - 100.0 * exact)[away].max()
    asked = np.array([2.0, 5.0, 10.0, 30.0, 50.0, 70.0, 90.0, 95.0, 98.0])
    expected = np.interp(-asked / 100.0, -exact, levels)
    dose = np.abs(np.array([found.dose_at_gy(x) for x in asked]) - expected).max()
    print(f"\n{name}, offset {offset_mm:.2f} mm: D_x off by {dose:.3f} Gy, V_x by {volume:.3f} %")
    assert dose <= 0.1
    assert volume <= 0.2


def test_voxels_left_whole_are_too_coarse_here():
    coarse = centres(SPACING_MM, COUNT)
    dose = np.broadcast_to(MIDDLE_GY + GRADIENT_GY_PER_MM * coarse, (COUNT,) * 3)
    within = sphere(*np.meshgrid(coarse, coarse, coarse, indexing="ij"))
    found = dvh(dose, within.astype(float))
    levels = np.linspace(MIDDLE_GY - 20.0, MIDDLE_GY + 20.0, 401)
    off = np.abs(found.cumulative(levels) - 100.0 * np.array([cap_share(d) for d in levels])).max()
    assert off > 0.2


def test_conformity_of_a_shifted_sphere_is_that_of_the_lens_of_two():
    fine = centres(0.5, 120)
    x, y, z = np.meshgrid(fine, fine, fine, indexing="ij")
    radius, shift = 20.0, 6.0
    target = x * x + y * y + z * z <= radius**2
    dose = 60.0 * ((x - shift) ** 2 + y * y + z * z <= radius**2)
    lens = (4 * radius + shift) * (2 * radius - shift) ** 2 / (16 * radius**3)
    found = conformity(dose, target, prescribed_gy=57.0)
    assert found == pytest.approx(lens**2, abs=0.005)


def test_reading_between_voxels_keeps_a_linear_dose():
    x, y, z = np.meshgrid(*(centres(2.0, n) for n in (6, 7, 8)), indexing="ij")
    found = between_voxels(50.0 + x - 2.0 * y + 0.5 * z, 4)
    u, v, w = np.meshgrid(*(centres(0.5, 4 * n) for n in (6, 7, 8)), indexing="ij")
    np.testing.assert_allclose(found, 50.0 + u - 2.0 * v + 0.5 * w, atol=1e-12)
