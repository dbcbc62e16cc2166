"""Volume meshes from files: cells, regions and fibres, and their voxels."""

import base64
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers import mesh

# a cube of 2 with a tetrahedron on its right, a pyramid on top and a prism before it
POINTS = np.array(
    [[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0], [0, 0, 2], [2, 0, 2], [2, 2, 2], [0, 2, 2],
     [5, 0, 0], [1, 1, 5], [0, -3, 0], [0, -3, 2]], dtype=float,
)  # fmt: skip
CUBE, TETRA = [0, 1, 2, 3, 4, 5, 6, 7], [1, 8, 2, 5]
PYRAMID, PRISM = [4, 5, 6, 7, 9], [0, 1, 10, 4, 5, 11]
SKIN = [0, 2, 1]
CELLS = [(12, CUBE), (10, TETRA), (5, SKIN), (14, PYRAMID), (13, PRISM)]
TAGS = [1, 3, 7, 4, 1]
FIBRES = [[0, 0, 2], [1, 0, 0], [0, 0, 0], [0, 3, 4], [0, 0, 0]]
VOLUME_ML = (8 + 2 + 4 + 6) / 1000


def joined(rows) -> str:
    return "\n".join(" ".join(f"{x:g}" for x in row) for row in rows)


def head(form: str, version="3.0", kind="UNSTRUCTURED_GRID") -> str:
    return f"# vtk DataFile Version {version}\nAnn Smith\n{form}\nDATASET {kind}\n"


def vtk_text(cells=CELLS, points=12, size=None, types=None) -> bytes:
    rows = [[len(c), *c] for _, c in cells]
    size = sum(map(len, rows)) if size is None else size
    types = [t for t, _ in cells] if types is None else types
    return (
        f"{head('ASCII')}POINTS {points} double\n{joined(POINTS)}\n"
        f"CELLS {len(cells)} {size}\n{joined(rows)}\n"
        f"CELL_TYPES {len(types)}\n" + "\n".join(map(str, types)) + "\n"
        f"CELL_DATA {len(cells)}\nSCALARS elemTag int 1\nLOOKUP_TABLE default\n"
        + " ".join(map(str, TAGS[: len(cells)]))
        + f"\nVECTORS fiber float\n{joined(FIBRES[: len(cells)])}\n"
        f"POINT_DATA 12\nSCALARS ignored float\nLOOKUP_TABLE default\n{'1 ' * 12}\n"
    ).encode()


def vtk_binary() -> bytes:
    rows = np.concatenate([[len(c), *c] for _, c in CELLS])
    return (
        head("BINARY").encode() + b"POINTS 12 float\n" + POINTS.astype(">f4").tobytes()
        + f"\nCELLS 5 {len(rows)}\n".encode() + rows.astype(">i4").tobytes()
        + b"\nCELL_TYPES 5\n" + np.array([t for t, _ in CELLS], ">i4").tobytes()
        + b"\nCELL_DATA 5\nSCALARS elemTag int 1\nLOOKUP_TABLE default\n"
        + np.array(TAGS, ">i4").tobytes()
        + b"\nVECTORS fiber float\n" + np.array(FIBRES, ">f4").tobytes() + b"\n"
    )  # fmt: skip


def vtk_offsets() -> bytes:
    ends = np.cumsum([0, *(len(c) for _, c in CELLS)])
    corners = np.concatenate([c for _, c in CELLS])
    return (
        head("BINARY", "5.1").encode() + b"POINTS 12 double\n" + POINTS.astype(">f8").tobytes()
        + f"\nCELLS 6 {len(corners)}\nOFFSETS vtktypeint64\n".encode()
        + ends.astype(">i8").tobytes()
        + b"\nCONNECTIVITY vtktypeint64\n" + corners.astype(">i8").tobytes()
        + b"\nCELL_TYPES 5\n" + np.array([t for t, _ in CELLS], ">i4").tobytes()
        + b"\nCELL_DATA 5\nFIELD FieldData 2\nelemTag 1 5 int\n" + np.array(TAGS, ">i4").tobytes()
        + b"\nfiber 3 5 double\n" + np.array(FIBRES, ">f8").tobytes() + b"\n"
    )  # fmt: skip


def vtu(form="ascii", *, cells=5, points=12, ends=None, types=None) -> bytes:
    """The same mesh as XML; `form` is ascii, base64, packed (base64 and zlib) or raw (appended)."""
    appended: list[bytes] = []

    def array(name: str, values, kind: str, width=1) -> str:
        code = {"Float64": "<f8", "Int64": "<i8", "UInt8": "u1", "Int32": "<i4"}[kind]
        raw = np.asarray(values).astype(code).tobytes()
        said = f'<DataArray type="{kind}" Name="{name}" NumberOfComponents="{width}"'
        if form == "ascii":
            text = " ".join(f"{x:g}" for x in np.ravel(values))
            return f'{said} format="ascii">{text}</DataArray>'
        if form == "raw":
            start = sum(map(len, appended))
            appended.append(struct.pack("<I", len(raw)) + raw)
            return f'{said} format="appended" offset="{start}"/>'
        if form == "packed":
            small = zlib.compress(raw)
            text = base64.b64encode(struct.pack("<4I", 1, len(raw), 0, len(small)))
            text += base64.b64encode(small)
        else:
            text = base64.b64encode(struct.pack("<I", len(raw)) + raw)
        return f'{said} format="binary">{text.decode()}</DataArray>'

    packing = ' compressor="vtkZLibDataCompressor"' if form == "packed" else ""
    ends = np.cumsum([len(c) for _, c in CELLS]) if ends is None else ends
    types = [t for t, _ in CELLS] if types is None else types
    body = (
        f'<?xml version="1.0"?>\n<VTKFile type="UnstructuredGrid" version="0.1" '
        f'byte_order="LittleEndian"{packing}><UnstructuredGrid>'
        f'<Piece NumberOfPoints="{points}" NumberOfCells="{cells}"><PointData/><CellData>'
        + array("elemTag", TAGS, "Int32") + array("fiber", np.ravel(FIBRES), "Float64", 3)
        + "</CellData><Points>" + array("Points", POINTS.ravel(), "Float64", 3)
        + "</Points><Cells>"
        + array("connectivity", np.concatenate([c for _, c in CELLS]), "Int64")
        + array("offsets", ends, "Int64") + array("types", types, "UInt8")
        + "</Cells></Piece></UnstructuredGrid>"
    )  # fmt: skip
    if form == "raw":
        body += '<AppendedData encoding="raw">_'
        return body.encode() + b"".join(appended) + b"</AppendedData></VTKFile>"
    return f"{body}</VTKFile>".encode()


TURNED = [0, 1, 2, 3, 4, 7, 6, 5]
"""openCARP counts the upper face of a hexahedron the other way round."""


def carp(*, hexahedron=None, width=3, regions=True) -> tuple[bytes, bytes, bytes]:
    points = f"12\n{joined(POINTS * 1000)}\n"
    cube = [CUBE[k] for k in TURNED] if hexahedron is None else hexahedron
    rows = [("Hx", cube), ("Tt", TETRA), ("Tr", SKIN), ("Py", PYRAMID), ("Pr", PRISM)]
    ends = [f" {t}" if regions else "" for t in TAGS]
    lines = [
        f"{kind} {' '.join(map(str, c))}{end}" for (kind, c), end in zip(rows, ends, strict=True)
    ]
    directions = np.hstack([FIBRES, np.ones((5, 3))])[:, :width]
    return (
        points.encode(),
        f"5\n{chr(10).join(lines)}\n".encode(),
        f"{width // 3}\n{joined(directions)}\n".encode(),
    )


FILES = {
    "VTK as text": vtk_text(),
    "VTK binary": vtk_binary(),
    "VTK with offsets": vtk_offsets(),
    "VTU as text": vtu(),
    "VTU in base64": vtu("base64"),
    "VTU packed": vtu("packed"),
    "VTU appended": vtu("raw"),
}


def same(found: mesh.VolumeMesh) -> None:
    """Two tetrahedra of the pyramid, three of the prism, the tetrahedron itself and the cube."""
    assert found.volume_ml == pytest.approx(VOLUME_ML)
    assert (len(found.tetrahedra), len(found.hexahedra)) == (6, 1)
    assert found.tags.tolist() == [3, 1, 1, 1, 4, 4, 1]
    assert np.allclose(found.fibres[[0, 5, 6]], [[1, 0, 0], [0, 0.6, 0.8], [0, 0, 1]])
    assert not found.fibres[1:4].any()
    assert found.remarks == ("1 points, lines and faces without volume were passed over.",)


@pytest.mark.parametrize("data", FILES.values(), ids=FILES.keys())
def test_the_same_mesh_comes_out_of_every_format_of_vtk(data):
    same(mesh.read_solid(data, length_unit="mm"))


def test_a_vtk_mesh_in_another_unit_of_length_comes_out_in_mm():
    with pytest.raises(InvalidInputError, match="unit of length"):
        mesh.read_solid(vtk_text())
    found = mesh.read_solid(vtk_text(), length_unit="um")
    assert found.volume_ml == pytest.approx(VOLUME_ML * 1e-9)


@pytest.mark.parametrize("hexahedron", [None, CUBE], ids=["turned above", "as in VTK"])
@pytest.mark.parametrize("width", [3, 6])
def test_an_opencarp_mesh_is_in_um_and_its_hexahedra_fit_in_either_order(hexahedron, width):
    points, elements, fibres = carp(hexahedron=hexahedron, width=width)
    same(mesh.read_carp(points, elements, fibres))


def test_an_opencarp_mesh_may_lack_regions_and_fibres():
    points, elements, _ = carp(regions=False)
    found = mesh.read_carp(points, elements)
    assert (found.tags, found.fibres) == (None, None)
    assert found.volume_ml == pytest.approx(VOLUME_ML)


ALG = b"""\
100,100,100,100,100,100,1,0.5
300,100,100,100,100,100,2,0.25
300,300,100,100,100,100,2,0

500,100,100,100,100,100,1,1
"""


def test_a_monoalg_mesh_is_boxes_in_um_that_share_their_corners():
    found = mesh.read_solid(ALG, tag="column 7")
    assert found.volume_ml == pytest.approx(4 * 0.2**3 / 1000)
    assert found.tags.tolist() == [1, 2, 2, 1]
    assert found.cell_data["column 8"].tolist() == [0.5, 0.25, 0, 1]
    assert len(found.points_mm) == 20
    assert np.ptp(found.points_mm, axis=0) == pytest.approx([0.6, 0.4, 0.2])


def test_a_voxel_of_vtk_is_a_hexahedron_with_its_corners_row_by_row():
    rows = [CUBE[k] for k in (0, 1, 3, 2, 4, 5, 7, 6)]
    found = mesh.read_solid(vtk_text([(11, rows)]), length_unit="mm")
    assert found.hexahedra.tolist() == [CUBE]
    assert found.volume_ml == pytest.approx(0.008)


def test_the_values_that_say_the_region_can_be_named():
    data = vtk_text().replace(b"elemTag", b"colours")
    assert mesh.read_solid(data, length_unit="mm").tags is None
    assert mesh.read_solid(data, length_unit="mm", tag="colours").tags[0] == 3
    with pytest.raises(UnreadableFileError, match="no values of the name given"):
        mesh.read_solid(data, length_unit="mm", tag="elemTag")


def test_the_voxels_of_a_mesh_are_those_whose_centre_lies_in_its_cells():
    found = mesh.read_solid(vtk_text(), length_unit="mm")
    made = mesh.labelled_solid(found, {1: "healthy", 3: "scar", 4: ""}, spacing_mm=0.1)
    assert made.labels == {1: "healthy", 2: "scar"}
    volumes = [(made.values == k).sum() * 0.1**3 for k in made.labels]
    assert volumes == pytest.approx([14, 2], rel=0.06)
    at = np.argwhere(made.values) @ made.affine[:3, :3].T + made.affine[:3, 3]
    assert (at.min(axis=0) >= [-1e-9, -3 - 1e-9, -1e-9]).all()
    assert (at.max(axis=0) <= [5 + 1e-9, 2 + 1e-9, 2 + 1e-9]).all()


def test_a_mesh_of_cubes_becomes_the_same_cubes():
    found = mesh.read_solid(ALG, tag="column 7")
    made = mesh.labelled_solid(found, {1: "healthy", 2: "scar"}, spacing_mm=0.2)
    kept = made.values[np.ix_(*[np.flatnonzero(made.values.any(axis=a)) for a in ((1, 2), (0, 2))],
                              np.flatnonzero(made.values.any(axis=(0, 1))))]  # fmt: skip
    assert kept[:, :, 0].tolist() == [[1, 0], [2, 2], [1, 0]]
    first = np.argwhere(made.values)[0]
    assert made.affine[:3] @ [*first, 1] == pytest.approx([0.1, 0.1, 0.1])


def test_regions_without_a_meaning_and_impossible_voxels_are_refused():
    found = mesh.read_solid(vtk_text(), length_unit="mm")
    with pytest.raises(InvalidInputError, match=r"without a meaning: \[3, 4\]"):
        mesh.labelled_solid(found, {1: "healthy"}, spacing_mm=0.5)
    with pytest.raises(InvalidInputError, match="needs a meaning"):
        mesh.labelled_solid(found, {1: "", 3: "", 4: ""}, spacing_mm=0.5)
    with pytest.raises(InvalidInputError, match=r"measure 0\.1 to 3 mm"):
        mesh.labelled_solid(found, {1: "healthy", 3: "", 4: ""}, spacing_mm=9)
    large = mesh.read_solid(vtk_text(), length_unit="m")
    with pytest.raises(InvalidInputError, match="Is the unit of length right"):
        mesh.labelled_solid(large, {1: "healthy", 3: "", 4: ""}, spacing_mm=0.5)
    untagged = mesh.read_solid(vtk_text().replace(b"elemTag", b"x"), length_unit="mm")
    with pytest.raises(UnreadableFileError, match="do not say which region"):
        mesh.labelled_solid(untagged, {1: "healthy"}, spacing_mm=0.5)


def swap(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


def carp_with(part: int, old: bytes, new: bytes) -> tuple[bytes, ...]:
    files = list(carp())
    files[part] = swap(files[part], old, new)
    return tuple(files)


REFUSED = {
    "VTK: 10^11 points announced": vtk_text(points=10**11),
    "VTK: one point too many announced": vtk_text(points=13),
    "VTK: one number too many announced": vtk_text(size=999),
    "VTK: cells longer than announced": vtk_text(size=20),
    "VTK: a cell that names no point": swap(vtk_text(), b"4 1 8 2 5", b"4 1 8 2 99"),
    "VTK: a cell that names point -1": swap(vtk_text(), b"4 1 8 2 5", b"4 1 8 2 -1"),
    "VTK: a cell of -4 corners": swap(vtk_text(), b"4 1 8 2 5", b"-4 1 8 2 5"),
    "VTK: a tetrahedron of five corners": vtk_text([(10, PYRAMID)]),
    "VTK: a curved tetrahedron": vtk_text([(24, [0, 1, 2, 4, 5, 6, 7, 8, 9, 10])]),
    "VTK: one type too few": vtk_text(types=[12, 10, 5, 14]),
    "VTK: no types": vtk_text().split(b"CELL_TYPES")[0],
    "VTK: no cells": vtk_text().split(b"CELLS")[0],
    "VTK: only a surface": vtk_text([(5, SKIN)]),
    "VTK: a point that is NaN": swap(vtk_text(), b"1 1 5", b"1 1 nan"),
    "VTK: a point at infinity": swap(vtk_text(), b"1 1 5", b"1 1 inf"),
    "VTK: a region that is no whole number": swap(
        swap(vtk_text(), b"elemTag int", b"elemTag float"), b"1 3 7 4 1", b"1 3.5 7 4 1"
    ),
    "VTK: a region that is NaN": swap(
        swap(vtk_text(), b"elemTag int", b"elemTag float"), b"1 3 7 4 1", b"1 nan 7 4 1"
    ),
    "VTK: two sets of regions": swap(vtk_text(), b"POINT_DATA 12\nSCALARS ignored float",
                                     b"CELL_DATA 5\nSCALARS label float")[:-16],
    "VTK: a fibre that is NaN": swap(vtk_text(), b"0 3 4", b"0 nan 4"),
    "VTK: half the file": vtk_binary()[:250],
    "VTK: another data set": swap(vtk_text(), b"UNSTRUCTURED_GRID", b"POLYDATA"),
    "VTK: neither text nor binary": swap(vtk_text(), b"ASCII", b"MORSE"),
    "VTU: one point too many announced": vtu(points=13),
    "VTU: one cell too many announced": vtu(cells=6),
    "VTU: 10^12 cells announced": vtu(cells=10**12 - 1),
    "VTU: ends that run backwards": vtu(ends=[8, 5, 15, 20, 26]),
    "VTU: ends beyond the last corner": vtu(ends=[8, 12, 15, 20, 99]),
    "VTU: ends at -1": vtu(ends=[8, 12, 15, 20, -1]),
    "VTU: a polyhedron": vtu(types=[42, 10, 5, 14, 13]),
    "VTU: half the file": vtu("packed")[:900],
    "VTU: a document type": swap(vtu(), b"<VTKFile", b"<!DOCTYPE a><VTKFile"),
    "MonoAlg3D: five columns": b"1,2,3,4,5\n",
    "MonoAlg3D: lines of different length": ALG + b"1,2,3,4,5,6\n",
    "MonoAlg3D: a name": swap(ALG, b"500,100", b"Smith,100"),
    "MonoAlg3D: half of an edge of 0": swap(ALG, b"500,100,100,100", b"500,100,100,0"),
    "MonoAlg3D: half of an edge below 0": swap(ALG, b"500,100,100,100", b"500,100,100,-1"),
    "MonoAlg3D: a centre that is NaN": swap(ALG, b"500,100", b"nan,100"),
    "MonoAlg3D: a hole in a line": swap(ALG, b"500,100", b"500,"),
    "openCARP: one point too many announced": carp_with(0, b"12\n", b"13\n"),
    "openCARP: one point too few announced": carp_with(0, b"12\n", b"11\n"),
    "openCARP: no number of points": carp_with(0, b"12\n", b"many\n"),
    "openCARP: 10^11 points announced": carp_with(0, b"12\n", b"99999999999\n"),
    "openCARP: a point that is no number": carp_with(0, b"1000 1000 5000", b"1000 1000 Smith"),
    "openCARP: one element too many announced": carp_with(1, b"5\n", b"6\n"),
    "openCARP: an element of an unknown kind": carp_with(1, b"Tt 1", b"Tx 1"),
    "openCARP: an element that names no point": carp_with(1, b"Tt 1 8", b"Tt 1 80"),
    "openCARP: a tetrahedron of three points": carp_with(1, b"Tt 1 8 2 5 3", b"Tt 1 8 2"),
    "openCARP: no direction count": carp_with(2, b"1\n", b"3\n"),
    "openCARP: a direction too few": carp_with(2, b"1 0 0\n", b"1 0\n"),
    "openCARP: binary elements": (carp()[0], b"BSIM\x00\x00\x01", carp()[2]),
    "openCARP: no elements": (carp()[0], b"0\n", None),
    "openCARP: nothing": (b"", b"", b""),
    "packed with gzip": b"\x1f\x8b\x08" + bytes(20),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(20),
    "nothing": b"",
}  # fmt: skip


def taken(given_data) -> mesh.VolumeMesh:
    if isinstance(given_data, tuple):
        return mesh.read_carp(*given_data)
    return mesh.read_solid(given_data, length_unit="mm")


@pytest.mark.parametrize("given_data", REFUSED.values(), ids=REFUSED.keys())
def test_a_broken_mesh_is_refused_whole_and_its_words_are_not_repeated(given_data):
    with pytest.raises(UnreadableFileError) as refusal:
        taken(given_data)
    assert len(str(refusal.value)) > 20
    assert "Smith" not in str(refusal.value)


@settings(max_examples=60)
@given(st.data())
def test_however_a_mesh_is_spoiled_the_answer_is_a_mesh_or_a_refusal(data):
    spoiled = bytearray(data.draw(st.sampled_from([*FILES.values(), ALG])))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(spoiled) - 1))
        spoiled[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        found = mesh.read_solid(bytes(spoiled), length_unit="mm")
    except UnreadableFileError:
        return
    assert np.isfinite(found.points_mm).all()
    assert found.as_tetrahedra()[0].max() < len(found.points_mm)
