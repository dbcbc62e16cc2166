"""Made-up images written by the libraries of their formats, each with a name in its header."""

import io
import zipfile
from collections.abc import Callable, Sequence

import numpy as np

MARKER = "ZQXMARKERZQX"
MEANINGS = {1: "healthy", 2: "border", 3: "scar", 5: "lv_blood", 6: "rv_blood"}
OBLIQUE = np.array(
    [[1.2, 0.3, -0.5, -40.0], [-0.4, 1.1, 0.9, 12.5], [0.2, -0.6, 7.5, 80.25], [0, 0, 0, 1]]
)
"""From an index to RAS in mm."""
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def labelled(dtype="u1") -> np.ndarray:
    values = np.zeros((7, 6, 5), dtype=dtype)
    values[1:6, 1:5, 1:4] = 1
    values[2, 2, 1:4], values[3, 2, 2] = 5, 3
    values[4, 3, 1:3], values[3, 3, 2] = 6, 2
    return values


def nifti(
    values=None, *, affine=OBLIQUE, version=1, unit="mm", sform=1, qform=1, packed=False,
    change: Callable | None = None, big=False,
) -> bytes:  # fmt: skip
    import nibabel as nib

    kind = {1: nib.Nifti1Image, 2: nib.Nifti2Image}[version]
    values = labelled() if values is None else values
    header = kind.header_class(endianness=">" if big else "<")
    header.set_data_dtype(values.dtype)
    image = kind(values, None, header=header)
    image.header["descrip"] = MARKER.encode()
    image.header["db_name" if version == 1 else "intent_name"] = MARKER.encode()
    image.header.set_xyzt_units(unit, None)
    image.header.set_sform(affine, sform)
    image.header.set_qform(_rigid(affine), qform, strip_shears=False) if qform else None
    if not qform:
        image.header["qform_code"] = 0
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", MARKER.encode()))
    if change:
        change(image.header)
    image.header["vox_offset"] = 0
    data = image.to_bytes()
    if not packed:
        return data
    import gzip

    return gzip.compress(data, mtime=0)


def _rigid(affine) -> np.ndarray:
    """The affine without its shear, which a qform cannot hold."""
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    left, _, right = np.linalg.svd(affine[:3, :3] / steps)
    found = affine.copy()
    found[:3, :3] = left @ right * steps
    return found


def nrrd(values=None, *, keys=None, **changed) -> bytes:
    import nrrd as library

    header = {
        "space": "left-posterior-superior",
        "space directions": (LPS @ OBLIQUE)[:3, :3].T,
        "space origin": (LPS @ OBLIQUE)[:3, 3],
        "space units": ["mm", "mm", "mm"],
        "encoding": "gzip",
        "content": MARKER,
        "Patient": MARKER,
        **(keys or {}),
        **changed,
    }
    header = {k: v for k, v in header.items() if v is not None}
    target = io.BytesIO()
    library.write(target, labelled() if values is None else values, header)
    return target.getvalue()


def _named(dataset) -> None:
    dataset.PatientName = f"{MARKER}^Ann"
    dataset.PatientID = MARKER
    dataset.PatientBirthDate = "19610203"
    dataset.InstitutionName = MARKER
    dataset.SeriesDescription = MARKER
    dataset.StudyDescription = MARKER


def _written(dataset, syntax="1.2.840.10008.1.2.1") -> bytes:
    from pydicom.dataset import FileMetaDataset

    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = syntax
    target = io.BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


ALONG, DOWN = np.array([0.8, 0.6, 0.0]), np.array([0.0, 0.0, -1.0])
NORMAL = np.cross(ALONG, DOWN)
FIRST = np.array([-30.0, 20.5, 77.0])
SPACING = (1.5, 1.25)
STEP = 8.0


def slice_place(k: float) -> list[float]:
    return [round(float(x), 6) for x in FIRST + k * STEP * NORMAL]


def intensities() -> np.ndarray:
    """Numbers (column, row, slice)."""
    return np.arange(4 * 3 * 5, dtype=np.uint16).reshape(4, 3, 5) * 7


def lge_slice(k: int, *, change: Callable | None = None, syntax="1.2.840.10008.1.2.1") -> bytes:
    from pydicom.dataset import Dataset

    values = intensities()[:, :, k]
    found = Dataset()
    found.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    found.SOPInstanceUID = f"1.2.3.4.{k + 1}"
    found.SeriesInstanceUID, found.FrameOfReferenceUID = "1.2.3.5", "1.2.3.6"
    found.StudyInstanceUID = "1.2.3.7"
    _named(found)
    found.Modality = "MR"
    found.AcquisitionDate, found.AcquisitionTime = "20240305", f"1015{10 + k}.5"
    found.StudyDate, found.StudyTime = "20240305", "100000"
    found.Rows, found.Columns, found.SamplesPerPixel = values.shape[1], values.shape[0], 1
    found.PhotometricInterpretation = "MONOCHROME2"
    found.BitsAllocated, found.BitsStored, found.HighBit = 16, 16, 15
    found.PixelRepresentation = 0
    found.PixelSpacing = list(SPACING)
    found.ImageOrientationPatient = [*ALONG.tolist(), *DOWN.tolist()]
    found.ImagePositionPatient = slice_place(k)
    found.InstanceNumber = 9 - k
    found.PixelData = values.T.astype("<u2").tobytes()
    if change:
        change(found)
    return _written(found, syntax)


def lge_slices(changes: dict[int, Callable] | None = None, leave_out=()) -> list[bytes]:
    kept = [k for k in (3, 0, 4, 2, 1) if k not in leave_out]
    return [lge_slice(k, change=(changes or {}).get(k)) for k in kept]


def packed(files: Sequence[bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for k, data in enumerate(files):
            archive.writestr(f"{MARKER}/IM{k:04d}", data)
    return target.getvalue()


SEGMENTS = {1: "Healthy", 2: "scar", 3: "LV blood", 4: "rv-blood"}


def members() -> dict[int, np.ndarray]:
    """Of each segment, the voxels (column, row, slice) in it; scar lies over healthy muscle."""
    shape = (9, 7, 6)
    found = {n: np.zeros(shape, dtype=bool) for n in SEGMENTS}
    found[1][1:8, 1:6, 1:5] = True
    for n, at in ((3, (2, 2)), (4, (6, 4))):
        found[n][at[0], at[1], 1:5] = True
        found[1] &= ~found[n]
    found[2][4, 2:4, [1, 2, 4]] = True
    return found


def segmentation(
    *, kind="BINARY", parts=None, names=None, change: Callable | None = None, frames=None,
    stated_step=True,
) -> bytes:  # fmt: skip
    from pydicom.dataset import Dataset
    from pydicom.pixels import pack_bits
    from pydicom.sequence import Sequence as Items

    parts = members() if parts is None else parts
    names = SEGMENTS if names is None else names
    shown = frames or [
        (n, k) for n in parts for k in reversed(range(parts[n].shape[2])) if parts[n][:, :, k].any()
    ]
    if kind == "LABELMAP":
        shown = [(0, k) for k in range(next(iter(parts.values())).shape[2])]
    columns, rows, _ = next(iter(parts.values())).shape
    found = Dataset()
    found.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66." + ("7" if kind == "LABELMAP" else "4")
    found.SOPInstanceUID, found.SeriesInstanceUID = "1.2.3.9", "1.2.3.10"
    found.StudyInstanceUID, found.FrameOfReferenceUID = "1.2.3.7", "1.2.3.6"
    _named(found)
    found.Modality, found.SegmentationType = "SEG", kind
    found.StudyDate, found.StudyTime = "20240305", "101500"
    found.ContentDate, found.ContentTime = "20250101", "090000"
    found.TimezoneOffsetFromUTC = "+0100"
    found.Rows, found.Columns, found.NumberOfFrames = rows, columns, len(shown)
    found.SamplesPerPixel, found.PhotometricInterpretation = 1, "MONOCHROME2"
    bits = 1 if kind == "BINARY" else 8
    found.BitsAllocated, found.BitsStored, found.HighBit = bits, bits, bits - 1
    found.PixelRepresentation = 0
    found.SegmentSequence = Items([_segment(n, name) for n, name in names.items()])
    found.SharedFunctionalGroupsSequence = Items([_shared(stated_step)])
    found.PerFrameFunctionalGroupsSequence = Items([_frame(n, k) for n, k in shown])
    if kind == "LABELMAP":
        pixels = np.stack([numbers(parts)[:, :, k].T for _, k in shown])
    else:
        pixels = np.stack([parts[n][:, :, k].T for n, k in shown])
    if kind == "FRACTIONAL":
        found.MaximumFractionalValue = 200
        pixels = np.where(pixels, 100, 99)
        found.SegmentationFractionalType = "PROBABILITY"
    data = pack_bits(pixels.ravel().astype("u1")) if bits == 1 else pixels.astype("u1").tobytes()
    found.PixelData = data + b"\x00" * (len(data) % 2)
    if change:
        change(found)
    return _written(found)


def numbers(parts) -> np.ndarray:
    values = np.zeros(next(iter(parts.values())).shape, dtype="u1")
    for n in sorted(parts):
        values[parts[n]] = n
    return values


def _segment(number: int, name: str):
    from pydicom.dataset import Dataset

    found = Dataset()
    found.SegmentNumber, found.SegmentLabel = number, name
    found.SegmentDescription = MARKER
    return found


def _shared(stated_step: bool):
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence as Items

    measures, orientation, found = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = list(SPACING), STEP
    if stated_step:
        measures.SpacingBetweenSlices = STEP
    orientation.ImageOrientationPatient = [*ALONG.tolist(), *DOWN.tolist()]
    found.PixelMeasuresSequence = Items([measures])
    found.PlaneOrientationSequence = Items([orientation])
    return found


def _frame(segment: int, k: float):
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence as Items

    position, shown, found = Dataset(), Dataset(), Dataset()
    position.ImagePositionPatient = slice_place(k)
    found.PlanePositionSequence = Items([position])
    if segment:
        shown.ReferencedSegmentNumber = segment
        found.SegmentIdentificationSequence = Items([shown])
    return found


def enhanced(*, slope=None) -> bytes:
    """The slices of `lge_slice` as frames of one file, in another order."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence as Items

    order = (3, 0, 4, 2, 1)
    shared, scale = _shared(stated_step=False), Dataset()
    if slope is not None:
        scale.RescaleSlope, scale.RescaleIntercept = slope, 1
        shared.PixelValueTransformationSequence = Items([scale])

    def change(found) -> None:
        found.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4.1"
        found.NumberOfFrames = len(order)
        found.SharedFunctionalGroupsSequence = Items([shared])
        found.PerFrameFunctionalGroupsSequence = Items([_frame(0, k) for k in order])
        found.PixelData = b"".join(intensities()[:, :, k].T.astype("<u2").tobytes() for k in order)
        for name in ("PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient"):
            del found[name]

    return lge_slice(0, change=change)


def index() -> bytes:
    """A DICOM file without an image, as lies beside the slices on a disk."""

    def change(found) -> None:
        found.SOPClassUID, found.SOPInstanceUID = "1.2.840.10008.1.3.10", "1.2.3.77"
        for name in ("Rows", "Columns", "PixelData"):
            del found[name]

    return lge_slice(0, change=change)
