"""The files of one plan together."""

import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.importers import radiotherapy
from bodytwin.record import volume_ml
from tests.importers.radiotherapy import files


def folder(**replaced):
    parts = {"structures": files.structures(), "plan": files.plan(), "dose": files.dose()}
    parts.update(replaced)
    return [*parts.values(), *files.ct()]


def test_a_folder_becomes_one_course_whatever_the_order_of_its_files():
    for given in (folder(), folder()[::-1]):
        found = radiotherapy.read_course(given)
        course = found.value
        assert course.plan is not None
        assert course.structures is not None
        (dose,) = course.doses
        assert dose.fractions == 30
        region = course.structures.region("PTV")
        assert volume_ml(course.structures, region) == pytest.approx(18 * 18 * 9 / 1000)
        assert len(course.series.slice_uids) == 20
        assert course.series.slice_uids[3] == "1.2.3.5.4"
        assert [h.path for h in found.held_back] == ["StructureSetROISequence/4"]


def test_frames_of_a_dose_in_files_of_their_own_are_put_together():
    given = [files.structures(), files.plan(), *files.ct(), *map(files.dose_frame, range(4))]
    (dose,) = radiotherapy.read_course(given).value.doses
    assert dose.dose_gy.shape == (6, 5, 4)


def test_a_kind_of_file_that_is_not_read_is_listed():
    record = files.about("481.4", "RTRECORD", "1.2.3.77")
    found = radiotherapy.read_course([*folder(), files.written(record)])
    assert found.held_back[0].reason == "It is a record of treatment."


def test_what_is_no_dicom_is_listed_and_a_damaged_file_is_refused():
    found = radiotherapy.read_course([b"Thumbs", *folder()])
    assert (found.held_back[0].path, found.held_back[0].reason) == (
        "file 1",
        "It is no DICOM file.",
    )
    last = files.ct_slice(20)
    with pytest.raises(InvalidInputError):
        radiotherapy.read_course([*folder(), last[:200]])


def other(keyword, value):
    return lambda found: setattr(found, keyword, value)


def referring(name):
    def change(found):
        getattr(found, name)[0].ReferencedSOPInstanceUID = "1.2.3.999"

    return change


WRONG = {
    "patient": ({"dose": files.dose(change=other("PatientID", "Q"))}, "2 different patients"),
    "frame of a dose": (
        {"dose": files.dose(change=other("FrameOfReferenceUID", "1.2.3.9"))},
        "dose belongs to another frame of reference",
    ),
    "frame of a plan": (
        {"plan": files.plan(change=other("FrameOfReferenceUID", "1.2.3.9"))},
        "plan belongs to another frame of reference",
    ),
    "frame of contours": ({"structures": files.structures(frame="1.2.3.9")}, "structure set"),
    "plan of a dose": (
        {"dose": files.dose(change=referring("ReferencedRTPlanSequence"))},
        "dose belongs to another plan",
    ),
    "two plans": ({"more": files.plan()}, "2 files are each a plan"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_belong_together_is_refused(name):
    replaced, reason = WRONG[name]
    with pytest.raises(InvalidInputError) as error:
        radiotherapy.read_course(folder(**replaced))
    assert reason in files.refused(error)


def test_a_lacking_slice_of_the_image_is_refused():
    with pytest.raises(InvalidInputError, match="lacking"):
        radiotherapy.read_course([f for k, f in enumerate(folder()) if k != 9])


def test_a_folder_without_an_image_is_refused():
    with pytest.raises(InvalidInputError, match="no planning image"):
        radiotherapy.read_course([files.structures(), files.dose()])


def test_a_dose_of_a_beam_that_the_plan_lacks_is_refused():
    def change(found):
        beams = [files.item(ReferencedBeamNumber=99)]
        group = files.item(ReferencedFractionGroupNumber=1, ReferencedBeamSequence=beams)
        found.ReferencedRTPlanSequence[0].ReferencedFractionGroupSequence = [group]
        found.DoseSummationType = "BEAM"

    with pytest.raises(InvalidInputError, match="a beam that the plan does not have"):
        radiotherapy.read_course(folder(dose=files.dose(change=change)))


def test_the_text_of_a_course_names_no_one():
    course = radiotherapy.read_course(folder()).value
    assert "1.2.3" not in repr(course.series)
