"""Meshes of women fold nowhere, close, and have directions for their fibres."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bodytwin.errors import BodytwinError, NumericalError
from bodytwin.twins.pregnancy.model.measures import measures
from bodytwin.twins.pregnancy.model.meshing import half_uterus, require_unfolded, whole_uterus
from bodytwin.twins.pregnancy.model.reading import read
from bodytwin.twins.pregnancy.model.shape import Shape
from bodytwin.twins.pregnancy.model.template import Counts
from bodytwin.twins.pregnancy.model.women import at_scores
from tests.twins.pregnancy.model.woman import WOMAN

HALF, WHOLE = half_uterus(WOMAN), whole_uterus(WOMAN)
FINE = half_uterus(WOMAN, Counts(fine=2, layers=2))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(week=st.floats(16.0, 38.0), scores=st.lists(st.floats(-1.5, 1.5), min_size=11, max_size=11))
def test_ultrasound_of_the_mesh_gives_the_measures_that_made_it(week, scores):
    asked = at_scores(week, np.array([scores]))[0]
    try:
        made = half_uterus(measures(asked), Counts(fine=2))
    except BodytwinError:
        assume(False)
    off = np.abs(read(made).array - asked)
    assert off[:-1].max() < 0.1
    assert off[-1] < 0.3


def test_a_half_is_half_of_the_whole():
    assert WHOLE.tissue_mm3 == pytest.approx(2 * HALF.tissue_mm3, rel=1e-12)
    assert WHOLE.cavity_mm3 == pytest.approx(2 * HALF.cavity_mm3, rel=1e-12)
    assert WHOLE.area_mm2("cavity") == pytest.approx(2 * HALF.area_mm2("cavity"), rel=1e-12)


def test_the_cavity_is_the_ellipsoid_and_the_funnel_over_the_canal():
    ellipsoid = np.pi / 6 * 166.0 * 106.0 * 133.0
    assert 2 * FINE.cavity_mm3 == pytest.approx(ellipsoid, rel=1e-3)
    assert 2 * FINE.cavity_mm3 > ellipsoid


@pytest.mark.parametrize("made", [HALF, WHOLE], ids=["half", "whole"])
def test_named_surfaces_are_the_whole_boundary(made):
    parts = ("cavity", "canal", "outer", "external_os", "symmetry")
    named = np.concatenate([made.surfaces[name] for name in parts])
    as_sets = [{tuple(f) for f in np.sort(faces, axis=1)} for faces in (named, made.mesh.boundary)]
    assert len(named) == len(as_sets[0])
    assert as_sets[0] == as_sets[1]


def test_the_symmetric_boundary_lies_in_the_sagittal_plane():
    nodes = np.unique(HALF.surfaces["symmetry"])
    assert np.all(HALF.mesh.positions_mm[nodes, 0] == 0.0)
    assert np.all(np.delete(HALF.mesh.positions_mm[:, 0], nodes) > 0.0)


@pytest.mark.parametrize("made", [HALF, WHOLE], ids=["half", "whole"])
def test_fibre_axes_are_right_handed_with_n_outwards(made):
    axes = made.axes
    assert np.linalg.det(axes) == pytest.approx(1.0, abs=1e-12)
    body = made.regions["uterus"]
    outwards = made.mesh.points_mm[body] * axes[body, :, 2]
    assert (outwards.sum(axis=2) > 0).all()


def test_fibres_of_the_cervix_run_round_its_canal():
    canal = Shape(WOMAN).canal
    cervix = FINE.regions["cervix"]
    straight = np.intersect1d(cervix, np.flatnonzero(FINE.plate.r[FINE.mesh.cells[:, 13]] > 6))
    assert np.abs(FINE.axes[cervix, :, 0] @ canal).max() < 1e-12
    assert (FINE.axes[straight, :, 1] @ canal).min() > 0.99


def test_fibres_of_the_uterus_run_round_its_cavity():
    body = FINE.plate.r[FINE.mesh.cells[:, 13]] < 3
    f, at = FINE.axes[body, :, 0], FINE.mesh.points_mm[body]
    assert np.abs(f[..., 2]).max() < 1e-12
    assert (at[..., 1] * f[..., 0] - at[..., 0] * f[..., 1] > 0).all()


def test_typical_elements_are_far_from_folding():
    assert HALF.scaled_jacobian.min() > 0.25
    assert FINE.scaled_jacobian.min() > 0.25


def test_a_folded_element_is_refused_by_its_place():
    turned = HALF.mesh.positions_mm * np.array([-1.0, 1.0, 1.0])
    with pytest.raises(NumericalError, match=r"folds at r = .* degrees from the front"):
        require_unfolded(turned, HALF.plate)
