"""The collapsed cone keeps energy, is even where body and beam are, and sees density beside it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.model.collapsed_cone import dose_of_fluence, grid_dose, spread
from bodytwin.twins.radiotherapy.model.collapsed_cone_kernels import water_6mv
from bodytwin.twins.radiotherapy.model.collapsed_cone_terma import released
from bodytwin.twins.radiotherapy.model.geometry import Beam
from bodytwin.twins.radiotherapy.model.trace import Densities

BEAM = Beam(gantry_deg=0.0, isocentre_mm=(0.0, 0.0, 0.0))
PHOTONS = water_6mv()
ACROSS = np.arange(-17.5, 18.0, 5.0)
FIELD = np.array([(x, z) for x in ACROSS for z in ACROSS])


def box(count=25, spacing_mm=8.0, density=1.0):
    affine = np.diag([spacing_mm] * 3 + [1.0])
    affine[:3, 3] = -0.5 * spacing_mm * (count - 1)
    return Densities(values=np.full((count,) * 3, density, np.float32), affine=affine)


def dose_in(body, beam=BEAM, at=FIELD, weights=None):
    weights = np.ones(len(at)) if weights is None else weights
    return grid_dose(beam, body, PHOTONS, beamlets_mm=at, weights=weights)


@settings(max_examples=15, deadline=None)
@given(
    gantry=st.floats(0.0, 360.0),
    couch=st.floats(-90.0, 90.0),
    place=st.tuples(*[st.integers(6, 14)] * 3),
    seed=st.integers(0, 1000),
)
def test_no_energy_is_lost_or_made_whatever_the_direction_and_the_densities(
    gantry, couch, place, seed
):
    body = box(21, 8.0)
    body.values[:] = np.random.default_rng(seed).uniform(20.0, 60.0, body.values.shape)
    sent = np.zeros((*body.values.shape, 2), np.float32)
    sent[place] = (1.0, 2.0)
    beam = replace(BEAM, gantry_deg=gantry, couch_deg=couch)
    dose = spread(beam, body, PHOTONS.cones(), released_gy=sent)
    absorbed = (dose * body.values).sum(dtype=float)
    assert absorbed == pytest.approx(3.0 * body.values[place], rel=0.02)


def test_the_dose_of_a_square_field_is_the_same_on_all_four_sides():
    dose = dose_in(box())
    assert dose == pytest.approx(dose[::-1], abs=2e-3 * float(dose.max()))
    assert dose == pytest.approx(dose[:, :, ::-1], abs=2e-3 * float(dose.max()))
    below = dose[:, 1:]
    assert below == pytest.approx(below.transpose(2, 1, 0), abs=0.01 * float(dose.max()))


def test_dose_is_linear_in_weights():
    rng = np.random.default_rng(0)
    one, other = rng.random((2, len(FIELD)))
    both = dose_in(box(), weights=2.0 * one + other)
    parts = 2.0 * dose_in(box(), weights=one) + dose_in(box(), weights=other)
    assert both == pytest.approx(parts, rel=1e-4, abs=1e-6 * float(both.max()))


def test_dose_builds_up_below_the_surface_and_then_falls():
    column = dose_in(box(61, 4.0))[30, :, 30]
    top = int(np.argmax(column))
    assert 2 <= top <= 5
    assert column[0] < 0.8 * column[top]
    assert (np.diff(column[top:]) < 0).all()


def test_in_lung_the_middle_of_a_small_field_gets_less_and_its_surroundings_more():
    narrow = FIELD[np.abs(FIELD).max(axis=1) < 10.0]
    body = box(41, 5.0)
    plain = dose_in(body, at=narrow)
    body.values[:, 12:30] = 0.2
    lung = dose_in(body, at=narrow)
    released_there = released(
        BEAM, body, PHOTONS, beamlets_mm=narrow, weights=np.ones(len(narrow))
    ).sum(axis=-1)
    assert lung[20, 20, 20] < 0.9 * plain[20, 20, 20]
    assert lung[26, 20, 20] > 1.5 * plain[26, 20, 20]
    assert lung[20, 20, 20] < released_there[20, 20, 20]


def test_places_are_read_between_voxels_and_nothing_lies_outside():
    body = box()
    dose = dose_in(body)
    places = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [500.0, 0.0, 0.0]])
    found = dose_of_fluence(
        BEAM, body, PHOTONS, voxels_mm=places, beamlets_mm=FIELD, weights=np.ones(len(FIELD))
    )
    middle = dose[12, 12, 12]
    assert found == pytest.approx([middle, 0.5 * (middle + dose[13, 12, 12]), 0.0], rel=1e-6)


def test_air_around_a_body_gets_none_and_changes_little():
    body, wide = box(21, 5.0), box(31, 5.0)
    wide.values[:] = 0.0
    wide.values[5:26, 5:26, 5:26] = 1.0
    dose, inside = dose_in(body), dose_in(wide)
    middle = (slice(9, 12), slice(3, 18), slice(9, 12))
    assert inside[5:26, 5:26, 5:26][middle] == pytest.approx(dose[middle], rel=0.02)
    assert inside.sum() == pytest.approx(inside[5:26, 5:26, 5:26].sum(), rel=1e-6)


def test_on_the_axis_energy_is_released_by_depth_and_the_square_of_the_distance():
    body = box(41, 5.0)
    sent = released(BEAM, body, PHOTONS, beamlets_mm=FIELD, weights=np.ones(len(FIELD)))
    y = 5.0 * (np.arange(41) - 20.0)
    wanted = PHOTONS.fluence_per_weight * PHOTONS.released(y + 102.5)
    wanted *= (1000.0 / (1000.0 + y))[:, None] ** 2
    assert sent[20, :, 20] == pytest.approx(wanted, rel=5e-3)
    assert sent[32, :, 20].max() < 1e-3 * wanted.max()


def test_energy_released_deeper_is_harder_and_less():
    depth = np.array([0.0, 50.0, 200.0])
    sent = PHOTONS.released(depth)
    assert (np.diff(sent.sum(axis=1)) < 0).all()
    assert (np.diff(sent[:, 0] / sent.sum(axis=1)) > 0).all()
    filtered = PHOTONS.hardened(water_mm=50.0).released(depth)
    fall = sent[1:] / sent[0]
    assert (filtered[1:].sum(axis=1) / filtered[0].sum() > fall.sum(axis=1) / 2).all()
    assert PHOTONS.hardened(water_mm=0.0).released(depth) == pytest.approx(sent)


@pytest.mark.parametrize(("rings", "around"), [(3, 4), (6, 8), (12, 12), (48, 8)])
def test_cones_carry_all_energy_forward_of_their_ring(rings, around):
    cones = PHOTONS.cones(rings=rings, around=around)
    assert cones.directions.shape == (rings * around, 3)
    assert np.linalg.norm(cones.directions, axis=1) == pytest.approx(1.0)
    assert cones.share[:, 0].sum() == pytest.approx(1.0, abs=1e-3)
    assert cones.share[:, 1:].sum() == pytest.approx(1.0, abs=1e-3)
    assert np.unique(cones.directions[:, 2].round(9)).size == rings


def test_what_cannot_be_is_refused():
    with pytest.raises(InvalidInputError, match="rings"):
        PHOTONS.cones(rings=2)
    with pytest.raises(InvalidInputError, match="as many beamlets"):
        dose_in(box(), weights=np.ones(3))
    with pytest.raises(InvalidInputError, match="finite"):
        dose_in(box(), weights=np.full(len(FIELD), np.nan))
    with pytest.raises(InvalidInputError, match="as many beamlets"):
        dose_in(box(), at=FIELD + 0.2)
    with pytest.raises(InvalidInputError, match="behind the source"):
        dose_in(box(), replace(BEAM, isocentre_mm=(0.0, 1000.0, 0.0)))
    with pytest.raises(InvalidInputError, match="mean radius"):
        replace(PHOTONS.primary, radius_mm=np.zeros(48))
    with pytest.raises(InvalidInputError, match="spreads all energy"):
        replace(PHOTONS, lacking=PHOTONS.primary)
    with pytest.raises(InvalidInputError, match="absorbed than attenuated"):
        replace(PHOTONS, absorption_per_mm=10.0 * PHOTONS.absorption_per_mm)
