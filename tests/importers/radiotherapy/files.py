"""Made-up files of radiotherapy written by pydicom, each with a name of a patient in it."""

import io

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset

MARKER = "ZQXMARKERZQX"
FRAME, SERIES, STUDY = "1.2.3.6", "1.2.3.5", "1.2.3.7"
STRUCTURES_UID, PLAN_UID, DOSE_UID = "1.2.3.20", "1.2.3.30", "1.2.3.40"
AXIAL = (1, 0, 0, 0, 1, 0)
LYING = {
    "HFS": (1, 0, 0, 0, 1, 0),
    "HFP": (-1, 0, 0, 0, -1, 0),
    "FFS": (-1, 0, 0, 0, 1, 0),
    "FFP": (1, 0, 0, 0, -1, 0),
    "HFDR": (0, -1, 0, 1, 0, 0),
    "HFDL": (0, 1, 0, -1, 0, 0),
    "FFDR": (0, -1, 0, -1, 0, 0),
    "FFDL": (0, 1, 0, 1, 0, 0),
}
"""Rows and columns of an image whose top is what faced the ceiling, by how the patient lay."""


def item(**elements):
    found = Dataset()
    for keyword, value in elements.items():
        setattr(found, keyword, value)
    return found


def written(dataset, syntax="1.2.840.10008.1.2") -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = syntax
    target = io.BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


def about(kind, modality, uid, **more):
    return item(
        SOPClassUID=f"1.2.840.10008.5.1.4.1.1.{kind}", SOPInstanceUID=uid, Modality=modality,
        StudyInstanceUID=STUDY, FrameOfReferenceUID=FRAME, PatientID=MARKER,
        PatientName=f"{MARKER}^Ann", PatientBirthDate="19610203", StudyDate="20240305",
        StudyTime="101500", **more,
    )  # fmt: skip


def ct_slice(k, *, lying="HFS", shape=(40, 32), step=3.0, change=None) -> bytes:
    """One slice of water in air, (columns, rows)."""
    turned = LYING[lying]
    normal = np.cross(turned[:3], turned[3:])
    found = about("2", "CT", f"1.2.3.5.{k + 1}", SeriesInstanceUID=SERIES, PatientPosition=lying)
    first = -np.array(turned[:3]) * 40.0 - np.array(turned[3:]) * 32.0 + normal * (k * step - 30)
    found.ImagePositionPatient = [float(x) for x in first]
    found.ImageOrientationPatient, found.PixelSpacing = list(turned), [2.0, 2.0]
    found.Rows, found.Columns, found.SamplesPerPixel = shape[1], shape[0], 1
    found.PhotometricInterpretation = "MONOCHROME2"
    found.BitsAllocated, found.BitsStored, found.HighBit = 16, 16, 15
    found.PixelRepresentation, found.RescaleSlope, found.RescaleIntercept = 0, 1, -1024
    found.PixelData = np.full(shape[::-1], 1024, dtype="<u2").tobytes()
    if change:
        change(found)
    return written(found)


def ct(slices=20, **how) -> list[bytes]:
    return [ct_slice(k, **how) for k in reversed(range(slices))]


def square(half, z, *, at=(0.0, 0.0)):
    x, y = at
    return [x - half, y - half, z, x + half, y - half, z, x + half, y + half, z, x - half, y + half,
            z]  # fmt: skip


def contour(points, kind="CLOSED_PLANAR", count=None):
    return item(
        ContourGeometricType=kind,
        NumberOfContourPoints=len(points) // 3 if count is None else count,
        ContourData=[float(x) for x in points],
    )


def structures(regions=None, *, frame=FRAME, series=SERIES, change=None) -> bytes:
    """A file of {number: (name, type, contours)}."""
    if regions is None:
        regions = {
            1: ("PTV", "PTV", [contour(square(9, z)) for z in (-21.0, -18.0, -15.0)]),
            4: ("Marker", "MARKER", [contour([1, 2, -18.0], "POINT")]),
        }
    found = about("481.3", "RTSTRUCT", STRUCTURES_UID, SeriesInstanceUID="1.2.3.21")
    del found.FrameOfReferenceUID
    found.StructureSetLabel, found.StructureSetDate, found.StructureSetTime = "S", "20240306", ""
    image = item(SeriesInstanceUID=series)
    study = item(RTReferencedSeriesSequence=[image])
    found.ReferencedFrameOfReferenceSequence = [
        item(FrameOfReferenceUID=frame, RTReferencedStudySequence=[study])
    ]
    found.StructureSetROISequence = [
        item(ROINumber=n, ROIName=name, ReferencedFrameOfReferenceUID=frame)
        for n, (name, _, _) in regions.items()
    ]
    found.ROIContourSequence = [
        item(ReferencedROINumber=n, ContourSequence=drawn) for n, (_, _, drawn) in regions.items()
    ]
    found.RTROIObservationsSequence = [
        item(ObservationNumber=n, ReferencedROINumber=n, RTROIInterpretedType=kind)
        for n, (_, kind, _) in regions.items()
    ]
    if change:
        change(found)
    return written(found)


def counts(shape=(6, 5, 4)):
    return np.arange(np.prod(shape), dtype="<u4").reshape(shape) * 1000


def dose(stored=None, *, orientation=AXIAL, position=(-10.0, -8.0, -20.0), offsets=None,
         change=None, syntax="1.2.840.10008.1.2") -> bytes:  # fmt: skip
    """A dose of whole numbers (column, row, frame) times 0.0005 Gy."""
    stored = counts() if stored is None else stored
    found = about("481.2", "RTDOSE", DOSE_UID, SeriesInstanceUID="1.2.3.41")
    found.ImagePositionPatient, found.ImageOrientationPatient = list(position), list(orientation)
    found.PixelSpacing = [2.0, 3.0]
    found.Columns, found.Rows, found.NumberOfFrames = stored.shape
    found.SamplesPerPixel, found.PhotometricInterpretation = 1, "MONOCHROME2"
    found.BitsAllocated, found.BitsStored, found.HighBit = 32, 32, 31
    found.PixelRepresentation, found.FrameIncrementPointer = 0, 0x3004000C
    found.GridFrameOffsetVector = [2.5 * k for k in range(stored.shape[2])]
    if offsets is not None:
        found.GridFrameOffsetVector = list(offsets)
    found.DoseUnits, found.DoseType, found.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    found.DoseGridScaling = 0.0005
    found.PixelData = stored.transpose(2, 1, 0).astype("<u4").tobytes()
    found.ReferencedRTPlanSequence = [
        item(
            ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.481.5", ReferencedSOPInstanceUID=PLAN_UID
        )
    ]
    if change:
        change(found)
    return written(found, syntax)


def dose_frame(k, *, change=None) -> bytes:
    """Frame k of the same dose as a file of its own."""

    def single(found):
        del found.GridFrameOffsetVector, found.FrameIncrementPointer, found.NumberOfFrames
        found.SOPInstanceUID = f"{DOSE_UID}.{k + 1}"
        if change:
            change(found)

    return dose(counts()[:, :, k : k + 1], position=(-10.0, -8.0, -20.0 + 2.5 * k), change=single)


def leaves(a, b):
    return item(RTBeamLimitingDeviceType="MLCX", LeafJawPositions=[*a, *b])


def jaws(kind, a, b):
    return item(RTBeamLimitingDeviceType=kind, LeafJawPositions=[a, b])


def plan(*, change=None, beam=None) -> bytes:
    found = about("481.5", "RTPLAN", PLAN_UID, SeriesInstanceUID="1.2.3.31")
    found.RTPlanLabel, found.RTPlanDate, found.RTPlanTime = "P", "20240307", "120000"
    found.ApprovalStatus = "APPROVED"
    found.DoseReferenceSequence = [
        item(DoseReferenceNumber=1, DoseReferenceType="TARGET", TargetPrescriptionDose=60,
             ReferencedROINumber=1)
    ]  # fmt: skip
    found.FractionGroupSequence = [
        item(NumberOfFractionsPlanned=30, NumberOfBeams=1, NumberOfBrachyApplicationSetups=0,
             ReferencedBeamSequence=[item(ReferencedBeamNumber=7, BeamMeterset=123.5)])
    ]  # fmt: skip
    found.PatientSetupSequence = [item(PatientSetupNumber=1, PatientPosition="HFS")]
    first = item(
        ControlPointIndex=0, NominalBeamEnergy=6, GantryAngle=350, BeamLimitingDeviceAngle=5,
        PatientSupportAngle=0, IsocenterPosition=[1, 2, -18], CumulativeMetersetWeight=0,
        BeamLimitingDevicePositionSequence=[
            jaws("ASYMX", -40, 50), jaws("ASYMY", -20, 20), leaves((-10, -9, -8), (10, 9, 8))
        ],
    )  # fmt: skip
    second = item(ControlPointIndex=1, CumulativeMetersetWeight=20, GantryAngle=355)
    third = item(
        ControlPointIndex=2, CumulativeMetersetWeight=80,
        BeamLimitingDevicePositionSequence=[leaves((-5, -4, -3), (5, 4, 3))],
    )  # fmt: skip
    found.BeamSequence = [
        item(
            BeamNumber=7, BeamName="arc", TreatmentMachineName="M", RadiationType="PHOTON",
            PrimaryDosimeterUnit="MU", SourceAxisDistance=1000, TreatmentDeliveryType="TREATMENT",
            NumberOfWedges=0, NumberOfBlocks=0, NumberOfBoli=0, NumberOfCompensators=0,
            NumberOfControlPoints=3, FinalCumulativeMetersetWeight=80,
            BeamLimitingDeviceSequence=[
                item(RTBeamLimitingDeviceType="ASYMX", NumberOfLeafJawPairs=1),
                item(RTBeamLimitingDeviceType="ASYMY", NumberOfLeafJawPairs=1),
                item(RTBeamLimitingDeviceType="MLCX", NumberOfLeafJawPairs=3,
                     LeafPositionBoundaries=[-15, -5, 5, 15]),
            ],
            ControlPointSequence=[first, second, third],
        )
    ]  # fmt: skip
    if beam:
        beam(found.BeamSequence[0])
    if change:
        change(found)
    return written(found)


def refused(error) -> str:
    """The text of an error, which names no patient and no UID."""
    text = str(error.value)
    assert MARKER not in text
    assert "1.2.3" not in text
    return text
