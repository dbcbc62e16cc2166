"""OpenEP's `userdata` in a MATLAB file, of version 5 to 7 or 7.3.

`surface.triRep` is the shell, its triangles counted from 1. The columns of
`surface.act_bip` are times and bipolar voltages at its vertices, and the first of
`surface.uni_imp_frc` unipolar ones. `electric` holds the points: their place
`egmX`, the samples `annotations.mapAnnot` and `annotations.referenceAnnot` whose
difference is the time, and `voltages`. Times outside the window of interest
`annotations.woi` are not kept. Only numbers are read: no object, and nothing
outside the file.

Source: OpenEP, openep.io, data storage; S. E. Williams et al., Front. Physiol. 12 (2021) 646023.
"""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.electroanatomic.made import (
    NO_PLACES,
    NO_TRIANGLES,
    Array,
    Maps,
    Raw,
    Said,
    at_vertices,
    made,
)
from bodytwin.importers.electroanatomic.matlab import Found, read_matlab
from bodytwin.importers.report import HeldBack

HDF5 = b"\x89HDF\r\n\x1a\n"
SAMPLES_PER_S = 1000.0
"""Assumed where the file does not say `sampleFrequency`."""


def is_mat(data: bytes) -> bool:
    """Whether the bytes are a MATLAB file of version 5 or later."""
    return data.startswith((b"MATLAB 5.0", b"MATLAB 7", HDF5)) or data[512:520] == HDF5


def read(data: bytes, said: Said, *, source: str) -> Maps:
    """The one map of a file of OpenEP."""
    found = read_matlab(io.BytesIO(data), is_hdf5=data[512:520] == HDF5 or data.startswith(HDF5))
    held: list[HeldBack] = []
    vertices = _places(found, "surface/triRep/X")
    triangles = _triangles(found)
    points = _places(found, "electric/egmX")
    if len(points):
        values = _at_points(found, len(points), held)
        raw = Raw(points_mm=points, values=values, vertices_mm=vertices, triangles=triangles)
    else:
        raw = at_vertices(vertices, triangles, _at_shell(found, len(vertices), held))
    if not len(raw.points_mm):
        raise UnreadableFileError(
            "The file has neither points (electric.egmX) nor values at a shell "
            "(surface.triRep as numbers X and Triangulation, surface.act_bip). Save it again with "
            "triRep as a struct."
        )
    return Maps(maps=(made(raw, said, source=source, path="userdata"),), held_back=tuple(held))


def _places(found: Found, name: str) -> Array:
    places = found.numbers(name)
    if places is None or not places.size:
        return NO_PLACES
    if places.ndim != 2 or places.shape[1] != 3:
        raise UnreadableFileError(f"{name} is (n, 3), got {places.shape}.")
    return places


def _triangles(found: Found) -> NDArray[np.int64]:
    given = found.numbers("surface/triRep/Triangulation")
    if given is None or not given.size:
        return NO_TRIANGLES
    if not np.isfinite(given).all():
        raise UnreadableFileError("The triangles of the shell are not whole numbers.")
    return given.astype(np.int64) - 1


def _at_shell(found: Found, vertices: int, held: list[HeldBack]) -> dict[str, Array]:
    values: dict[str, Array] = {}
    for kind, name, column in (
        ("lat", "surface/act_bip", 0),
        ("bipolar", "surface/act_bip", 1),
        ("unipolar", "surface/uni_imp_frc", 0),
    ):
        table = found.numbers(name)
        if table is not None and table.ndim == 2 and len(table) == vertices:
            values[kind] = _finite(table[:, column])
        else:
            held.append(_lacking(name))
    return values


def _at_points(found: Found, points: int, held: list[HeldBack]) -> dict[str, Array]:
    values: dict[str, Array] = {}
    for kind in ("bipolar", "unipolar"):
        if (given := _column(found, f"electric/voltages/{kind}", points, held)) is not None:
            values[kind] = given
    there = _column(found, "electric/annotations/mapAnnot", points, held)
    zero = _column(found, "electric/annotations/referenceAnnot", points, held)
    if there is not None and zero is not None:
        after = there - zero
        values["lat"] = _within(found, after, held) * 1000.0 / _rate(found)
    return values


def _within(found: Found, samples: Array, held: list[HeldBack]) -> Array:
    window: Any = found.numbers("electric/annotations/woi")
    if window is None or window.shape != (len(samples), 2):
        return samples
    outside = (samples < window[:, 0]) | (samples > window[:, 1])
    if outside.any():
        reason = f"{int(outside.sum())} times lie outside the window of interest."
        held.append(HeldBack(path="electric/annotations/woi", kind="times", reason=reason))
    return np.where(outside, np.nan, samples)


def _rate(found: Found) -> float:
    given = found.numbers("electric/sampleFrequency")
    rate = float(given.ravel()[0]) if given is not None and given.size == 1 else SAMPLES_PER_S
    if not 10 <= rate <= 1e6:
        raise UnreadableFileError(f"The file states {rate:g} samples per second, which cannot be.")
    return rate


def _column(found: Found, name: str, points: int, held: list[HeldBack]) -> Array | None:
    given = found.numbers(name)
    if given is None or given.size != points:
        held.append(_lacking(name))
        return None
    return _finite(given.ravel())


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values) & (values > -10000), values, np.nan)


def _lacking(name: str) -> HeldBack:
    return HeldBack(path=name, kind="numbers", reason="Absent, or not one for each place.")
