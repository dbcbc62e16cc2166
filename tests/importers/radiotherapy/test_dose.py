"""DICOM RT doses."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers import radiotherapy
from bodytwin.record import DoseKind, Summation
from tests.importers.radiotherapy import files

PLACES_MM = np.array([-20.0, -17.5, -15.0, -12.5])


def read(**how):
    return radiotherapy.read_dose(files.dose(**how)).value


def test_a_dose_is_read_in_gray_at_its_place():
    dose = read()
    assert dose.dose_gy == pytest.approx(files.counts() * 0.0005)
    assert dose.image.affine == pytest.approx(
        np.array([[3.0, 0, 0, -10], [0, 2, 0, -8], [0, 0, 2.5, -20], [0, 0, 0, 1]])
    )
    assert (dose.kind, dose.summation) == (DoseKind.PHYSICAL, Summation.PLAN)
    assert (dose.frame_uid, dose.plan_uid) == (files.FRAME, files.PLAN_UID)


def test_offsets_that_are_coordinates_give_the_same_place():
    absolute, relative = read(offsets=PLACES_MM), read()
    assert absolute.image.affine == pytest.approx(relative.image.affine)
    assert (absolute.dose_gy == relative.dose_gy).all()


def test_frames_from_the_head_down_are_put_in_order():
    downwards = read(offsets=-2.5 * np.arange(4), position=(-10.0, -8.0, -12.5))
    assert downwards.image.affine == pytest.approx(read().image.affine)
    assert (downwards.dose_gy == read().dose_gy[:, :, ::-1]).all()


@pytest.mark.parametrize("lying", files.LYING)
def test_every_voxel_lies_where_dicom_puts_it_however_the_patient_lay(lying):
    turned = np.array(files.LYING[lying], dtype=float)
    along, down = turned[:3], turned[3:]
    dose = read(orientation=files.LYING[lying])
    index = np.argwhere(dose.dose_gy >= 0)
    found = index @ dose.image.affine[:3, :3].T + dose.image.affine[:3, 3]
    frames = np.argwhere(files.counts() >= 0)
    expected = (
        np.array([-10.0, -8.0, -20.0])
        + frames[:, :1] * 3.0 * along
        + frames[:, 1:2] * 2.0 * down
        + frames[:, 2:] * 2.5 * np.cross(along, down)
    )
    by_dose = dict(zip(dose.dose_gy[tuple(index.T)].tolist(), found.round(6).tolist(), strict=True))
    for (i, j, k), place in zip(frames, expected, strict=True):
        assert by_dose[float(np.float32(files.counts()[i, j, k] * 0.0005))] == pytest.approx(place)


def test_single_frames_make_the_same_dose_as_one_file_of_many():
    several = radiotherapy.read_dose([files.dose_frame(k) for k in (2, 0, 3, 1)]).value
    assert several.image.affine == pytest.approx(read().image.affine)
    assert (several.dose_gy == read().dose_gy).all()


def test_a_single_frame_is_a_dose_where_it_states_its_thickness():
    def thick(found):
        found.SliceThickness = 4

    dose = radiotherapy.read_dose(files.dose_frame(1, change=thick)).value
    assert dose.dose_gy.shape == (6, 5, 1)
    assert dose.image.affine[2, 2:].tolist() == [4.0, -17.5]


def test_big_endian_numbers_of_sixteen_bits_are_read():
    def short(found):
        found.BitsAllocated, found.BitsStored, found.HighBit = 16, 16, 15
        stored = (files.counts() // 1000).transpose(2, 1, 0)
        found.PixelData = stored.astype(">u2").tobytes()

    data = files.dose(change=short, syntax="1.2.840.10008.1.2.2")
    expected = files.counts() // 1000 * 0.0005
    assert radiotherapy.read_dose(data).value.dose_gy == pytest.approx(expected)


def set_to(**elements):
    def change(found):
        for keyword, value in elements.items():
            if value is None:
                delattr(found, keyword)
            else:
                setattr(found, keyword, value)

    return change


REFUSED = {
    "relative": (set_to(DoseUnits="RELATIVE"), "relative: a share of a dose"),
    "no unit": (set_to(DoseUnits=None), "does not state that it is in Gy"),
    "cGy": (set_to(DoseUnits="CGY"), "does not state that it is in Gy"),
    "no scaling": (set_to(DoseGridScaling=None), "how its numbers are scaled"),
    "no size": (set_to(DoseGridScaling=0), "above 0 and finite, got 0"),
    "signed": (set_to(PixelRepresentation=1), "have no sign"),
    "no kind": (set_to(DoseType=None), "DoseType of a dose is one of PHYSICAL"),
    "strange sum": (set_to(DoseSummationType="ALL"), "DoseSummationType of a dose is one of"),
    "no offsets": (set_to(GridFrameOffsetVector=None), "4 frames and 0 offsets"),
    "a frame lacking": (set_to(GridFrameOffsetVector=[0, 2.5, 7.5, 10]), "lacking"),
    "uneven": (set_to(GridFrameOffsetVector=[0, 2.5, 5.0, 8.3]), "not equally far apart"),
    "shuffled": (set_to(GridFrameOffsetVector=[0, 5.0, 2.5, 7.5]), "neither rise nor fall"),
    "elsewhere": (set_to(GridFrameOffsetVector=[3, 5.5, 8, 10.5]), "cannot be told"),
    "no grid": (set_to(PixelData=None), "no grid of dose"),
    "cut pixels": (set_to(PixelData=b"\0" * 100), "not those that its header announces"),
    "no place": (set_to(ImagePositionPatient=None), "does not say where it lies"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_dose_that_is_not_certain_is_refused(name):
    change, reason = REFUSED[name]
    with pytest.raises(UnreadableFileError) as error:
        read(change=change)
    assert reason in files.refused(error)


def test_coordinates_as_offsets_are_refused_where_the_frames_are_not_axial():
    with pytest.raises(UnreadableFileError, match="cannot be told"):
        read(orientation=files.LYING["HFP"], offsets=PLACES_MM)


def test_one_frame_of_many_is_refused():
    with pytest.raises(UnreadableFileError, match="unknown thickness"):
        radiotherapy.read_dose(files.dose_frame(0))
    with pytest.raises(UnreadableFileError, match="not equally far apart"):
        radiotherapy.read_dose([files.dose_frame(k) for k in (0, 1, 3)])


def test_frames_of_different_doses_are_refused():
    other = files.dose_frame(1, change=set_to(DoseSummationType="BEAM"))
    with pytest.raises(UnreadableFileError, match="different doses"):
        radiotherapy.read_dose([files.dose_frame(0), other])


@pytest.mark.parametrize("name", ["rtdose.dcm", "rtdose_1frame.dcm", "rtdose_expb.dcm"])
def test_the_relative_doses_of_pydicom_are_refused(name):
    with pytest.raises(UnreadableFileError, match="relative"):
        radiotherapy.read_dose(Path(str(get_testdata_file(name))).read_bytes())


def test_the_dose_of_pydicom_said_to_be_in_gray_is_read():
    data = Path(str(get_testdata_file("rtdose.dcm"))).read_bytes()
    dose = radiotherapy.read_dose(data.replace(b"RELATIVE", b"GY      ")).value
    assert dose.dose_gy.shape == (10, 10, 15)
    assert float(dose.dose_gy[0, 0, 0]) == pytest.approx(1.249, abs=1e-6)
    assert dose.image.affine[:3, 3] == pytest.approx([189.43125, 199.43125, -761.87])
    assert dose.beams == (1,)


@pytest.mark.parametrize("cut", [0, 131, 400, 1200])
def test_a_damaged_dose_is_refused(cut):
    with pytest.raises(InvalidInputError) as error:
        radiotherapy.read_dose(files.dose()[:cut])
    files.refused(error)
