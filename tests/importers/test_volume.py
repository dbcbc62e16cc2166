"""Images from files: what is read, where it is put, and what is said about it."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers import volume
from bodytwin.record import Instant

sys.path.insert(0, str(Path(__file__).parent))
import images as made

NOW = Instant(datetime(2024, 3, 5, 10, tzinfo=UTC))
SAID = volume.Said(labels=made.MEANINGS, instant=NOW)
AS_MR = volume.Said(modality="MR", instant=NOW)
LPS_AFFINE = made.LPS @ made.OBLIQUE
STACK_AFFINE = np.column_stack(
    [made.ALONG * 1.25, made.DOWN * 1.5, made.NORMAL * made.STEP, made.FIRST]
)

NIFTI = {
    "version 1": made.nifti(),
    "version 2": made.nifti(version=2),
    "packed": made.nifti(packed=True),
    "bytes in the other order": made.nifti(made.labelled("u2"), big=True),
    "real numbers that are whole": made.nifti(made.labelled("f4")),
    "whole numbers of eight bytes": made.nifti(made.labelled("i8")),
    "a fourth axis of one": made.nifti(made.labelled()[..., None]),
    "only a sform": made.nifti(qform=0),
}


@pytest.mark.parametrize("data", NIFTI.values(), ids=NIFTI.keys())
def test_a_nifti_is_read_and_turned_from_ras_to_lps(data):
    image = volume.read(data, SAID).image
    assert np.array_equal(image.values, made.labelled())
    assert image.values.dtype == np.uint8
    assert np.allclose(image.affine, LPS_AFFINE, atol=1e-5)
    assert (image.modality, image.labels, image.instant) == ("SEG", made.MEANINGS, NOW)


def test_the_place_of_a_nifti_is_the_one_that_its_own_library_finds():
    for data in (made.nifti(), made.nifti(sform=0), made.nifti(version=2, qform=2)):
        kind = nib.Nifti1Image if data[0] == 92 else nib.Nifti2Image
        expected = made.LPS @ kind.from_bytes(data).affine
        assert np.allclose(volume.read(data, SAID).image.affine, expected, atol=1e-4)


@pytest.mark.parametrize(("unit", "scale"), [("mm", 1), ("meter", 1000), ("micron", 0.001)])
def test_a_nifti_in_another_unit_of_length_comes_out_in_mm(unit, scale):
    image = volume.read(made.nifti(unit=unit), SAID).image
    assert np.allclose(image.affine[:3], LPS_AFFINE[:3] * scale, rtol=1e-5)


def test_a_nifti_without_a_unit_is_taken_for_mm_and_that_is_said():
    assert volume.read(made.nifti(qform=0), SAID).remarks == ()
    remarks = volume.read(made.nifti(unit="unknown", qform=0), SAID).remarks
    assert [r for r in remarks if "mm was assumed" in r]


def test_intensities_of_a_nifti_are_scaled_as_its_header_says():
    def scaled(header):
        header["scl_slope"], header["scl_inter"] = 2.5, -100

    raw = np.arange(24, dtype="i2").reshape(2, 3, 4)
    data = bytearray(made.nifti(raw))
    data[112:120] = np.array([2.5, -100], dtype="<f4").tobytes()
    image = volume.read(bytes(data), AS_MR).image
    assert np.array_equal(image.values, raw * 2.5 - 100)
    assert (image.labels, image.modality) == (None, "MR")


def test_two_places_that_differ_in_a_nifti_are_remarked_and_the_sform_is_taken():
    other = made.OBLIQUE + np.diag([0, 0, 0, 0])
    other[0, 3] += 30

    def shifted(header):
        header["qoffset_x"] += 30

    found = volume.read(made.nifti(change=shifted), SAID)
    assert np.allclose(found.image.affine, LPS_AFFINE, atol=1e-5)
    assert [r for r in found.remarks if "the sform was taken" in r]


@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
@pytest.mark.parametrize("dtype", ["u1", "<i2", ">u4", "f8"])
def test_a_nrrd_is_read_in_each_encoding(encoding, dtype):
    data = made.nrrd(made.labelled(dtype), encoding=encoding)
    found = volume.read(data, SAID)
    assert np.array_equal(found.image.values, made.labelled())
    assert np.allclose(found.image.affine, LPS_AFFINE)
    assert found.remarks == ()


def test_a_nrrd_in_ras_and_in_las_comes_out_in_lps():
    for space, signs in (("right-anterior-superior", (-1, -1, 1)), ("LAS", (1, -1, 1))):
        image = volume.read(made.nrrd(space=space), SAID).image
        assert np.allclose(image.affine, np.diag([*signs, 1.0]) @ LPS_AFFINE)


def test_the_segments_of_a_slicer_segmentation_are_known_by_their_names():
    keys = {}
    for n, (number, name) in enumerate(
        [(1, "Healthy"), (2, "border"), (3, "Scar"), (5, "LV blood"), (6, "RV-blood")]
    ):
        keys |= {f"Segment{n}_LabelValue": str(number), f"Segment{n}_Name": name}
    said = volume.Said(instant=NOW)
    assert volume.read(made.nrrd(keys=keys), said).image.labels == made.MEANINGS


def test_slices_of_a_series_are_sorted_by_place_whatever_their_order_and_number():
    found = volume.read_series(made.lge_slices())
    assert np.array_equal(found.image.values, made.intensities())
    assert np.allclose(found.image.affine[:3], STACK_AFFINE, atol=1e-5)
    assert (found.image.modality, found.image.labels) == ("MR", None)
    assert found.image.spacing_mm == pytest.approx((1.25, 1.5, 8.0))


def test_each_pixel_of_a_series_lies_where_the_standard_puts_it():
    image = volume.read_series(made.lge_slices()).image
    for column, row, k in ((0, 0, 0), (3, 1, 2), (2, 2, 4)):
        expected = (
            np.array(made.slice_place(k)) + column * 1.25 * made.ALONG + row * 1.5 * made.DOWN
        )
        assert image.affine[:3] @ [column, row, k, 1] == pytest.approx(expected, abs=1e-4)
        assert image.values[column, row, k] == made.intensities()[column, row, k]


def test_frames_of_one_file_are_the_same_volume_as_slices_of_many():
    slices = volume.read_series(made.lge_slices()).image
    frames = volume.read(made.enhanced()).image
    assert frames.content_address == slices.content_address
    scaled = volume.read(made.enhanced(slope=0.5)).image
    assert np.array_equal(scaled.values, slices.values * 0.5 + 1)


def test_a_zip_of_a_series_is_the_series():
    loose = volume.read_series(made.lge_slices())
    packed = volume.read(made.packed([*made.lge_slices(), b"a note", made.index()]))
    assert packed.image.content_address == loose.image.content_address
    assert packed.remarks == ("2 files were no images and were passed over.",)


def test_a_series_knows_when_its_first_slice_was_taken_and_in_which_zone():
    image = volume.read_series(made.lge_slices()).image
    assert image.instant == Instant(datetime(2024, 3, 5, 10, 15, 10, tzinfo=UTC), zone_assumed=True)

    def stated(dataset):
        dataset.TimezoneOffsetFromUTC = "-0530"

    image = volume.read_series(made.lge_slices(dict.fromkeys(range(5), stated))).image
    assert image.instant == Instant(datetime(2024, 3, 5, 15, 45, 10, tzinfo=UTC))


def test_what_the_caller_says_of_the_time_goes_before_the_file():
    assert volume.read_series(made.lge_slices(), volume.Said(instant=NOW)).image.instant == NOW


def test_slices_that_scale_their_pixels_differently_are_scaled_each_by_its_own():
    def scaled(dataset):
        dataset.RescaleSlope, dataset.RescaleIntercept = 2, -5

    image = volume.read_series(made.lge_slices({2: scaled})).image
    expected = made.intensities().astype(float)
    expected[:, :, 2] = expected[:, :, 2] * 2 - 5
    assert np.array_equal(image.values, expected)


def test_a_segmentation_is_put_together_from_frames_in_any_order():
    found = volume.read(made.segmentation())
    expected = made.numbers(made.members())[:, :, 1:5]
    expected[made.members()[2][:, :, 1:5]] = 2
    assert np.array_equal(found.image.values, expected)
    assert found.image.labels == {1: "healthy", 2: "scar", 3: "lv_blood", 4: "rv_blood"}
    first = made.FIRST + made.STEP * made.NORMAL
    assert np.allclose(found.image.affine[:3, 3], first, atol=1e-5)
    assert np.allclose(found.image.affine[:3, :3], STACK_AFFINE[:, :3], atol=1e-5)


def test_scar_over_healthy_muscle_stays_scar_and_that_is_said():
    found = volume.read(made.segmentation())
    assert int((found.image.values == 2).sum()) == 6
    assert [r for r in found.remarks if r.startswith("6 voxels are in several segments")]


@pytest.mark.parametrize("kind", ["FRACTIONAL", "LABELMAP"])
def test_a_fractional_segmentation_and_a_label_map_say_the_same_as_a_binary_one(kind):
    whole = {n: p & ~made.members()[2] if n == 1 else p for n, p in made.members().items()}
    binary = volume.read(made.segmentation(parts=whole))
    other = volume.read(made.segmentation(parts=whole, kind=kind))
    values = other.image.values[:, :, 1:5] if kind == "LABELMAP" else other.image.values
    assert np.array_equal(values, binary.image.values)


def test_a_slice_without_a_frame_is_empty_and_keeps_its_place():
    parts = made.members()
    for part in parts.values():
        part[:, :, 3] = False
    for stated in (True, False):
        image = volume.read(made.segmentation(parts=parts, stated_step=stated)).image
        assert image.values.shape[2] == 4
        assert not image.values[:, :, 2].any()
        assert image.values[:, :, 3].any()


def test_a_segmentation_is_of_the_day_of_the_study_not_of_the_drawing():
    image = volume.read(made.segmentation()).image
    assert image.instant == Instant(datetime(2024, 3, 5, 9, 15, tzinfo=UTC))


def test_the_caller_can_say_by_number_what_a_segment_means():
    names = {1: made.MARKER, 2: "scar", 3: "LV blood", 4: "RV blood"}
    with pytest.raises(UnreadableFileError, match=r"without a known meaning: \[1\]"):
        volume.read(made.segmentation(names=names))
    said = volume.Said(labels={1: "healthy"})
    assert volume.read(made.segmentation(names=names), said).image.labels[1] == "healthy"


@pytest.mark.parametrize(
    "data", [made.nifti(), made.nrrd(), made.segmentation(), made.packed(made.lge_slices())]
)
def test_nothing_of_the_name_in_a_file_is_in_the_image(data):
    found = volume.read(data, SAID if data[:4] in (b"NRRD", b"\x5c\x01\x00\x00") else None)
    whole = repr(found) + repr(vars(found.image))
    assert made.MARKER not in whole
    assert made.MARKER.encode() in data


def test_a_label_without_a_meaning_is_listed_and_refused():
    said = volume.Said(labels={1: "healthy", 5: "lv_blood"}, instant=NOW)
    with pytest.raises(UnreadableFileError, match=r"\[2, 3, 6\]"):
        volume.read(made.nifti(), said)


def test_a_label_or_segment_can_be_left_out():
    said = volume.Said(labels=made.MEANINGS | {3: "", 6: ""}, instant=NOW)
    image = volume.read(made.nifti(), said).image
    assert np.array_equal(image.values, np.where(np.isin(made.labelled(), (3, 6)), 0,
                                                 made.labelled()))  # fmt: skip
    assert image.labels == {1: "healthy", 2: "border", 5: "lv_blood"}
    names = made.SEGMENTS | {2: "Aorta"}
    image = volume.read(made.segmentation(names=names), volume.Said(labels={2: ""})).image
    assert np.array_equal(image.values == 1, made.members()[1][:, :, 1:5])
    assert set(image.labels) == {1, 3, 4}


@pytest.mark.parametrize("data", [made.nifti(), made.nrrd()])
def test_what_neither_the_file_nor_the_caller_says_is_asked_for(data):
    with pytest.raises(InvalidInputError, match="does not say what its numbers mean"):
        volume.read(data, volume.Said(instant=NOW))
    with pytest.raises(InvalidInputError, match="does not say when"):
        volume.read(data, volume.Said(labels=made.MEANINGS))


def test_meanings_and_modality_are_checked_as_they_are_said():
    for labels in ({1: "kidney"}, {0: "healthy"}, {-1: "scar"}):
        with pytest.raises(InvalidInputError, match="Labels are whole numbers from 1"):
            volume.Said(labels=labels)
    with pytest.raises(InvalidInputError, match="modality is a DICOM code"):
        volume.Said(modality="magnetic resonance")
