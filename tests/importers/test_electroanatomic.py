"""Electroanatomic maps from files: what is read, in which units, and what is held back."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import h5py
import numpy as np
import pytest
import scipy.io

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers import electroanatomic
from bodytwin.importers.electroanatomic import Said
from bodytwin.record import Instant, Rhythm

WHEN = Instant(datetime(2026, 3, 5, 10, tzinfo=UTC))
PLACES = np.array([[0.0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]])
CORNERS = np.array([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]])
LAT = np.array([-20.0, 5.0, np.nan, 40.0])
BIPOLAR = np.array([0.2, 1.1, 3.5, np.nan])
UNIPOLAR = np.array([1.0, 4.0, 9.0, 8.0])

# Three lines of epPoints.csv of WrightGroupSRI/ep-dataset (CC0-1.0), a pig with simulated times.
EP_POINTS = (
    b'"ID","Timestamp","X","Y","Z","Labels","LAT","Resp","Set","Trigger Delay","Volt"\n'
    b'0,4803402,-15.9375,-29.8125,11.2656,"",1240,0,0,170,8.0344\n'
    b'71,5028081,3.3125,-38.1875,-15.0469,"base",219.51,0,7,57,1.78988\n'
    b'72,5028153,3.28125,-42.25,-15.0469,"",200.54,0,7,129,2.23387\n'
)
AS_EP_POINTS = Said(lat="LAT", bipolar="Volt", length_unit="mm", time_unit="ms", voltage_unit="mV")


def read(data, said=None):
    return electroanatomic.read(data, replace(said or Said(), instant=WHEN))


def mesh_text(*, colours=True, hidden=()):
    lines = ["#TriangulatedMeshVersion2.0", "[GeneralAttributes]", "NumVertex = 4", ""]
    lines += ["[VerticesSection]", ";  X Y Z NormalX NormalY NormalZ GroupID", ""]
    lines += [f"{k} = {x} {y} {z} 0 0 1 0" for k, (x, y, z) in enumerate(PLACES)]
    lines += ["", "[TrianglesSection]", "; Vertex0 Vertex1 Vertex2 NormalX NormalY NormalZ GroupID"]
    for k, (a, b, c) in enumerate(CORNERS):
        lines.append(f"{k} = {a} {b} {c} 0 0 1 {-1000000 if k in hidden else 0}")
    if colours:
        lines += ["", "[VerticesColorsSection]", "; Unipolar Bipolar LAT Impedance", ""]
        table = np.nan_to_num(np.stack([UNIPOLAR, BIPOLAR, LAT, LAT * 0], 1), nan=-10000.0)
        lines += [f"{k} = {' '.join(map(str, row))}" for k, row in enumerate(table)]
    return "\r\n".join([*lines, ""]).encode("cp1252")


def car_text(version="VERSION_5_0 1-LV"):
    lines = [version]
    for k, place in enumerate(PLACES):
        voltages = np.nan_to_num([UNIPOLAR[k], BIPOLAR[k], LAT[k]], nan=-10000.0)
        cells = ["P", "0", str(k), "0", *map(str, place), "0", "0", "0", *map(str, voltages)]
        lines.append("\t".join([*cells, "0", "0", "-1"]))
    return "\r\n".join([*lines, ""]).encode("cp1252")


def zipped(files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def userdata(**changes):
    annotations = {
        "mapAnnot": 1000.0 + np.nan_to_num(LAT, nan=900.0),
        "referenceAnnot": np.full(4, 1000.0),
        "woi": np.tile([-100.0, 100.0], (4, 1)),
    }
    electric = {
        "egmX": PLACES,
        "annotations": annotations,
        "voltages": {"bipolar": BIPOLAR, "unipolar": UNIPOLAR},
        "sampleFrequency": 1000.0,
    }
    surface = {
        "triRep": {"X": PLACES, "Triangulation": CORNERS + 1.0},
        "act_bip": np.stack([LAT, BIPOLAR], axis=1),
        "uni_imp_frc": np.stack([UNIPOLAR, UNIPOLAR, UNIPOLAR], axis=1),
    }
    return {"surface": surface, "electric": electric} | changes


def version_5(tree):
    made = io.BytesIO()
    scipy.io.savemat(made, {"userdata": tree})
    return made.getvalue()


def _put(group, tree):
    for name, value in tree.items():
        if isinstance(value, dict):
            _put(group.create_group(name), value)
        else:
            group[name] = np.atleast_2d(value if np.ndim(value) != 1 else np.c_[value]).T


def version_73(tree):
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        _put(file.create_group("userdata"), tree)
    return made.getvalue()


CARTO = {"1-LV.mesh": mesh_text(), "1-LV_car.txt": car_text()}
SAME = {
    "CARTO in a folder": CARTO,
    "CARTO in a ZIP": zipped({f"Export/{n}": d for n, d in CARTO.items()}),
    "CARTO in a ZIP in a ZIP": zipped({"study.zip": zipped(CARTO), "a_ECG_Export.txt": b"x"}),
    "OpenEP of version 5": version_5(userdata()),
    "OpenEP of version 7.3": version_73(userdata()),
}


@pytest.mark.parametrize("form", SAME)
def test_every_format_gives_the_same_map(form):
    (found,) = read(SAME[form]).maps
    np.testing.assert_allclose(found.points_mm, PLACES)
    np.testing.assert_allclose(found.vertices_mm, PLACES)
    np.testing.assert_array_equal(found.triangles, CORNERS)
    np.testing.assert_allclose(found.lat_ms, LAT)
    np.testing.assert_allclose(found.bipolar_mv, BIPOLAR)
    np.testing.assert_allclose(found.unipolar_mv, UNIPOLAR)
    assert len(found.provenance.source_sha256) == 64


def test_a_table_is_read_in_the_units_that_are_said():
    (found,) = read(EP_POINTS, AS_EP_POINTS).maps
    np.testing.assert_allclose(found.points_mm[0], [-15.9375, -29.8125, 11.2656])
    np.testing.assert_allclose(found.lat_ms, [1240, 219.51, 200.54])
    np.testing.assert_allclose(found.bipolar_mv, [8.0344, 1.78988, 2.23387])
    assert np.isnan(found.unipolar_mv).all()
    assert not len(found.triangles)


def test_other_units_are_converted():
    said = Said(lat="t", bipolar="v", length_unit="cm", time_unit="s", voltage_unit="uV")
    (found,) = read(b"x;y;z;t;v\n1;2;3;0.05;700\n", said).maps
    np.testing.assert_allclose(found.points_mm, [[10, 20, 30]])
    assert (found.lat_ms[0], found.bipolar_mv[0]) == pytest.approx((50.0, 0.7))


def test_cells_without_a_value_are_not_measured_and_lines_without_a_place_are_held_back():
    text = b"X,Y,Z,LAT,Volt\n0,0,0,,1.5\n1,1,1,12,nan\n2,,2,3,4\n3,3,3,-999,1\n"
    said = Said(
        lat="LAT", bipolar="Volt", length_unit="mm", time_unit="ms", voltage_unit="mV",
        not_measured=-999,
    )  # fmt: skip
    found = read(text, said)
    np.testing.assert_allclose(found.maps[0].lat_ms, [np.nan, 12, np.nan])
    np.testing.assert_array_equal(found.maps[0].measured("bipolar_mv"), [True, False, True])
    assert [h.path for h in found.held_back] == ["line 4"]


def test_a_table_without_a_unit_is_refused():
    with pytest.raises(InvalidInputError, match="unit in which the file gives lat"):
        read(EP_POINTS, Said(lat="LAT", length_unit="mm"))
    with pytest.raises(InvalidInputError, match="unit of length"):
        read(EP_POINTS, Said(lat="LAT", time_unit="ms"))


def test_a_surface_with_values_has_points_where_it_has_values():
    text = (
        "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\n"
        "property float z\nproperty float act\nelement face 4\n"
        "property list uchar int vertex_indices\nend_header\n"
    )
    text += "".join(f"{x} {y} {z} {t}\n" for (x, y, z), t in zip(PLACES, LAT, strict=True))
    text += "".join(f"3 {a} {b} {c}\n" for a, b, c in CORNERS)
    said = Said(lat="act", length_unit="mm", time_unit="ms")
    (found,) = read(text.replace("nan", "-1").encode(), said).maps
    assert len(found.points_mm) == 4
    said = Said(lat="act", length_unit="mm", time_unit="ms", not_measured=-1)
    (found,) = read(text.replace("nan", "-1").encode(), said).maps
    np.testing.assert_allclose(found.lat_ms, LAT[np.isfinite(LAT)])
    assert len(found.vertices_mm) == 4


def test_a_surface_of_opencarp_is_read_in_um():
    points = "4\n" + "".join(f"{x * 1000} {y * 1000} {z * 1000}\n" for x, y, z in PLACES)
    elements = "5\nLn 0 1 1\n" + "".join(f"Tr {a} {b} {c} 1\n" for a, b, c in CORNERS)
    files = {"a.pts": points, "a.elem": elements, "lat.dat": "\n".join(map(str, UNIPOLAR))}
    said = Said(lat="lat.dat", time_unit="ms")
    found = read({n: t.encode() for n, t in files.items()}, said)
    np.testing.assert_allclose(found.maps[0].points_mm, PLACES)
    np.testing.assert_array_equal(found.maps[0].triangles, CORNERS)
    np.testing.assert_allclose(found.maps[0].lat_ms, UNIPOLAR)
    assert "1 elements" in found.remarks[0]


def test_a_study_with_an_empty_map_keeps_the_others_and_lists_it():
    files = CARTO | {"2-PACING_car.txt": b"VERSION_4_0 2-PACING\r\n"}
    found = read(files | {"2-PACING.mesh": mesh_text(colours=False)})
    assert [m.name for m in found.maps] == ["1-LV"]
    assert [(h.path, h.kind) for h in found.held_back] == [("map 2", "map")]


def test_a_shell_with_colours_and_no_points_is_a_map():
    (found,) = read({"a.mesh": mesh_text()}).maps
    np.testing.assert_allclose(found.lat_ms, LAT)


def test_what_was_cut_out_of_a_shell_is_left_out():
    (found,) = read({"a.mesh": mesh_text(hidden=(1, 2, 3))}).maps
    np.testing.assert_allclose(found.vertices_mm, PLACES[:3])
    np.testing.assert_array_equal(found.triangles, CORNERS[:1])


def test_a_damaged_shell_leaves_the_points():
    found = read(CARTO | {"1-LV.mesh": mesh_text().replace(b"0 1 3", b"0 1 9")})
    assert len(found.maps[0].points_mm) == 4
    assert [h.kind for h in found.held_back] == ["shell"]


def test_a_short_line_of_points_is_held_back():
    found = read({"a_car.txt": car_text() + b"P\t0\t9\t0\t1\t1\t1\r\n"})
    assert len(found.maps[0].points_mm) == 4
    assert "7 cells" in found.held_back[0].reason


def test_times_outside_the_window_of_interest_are_not_kept_and_are_counted():
    found = read(version_5(userdata()))
    assert np.isnan(found.maps[0].lat_ms[2])
    assert "1 times lie outside" in found.held_back[0].reason


def test_openep_without_points_has_the_values_of_its_shell():
    found = read(version_73(userdata(electric={"notes": np.zeros(3)})))
    np.testing.assert_allclose(found.maps[0].lat_ms, LAT)
    np.testing.assert_allclose(found.maps[0].unipolar_mv, UNIPOLAR)


def test_no_link_in_a_file_leads_out_of_it(tmp_path):
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["X"] = PLACES.T
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        _put(file.create_group("userdata"), {"notes": np.zeros(3)})
        file["userdata/electric/egmX"] = h5py.ExternalLink(str(other), "X")
    with pytest.raises(UnreadableFileError, match="neither points"):
        read(made.getvalue())


@pytest.mark.parametrize(
    "data",
    [
        zipped({"readme.txt": b"nothing"}),
        zipped({"a.zip": zipped({"b.zip": zipped({"c.zip": zipped(CARTO)})})}),
        zipped(CARTO)[:-30],
        version_5(userdata())[:400],
        version_73(userdata())[:900],
        b"",
        {},
    ],
    ids=["no maps", "too deep", "cut ZIP", "cut MATLAB 5", "cut MATLAB 7.3", "empty", "no files"],
)
def test_what_is_no_map_is_refused(data):
    with pytest.raises(UnreadableFileError):
        read(data, AS_EP_POINTS)


def test_a_map_cannot_be_written():
    (found,) = read(CARTO).maps
    with pytest.raises(ValueError, match="read-only"):
        found.lat_ms[0] = 0.0


def test_when_and_in_which_rhythm_it_was_taken_is_what_was_said():
    (found,) = read(CARTO, Said(rhythm=Rhythm.TACHYCARDIA)).maps
    assert (found.instant, found.rhythm) == (WHEN, Rhythm.TACHYCARDIA)
    assert read(CARTO).maps[0].rhythm is Rhythm.NOT_STATED
    with pytest.raises(InvalidInputError, match="when"):
        electroanatomic.read(CARTO)
