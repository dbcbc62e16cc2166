"""Volumes against closed forms, their convergence, and five hundred virtual women."""

from time import process_time

import numpy as np
import pytest
from scipy.special import elliprg

from bodytwin.errors import BodytwinError, NumericalError
from bodytwin.numerics import solid
from bodytwin.numerics.solid.material import NeoHookean
from bodytwin.twins.pregnancy.model.measures import Measures, measures
from bodytwin.twins.pregnancy.model.meshing import cavity_mm3, half_uterus
from bodytwin.twins.pregnancy.model.reading import read
from bodytwin.twins.pregnancy.model.template import Counts
from bodytwin.twins.pregnancy.model.women import drawn

WOMAN = Measures(
    longitudinal_mm=166.0, anterior_posterior_mm=106.0, transverse_mm=133.0, fundus_mm=8.5,
    anterior_mm=8.8, posterior_mm=8.1, lower_segment_mm=5.0, cervix_length_mm=36.0,
    cervix_outer_mm=30.0, canal_mm=6.0, angle_deg=92.0,
)  # fmt: skip
EVEN = {"fundus_mm": 8.0, "anterior_mm": 8.0, "posterior_mm": 8.0}
SPHERE = WOMAN.changed(
    longitudinal_mm=120.0, anterior_posterior_mm=120.0, transverse_mm=120.0, **EVEN
)
ELLIPSOID = WOMAN.changed(**EVEN)
COUNTS = [Counts(fine=n, layers=n) for n in (1, 2, 4)]


def shell_mm3(of, thickness):
    """Of an even shell on an ellipsoid: area and mean curvature by Carlson's symmetric integral."""
    a, b, c = (x**2 / 4 for x in of.array[:3])
    area = 4 * np.pi * elliprg(a * b, b * c, c * a)
    width = 4 * np.pi * elliprg(a, b, c)
    return area * thickness + width * thickness**2 + 4 / 3 * np.pi * thickness**3


def upper_mm3(made):
    """Wall above the middle of the cavity, on one side: a quarter of the shell."""
    upper = made.plate.r[made.mesh.cells[:, 13]] < 2
    return made.mesh.geometry.weight_mm3[upper].sum()


def orders(errors):
    errors = np.abs(np.asarray(errors))
    return np.log2(errors[:-1] / errors[1:])


def test_the_formula_of_a_shell_gives_that_of_a_sphere():
    assert shell_mm3(SPHERE, 8.0) == pytest.approx(4 / 3 * np.pi * (68**3 - 60**3), rel=1e-12)


@pytest.mark.parametrize("of", [SPHERE, ELLIPSOID], ids=["sphere", "ellipsoid"])
def test_the_upper_half_of_an_even_wall_has_the_exact_volume(of, record_property):
    exact = shell_mm3(of, 8.0) / 4
    errors = [upper_mm3(half_uterus(of, counts)) / exact - 1 for counts in COUNTS]
    record_property("relative errors", errors)
    print("\n", np.array(errors), orders(errors))
    assert orders(errors).min() > 3.7
    assert abs(errors[-1]) < 1e-4


def test_volumes_and_surfaces_converge_with_the_fourth_order(record_property):
    """Three differences of four nested meshes, each with two layers through the wall.

    Orders are those of what a surface encloses: tissue is the difference of two such volumes, whose
    errors cancel in part, so that for it only the size of the last change is asserted.
    """
    made = [half_uterus(WOMAN, Counts(fine=n, layers=2)) for n in (1, 2, 4, 8)]
    found = np.array(
        [
            [u.cavity_mm3, u.cavity_mm3 + u.tissue_mm3, u.area_mm2("cavity"), u.area_mm2("outer")]
            for u in made
        ]
    )
    off = np.diff(found, axis=0)
    tissue = np.diff(found[:, 1] - found[:, 0]) / made[-1].tissue_mm3
    record_property("orders", orders(off)[-1].round(2).tolist())
    record_property("relative changes of tissue", tissue.tolist())
    print("\n", found, off / found[-1], orders(off), tissue)
    assert orders(off)[-1].min() > 3.7
    assert np.abs(off[-1] / found[-1]).max() < 2e-5
    assert abs(tissue[-1]) < 2e-5


def test_five_hundred_women_have_valid_meshes_that_read_as_they_were_asked(record_property):
    rng = np.random.default_rng(20261124)
    weeks = np.tile(np.arange(16, 39), 22)[:500]
    women = [(week, drawn(float(week), rng, 1)[0]) for week in weeks]
    half_uterus(WOMAN)
    refused, folded, scaled, off, began = [], [], [], [], process_time()
    for week, asked in women:
        try:
            made = half_uterus(measures(asked))
        except BodytwinError as why:
            refused.append(f"{week} weeks: {why}")
            folded += [asked] * isinstance(why, NumericalError)
            continue
        scaled.append(made.scaled_jacobian.min())
        off.append(np.abs(read(made).array - asked))
    each_ms = 1e3 * (process_time() - began) / len(women)
    worst = np.max(off, axis=0)
    record_property("refused", refused)
    record_property("least scaled Jacobian", float(min(scaled)))
    print("\n", len(refused), refused, np.quantile(scaled, [0, 0.01, 0.1, 0.5]), worst, each_ms)
    assert len(refused) <= 5
    assert all(
        half_uterus(measures(m), Counts().doubled()).scaled_jacobian.min() > 0 for m in folded
    )
    assert min(scaled) > 0
    assert worst[:10].max() < 0.25
    assert worst[10] < 1.0


def test_the_mechanics_solves_on_the_mesh():
    """Half a uterus under 0.1 kPa: the cavity grows, the sagittal plane stays, nothing folds."""
    made = half_uterus(WOMAN)
    faces, mesh = made.surfaces, made.mesh
    body = solid.body(mesh, NeoHookean(shear_kpa=10.0), bulk_kpa=1000.0, axes=made.axes)
    loads = [
        solid.Pressure(faces["cavity"], pressure_kpa=0.1),
        solid.Support(faces["outer"], stiffness_kpa_per_mm=0.02),
    ]
    found = solid.solve(body, loads, [solid.Held(np.unique(faces["symmetry"]), 0)])
    moved = solid.Mesh(mesh.positions_mm + found.displacement_mm, mesh.cells)
    after = cavity_mm3(moved.positions_mm, faces["cavity"], made.plate.os_ring)
    assert 1.001 < after / made.cavity_mm3 < 1.2
    assert np.abs(moved.positions_mm[np.unique(faces["symmetry"]), 0]).max() < 1e-12
    assert moved.geometry.weight_mm3.min() > 0
