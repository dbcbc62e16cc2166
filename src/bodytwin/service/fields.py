"""Bring a field over an organ: a surface with values at its points, or a block of voxels."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin import units
from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers import mesh
from bodytwin.service.looking import keep_field
from bodytwin.service.workspace import Workspace
from bodytwin.store.archive import sha256
from bodytwin.store.fields import Field

SURFACES = {".ply", ".vtk", ".vtp"}
VOXELS = {".npz"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a file of numbers does not say of itself.

    `values` and `sd` name arrays at the points, or in the archive. `times` are
    those of the columns of a surface, or of the first axis of voxels;
    `spacing_mm` is that of voxels (z, y, x).
    """

    title: str
    quantity: str
    unit: str
    values: str = "values"
    sd: str | None = None
    sd_words: str = ""
    length_unit: str = ""
    spacing_mm: tuple[float, ...] = ()
    times: tuple[float, ...] = ()
    time_unit: str = ""

    def __post_init__(self) -> None:
        if not units.is_convertible(self.unit, self.unit):
            raise InvalidInputError(
                f"'{self.unit[:20]}' is no unit. Write it in UCUM, as ms or Gy."
            )
        if self.times and not self.time_unit:
            raise InvalidInputError("Times need their unit, as ms.")


def bring_field(workspace: Workspace, patient: str, path: Path, said: Described) -> str:
    """Keep the field in a file for a patient; returns its id."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"The file cannot be read: {error.strerror}.") from error
    ending = path.suffix.lower()
    if ending in SURFACES:
        return keep_field(workspace, patient, surface_field(data, said))
    if ending in VOXELS:
        return keep_field(workspace, patient, voxel_field(data, said))
    raise InvalidInputError(
        f"A field is read from {', '.join(sorted(SURFACES | VOXELS))}; this file is none of them."
    )


def surface_field(data: bytes, said: Described) -> Field:
    """Values at the points of a surface (PLY, VTK, VTP)."""
    found = mesh.read(data, length_unit=said.length_unit or None)
    arrays: dict[str, NDArray[Any]] = {
        "vertices": found.vertices_mm,
        "triangles": found.triangles,
        "values": _at_points(found.point_data, said.values, said.times),
    }
    if said.sd:
        arrays["sd"] = _at_points(found.point_data, said.sd, said.times)
    return _field("surface", arrays, data, said)


def voxel_field(data: bytes, said: Described) -> Field:
    """Values of voxels in a NumPy archive, (z, y, x) or (times, z, y, x)."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            arrays = {"values": np.asarray(held[said.values], dtype=np.float64)}
            if said.sd:
                arrays["sd"] = np.asarray(held[said.sd], dtype=np.float64)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile, AttributeError) as error:
        raise UnreadableFileError(
            "The file is no NumPy archive (.npz) of plain numbers with arrays of these names."
        ) from error
    if len(said.spacing_mm) != 3 or min(said.spacing_mm) <= 0:
        raise InvalidInputError("Voxels need their spacing in mm: three numbers, for z, y and x.")
    return _field("voxels", arrays, data, said)


def _at_points(
    found: Mapping[str, NDArray[Any]], name: str, times: Sequence[float]
) -> NDArray[np.float64]:
    if name not in found:
        raise InvalidInputError(
            f"The surface has no values of that name. It has: {', '.join(sorted(found)) or 'none'}."
        )
    values = np.asarray(found[name], dtype=np.float64)
    if values.ndim == 2 and not times:
        raise InvalidInputError("The values have several columns: give the time of each.")
    return values.T if values.ndim == 2 else values


def _field(kind: Any, arrays: dict[str, NDArray[Any]], data: bytes, said: Described) -> Field:
    z, y, x = said.spacing_mm if len(said.spacing_mm) == 3 else (0.0, 0.0, 0.0)
    return Field(
        title=said.title,
        kind=kind,
        quantity=said.quantity,
        unit=said.unit,
        arrays=arrays,
        based_on=f"a file with SHA-256 {sha256(data)[:12]}",
        uncertainty_words=said.sd_words or ("" if not said.sd else f"sd from '{said.sd}'"),
        times=said.times,
        time_unit=said.time_unit,
        spacing_mm=(z, y, x) if said.spacing_mm else None,
        source_words="brought as a field",
    )
