"""What is written is read by programs that others wrote, and shows them the same.

ITK (SimpleITK, Apache License 2.0) reads the dose; rt-utils (MIT) rasterises the contours. The
tables of the standard itself, as highdicom (MIT) carries them, say which elements must be there.
"""

import json
import os
from importlib.metadata import PackageNotFoundError, distribution

import numpy as np
import pytest

from bodytwin.record import inside, linked
from tests.importers.radiotherapy import files
from tests.report.dicom import made
from tests.report.dicom.test_round_trip import dose_file, opened, plan_file, structures_file

SQUARE = (40, 40)
"""rt-utils takes rows for columns where an image is not square."""
WHY = "the oracle is in the group 'oracles'"


@pytest.mark.parametrize("lying", files.LYING)
def test_itk_finds_every_voxel_of_a_dose_where_we_do(tmp_path, lying):
    sitk = pytest.importorskip("SimpleITK", reason=WHY)
    dose = made.dose(files.LYING[lying])
    path = tmp_path / "dose.dcm"
    path.write_bytes(dose_file(dose))
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    image = reader.Execute()
    values = sitk.GetArrayFromImage(image).transpose(2, 1, 0).astype(float)
    assert values.shape == dose.dose_gy.shape
    scaling = float(reader.GetMetaData("3004|000e"))
    assert values * scaling == pytest.approx(dose.dose_gy, abs=1e-6)
    for at in ((0, 0, 0), (8, 0, 0), (0, 6, 0), (0, 0, 4), (3, 5, 2)):
        place = dose.image.affine @ [*at, 1]
        assert image.TransformIndexToPhysicalPoint(at) == pytest.approx(place[:3], abs=1e-6)


def test_rt_utils_fills_the_same_pixels_but_for_those_on_an_edge(tmp_path):
    rt_utils = pytest.importorskip("rt_utils", reason=WHY)
    for k, data in enumerate(files.ct(shape=SQUARE)):
        (tmp_path / f"{k}.dcm").write_bytes(data)
    path = tmp_path.parent / f"{tmp_path.name}-structures.dcm"
    path.write_bytes(structures_file())
    theirs = rt_utils.RTStructBuilder.create_from(
        dicom_series_path=os.fspath(tmp_path), rt_struct_path=os.fspath(path)
    )
    series = made.series(shape=SQUARE)
    ours = linked(series, structures=made.structures()).structures
    assert ours is not None
    assert theirs.get_roi_names() == ["Kügelchen", "ring"]
    for region in ours.regions:
        mask = inside(ours, region, series.image).transpose(1, 0, 2)
        found = theirs.get_roi_mask_by_name(region.name)
        slices = np.flatnonzero(mask.any(axis=(0, 1)))
        assert np.flatnonzero(found.any(axis=(0, 1))).tolist() == slices.tolist()
        differ = mask != found
        assert not (differ & ~_edge(mask)).any()


def _edge(mask):
    """Pixels whose neighbours in the slice are not all like them."""
    found = np.zeros_like(mask)
    for axis in (0, 1):
        for step in (-1, 1):
            found |= np.roll(mask, step, axis=axis) != mask
    for x in (-1, 1):
        for y in (-1, 1):
            found |= np.roll(mask, (x, y), axis=(0, 1)) != mask
    return found


CONDITIONAL = {
    "rt-dose": ("general-image", "image-plane", "image-pixel", "multi-frame"),
    "rt-structure-set": (),
    "rt-plan": ("rt-prescription", "rt-patient-setup", "rt-fraction-scheme", "rt-beams"),
}
"""Modules that are there under a condition that our files fulfil."""


def tables():
    """Modules of each kind of file, and elements of each module."""
    try:
        folder = distribution("highdicom").locate_file("highdicom/_standard")
    except PackageNotFoundError:
        pytest.skip(WHY)
    names = ("iod_module_map.json", "module_attribute_map.json")
    found = []
    for name in names:
        with open(os.path.join(os.fspath(folder), name), encoding="utf-8") as file:
            found.append(json.load(file))
    return found


def lacking(dataset, path, element):
    """Elements of type 1 that are absent or empty, and of type 2 that are absent."""
    if path:
        below = dataset.get(path[0]) or ()
        return [fault for item in below for fault in lacking(item, path[1:], element)]
    keyword, kind = element["keyword"], element["type"]
    is_there = keyword in dataset
    is_empty = is_there and dataset[keyword].is_empty
    if (kind == "1" and (not is_there or is_empty)) or (kind == "2" and not is_there):
        return [keyword]
    return [keyword] if kind == "1C" and is_empty else []


def misplaced(dataset, path, known):
    found = [(*path, e.keyword) for e in dataset if (*path, e.keyword) not in known]
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                found += misplaced(item, (*path, element.keyword), known)
    return found


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("rt-dose", dose_file),
        ("rt-structure-set", structures_file),
        ("rt-plan", plan_file),
        ("rt-plan", lambda: plan_file(made.plan(fluence=True))),
    ],
)
def test_every_element_that_the_standard_demands_is_there_and_none_where_it_has_none(kind, write):
    modules, elements = tables()
    dataset = opened(write())
    needed = [m["key"] for m in modules[kind] if m["usage"].startswith("M")]
    faults = [
        fault
        for module in (*needed, *CONDITIONAL[kind])
        for element in elements[module]
        for fault in lacking(dataset, element["path"], element)
    ]
    assert faults == []
    known = {
        (*element["path"], element["keyword"])
        for module in modules[kind]
        for element in elements[module["key"]]
    }
    assert misplaced(dataset, (), known) == []
