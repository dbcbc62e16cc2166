"""What a loaded uterus must do, whatever its numbers."""

from dataclasses import replace

import numpy as np
import pytest

from bodytwin.errors import InvalidParameterError
from bodytwin.twins.pregnancy.model.measures import Measures
from bodytwin.twins.pregnancy.model.mechanics import Load, loaded_by, readings, seen_under
from bodytwin.twins.pregnancy.model.meshing import half_uterus, whole_uterus
from bodytwin.twins.pregnancy.model.tissue import published, tissues

WOMAN = Measures(
    longitudinal_mm=150, anterior_posterior_mm=110, transverse_mm=130, fundus_mm=8, anterior_mm=8,
    posterior_mm=8, lower_segment_mm=6, cervix_length_mm=35, cervix_outer_mm=32, canal_mm=6,
    angle_deg=105,
)  # fmt: skip
LOAD = Load(tissue=tissues(np.zeros((1, 9)))[0], week=24.0, pressure_kpa=0.8)


@pytest.fixture(scope="module")
def seen():
    return seen_under(half_uterus(WOMAN), LOAD)


def test_the_shape_at_rest_under_its_load_is_the_shape_seen(seen):
    again = loaded_by(replace(seen, displacement_mm=0 * seen.displacement_mm), LOAD)
    assert np.abs(seen.positions_mm - seen.as_seen.mesh.positions_mm).max() < 1e-9
    assert np.abs(again.positions_mm - seen.as_seen.mesh.positions_mm).max() < 1e-5


def test_more_pressure_stretches_more_and_opens_the_internal_os(seen):
    low, same, high = (
        readings(loaded_by(seen, replace(LOAD, pressure_kpa=p))) for p in (0.4, 0.8, 1.2)
    )
    assert same.internal_os == pytest.approx(readings(seen).internal_os, abs=1e-6)
    for name in ("internal_os", "cervix", "uterus", "shortening_mm", "os_mm"):
        assert getattr(low, name) < getattr(same, name) < getattr(high, name)
    assert low.os_rest_mm == high.os_rest_mm < low.os_mm


def test_a_cervix_that_softens_stretches_and_one_that_softens_slower_does_so_less(seen):
    later = replace(LOAD, week=32.0)
    slower = replace(later, tissue=LOAD.tissue.slower(0.5, since_wk=24.0))
    now, soft, less = (
        readings(loaded_by(seen, load)).internal_os for load in (LOAD, later, slower)
    )
    assert now < less < soft


def test_both_halves_are_twice_the_half(seen):
    whole = readings(seen_under(whole_uterus(WOMAN), LOAD))
    half = readings(seen)
    for name in ("internal_os", "cervix", "uterus", "os_share"):
        assert getattr(whole, name) == pytest.approx(getattr(half, name), rel=1e-3)
    assert whole.shortening_mm == pytest.approx(half.shortening_mm, abs=1e-3)


def test_tissue_is_drawn_about_its_published_values():
    z = np.random.default_rng(0).standard_normal((4000, 9))
    drawn = np.array([[getattr(t, n) for n in published()] for t in tissues(z)])
    middle = [q.value for q in published().values()]
    assert np.median(drawn, axis=0) == pytest.approx(middle, rel=0.05)
    low = np.quantile(drawn, 0.025, axis=0)
    assert low == pytest.approx([q.low for q in published().values()], rel=0.12)


def test_the_cervix_is_as_stiff_as_shear_waves_found_it_at_small_strain():
    law = LOAD.tissue.cervix(week=20.0)
    assert law.c_kpa * law.b_shear / 2 == pytest.approx(4.14)
    later = LOAD.tissue.cervix(week=30.0)
    assert later.c_kpa / law.c_kpa == pytest.approx(np.exp(-0.3))


def test_the_uterus_is_as_stiff_at_high_stress_as_strips_of_it_were():
    law = LOAD.tissue.uterus()
    at = np.linspace(0.01, 0.8, 300)

    def energy_kpa(along):
        across = np.linspace(0.5, 1.0, 20001) ** 0.5
        along = np.exp(along)
        thick = 1 / (along * across)
        families = np.maximum(0.5 * (along**2 + across**2) - 1, 0.0)
        ground = 0.5 * law.shear_kpa * (along**2 + across**2 + thick**2 - 3)
        return (ground + law.k1_kpa / law.k2 * (np.exp(law.k2 * families**2) - 1)).min()

    stress = np.gradient([energy_kpa(x) for x in at], at)
    modulus_kpa = np.gradient(stress, at)[np.searchsorted(stress, 69.0)]
    assert 480 <= modulus_kpa <= 1380


def test_numbers_that_cannot_be_are_refused():
    with pytest.raises(InvalidParameterError, match="pressure_kpa"):
        replace(LOAD, pressure_kpa=0.0)
    with pytest.raises(InvalidParameterError, match="share must be 0 to 1"):
        LOAD.tissue.slower(1.5, since_wk=24.0)
