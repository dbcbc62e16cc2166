"""DICOM RT structure sets."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers import radiotherapy
from bodytwin.record import inside, linked, volume_ml
from tests.importers.radiotherapy import files
from tests.importers.radiotherapy.files import contour, square

DATA = Path(__file__).parent / "data"
HEIGHTS = (-21.0, -18.0, -15.0)


def read(*args, **how):
    return radiotherapy.read_structures(files.structures(*args, **how))


def series(**how):
    return radiotherapy.read_series(files.ct(**how)).value


def test_closed_regions_are_read_and_a_point_is_held_back_with_the_reason():
    found = read()
    region = found.value.region("PTV")
    assert (region.number, region.kind, len(region.contours_mm)) == (1, "PTV", 3)
    assert found.value.frame_uid == files.FRAME
    assert found.value.series_uid == files.SERIES
    assert volume_ml(found.value, region) == pytest.approx(18 * 18 * 9 / 1000)
    (held,) = found.held_back
    assert held.path == "StructureSetROISequence/4"
    assert "a point" in held.reason


def good(z, **how):
    return contour(square(9, z), **how)


BAD = {
    "open": (contour(square(9, -18.0), "OPEN_PLANAR"), "is open"),
    "cut short": (contour(square(9, -18.0), count=9), "announces 9 points and has 4"),
    "no triples": (contour([*square(9, -18.0), 3.0]), "no triples"),
    "not planar": (contour([0, 0, -18, 9, 0, -18, 9, 9, -12, 0, 9, -18]), "not planar"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_region_is_taken_whole_or_not_at_all(name):
    bad, reason = BAD[name]
    found = read({1: ("A", "", [good(z) for z in HEIGHTS]), 2: ("B", "", [good(-21.0), bad])})
    assert [region.number for region in found.value.regions] == [1]
    (held,) = found.held_back
    assert held.path == "StructureSetROISequence/2"
    assert reason in held.reason


def test_a_file_without_any_usable_region_is_refused():
    with pytest.raises(UnreadableFileError) as error:
        read({2: (files.MARKER, "", [BAD["open"][0]])})
    assert "is open" in files.refused(error)


def test_a_region_of_another_frame_of_reference_is_held_back():
    def change(found):
        found.StructureSetROISequence[1].ReferencedFrameOfReferenceUID = "1.2.3.99"

    regions = {n: ("", "", [good(z) for z in HEIGHTS]) for n in (1, 2)}
    found = read(regions, change=change)
    assert "another frame of reference" in found.held_back[0].reason


def test_lines_that_enclose_nothing_are_passed_over_and_told():
    speck = contour([1, 1, -18, 2, 1, -18])
    found = read({1: ("A", "", [*(good(z) for z in HEIGHTS), speck])})
    assert len(found.value.regions[0].contours_mm) == 3
    assert "1 lines that enclose nothing" in found.remarks[0]


def test_contours_of_different_planes_are_refused():
    steep = contour([0, -9, -30, 0, 9, -30, 0, 9, -20, 0, -9, -20])
    with pytest.raises(InvalidInputError, match="parallel"):
        read({1: ("A", "", [*(good(z) for z in HEIGHTS), steep])})


def test_another_kind_of_file_is_refused_by_what_it_is():
    with pytest.raises(UnreadableFileError, match="is a dose; a structure set is expected"):
        radiotherapy.read_structures(files.dose())


@pytest.mark.parametrize("cut", [0, 100, 140, 900])
def test_a_damaged_file_is_refused(cut):
    with pytest.raises(InvalidInputError) as error:
        radiotherapy.read_structures(files.structures()[:cut])
    files.refused(error)


def test_linked_to_its_image_a_slice_without_a_contour_holds_nothing():
    drawn = read({1: ("A", "", [good(z) for z in (-21.0, -15.0)])}).value
    course = linked(series(), structures=drawn)
    assert course.structures is not None
    region = course.structures.regions[0]
    assert volume_ml(drawn, region) == pytest.approx(18 * 18 * 12 / 1000)
    assert volume_ml(course.structures, region) == pytest.approx(18 * 18 * 6 / 1000)
    mask = inside(course.structures, region, course.series.image)
    assert np.flatnonzero(mask.any(axis=(0, 1))).tolist() == [3, 5]
    assert mask.sum() == 2 * 9 * 9


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"frame": "1.2.3.98"}, "another frame of reference"),
        ({"series": "1.2.3.98"}, "another series"),
        ({"regions": {1: ("", "", [good(z) for z in (-21.0, -19.5)])}}, "1.5 mm off every slice"),
        ({"regions": {1: ("", "", [good(z) for z in (-33.0, -30.0)])}}, "3 mm off every slice"),
    ],
)
def test_contours_of_another_image_or_off_its_slices_are_refused(how, reason):
    with pytest.raises(InvalidInputError) as error:
        linked(series(), structures=read(**how).value)
    assert reason in files.refused(error)


@pytest.mark.parametrize("lying", files.LYING)
def test_contours_lie_on_the_same_voxels_however_the_patient_lay(lying):
    """Square in LPS: the mask taken to LPS is the same for every order of rows and columns."""
    regions = {1: ("A", "", [contour(square(9, z, at=(8, 0))) for z in HEIGHTS])}
    image = series(lying=lying)
    sign = float(np.sign(np.cross(files.LYING[lying][:3], files.LYING[lying][3:])[2]))
    if sign < 0:
        regions = {1: ("A", "", [contour(square(9, -z, at=(8, 0))) for z in HEIGHTS])}
    course = linked(image, structures=read(regions).value)
    assert course.structures is not None
    mask = inside(course.structures, course.structures.regions[0], image.image)
    centres = np.argwhere(mask) @ image.image.affine[:3, :3].T + image.image.affine[:3, 3]
    assert len(centres) == 81 * 3
    assert centres[:, 0].min() >= -1
    assert centres[:, 0].max() <= 17
    assert np.abs(centres[:, 1]).max() <= 9
    assert sorted(set(np.round(sign * centres[:, 2], 6))) == list(HEIGHTS)


def test_the_breast_case_of_dicompyler_is_read_and_its_heart_has_its_size():
    found = radiotherapy.read_structures((DATA / "breast_structures.dcm").read_bytes())
    heart = found.value.region("Heart")
    assert heart.kind == "ORGAN"
    assert volume_ml(found.value, heart) == pytest.approx(439.7, abs=0.05)
    assert [h.reason for h in found.held_back] == ["It has no contour."]


def test_the_phantom_of_pydicom_is_read_without_a_preamble():
    path = get_testdata_file("rtstruct.dcm")
    found = radiotherapy.read_structures(Path(str(path)).read_bytes())
    assert "no preamble" in found.remarks[0]
    assert [region.number for region in found.value.regions] == [1]
    assert len(found.held_back) == 2


def test_contours_on_one_slice_get_their_thickness_from_the_image_alone():
    found = radiotherapy.read_structures((DATA / "phantom_structures.dcm").read_bytes())
    with pytest.raises(InvalidInputError, match="no thickness"):
        volume_ml(found.value, found.value.regions[0])
