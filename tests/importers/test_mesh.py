"""Surfaces from files: what is read, and what is refused."""

import base64
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers import mesh

HEART = Path(__file__).parents[2] / "examples" / "data" / "heart" / "ventricles.ply"
POINTS = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3.5]])
FACES = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
SPEED = np.array([0.25, np.nan, -1.5, 3.0])
LABEL = np.array([1, 2, 255, 0], dtype=np.uint8)


def joined(rows) -> str:
    return "\n".join(" ".join(f"{x:g}" for x in row) for row in rows)


# --- files made by hand, each of the same tetrahedron ---------------------------------------


def ply_text(points=4, faces=4, corners="3 ", kind="int") -> bytes:
    vertices = np.column_stack([POINTS, SPEED, LABEL])
    head = (
        f"ply\nformat ascii 1.0\ncomment a tetrahedron\nelement vertex {points}\n"
        "property double x\nproperty double y\nproperty double z\nproperty float speed\n"
        f"property uchar label\nelement face {faces}\nproperty list uchar {kind} vertex_indices\n"
        "end_header\n"
    )
    body = "\n".join(corners + " ".join(map(str, f)) for f in FACES)
    return f"{head}{joined(vertices)}\n{body}\n".encode()


def ply_binary(order: str) -> bytes:
    name = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    head = ply_text().split(b"end_header\n")[0].replace(b"ascii", name.encode())
    body = b"".join(
        struct.pack(order + "dddfB", *p, s, label)
        for p, s, label in zip(POINTS, SPEED, LABEL, strict=True)
    )
    faces = b"".join(struct.pack(order + "B3i", 3, *f) for f in FACES)
    return head + b"end_header\n" + body + faces


def vtk_head(form: str, version="3.0") -> str:
    return f"# vtk DataFile Version {version}\na tetrahedron\n{form}\nDATASET POLYDATA\n"


def vtk_text(points=4, faces=4, size=16) -> bytes:
    polygons = joined(np.column_stack([[3] * 4, FACES]))
    return (
        f"{vtk_head('ASCII')}POINTS {points} double\n{joined(POINTS)}\n"
        f"POLYGONS {faces} {size}\n{polygons}\n"
        "CELL_DATA 4\nSCALARS ignored float\nLOOKUP_TABLE default\n1 2 3 4\n"
        "POINT_DATA 4\nSCALARS speed float 1\nLOOKUP_TABLE default\n0.25 nan -1.5 3\n"
        "FIELD FieldData 1\nlabel 1 4 unsigned_char\n1 2 255 0\n"
    ).encode()


def vtk_binary() -> bytes:
    cells = np.column_stack([[3] * 4, FACES]).astype(">i4").tobytes()
    return (
        vtk_head("BINARY").encode()
        + b"POINTS 4 double\n" + POINTS.astype(">f8").tobytes()
        + b"\nPOLYGONS 4 16\n" + cells
        + b"\nPOINT_DATA 4\nSCALARS speed float 1\nLOOKUP_TABLE default\n"
        + SPEED.astype(">f4").tobytes()
        + b"\nFIELD FieldData 1\nlabel 1 4 unsigned_char\n" + LABEL.tobytes() + b"\n"
    )  # fmt: skip


def vtk_offsets() -> bytes:
    return (
        vtk_head("BINARY", "5.1").encode()
        + b"POINTS 4 double\n" + POINTS.astype(">f8").tobytes()
        + b"\nMETADATA\nINFORMATION 0\n\nPOLYGONS 5 12\nOFFSETS vtktypeint64\n"
        + np.arange(0, 15, 3).astype(">i8").tobytes()
        + b"\nCONNECTIVITY vtktypeint64\n" + FACES.astype(">i8").tobytes()
        + b"\nPOINT_DATA 4\nFIELD FieldData 2\nspeed 1 4 float\n" + SPEED.astype(">f4").tobytes()
        + b"\nMETADATA\nINFORMATION 0\n\nlabel 1 4 unsigned_char\n" + LABEL.tobytes() + b"\n"
    )  # fmt: skip


NAMES = {"f8": "Float64", "f4": "Float32", "i8": "Int64", "u1": "UInt8"}


def plain(raw: bytes) -> bytes:
    return base64.b64encode(struct.pack("<I", len(raw)) + raw)


def packed(raw: bytes) -> bytes:
    """Two blocks, the second smaller."""
    half = len(raw) // 2 + 1
    blocks = [zlib.compress(raw[:half]), zlib.compress(raw[half:])]
    head = struct.pack("<5I", 2, half, len(raw) - half, *map(len, blocks))
    return base64.b64encode(head) + base64.b64encode(b"".join(blocks))


class Vtp:
    """One XML file in the making; `form` says where and how its numbers stand."""

    def __init__(self, form: str) -> None:
        self.form, self.appended = form, b""

    def array(self, name: str, values, kind: str) -> str:
        values = np.asarray(values).astype("<" + kind)
        width = f' NumberOfComponents="{values.shape[1]}"' if values.ndim == 2 else ""
        start = f'<DataArray type="{NAMES[kind]}" Name="{name}"{width} '
        raw = values.tobytes()
        if self.form == "ascii":
            return f'{start}format="ascii">{" ".join(map(str, values.ravel()))}</DataArray>'
        if self.form in ("base64", "packed"):
            text = (plain if self.form == "base64" else packed)(raw).decode()
            return f'{start}format="binary">\n {text}\n</DataArray>'
        at = len(self.appended)
        self.appended += struct.pack("<I", len(raw)) + raw
        return f'{start}format="appended" offset="{at}"/>'

    def file(self, points=4, faces=4, ends=(3, 6, 9, 12), corners=None) -> bytes:
        compressor = ' compressor="vtkZLibDataCompressor"' if self.form == "packed" else ""
        places = [
            f"<Points>{self.array('Points', POINTS, 'f8')}</Points>",
            f"<Polys>{self.array('connectivity', FACES.ravel(), 'i8')}",
            f"{self.array('offsets', ends, 'i8')}</Polys>",
            f"<PointData>{self.array('speed', SPEED, 'f4')}",
            f"{self.array('label', LABEL, 'u1')}</PointData>",
        ]
        text = (
            f'<?xml version="1.0"?><VTKFile type="PolyData" version="1.0" '
            f'byte_order="LittleEndian" header_type="UInt32"{compressor}><PolyData>'
            f'<Piece NumberOfPoints="{points}" NumberOfPolys="{faces}" NumberOfLines="0">'
            f"{''.join(places)}</Piece></PolyData>"
        ).encode()
        if self.form == "raw":
            text += b'<AppendedData encoding="raw">\n_' + self.appended + b"</AppendedData>"
        return text + b"</VTKFile>"


FILES = {
    "PLY text": ply_text(),
    "PLY little-endian": ply_binary("<"),
    "PLY big-endian": ply_binary(">"),
    "VTK text": vtk_text(),
    "VTK binary": vtk_binary(),
    "VTK 5.1": vtk_offsets(),
    **{f"VTP {form}": Vtp(form).file() for form in ("ascii", "base64", "packed", "raw")},
}
every_format = pytest.mark.parametrize("data", FILES.values(), ids=FILES.keys())


# --- what is read ---------------------------------------------------------------------------


@every_format
def test_the_same_tetrahedron_comes_out_of_every_format(data):
    surface = mesh.read(data, length_unit="mm")
    np.testing.assert_array_equal(surface.vertices_mm, POINTS)
    np.testing.assert_array_equal(surface.triangles, FACES)
    np.testing.assert_array_equal(surface.point_data["speed"], SPEED)
    np.testing.assert_array_equal(surface.point_data["label"], LABEL)
    assert set(surface.point_data) == {"speed", "label"}


@pytest.mark.parametrize(("unit", "scale"), [("mm", 1), ("cm", 10), ("m", 1000), ("um", 1e-3)])
def test_coordinates_are_stated_in_mm_whatever_the_unit_of_the_file(unit, scale):
    surface = mesh.read(ply_text(), length_unit=unit)
    np.testing.assert_allclose(surface.vertices_mm, POINTS * scale, rtol=1e-15)


@pytest.mark.parametrize("unit", [None, "", "kg", "metre"])
def test_without_a_unit_of_length_nothing_is_read(unit):
    with pytest.raises(InvalidInputError, match="unit of length"):
        mesh.read(ply_text(), length_unit=unit)


def test_the_heart_of_the_examples_is_closed_and_its_muscle_is_144_ml():
    surface = mesh.read(HEART.read_bytes(), length_unit="mm")
    triangles = surface.triangles
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, ::2]]))
    _, met = np.unique(edges, axis=0, return_counts=True)
    a, b, c = (surface.vertices_mm[triangles[:, i]] for i in range(3))
    volume_ml = np.einsum("ij,ij->", a, np.cross(b, c)) / 6 / 1000
    assert len(surface.vertices_mm) <= 6000
    assert (met == 2).all()
    assert volume_ml == pytest.approx(144.8, rel=0.01)
    assert set(surface.point_data["part"]) == {1, 2, 3, 4}


def test_values_with_several_components_keep_their_shape():
    text = vtk_text() + b"VECTORS way float\n1 0 0 0 1 0 0 0 1 1 1 1\n"
    way = mesh.read(text, length_unit="mm").point_data["way"]
    np.testing.assert_array_equal(way, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])


def test_a_surface_cannot_be_written():
    surface = mesh.read(ply_text(), length_unit="mm")
    for values in (surface.vertices_mm, surface.triangles, surface.point_data["label"]):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1


# --- what is refused ------------------------------------------------------------------------


def swap(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1, "the fault would not be planted"
    return data.replace(old, new)


REFUSED = {
    "PLY: one point too many announced": ply_text(points=5),
    "PLY: one point too few announced": ply_text(points=3),
    "PLY: one face too many announced": ply_text(faces=5),
    "PLY: one face too few announced": ply_text(faces=3),
    "PLY: 10^11 points announced": ply_text(points=10**11),
    "PLY: a million points announced": ply_text(points=10**6),
    "PLY: no points": ply_text(points=0),
    "PLY: a negative number of points": ply_text(points=-4),
    "PLY: a coordinate that is NaN": swap(ply_text(), b"0 0 3.5", b"0 0 nan"),
    "PLY: an infinite coordinate": swap(ply_text(), b"0 0 3.5", b"0 0 1e999"),
    "PLY: a word for a coordinate": swap(ply_text(), b"0 0 3.5", b"0 0 Smith"),
    "PLY: a number with an underscore": swap(ply_text(), b"0 0 3.5", b"0 0 3_5"),
    "PLY: a triangle beyond the last point": swap(ply_text(), b"3 0 3 2", b"3 0 4 2"),
    "PLY: a negative corner": swap(ply_text(), b"3 0 3 2", b"3 0 -1 2"),
    "PLY: half a corner": swap(ply_text(), b"3 0 3 2", b"3 0 1.5 2"),
    "PLY: corners as floats": ply_text(kind="float"),
    "PLY: a square": swap(ply_text(), b"3 0 3 2", b"4 0 3 2 1"),
    "PLY: a label above 255": swap(ply_text(), b"-1.5 255", b"-1.5 256"),
    "PLY: no x": swap(ply_text(), b"double x", b"double a"),
    "PLY: two x": swap(ply_text(), b"double y", b"double x"),
    "PLY: an unknown type": swap(ply_text(), b"double x", b"quad x"),
    "PLY: an unknown format": swap(ply_text(), b"ascii", b"text"),
    "PLY: a header without end": b"ply\nformat ascii 1.0\n" + b"comment x\n" * 10_000,
    "PLY: half the file": ply_binary("<")[:-20],
    "PLY: bytes after the end": ply_binary(">") + b"\x01\x02",
    "PLY: big numbers read in the wrong order": swap(ply_binary(">"), b"_big_", b"_little_"),
    "VTK: one point too many announced": vtk_text(points=5),
    "VTK: one point too few announced": vtk_text(points=3),
    "VTK: one face too few announced": vtk_text(faces=3, size=12),
    "VTK: a size that is not four a face": vtk_text(size=17),
    "VTK: 10^9 points announced": vtk_text(points=10**9),
    "VTK: a coordinate that is NaN": swap(vtk_text(), b"0 0 3.5", b"0 0 nan"),
    "VTK: a triangle beyond the last point": swap(vtk_text(), b"3 0 3 2", b"3 0 4 2"),
    "VTK: lines beside the triangles": vtk_text() + b"LINES 1 3\n2 0 1\n",
    "VTK: values for another number of points": swap(vtk_text(), b"POINT_DATA 4", b"POINT_DATA 3"),
    "VTK: a grid": swap(vtk_text(), b"POLYDATA", b"STRUCTURED_POINTS"),
    "VTK: neither text nor binary": swap(vtk_text(), b"ASCII", b"MORSE"),
    "VTK: half the file": vtk_binary()[:120],
    "VTK: no triangles": vtk_text().split(b"POLYGONS")[0],
    "VTK: offsets that do not begin with 0": swap(
        vtk_offsets(), np.arange(0, 15, 3).astype(">i8").tobytes(),
        np.array([3, 3, 6, 9, 12]).astype(">i8").tobytes(),
    ),
    "VTP: one point too many announced": Vtp("ascii").file(points=5),
    "VTP: one point too few announced": Vtp("base64").file(points=3),
    "VTP: one face too many announced": Vtp("packed").file(faces=5),
    "VTP: one face too few announced": Vtp("raw").file(faces=3),
    "VTP: 10^12 points announced": Vtp("ascii").file(points=10**12 - 1),
    "VTP: a square": Vtp("ascii").file(ends=(3, 6, 10, 12)),
    "VTP: ends that run backwards": Vtp("ascii").file(ends=(3, 9, 6, 12)),
    "VTP: a coordinate that is NaN": swap(Vtp("ascii").file(), b"0.0 3.5", b"0.0 nan"),
    "VTP: a document type": swap(
        Vtp("ascii").file(), b"<VTKFile", b'<!DOCTYPE a [<!ENTITY b "c">]><VTKFile'
    ),
    "VTP: an unknown way to pack": swap(Vtp("packed").file(), b"vtkZLib", b"vtkLZ4"),
    "VTP: base64 cut short": swap(Vtp("base64").file(), plain(LABEL.tobytes()), b"BAAA"),
    "VTP: an offset beyond the end": swap(Vtp("raw").file(), b'offset="0"', b'offset="99999"'),
    "VTP: lines beside the triangles": swap(
        Vtp("ascii").file(), b'NumberOfLines="0"', b'NumberOfLines="1"'
    ),
    "VTP: half the file": Vtp("ascii").file()[:500],
    "packed with gzip": b"\x1f\x8b\x08" + bytes(20),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(20),
    "nothing": b"",
}  # fmt: skip


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_a_broken_file_is_refused_whole_and_its_words_are_not_repeated(data):
    with pytest.raises(UnreadableFileError) as refusal:
        mesh.read(data, length_unit="mm")
    assert len(str(refusal.value)) > 20
    assert "Smith" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("PLY: 10^11 points announced", "20000000 are allowed"),
        ("PLY: a million points announced", "The file ends within its rows"),
        ("PLY: a square", "Face 3 has 4 corners"),
        ("VTK: 10^9 points announced", "20000000 are allowed"),
        ("VTK: lines beside the triangles", "lines. Remove them"),
        ("VTP: a square", "some faces are no triangles|corners, and only triangles"),
        ("VTP: ends that run backwards", "do not add up"),
        ("VTP: one point too many announced", "5 rows of 3 are announced"),
        ("VTP: one face too many announced", "The blocks of an array are 32 bytes, not 40"),
        ("packed with gzip", "unpack it first"),
        ("nothing", "The file is empty"),
    ],
)
def test_a_refusal_says_what_is_wrong(name, said):
    with pytest.raises(UnreadableFileError, match=said):
        mesh.read(REFUSED[name], length_unit="mm")


def test_a_packed_block_that_grows_beyond_what_it_states_is_refused():
    bomb = zlib.compress(bytes(50_000_000), 9)
    head = struct.pack("<4I", 1, 32, 0, len(bomb))
    text = (base64.b64encode(head) + base64.b64encode(bomb)).decode()
    ends = packed(np.array([3, 6, 9, 12]).astype("<i8").tobytes()).decode()
    with pytest.raises(UnreadableFileError, match="32 bytes"):
        mesh.read(Vtp("packed").file().replace(ends.encode(), text.encode()), length_unit="mm")


@given(st.data())
def test_however_a_file_is_spoiled_the_answer_is_a_surface_or_a_refusal(data):
    spoiled = bytearray(data.draw(st.sampled_from(list(FILES.values()))))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(spoiled) - 1))
        spoiled[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        surface = mesh.read(bytes(spoiled), length_unit="mm")
    except UnreadableFileError:
        return
    assert np.isfinite(surface.vertices_mm).all()
    assert surface.triangles.max() < len(surface.vertices_mm)
