"""One numbering serves all women, and each place of it has a name."""

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.twins.pregnancy.model.template import Counts, half_template, whole_template


def places(plate):
    return np.stack([plate.r * np.cos(plate.angle), plate.r * np.sin(plate.angle), plate.w], axis=1)


def test_nodes_of_a_plate_are_nodes_of_the_plate_of_half_its_size():
    coarse, fine = (places(half_template(c)) for c in (Counts(), Counts().doubled()))
    far = np.abs(coarse[:, None] - fine[None]).sum(axis=2).min(axis=1)
    assert far.max() < 1e-9


def test_elements_grow_eightfold_when_doubled():
    assert len(half_template(Counts()).cells) == 34
    assert len(half_template(Counts().doubled()).cells) == 8 * 34


def test_the_whole_is_two_halves_that_share_the_sagittal_plane():
    half, whole = half_template(Counts()), whole_template(Counts())
    shared = np.unique(half.surfaces["symmetry"]).size
    assert len(whole.r) == 2 * len(half.r) - shared
    assert np.unique(whole.cells).size == len(whole.r)
    assert len(whole.surfaces["symmetry"]) == 0


def test_uterus_and_cervix_are_all_and_parts_belong_to_them():
    regions = half_template(Counts(fine=2)).regions
    both = np.concatenate([regions["uterus"], regions["cervix"]])
    assert np.array_equal(np.sort(both), np.arange(len(half_template(Counts(fine=2)).cells)))
    assert np.isin(regions["internal_os"], regions["cervix"]).all()
    assert np.isin(regions["lower_segment"], regions["uterus"]).all()


def test_parts_of_the_outer_surface_are_all_of_it():
    surfaces = half_template(Counts()).surfaces
    names = ("fundus", "front", "pelvis", "back", "ligaments", "cervix_outer")
    parts = [surfaces[n] for n in names]
    assert sum(map(len, parts)) == len(surfaces["outer"])


def test_counts_below_one_are_refused():
    with pytest.raises(InvalidInputError, match="at least 1"):
        Counts(fine=0)
