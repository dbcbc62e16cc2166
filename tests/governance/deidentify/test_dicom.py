import re

import pytest

from bodytwin.errors import InvalidInputError, Refusal
from bodytwin.governance.deidentify.dates import days_back
from bodytwin.governance.deidentify.dicom import deidentify
from bodytwin.governance.deidentify.profile import Profile
from tests.governance.deidentify.conftest import (
    CT,
    INSTANCE,
    KEY,
    NAME,
    PATIENT_ID,
    SERIES,
    STUDY,
    made_up,
    read,
    to_bytes,
)

pydicom = pytest.importorskip("pydicom")

SHIFTED = Profile(modified_dates=True)
CHARACTERISTICS = Profile(patient_characteristics=True)


def cleaned(ds, **options):
    result = deidentify(to_bytes(ds), key=KEY, **options)
    return result, read(result.data)


def test_nothing_that_names_the_patient_is_in_the_file():
    data = cleaned(made_up())[0].data
    for secret in (NAME, "Okonkwo", PATIENT_ID, "19610307", STUDY, SERIES, INSTANCE, "Brandt"):
        assert secret.encode() not in data


def test_the_picture_stays_as_it_was():
    _, ds = cleaned(made_up())
    assert ds.PixelData == bytes(range(8))
    assert (ds.Rows, ds.Columns, list(ds.PixelSpacing)) == (2, 2, [0.5, 0.5])
    assert (ds.SOPClassUID, ds.Modality) == (CT, "CT")


def test_the_file_says_what_was_done_to_it():
    _, ds = cleaned(made_up())
    assert ds.PatientIdentityRemoved == "YES"
    assert "PS3.15" in ds.DeidentificationMethod
    assert ds.LongitudinalTemporalInformationModified == "REMOVED"
    assert [i.CodeValue for i in ds.DeidentificationMethodCodeSequence] == ["113100"]


def test_every_option_taken_is_declared_in_the_file():
    every = Profile(modified_dates=True, patient_characteristics=True, device_identity=True)
    _, ds = cleaned(made_up(), profile=every)
    codes = [i.CodeValue for i in ds.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113107", "113108", "113109"]
    assert ds.LongitudinalTemporalInformationModified == "MODIFIED"


def test_the_codes_of_what_was_done_are_those_of_the_standard():
    from pydicom.sr.codedict import codes

    from bodytwin.governance.deidentify.dicom import METHODS

    known = {(c.value, c.meaning) for c in (getattr(codes.cid7050, n) for n in dir(codes.cid7050))
             if hasattr(c, "meaning")}  # fmt: skip
    assert set(METHODS) <= known


def test_files_of_one_series_still_belong_together_and_files_of_another_key_do_not():
    one, two = made_up(), made_up()
    two.SOPInstanceUID = "1.2.826.0.1.99.74"
    a, b = cleaned(one)[1], cleaned(two)[1]
    other = read(deidentify(to_bytes(made_up()), key=bytes(32)).data)
    assert (a.StudyInstanceUID, a.SeriesInstanceUID) == (b.StudyInstanceUID, b.SeriesInstanceUID)
    assert a.PatientID == b.PatientID
    assert a.SOPInstanceUID != b.SOPInstanceUID
    assert a.StudyInstanceUID != other.StudyInstanceUID
    assert a.PatientID != other.PatientID


def test_a_reference_within_a_sequence_still_points_to_the_same_image():
    ds, ref = made_up(), pydicom.Dataset()
    ref.ReferencedSOPClassUID, ref.ReferencedSOPInstanceUID = CT, "1.2.826.0.1.99.80"
    ds.SourceImageSequence = [ref]
    target = made_up()
    target.SOPInstanceUID = "1.2.826.0.1.99.80"
    new = cleaned(ds)[1].SourceImageSequence[0]
    assert new.ReferencedSOPInstanceUID == cleaned(target)[1].SOPInstanceUID
    assert new.ReferencedSOPClassUID == CT


def test_new_uids_are_valid_and_made_of_a_uuid():
    uid = cleaned(made_up())[1].StudyInstanceUID
    assert re.fullmatch(r"2\.25\.[1-9]\d{0,38}", uid)
    assert uid.is_valid
    number = int(uid[5:])
    assert (number >> 76 & 0xF, number >> 62 & 0x3) == (8, 2)


def test_days_move_back_by_the_constant_of_the_patient_and_the_time_of_day_stays():
    from datetime import date, timedelta

    _, ds = cleaned(made_up(), profile=SHIFTED)
    moved = date(2024, 2, 29) - timedelta(days=days_back(KEY, PATIENT_ID))
    assert ds.StudyDate == moved.strftime("%Y%m%d")
    assert ds.AcquisitionDateTime == f"{ds.StudyDate}114233.5"
    assert ds.StudyTime == "114233"
    assert ds.PatientBirthDate == ""


def test_the_caller_may_say_whose_it_is_so_that_days_agree_with_the_record():
    _, ds = cleaned(made_up(), profile=SHIFTED, patient="p-1")
    again = made_up()
    again.PatientID = "of another hospital"
    assert cleaned(again, profile=SHIFTED, patient="p-1")[1].StudyDate == ds.StudyDate
    assert cleaned(again, profile=SHIFTED)[1].StudyDate != ds.StudyDate


def test_days_are_emptied_where_the_file_does_not_say_whose_it_is():
    ds = made_up()
    del ds.PatientID
    result, out = cleaned(ds, profile=SHIFTED)
    assert out.StudyDate == ""
    assert out.LongitudinalTemporalInformationModified == "REMOVED"
    assert any("does not say whose" in w for w in result.warnings)


@pytest.mark.parametrize("odd", [b"2024    ", b"202402  ", b"20240231", b"00010101"])
def test_a_day_that_cannot_be_moved_is_emptied(odd):
    data = to_bytes(made_up()).replace(b"20240229", odd, 1)
    assert read(deidentify(data, key=KEY, profile=SHIFTED).data).StudyDate == ""


def test_days_are_emptied_unless_moving_them_was_asked_for():
    _, ds = cleaned(made_up())
    assert (ds.StudyDate, ds.StudyTime) == ("", "")
    assert ds.AcquisitionDateTime == "00010101000000"


def test_age_and_weight_go_unless_asked_for_and_nobody_is_older_than_90():
    assert "PatientWeight" not in cleaned(made_up())[1]
    _, ds = cleaned(made_up(), profile=CHARACTERISTICS)
    assert (ds.PatientAge, ds.PatientSex, ds.PatientWeight) == ("090Y", "F", 61.5)


def test_the_apparatus_stays_only_where_asked_for():
    assert cleaned(made_up())[1].StationName != "ROOM 4"
    assert cleaned(made_up(), profile=Profile(device_identity=True))[1].StationName == "ROOM 4"


def test_private_elements_curves_and_overlays_go_wherever_they_are():
    ds, item = made_up(), pydicom.Dataset()
    item.add_new(0x00091010, "LO", "private secret")
    item.CodeValue = "T-1"
    ds.ProcedureCodeSequence = [item]
    ds.add_new(0x00091010, "LO", "private secret")
    ds.add_new(0x60000010, "US", 2)
    ds.add_new(0x60003000, "OW", b"overlay secret")
    ds.add_new(0x50003000, "OW", b"curve secret")
    result, out = cleaned(ds)
    assert b"secret" not in result.data
    assert 0x60000010 not in out
    assert {"(0009,1010)", "(6000,3000)", "(5000,3000)"} <= set(result.removed)


def test_a_name_below_a_sequence_goes():
    ds, inner, outer = made_up(), pydicom.Dataset(), pydicom.Dataset()
    inner.PersonName, inner.OperatorsName = "Nested^Nora", "Nested^Nils"
    outer.VerifyingObserverSequence = [inner]
    outer.OperatorsName = "Nested^Nils"
    ds.ProcedureCodeSequence = [outer]
    ds.ContentSequence = [outer]
    assert b"Nested" not in cleaned(ds)[0].data


def test_everything_below_a_replaced_sequence_is_replaced():
    ds, item, code = made_up(), pydicom.Dataset(), pydicom.Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "77", "99X", "lives alone"
    item.ConceptNameCodeSequence, item.NumericValue = [code], "4711"
    item.ReferencedSOPInstanceUID, item.ReferencedFrameNumber = INSTANCE, "12"
    ds.ContentSequence = [item]
    result, out = cleaned(ds)
    assert b"lives alone" not in result.data
    assert b"4711" not in result.data
    assert out.ContentSequence[0].ReferencedSOPInstanceUID == out.SOPInstanceUID
    assert "(0040,A730)" in result.changed


def test_a_small_copy_of_the_picture_within_a_sequence_goes():
    ds, item = made_up(), pydicom.Dataset()
    item.CodeValue, item.PixelData = "T-1", b"thumbnail of the face"
    item["PixelData"].VR = "OW"
    ds.ProcedureCodeSequence = [item]
    ds.PerformedProtocolCodeSequence = [item]
    assert b"thumbnail" not in cleaned(ds)[0].data


def test_a_uid_that_the_table_does_not_list_is_replaced_unless_the_standard_gives_it_out():
    ds, own, known = made_up(), pydicom.Dataset(), pydicom.Dataset()
    own.CodingSchemeDesignator, own.CodingSchemeUID = "99X", "1.2.826.0.1.99.90"
    known.CodingSchemeDesignator, known.CodingSchemeUID = "DCM", "1.2.840.10008.2.16.4"
    ds.CodingSchemeIdentificationSequence = [own, known]
    a, b = cleaned(ds)[1].CodingSchemeIdentificationSequence
    assert a.CodingSchemeUID.startswith("2.25.")
    assert b.CodingSchemeUID == "1.2.840.10008.2.16.4"


def test_a_name_that_was_copied_into_another_field_goes_and_is_warned_of():
    ds = made_up()
    ds.Manufacturer = "Acme for Okonkwo"
    ds.FilterType = PATIENT_ID
    result, out = cleaned(ds)
    assert "Manufacturer" not in out
    assert "FilterType" not in out
    assert any("(0008,0070)" in w and "(0018,1160)" in w for w in result.warnings)


def test_free_text_that_the_table_does_not_list_goes():
    ds = made_up()
    ds.ExposureControlModeDescription = "as told by the neighbour"
    result, _ = cleaned(ds)
    assert b"neighbour" not in result.data
    assert "(0018,7062)" in result.removed


def test_what_no_dictionary_knows_goes():
    ds = made_up()
    ds.add_new(0x00181F1F, "LO", "unheard of")
    assert b"unheard" not in cleaned(ds)[0].data


def test_text_declared_as_a_number_goes():
    ds = made_up()
    ds.add_new(0x00180050, "LO", "Aunt of Carla")
    lying = to_bytes(ds).replace(b"0.5\\0.5 ", b"by Carla")
    assert b"Carla" not in deidentify(lying, key=KEY).data


def test_what_was_smuggled_into_the_preamble_and_behind_the_header_goes():
    ds = made_up()
    data = to_bytes(ds, preamble=b"MZ polyglot program".ljust(128, b"!"))
    out = deidentify(data, key=KEY).data
    assert out[:128] == b"\x00" * 128
    assert b"polyglot" not in out


def test_private_information_in_the_file_meta_goes():
    from io import BytesIO

    ds = read(to_bytes(made_up()))
    ds.file_meta.SourceApplicationEntityTitle = "WARD7"
    ds.file_meta.PrivateInformationCreatorUID = "1.2.3.4.5"
    ds.file_meta.PrivateInformation = b"ward secret!"
    buffer = BytesIO()
    ds.save_as(buffer)
    out = deidentify(buffer.getvalue(), key=KEY).data
    assert b"WARD7" not in out
    assert b"ward secret" not in out


def test_the_result_says_by_tag_what_went_and_never_what_it_was():
    result, _ = cleaned(made_up())
    assert "(0010,0010)" in result.changed
    assert "(0010,1010)" in result.removed
    assert not set(result.changed) & set(result.removed)
    said = " ".join((*result.changed, *result.removed, *result.warnings))
    assert "Okonkwo" not in said
    assert PATIENT_ID not in said


def test_cleaning_twice_removes_nothing_more():
    once = cleaned(made_up())[0].data
    twice = deidentify(once, key=KEY)
    assert twice.removed == ()
    assert read(twice.data).PatientIdentityRemoved == "YES"


def test_burned_in_text_is_warned_of_because_it_is_not_looked_for():
    assert any("not searched for" in w for w in cleaned(made_up())[0].warnings)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("BurnedInAnnotation", "YES"),
        ("RecognizableVisualFeatures", "YES"),
        ("Modality", "US"),
        ("Modality", "XC"),
        ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7"),
        ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7.4"),
        ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.6.1"),
        ("ConversionType", "WSD"),
        ("ImageType", ["DERIVED", "SECONDARY", "SCREEN SAVE"]),
        ("SamplesPerPixel", 3),
    ],
)
def test_pixels_that_may_carry_text_are_refused_until_somebody_has_looked(keyword, value):
    ds = made_up()
    setattr(ds, keyword, value)
    data = to_bytes(ds)
    with pytest.raises(Refusal, match="pixels_were_checked"):
        deidentify(data, key=KEY)
    assert deidentify(data, key=KEY, pixels_were_checked=True).data


def test_an_object_without_pixels_needs_no_look():
    ds = made_up()
    ds.Modality = "US"
    del ds.PixelData
    assert cleaned(ds)[0].warnings == ()


def test_a_name_in_the_comment_of_a_compressed_image_is_refused():
    ds = made_up()
    ds.PixelData = b"\xff\xfe" + NAME.encode() + b"\x00"
    with pytest.raises(Refusal, match="as text"):
        cleaned(ds)


def test_a_directory_is_not_shared():
    ds = made_up()
    ds.SOPClassUID = "1.2.840.10008.1.3.10"
    with pytest.raises(Refusal, match="DICOMDIR"):
        cleaned(ds)


def test_nothing_of_the_file_comes_into_the_log(caplog):
    data = to_bytes(made_up()).replace(STUDY.encode(), b"1.2.826.0.1.99.ab")
    assert read(deidentify(data, key=KEY).data).StudyInstanceUID.startswith("2.25.")
    assert caplog.text == ""
    pydicom.config.logger.warning("said later")
    assert "said later" in caplog.text


def test_a_short_key_is_not_accepted():
    with pytest.raises(InvalidInputError, match="at least 32"):
        deidentify(to_bytes(made_up()), key=b"short")


def test_without_pydicom_the_error_names_the_extra(monkeypatch):
    import bodytwin.governance.deidentify.dicom as module

    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(InvalidInputError, match=r"bodytwin\[imaging\]"):
        deidentify(b"", key=KEY)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99"])
def test_implicit_and_deflated_files_are_cleaned_and_keep_their_encoding(syntax):
    data = to_bytes(made_up(), syntax)
    out = read(deidentify(data, key=KEY).data)
    assert out.file_meta.TransferSyntaxUID == syntax
    assert out.PatientName == ""
    assert out.PixelData == bytes(range(8))
