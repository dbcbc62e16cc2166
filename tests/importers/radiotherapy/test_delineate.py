"""A linked course on one grid of voxels."""

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, MissingDataError
from bodytwin.importers import radiotherapy
from bodytwin.importers.radiotherapy.delineate import coarser
from bodytwin.record import Summation, volume_ml
from tests.importers.radiotherapy import files


def course(**without):
    parts = {"structures": files.structures(), "plan": files.plan(), "dose": files.dose()}
    kept = [part for name, part in parts.items() if name not in without]
    return radiotherapy.read_course([*kept, *files.ct()]).value


def test_regions_prescription_fractions_and_dose_come_on_one_grid():
    given = course()
    found = radiotherapy.delineate(given, spacing_mm=2.0).value
    assert found.fractions == 30
    assert found.frame_uid == files.FRAME
    assert found.dose.dose_gy.shape == found.image.values.shape
    region = given.structures.region("PTV")
    assert found.volume_ml("PTV") == pytest.approx(volume_ml(given.structures, region), rel=0.35)
    assert found.prescribed_gy
    assert set(found.prescribed_gy) <= set(found.masks)


def test_doses_are_read_where_they_lie():
    given = course()
    found = radiotherapy.delineate(given, spacing_mm=2.0).value
    (dose,) = given.doses
    middle = [n // 2 for n in dose.dose_gy.shape]
    place = dose.image.affine @ [*middle, 1.0]
    at = np.rint(np.linalg.inv(found.image.affine) @ place)[:3].astype(int)
    near = found.dose.dose_gy[tuple(slice(a - 1, a + 2) for a in at)]
    assert near.min() - 1e-3 <= dose.dose_gy[tuple(middle)] <= near.max() + 1e-3


def test_coarser_voxels_keep_the_mean_and_the_place():
    image = course().series.image
    found = coarser(image, 4.0)
    assert found.spacing_mm == pytest.approx((4.0, 4.0, 3.0))
    whole = [a * b for a, b in zip(found.values.shape, (2, 2, 1), strict=True)]
    kept = image.values[: whole[0], : whole[1], : whole[2]]
    assert found.values.mean() == pytest.approx(kept.mean(), rel=1e-6)
    first = image.affine @ [0.5, 0.5, 0.0, 1.0]
    assert found.affine[:3, 3] == pytest.approx(first[:3])


def test_a_region_that_leaves_the_dose_is_told():
    found = radiotherapy.delineate(course(), spacing_mm=2.0)
    assert any("dose grid" in words for words in found.remarks)


def test_a_course_without_a_dose_is_one_to_be_planned():
    found = radiotherapy.delineate(course(dose=True)).value
    assert found.dose is None
    assert found.prescribed_gy


def test_what_cannot_be_delineated_is_refused():
    with pytest.raises(MissingDataError, match="structure set"):
        radiotherapy.delineate(course(structures=True, plan=True, dose=True))
    with pytest.raises(InvalidInputError, match=r"0.5 to 10 mm"):
        radiotherapy.delineate(course(), spacing_mm=40.0)
    assert course().doses[0].summation is Summation.PLAN
