"""Whatever image comes in, the answer is an image or a refusal, and names nobody."""

import gzip
import io
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers import volume

sys.path.insert(0, str(Path(__file__).parent))
import images as made
from test_volume import AS_MR, SAID


def put(at: int, dtype: str, *numbers) -> bytes:
    """A NIfTI-1 with other numbers at a byte of its header."""
    data = bytearray(made.nifti())
    raw = np.array(numbers, dtype=dtype).tobytes()
    data[at : at + len(raw)] = raw
    return bytes(data)


def mirrored_qform(header) -> None:
    header["pixdim"][0] = -header["pixdim"][0]


def line(old: bytes, new: bytes, **changed) -> bytes:
    data = made.nrrd(**changed)
    assert old in data
    return data.replace(old, new, 1)


def changed(**values):
    """A change of a DICOM file: elements set, or taken away where the value is None."""

    def change(dataset) -> None:
        for name, value in values.items():
            if value is None:
                del dataset[name]
            else:
                setattr(dataset, name, value)

    return change


def with_slice(k: int, **values) -> bytes:
    return made.packed(made.lge_slices({k: changed(**values)}))


def moved(k: int, by, **more) -> bytes:
    return with_slice(k, ImagePositionPatient=[
        float(x) for x in np.array(made.slice_place(k)) + by], **more)  # fmt: skip


def with_all(**values) -> bytes:
    return made.packed(made.lge_slices(dict.fromkeys(range(5), changed(**values))))


def seg(**values) -> bytes:
    return made.segmentation(change=changed(**values))


def frame(k: int, part: str, **values) -> bytes:
    def change(dataset) -> None:
        item = dataset.PerFrameFunctionalGroupsSequence[k][part].value[0]
        changed(**values)(item)

    return made.segmentation(change=change)


def shared(part: str, **values) -> bytes:
    def change(dataset) -> None:
        item = dataset.SharedFunctionalGroupsSequence[0][part].value[0]
        changed(**values)(item)

    return made.segmentation(change=change)


def overlapping() -> dict[int, np.ndarray]:
    parts = made.members()
    parts[3] |= parts[1]
    return parts


def locked() -> bytes:
    data = bytearray(made.packed(made.lge_slices()))
    for start, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(start)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(start, place + 1)
    return bytes(data)


def zip_that_lies() -> bytes:
    """The list of a ZIP says that its first file has four thousand million bytes."""
    data = bytearray(made.packed(made.lge_slices()))
    at = data.find(b"PK\x01\x02")
    data[at + 24 : at + 28] = b"\xfe\xff\xff\xff"
    return bytes(data)


def nested() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("inner.zip", made.packed(made.lge_slices()))
    return target.getvalue()


NIFTI = {
    "half the header": made.nifti()[:200],
    "half the voxels": made.nifti()[:500],
    "packed and cut": made.nifti(packed=True)[:-20],
    "packed and damaged": made.nifti(packed=True)[:30] + bytes(60),
    "300 GB announced": put(40, "<i2", 3, 30000, 10000, 1000),
    "an axis of -1": put(40, "<i2", 3, -1, 6, 5),
    "an axis of 0": put(40, "<i2", 3, 7, 0, 5),
    "two axes": put(40, "<i2", 2, 7, 6, 5),
    "no axes": put(40, "<i2", 0),
    "nine axes": put(40, "<i2", 9),
    "two moments": made.nifti(np.zeros((4, 3, 2, 2), dtype="u1")),
    "colours": put(70, "<i2", 128, 24),
    "complex numbers": put(70, "<i2", 32, 64),
    "a type that does not exist": put(70, "<i2", 9999),
    "a spacing of 0": put(80, "<f4", 0),
    "a spacing below 0": put(80, "<f4", -1.5),
    "a spacing that is NaN": put(80, "<f4", np.nan),
    "no place": made.nifti(sform=0, qform=0),
    "a sform that is NaN": put(280, "<f4", np.nan),
    "a sform that is infinite": put(280, "<f4", np.inf),
    "a sform that is flat": put(280, "<f4", 0, 0, 0, 0),
    "a qform that is NaN": put(256, "<f4", np.nan),
    "mirrored forms": made.nifti(change=mirrored_qform),
    "an unknown unit": put(123, "u1", 7),
    "voxels within the header": put(108, "<f4", 10),
    "voxels at NaN": put(108, "<f4", np.nan),
    "voxels beyond the end": put(108, "<f4", 9e7),
    "a pair": put(344, "S4", b"ni1\x00"),
    "labels with a half": made.nifti(made.labelled("f4") * 0.5),
    "labels that are NaN": made.nifti(made.labelled("f4") * np.nan),
    "labels below 0": made.nifti(-made.labelled("i2")),
    "labels beyond 65535": made.nifti(made.labelled("i4") * 70000),
    "an empty segmentation": made.nifti(made.labelled() * 0),
}  # fmt: skip
NRRD = {
    "half the voxels": made.nrrd(encoding="raw")[:-30],
    "half the numbers": made.nrrd(encoding="ascii")[:-60],
    "packed and cut": made.nrrd()[:-40],
    "packed and damaged": line(b"\x1f\x8b", b"\x00\x00"),
    "300 GB announced": line(b"sizes: 7 6 5", b"sizes: 30000 10000 1000"),
    "an axis of -1": line(b"sizes: 7 6 5", b"sizes: 7 -6 5"),
    "two sizes": line(b"sizes: 7 6 5", b"sizes: 7 6"),
    "four axes": made.nrrd(np.zeros((2, 3, 4, 5), dtype="u1"), **{
        "space directions": np.vstack([np.full(3, np.nan), np.eye(3)])}),
    "detached": line(b"content: ", b"data file: "),
    "detached header without an end": b"NRRD0004\ntype: short\n" + b"#" * 60,
    "no space": line(b"space: left-posterior-superior\n", b""),
    "an unknown space": line(b"space: left-posterior-superior", b"space: scanner-xyz"),
    "no origin": line(b"space origin:", b"# origin:"),
    "an origin that is NaN": made.nrrd(**{"space origin": [np.nan, 0, 0]}),
    "a spacing of 0": made.nrrd(**{"space directions": np.diag([1.0, 0, 1])}),
    "two axes the same": made.nrrd(**{"space directions": np.ones((3, 3))}),
    "mixed units": made.nrrd(**{"space units": ["mm", "mm", "m"]}),
    "a unit that is a name": made.nrrd(**{"space units": ["Smith"] * 3}),
    "an unknown encoding": line(b"encoding: gzip", b"encoding: hex"),
    "an unknown type": line(b"type: uint8", b"type: block"),
    "no order of bytes": line(b"endian: little\n", b"", values=made.labelled("<i2")),
    "a field twice": line(b"type: uint8", b"type: uint8\ntype: uint8"),
    "a line that is no field": line(b"type: uint8", made.MARKER.encode()),
    "lines to skip": line(b"content: ", b"line skip: 3\n# "),
    "a name among the numbers": made.nrrd(encoding="ascii")[:-60] + b" Smith" * 200,
    "a number too large": line(b"\n\n0", b"\n\n999", encoding="ascii"),
}  # fmt: skip
SERIES = {
    "one slice lacking": made.packed(made.lge_slices(leave_out=(2,))),
    "one slice twice": made.packed([*made.lge_slices(), made.lge_slice(2)]),
    "another slice at the same place": made.packed(
        [*made.lge_slices(), made.lge_slice(2, change=changed(SOPInstanceUID="1.2.9"))]
    ),
    "a slice aside": moved(2, 2.0 * made.ALONG),
    "a slice off its place": moved(2, 0.3 * made.STEP * made.NORMAL),
    "a slice of another series": with_slice(2, SeriesInstanceUID="1.2.99"),
    "a slice of another patient": with_slice(2, PatientID="Smith"),
    "a slice of another frame of reference": with_slice(2, FrameOfReferenceUID="1.2.98"),
    "a slice of another kind": with_slice(2, SOPClassUID="1.2.840.10008.5.1.4.1.1.2"),
    "a slice of another size": with_slice(2, Rows=4, Columns=3),
    "a slice with larger pixels": with_slice(2, PixelSpacing=[1.5, 1.3]),
    "a slice turned": with_slice(2, ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
    "a slice mirrored": with_slice(
        2, ImageOrientationPatient=[*(-made.ALONG).tolist(), *made.DOWN.tolist()]
    ),
    "a slice of colours": with_slice(2, SamplesPerPixel=3),
    "slices of 65535 by 65535": with_all(Rows=65535, Columns=65535),
    "a slice without a place": with_slice(2, ImagePositionPatient=None),
    "a place of two numbers": with_slice(2, ImagePositionPatient=[1.0, 2.0]),
    "a slice without directions": with_slice(2, ImageOrientationPatient=None),
    "directions that are not at right angles": with_all(
        ImageOrientationPatient=[1, 0, 0, 0.6, 0.8, 0]
    ),
    "directions of length 0": with_all(ImageOrientationPatient=[0, 0, 0, 0, 1, 0]),
    "a spacing of 0": with_all(PixelSpacing=[0, 1.25]),
    "a spacing below 0": with_all(PixelSpacing=[-1.5, 1.25]),
    "no spacing": with_all(PixelSpacing=None),
    "no pixels": with_all(PixelData=None),
    "too few pixels": with_slice(2, PixelData=b"\x01\x02"),
    "no size": with_all(Rows=None),
    "no image at all": made.packed([made.index()]),
    "one slice": made.packed([made.lge_slice(1)]),
    "a file cut": made.packed([made.lge_slice(k)[: 400 if k == 2 else None] for k in range(5)]),
    "a compressed slice": made.packed([made.lge_slice(k).replace(
        b"1.2.840.10008.1.2.1\x00", b"1.2.840.10008.1.2.4\x00") for k in range(5)]),
    "a deflated slice": made.packed([made.lge_slice(0) + b"1.2.840.10008.1.2.1.99"]),
    "no DICOM in the ZIP": made.packed([b"Smith"]),
    "a ZIP in a ZIP": nested(),
    "an empty ZIP": made.packed([]),
    "a ZIP cut": made.packed(made.lge_slices())[:-80],
    "a ZIP with a password": locked(),
    "a ZIP that announces 4 GB": zip_that_lies(),
}  # fmt: skip
SEGMENTATION = {
    "no segments": seg(SegmentSequence=[]),
    "a segment without a meaning": made.segmentation(names=made.SEGMENTS | {2: made.MARKER}),
    "frames without segments": frame(3, "SegmentIdentificationSequence",
                                     ReferencedSegmentNumber=9),
    "no frames": seg(PerFrameFunctionalGroupsSequence=None),
    "more frames than described": seg(NumberOfFrames=99),
    "10^9 frames": seg(NumberOfFrames=10**9),
    "frames that are no number": seg(NumberOfFrames=-4),
    "too few pixels": seg(PixelData=b"\x01\x02"),
    "another kind of segmentation": seg(SegmentationType="WHATEVER"),
    "shares without a largest": made.segmentation(
        kind="FRACTIONAL", change=changed(MaximumFractionalValue=0)),
    "a frame without a place": frame(2, "PlanePositionSequence", ImagePositionPatient=None),
    "a frame aside": frame(2, "PlanePositionSequence", ImagePositionPatient=[0.0, 0.0, 0.0]),
    "a frame between two slices": frame(
        2, "PlanePositionSequence", ImagePositionPatient=made.slice_place(2.4)),
    "a frame 1000 km away": frame(
        2, "PlanePositionSequence", ImagePositionPatient=made.slice_place(1e8)),
    "a spacing of 0": shared("PixelMeasuresSequence", PixelSpacing=[0, 1]),
    "no spacing": shared("PixelMeasuresSequence", PixelSpacing=None),
    "no directions": shared("PlaneOrientationSequence", ImageOrientationPatient=None),
    "a segment twice in a slice": made.segmentation(
        frames=[(1, 1), (1, 2), (1, 2), (2, 1), (3, 1), (4, 1)]),
    "blood within the muscle": made.segmentation(parts=overlapping()),
    "a label map with unknown labels": made.segmentation(
        kind="LABELMAP", names={1: "healthy", 2: "scar", 3: "LV blood"}),
}  # fmt: skip
OTHER = {
    "nothing": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(400),
    "a text": b"Ann Smith, born 1961\n" * 40,
    "a PDF": b"%PDF-1.7" + bytes(400),
    "gzip of something else": gzip.compress(b"Ann Smith" * 100),
}
ALL = {
    f"{kind}: {name}": data
    for kind, cases in (
        ("NIfTI", NIFTI), ("NRRD", NRRD), ("series", SERIES), ("segmentation", SEGMENTATION),
        ("other", OTHER),
    )
    for name, data in cases.items()
}  # fmt: skip


def taken(name: str) -> volume.Volume:
    by_itself = name.startswith(("series", "segmentation"))
    return volume.read(ALL[name], None if by_itself else SAID)


def test_there_are_more_than_a_hundred_cases():
    assert len(ALL) > 100


@pytest.mark.parametrize("name", ALL)
def test_a_broken_image_is_refused_whole_and_names_nobody(name):
    with pytest.raises(UnreadableFileError) as refusal:
        taken(name)
    message = str(refusal.value)
    assert len(message) > 20
    for word in (made.MARKER, "Smith", "1961"):
        assert word.lower() not in message.lower()
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NIfTI: 300 GB announced", "300000000 are allowed"),
        ("NIfTI: half the voxels", "ends within its voxels: 210 bytes are announced"),
        ("NIfTI: packed and cut", "ends within its voxels|damaged"),
        ("NIfTI: no place", "neither sform nor qform"),
        ("NIfTI: mirrored forms", "mirror images of each other"),
        ("NIfTI: a spacing of 0", "not above 0 mm"),
        ("NIfTI: a pair", r"a pair \(.hdr and .img\)"),
        ("NIfTI: labels with a half", "numbers that are not whole"),
        ("NIfTI: two moments", "Take one moment"),
        ("NRRD: detached", "lie in another one"),
        ("NRRD: no space", "left and right are unknown"),
        ("NRRD: 300 GB announced", "300000000 are allowed"),
        ("NRRD: a spacing of 0", "A spacing of the image is 0"),
        ("series: one slice lacking", "1 more are lacking: they are 8 mm apart, and once 16"),
        ("series: one slice twice", "1 of the slices are there twice"),
        ("series: another slice at the same place", "1 slices lie where another one does"),
        ("series: a slice aside", "lies 2 mm aside"),
        ("series: a slice off its place", "not equally far apart"),
        ("series: a slice of another patient", "2 different patients"),
        ("series: a slice of another frame of reference", "2 different frames of reference"),
        ("series: a slice turned", "not parallel"),
        ("series: a slice mirrored", "some are mirrored"),
        ("series: slices of 65535 by 65535", "are allowed"),
        ("series: a compressed slice", r"compressed \(transfer syntax 1\.2\.840\.10008\.1\.2\.4\)"),
        ("series: a deflated slice", "deflated"),
        ("series: a ZIP that announces 4 GB", "more than 20000 files or"),
        ("series: a ZIP with a password", "locked by a password"),
        ("segmentation: a segment without a meaning", r"without a known meaning: \[2\]"),
        ("segmentation: blood within the muscle", "a voxel cannot be both"),
        ("segmentation: a frame 1000 km away", "4096 are allowed"),
        ("segmentation: 10^9 frames", "are allowed"),
    ],
)
def test_a_refusal_says_what_is_wrong(name, said):
    with pytest.raises(UnreadableFileError, match=said):
        taken(name)


def test_a_file_that_grows_when_unpacked_is_not_unpacked_beyond_what_it_announces():
    data = gzip.compress(made.nifti() + bytes(100_000_000))
    nrrd = made.nrrd(encoding="raw")
    head = nrrd[: -made.labelled().size].replace(b"encoding: raw", b"encoding: gzip")
    body = gzip.compress(nrrd[-made.labelled().size :] + bytes(100_000_000))
    tracemalloc.start()
    for bomb in (data, head + body):
        assert len(bomb) < 300_000
        assert volume.read(bomb, SAID).image.values.shape == (7, 6, 5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_without_the_library_the_refusal_says_what_to_install(monkeypatch):
    for name, data in (("nibabel", made.nifti()), ("nrrd", made.nrrd()), ("pydicom", GOOD[6])):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(InvalidInputError, match=r"pip install 'bodytwin\[imaging\]'"):
            volume.read(data, SAID)


GOOD = (
    made.nifti(), made.nifti(version=2), made.nifti(packed=True), made.nrrd(),
    made.nrrd(encoding="raw"), made.nrrd(encoding="ascii"), made.segmentation(),
    made.segmentation(kind="LABELMAP"), made.lge_slice(2), made.packed(made.lge_slices()),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_however_an_image_is_spoiled_the_answer_is_an_image_or_a_refusal(data):
    spoiled = bytearray(data.draw(st.sampled_from(GOOD)))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(spoiled) - 1))
        spoiled[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        found = volume.read(bytes(spoiled), data.draw(st.sampled_from([SAID, AS_MR])))
    except InvalidInputError as refusal:
        assert made.MARKER not in str(refusal)
        return
    assert found.image.values.ndim == 3
    assert np.isfinite(found.image.affine).all()
