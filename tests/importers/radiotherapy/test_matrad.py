"""Cases and machines of matRad, in both forms of MATLAB file."""

import io
import itertools
from datetime import UTC, datetime

import h5py
import numpy as np
import pytest
import scipy.io

from bodytwin.errors import UnreadableFileError
from bodytwin.importers import radiotherapy
from bodytwin.record import Instant

WHEN = Instant(datetime(2026, 3, 5, tzinfo=UTC))
SHAPE = (4, 5, 3)
"""Rows (y), columns (x), slices."""


def cube():
    return np.arange(60, dtype=float).reshape(SHAPE) / 50


def numbers(*places):
    """Of (x, y, z), the numbers that MATLAB gives these voxels."""
    return np.array([[y + 4 * x + 20 * z + 1] for x, y, z in places], dtype=float)


TARGET = [(1, 2, 0), (1, 2, 1), (4, 3, 2)]
BODY = [(x, y, z) for x in range(5) for y in range(4) for z in range(3)]


def case(**changed):
    ct = {
        "cube": [cube()], "cubeHU": [1000 * cube() - 1000],
        "resolution": {"x": 3.0, "y": 2.0, "z": 2.5},
        "x": -6.0 + 3 * np.arange(5.0), "y": -3.0 + 2 * np.arange(4.0),
        "z": 10 + 2.5 * np.arange(3.0),
    }  # fmt: skip
    ct.update(changed)
    rows = [
        [0.0, "PTV", "TARGET", [numbers(*TARGET)], {"Priority": 1.0}, [{"penalty": 800.0}]],
        [1.0, "BODY", "OAR", [numbers(*BODY)], {"Priority": 2.0}, []],
    ]
    return {"ct": {k: v for k, v in ct.items() if v is not None}, "cst": rows}


def version_5(variables) -> bytes:
    def cell(items, shape):
        found = np.empty(shape, dtype=object)
        for at, value in zip(np.ndindex(*shape), items, strict=True):
            found[at] = plain(value)
        return found

    def plain(value):
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        if isinstance(value, list):
            return cell(value, (len(value), 1))
        return value

    target = io.BytesIO()
    made = {"ct": plain(variables["ct"])}
    rows = variables["cst"]
    made["cst"] = cell([v for row in rows for v in row], (len(rows), 6))
    scipy.io.savemat(target, made)
    return target.getvalue()


def version_73(variables) -> bytes:
    """The layout that MATLAB gives structs, cells and texts in HDF5."""
    target = io.BytesIO()
    with h5py.File(target, "w") as file:
        refs, labels = file.create_group("#refs#"), itertools.count()

        def cell(group, name, items, shape):
            pointers = np.empty(shape, dtype=h5py.ref_dtype)
            for at, value in zip(np.ndindex(*shape), items, strict=True):
                label = f"r{next(labels)}"
                put(refs, label, value)
                pointers[at] = refs[label].ref
            made = group.create_dataset(name, data=pointers.T, dtype=h5py.ref_dtype)
            made.attrs["MATLAB_class"] = np.bytes_("cell")

        def put(group, name, value):
            if isinstance(value, dict):
                made = group.create_group(name)
                made.attrs["MATLAB_class"] = np.bytes_("struct")
                for key, below in value.items():
                    put(made, key, below)
            elif isinstance(value, list) and not value:
                made = group.create_dataset(name, data=np.zeros(2, dtype="u8"))
                made.attrs["MATLAB_class"], made.attrs["MATLAB_empty"] = np.bytes_("cell"), 1
            elif isinstance(value, list):
                cell(group, name, value, (len(value), 1))
            elif isinstance(value, str):
                text = np.array([[ord(c)] for c in value], dtype="u2")
                group.create_dataset(name, data=text).attrs["MATLAB_class"] = np.bytes_("char")
            else:
                made = group.create_dataset(name, data=np.atleast_2d(value).T)
                made.attrs["MATLAB_class"] = np.bytes_("double")

        put(file, "ct", variables["ct"])
        rows = variables["cst"]
        cell(file, "cst", [v for row in rows for v in row], (len(rows), 6))
    return target.getvalue()


FORMS = {"5": version_5, "7.3": version_73}


@pytest.mark.parametrize("form", FORMS)
def test_a_case_is_read_with_its_voxels_in_their_place(form):
    found = radiotherapy.read_matrad(FORMS[form](case()), instant=WHEN)
    value = found.value
    assert value.image.values.shape == (5, 4, 3)
    assert value.image.values == pytest.approx(1000 * cube().transpose(1, 0, 2) - 1000, abs=1e-3)
    assert value.density is not None
    assert value.density.values == pytest.approx(cube().transpose(1, 0, 2))
    assert value.image.affine[:3, 3].tolist() == [-6, -3, 10]
    assert value.image.spacing_mm == (3, 2, 2.5)
    assert sorted(map(tuple, np.argwhere(value.masks["PTV"]).tolist())) == sorted(TARGET)
    assert value.masks["BODY"].all()
    assert value.kinds == {"PTV": "TARGET", "BODY": "OAR"}
    assert value.volume_ml("PTV") == pytest.approx(3 * 15 / 1000)
    assert [(h.path, h.kind) for h in found.held_back] == [("cst/1", "objective")]


def test_without_coordinates_the_first_voxel_is_where_the_image_of_dicom_was():
    info = {"ImagePositionPatient": np.array([[-7.0], [-8.0], [-9.0]])}
    data = version_5(case(x=None, y=None, z=None, dicomInfo=info))
    found = radiotherapy.read_matrad(data, instant=WHEN)
    assert found.value.image.affine[:3, 3].tolist() == [-7, -8, -9]


def test_without_any_place_the_first_voxel_is_one_step_from_the_origin_and_that_is_told():
    found = radiotherapy.read_matrad(version_5(case(x=None, y=None, z=None)), instant=WHEN)
    assert found.value.image.affine[:3, 3].tolist() == [3, 2, 2.5]
    assert "does not state its place" in found.remarks[0]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_case_is_refused(form):
    whole = FORMS[form](case())
    with pytest.raises(UnreadableFileError):
        radiotherapy.read_matrad(whole[: len(whole) // 2], instant=WHEN)
    with pytest.raises(UnreadableFileError, match="2 images"):
        radiotherapy.read_matrad(FORMS[form](case(cubeHU=[cube(), cube()])), instant=WHEN)
    uneven = case(z=np.array([0.0, 2.5, 6.0]))
    with pytest.raises(UnreadableFileError, match="not equally far apart"):
        radiotherapy.read_matrad(FORMS[form](uneven), instant=WHEN)
    with pytest.raises(UnreadableFileError, match="no variable machine"):
        radiotherapy.read_machine(whole)


def test_a_region_beyond_the_image_is_held_back():
    made = case()
    made["cst"][0][3] = [np.array([[61.0]])]
    found = radiotherapy.read_matrad(version_5(made), instant=WHEN)
    assert set(found.value.masks) == {"BODY"}
    assert "does not have" in found.held_back[0].reason


def machine(mode="photons") -> bytes:
    kernel = np.zeros((1, 3), dtype=[(n, object) for n in ("SSD", "kernel1", "kernel2", "kernel3")])
    for k in range(3):
        kernel[0, k] = (900.0 + k, *(np.full((1, 4), 10.0 * k + n) for n in (1, 2, 3)))
    made = {
        "meta": {"radiationMode": mode, "name": "Made", "SAD": 1000.0, "SCD": 500.0},
        "data": {
            "betas": np.array([0.3, 0.02, 0.005]), "energy": 6.0, "m": 0.005,
            "primaryFluence": np.array([[0.0, 1.0], [50.0, 1.02]]),
            "kernel": kernel, "kernelPos": np.arange(4) / 2, "penumbraFWHMatIso": 5.0,
        },
    }  # fmt: skip
    target = io.BytesIO()
    scipy.io.savemat(target, {"machine": made})
    return target.getvalue()


def test_a_machine_is_read_as_plain_arrays():
    found = radiotherapy.read_machine(machine()).value
    assert (found.energy_mv, found.axis_distance_mm, found.penumbra_mm) == (6, 1000, 5)
    assert found.surface_distance_mm.tolist() == [900, 901, 902]
    assert found.kernels.shape == (3, 3, 4)
    assert found.kernels[:, :, 0].tolist() == [[1, 2, 3], [11, 12, 13], [21, 22, 23]]
    assert found.radius_mm.tolist() == [0, 0.5, 1, 1.5]


def test_a_machine_of_protons_is_refused():
    with pytest.raises(UnreadableFileError, match="not one of photons"):
        radiotherapy.read_machine(machine("protons"))
