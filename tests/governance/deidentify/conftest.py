"""DICOM objects made here, and those that come with pydicom."""

import io
from pathlib import Path

import pytest

KEY = bytes(range(32))
NAME, PATIENT_ID, BORN = "Okonkwo^Adaeze^Ruth", "MRN-7718204", "19610307"
STUDY, SERIES, INSTANCE = "1.2.826.0.1.99.71", "1.2.826.0.1.99.72", "1.2.826.0.1.99.73"
CT = "1.2.840.10008.5.1.4.1.1.2"


def made_up():
    pydicom = pytest.importorskip("pydicom")
    ds = pydicom.Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = CT, INSTANCE
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, SERIES
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = NAME, PATIENT_ID, BORN
    ds.PatientAge, ds.PatientSex, ds.PatientWeight = "093Y", "F", "61.5"
    ds.StudyDate, ds.StudyTime, ds.AcquisitionDateTime = "20240229", "114233", "20240229114233.5"
    ds.Modality, ds.Manufacturer, ds.StationName = "CT", "Acme", "ROOM 4"
    ds.StudyDescription = "Chest, referred by Dr Brandt"
    ds.Rows, ds.Columns, ds.SamplesPerPixel = 2, 2, 1
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    ds.PhotometricInterpretation, ds.PixelSpacing = "MONOCHROME2", ["0.5", "0.5"]
    ds.PixelData = bytes(range(8))
    return ds


def to_bytes(ds, syntax="1.2.840.10008.1.2.1", preamble=b"\x00" * 128):
    from pydicom.dataset import FileMetaDataset

    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.preamble = preamble
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True, implicit_vr=syntax == "1.2.840.10008.1.2",
               little_endian=True)  # fmt: skip
    return out.getvalue()


def read(data):
    from pydicom import dcmread

    return dcmread(io.BytesIO(data))


def files_of_pydicom():
    """Every file with a preamble that lies in the package; nothing is downloaded."""
    pydicom_data = pytest.importorskip("pydicom.data")
    root = Path(pydicom_data.__file__).parent
    found = [p for p in sorted(root.rglob("*")) if p.is_file() and p.suffix not in {".py", ".pyc"}]
    return [p for p in found if p.read_bytes()[128:132] == b"DICM"]
