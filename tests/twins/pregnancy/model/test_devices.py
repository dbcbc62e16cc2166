"""What a suture, a pessary, a posture and more fluid do to a loaded uterus."""

from dataclasses import replace

import numpy as np
import pytest

from bodytwin.errors import InvalidParameterError
from bodytwin.twins.pregnancy.model.devices import (
    canal_deg,
    cerclage,
    on_a_bed,
    pessary,
    polyhydramnios,
)
from bodytwin.twins.pregnancy.model.mechanics import readings, seen_under
from bodytwin.twins.pregnancy.model.meshing import half_uterus
from tests.twins.pregnancy.model.test_mechanics import LOAD, WOMAN


@pytest.fixture(scope="module")
def seen():
    return seen_under(half_uterus(WOMAN), LOAD)


def test_a_suture_that_is_tighter_narrows_the_cervix_more(seen):
    def round_mm(tension_mn):
        made, ring = cerclage(seen, tension_mn=tension_mn)
        return ring.length_mm(made.positions_mm)

    loose, tied, tight = (round_mm(t) for t in (0.0, 50.0, 200.0))
    assert tight < tied < loose
    assert loose == pytest.approx(cerclage(seen)[1].length_mm(seen.positions_mm), rel=1e-9)


def test_a_suture_needs_a_cervix_to_be_tied_round():
    short = seen_under(half_uterus(WOMAN.changed(cervix_length_mm=16.0)), LOAD)
    with pytest.raises(InvalidParameterError, match=r"needs a cervix of 17 mm or more, got 16\.0"):
        cerclage(short)


def test_a_pessary_turns_the_canal_to_the_back_and_a_wide_one_touches_nothing(seen):
    made, touch = pessary(seen)
    rest = seen.at_rest.mesh.positions_mm
    assert canal_deg(made) < canal_deg(seen) - 0.5
    assert np.linalg.norm(touch.resultant_mn(rest, made.displacement_mm)) > 1.0
    slender = seen_under(half_uterus(WOMAN.changed(cervix_outer_mm=20.0)), LOAD)
    free, none = pessary(slender)
    assert (none.pressure_kpa(slender.at_rest.mesh.positions_mm, free.displacement_mm) == 0).all()
    assert canal_deg(free) == pytest.approx(canal_deg(slender), abs=1e-6)


def test_upright_stretches_the_internal_os_more_and_head_down_less_than_lying(seen):
    lying, up, down, same = (
        readings(one).internal_os
        for one in (
            seen,
            on_a_bed(seen, head_up_deg=90.0),
            on_a_bed(seen, head_up_deg=-20.0),
            on_a_bed(seen, head_up_deg=0.0),
        )
    )
    assert same == pytest.approx(lying, abs=1e-8)
    assert down < lying < up
    with pytest.raises(InvalidParameterError, match="-45 to 90, got 120"):
        on_a_bed(seen, head_up_deg=120.0)


def test_more_fluid_is_the_same_uterus_under_more_pressure(seen):
    much = polyhydramnios(seen)
    assert much.load == replace(LOAD, pressure_kpa=LOAD.pressure_kpa + 12.7 * 0.133322)
    assert readings(much).uterus > readings(seen).uterus
