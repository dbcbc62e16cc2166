"""A case of matRad: its image and regions, from a `.mat` file with `ct` and `cst`.

matRad keeps a cube as (row, column, slice), that is (y, x, z) in the axes of DICOM, and a region as
the numbers of its voxels, counted from 1 and columns first. The vectors `x`, `y`, `z` of the
centres are taken where `ct` has them; else the place that its part `dicomInfo` states; else the
first voxel lies one step from the origin, as matRad counts.

Source: the documentation of matRad (e0404/matRad, `ct` and `cst` cell). Objectives and the
parameters of biology in `cst` are not read, and listed.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.radiotherapy import matlab
from bodytwin.importers.radiotherapy.found import READER, Found
from bodytwin.importers.report import HeldBack
from bodytwin.importers.source import sha256
from bodytwin.importers.volume.stack import TOLERANCE_MM
from bodytwin.record import Delineated, Image, Instant, Provenance

NAME, KIND, VOXELS = 1, 2, 3
COLUMNS = 6
NO_PLACE = "The case does not state its place: its first voxel was put one step from the origin."
Array = NDArray[np.float64]


def read(data: bytes, *, instant: Instant) -> Found[Delineated]:
    """The image, density and regions of a case.

    Args:
        data: the whole file.
        instant: when the patient was imaged, which the file does not say reliably.

    Raises:
        UnreadableFileError: damaged, of several images, or without regions.

    """
    found = matlab.read(data, ("ct", "cst"))
    ct = found["ct"]
    if not isinstance(ct, dict):
        raise UnreadableFileError("The variable ct is no struct of matRad.")
    density, hounsfield = (_cube(ct, name) for name in ("cube", "cubeHU"))
    first = hounsfield if hounsfield is not None else density
    if first is None:
        raise UnreadableFileError("The case has neither cube nor cubeHU.")
    affine, remarks = _affine(ct)
    masks, kinds, held_back = _regions(found["cst"], first.shape)
    whence = Provenance(sha256(data), "ct", READER)

    def image(values: NDArray[np.float32], modality: str) -> Image:
        return Image(
            values=values, affine=affine, modality=modality, instant=instant, provenance=whence
        )

    value = Delineated(
        image=image(first, "CT"),
        density=None if density is None else image(density, "CT"),
        masks=masks,
        kinds=kinds,
    )
    return Found(value=value, held_back=held_back, remarks=remarks)


def _cube(ct: dict[str, Any], name: str) -> NDArray[np.float32] | None:
    """The only cube of that name as (x, y, z)."""
    cubes = ct.get(name)
    if cubes is None:
        return None
    cubes = cubes if isinstance(cubes, list) else [cubes]
    if len(cubes) != 1:
        raise UnreadableFileError(f"The case has {len(cubes)} images; one is expected.")
    cube = cubes[0]
    if not isinstance(cube, np.ndarray) or cube.ndim != 3 or not np.isfinite(cube).all():
        raise UnreadableFileError(f"The {name} of the case is no volume of finite numbers.")
    return np.ascontiguousarray(cube.transpose(1, 0, 2), dtype=np.float32)


def _affine(ct: dict[str, Any]) -> tuple[Array, tuple[str, ...]]:
    try:
        steps = np.array([float(np.ravel(ct["resolution"][axis])[0]) for axis in "xyz"])
        first = [ct.get(axis) for axis in "xyz"]
        stated = (ct.get("dicomInfo") or {}).get("ImagePositionPatient")
    except (KeyError, TypeError, IndexError, ValueError, AttributeError):
        raise UnreadableFileError("The case does not state its resolution in x, y and z.") from None
    remarks: tuple[str, ...] = ()
    if all(isinstance(v, np.ndarray) and v.size > 1 for v in first):
        centres = [np.ravel(np.asarray(v, dtype=np.float64)) for v in first]
        for step, places in zip(steps, centres, strict=True):
            if np.abs(np.diff(places) - step).max() > TOLERANCE_MM:
                raise UnreadableFileError("The voxels of the case are not equally far apart.")
        origin = np.array([places[0] for places in centres])
    elif isinstance(stated, np.ndarray) and stated.size == 3:
        origin = np.ravel(stated).astype(np.float64)
    else:
        origin, remarks = steps, (NO_PLACE,)
    affine = np.diag([*steps, 1.0])
    affine[:3, 3] = origin
    return affine, remarks


def _regions(
    cst: Any, shape: tuple[int, ...]
) -> tuple[dict[str, NDArray[np.bool_]], dict[str, str], tuple[HeldBack, ...]]:
    """Masks and kinds by name. A cell (regions, 6) comes columns first."""
    if not isinstance(cst, list) or not cst or len(cst) % COLUMNS:
        raise UnreadableFileError(f"The variable cst is no cell of {COLUMNS} columns.")
    count = len(cst) // COLUMNS
    masks: dict[str, NDArray[np.bool_]] = {}
    kinds: dict[str, str] = {}
    held_back: list[HeldBack] = []
    for k in range(count):
        name, kind, voxels = (cst[column * count + k] for column in (NAME, KIND, VOXELS))
        path = f"cst/{k + 1}"
        try:
            mask = _mask(voxels, shape)
        except UnreadableFileError as error:
            held_back.append(HeldBack(path=path, kind="region", reason=str(error)))
            continue
        if not isinstance(name, str) or name in masks:
            raise UnreadableFileError(f"Region {k + 1} of the case has no name of its own.")
        masks[name], kinds[name] = mask, kind if isinstance(kind, str) else ""
        if cst[(COLUMNS - 1) * count + k]:
            reason = "Objectives are not read; state those of the plan."
            held_back.append(HeldBack(path=path, kind="objective", reason=reason))
    if not masks:
        raise UnreadableFileError("No region of the case can be used.")
    return masks, kinds, tuple(held_back)


def _mask(voxels: Any, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask (x, y, z) from numbers that count y first, then x, then z."""
    voxels = voxels[0] if isinstance(voxels, list) and len(voxels) == 1 else voxels
    if not isinstance(voxels, np.ndarray) or not voxels.size:
        raise UnreadableFileError("It holds no voxel, or is given for several images.")
    numbers = np.ravel(voxels).astype(np.int64) - 1
    if numbers.min() < 0 or numbers.max() >= np.prod(shape):
        raise UnreadableFileError("It names voxels that the image does not have.")
    flat = np.zeros(int(np.prod(shape)), dtype=np.bool_)
    flat[numbers] = True
    x, y, z = shape
    return np.ascontiguousarray(flat.reshape(z, x, y).transpose(1, 2, 0))
