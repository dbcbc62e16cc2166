"""A patient of OpenKBP: image, masks and dose on a grid of 128 x 128 x 128, as sparse tables.

Each table has an index and a value; a mask has the index alone. The index counts the grid with
its last axis fastest. What the files do not say was read from the anatomy of two patients
(validation 201 and 202): the first axis goes to the back (mandible, brainstem, cord), the second to
the left (right before left parotid), the third to the feet (brainstem before cord), and soft tissue
has 1006 to 1051, so that the image is taken as HU + 1000. Air that was not stored is 0.

Source: Babier et al., Med Phys 2021;48:5549 (10.1002/mp.14845), ababier/open-kbp.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.radiotherapy.found import READER, Found
from bodytwin.importers.report import HeldBack
from bodytwin.importers.source import sha256, text_bytes
from bodytwin.record import Delineated, Dose, DoseKind, Image, Instant, Provenance, Summation
from bodytwin.record.dose import MODALITY

EDGE = 128
HU_OF_0 = -1000.0
IMAGE, DOSE, POSSIBLE, VOXEL = (
    "ct.csv",
    "dose.csv",
    "possible_dose_mask.csv",
    "voxel_dimensions.csv",
)
HEADER = ",data"
TARGET = "PTV"
"""Targets are named for the dose prescribed to them in Gy, as PTV70."""
NOTE = "The offset of 1000 between the numbers of the image and HU is inferred from its tissues."
Array = NDArray[np.float64]


def read(
    files: Mapping[str, bytes], *, instant: Instant, fractions: int | None = None
) -> Found[Delineated]:
    """The patient in a folder: its files by their names.

    Args:
        files: `ct.csv` and `voxel_dimensions.csv`; `dose.csv`, `possible_dose_mask.csv` and masks
            named for their region (`PTV70.csv`) where there are any.
        instant: to be stated, as the files hold no time.
        fractions: over which the dose was to be given, where it is known.

    Raises:
        UnreadableFileError: a file is lacking, or is no table of this kind.

    """
    for name in (IMAGE, VOXEL):
        if name not in files:
            raise UnreadableFileError(f"The folder of a patient of OpenKBP holds {name}.")
    affine = _affine(files[VOXEL])
    source = sha256("".join(sorted(map(sha256, files.values()))).encode())
    masks: dict[str, NDArray[np.bool_]] = {}
    held_back: list[HeldBack] = []
    for name in sorted(set(files) - {IMAGE, DOSE, POSSIBLE, VOXEL}):
        if not name.endswith(".csv"):
            held_back.append(HeldBack(path=name, kind="file", reason="It is no table."))
            continue
        masks[name.removesuffix(".csv")] = _mask(files[name])

    def image(values: Array, modality: str, name: str) -> Image:
        return Image(
            values=values.astype(np.float32),
            affine=affine,
            modality=modality,
            instant=instant,
            provenance=Provenance(source, name, READER),
        )

    dose = None
    if DOSE in files:
        dose = Dose(
            image=image(_values(files[DOSE]), MODALITY, DOSE),
            kind=DoseKind.PHYSICAL,
            summation=Summation.PLAN,
            frame_uid="",
            fractions=fractions,
        )
    value = Delineated(
        image=image(_values(files[IMAGE]) + HU_OF_0, "CT", IMAGE),
        masks=masks,
        dose=dose,
        possible_dose=_mask(files[POSSIBLE]) if POSSIBLE in files else None,
        prescribed_gy={n: float(n.removeprefix(TARGET)) for n in masks if _is_target(n)},
        fractions=fractions,
    )
    return Found(value=value, held_back=tuple(held_back), remarks=(NOTE,))


def _is_target(name: str) -> bool:
    return name.startswith(TARGET) and name.removeprefix(TARGET).isdigit()


def _affine(data: bytes) -> Array:
    """To LPS, from voxels along the file's second, first and reversed third axis."""
    try:
        down, across, along = (float(line) for line in _text(data).split())
    except ValueError:
        raise UnreadableFileError("The dimensions of a voxel are three numbers in mm.") from None
    steps = np.array([across, down, along])
    if not (np.isfinite(steps).all() and (steps > 0).all()):
        raise UnreadableFileError("The dimensions of a voxel are above 0 mm.")
    return np.diag([*steps, 1.0])


def _mask(data: bytes) -> NDArray[np.bool_]:
    index, _ = _table(data)
    flat = np.zeros(EDGE**3, dtype=np.bool_)
    flat[index] = True
    return _placed(flat)


def _values(data: bytes) -> Array:
    index, values = _table(data)
    if not np.isfinite(values).all():
        raise UnreadableFileError("A table holds an index without a number.")
    flat = np.zeros(EDGE**3)
    flat[index] = values
    return _placed(flat)


def _placed(flat: NDArray[Any]) -> NDArray[Any]:
    """The grid (x, y, z), z to the head."""
    return np.ascontiguousarray(flat.reshape(EDGE, EDGE, EDGE).transpose(1, 0, 2)[:, :, ::-1])


def _table(data: bytes) -> tuple[NDArray[np.int64], Array]:
    """Indices and values, NaN where there is none."""
    first, _, rest = _text(data).partition("\n")
    if first.strip() != HEADER:
        raise UnreadableFileError(f"A table of OpenKBP starts with {HEADER!r}.")
    rows = [line.partition(",") for line in rest.split()]
    try:
        index = np.array([float(i) for i, _, _ in rows])
        values = np.array([float(v) if v else np.nan for _, _, v in rows])
    except ValueError:
        raise UnreadableFileError("A table holds something other than numbers.") from None
    if not len(rows) or index.min() < 0 or index.max() >= EDGE**3 or (index % 1).any():
        raise UnreadableFileError(f"Indices are whole numbers from 0 to {EDGE**3 - 1}.")
    whole = index.astype(np.int64)
    if len(np.unique(whole)) < len(whole):
        raise UnreadableFileError("A table holds an index twice.")
    return whole, values


def _text(data: bytes) -> str:
    body, _ = text_bytes(data, what="A table of OpenKBP")
    return body.decode().replace("\r\n", "\n")
