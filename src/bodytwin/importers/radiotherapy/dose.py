r"""Which dose was planned where (DICOM RT Dose)?

The dose of a pixel is its stored number times the Dose Grid Scaling. Frame k lies at

.. math::
    p_k = p_0 + o_k\, (a \times d),                                             \tag{1}

with the Image Position p_0, the directions a along the rows and d along the columns. The Grid Frame
Offset Vector g states the offsets in one of two forms: :math:`o_k = g_k` if :math:`g_0 = 0`; or,
for the orientation (1,0,0,0,1,0) only, the coordinates themselves, :math:`o_k = g_k - p_{0z}` if
:math:`g_0 = p_{0z}`. Anything else is refused. Since both are in the axes of the patient, (1)
holds however the patient lay.

Several files of one frame each make one dose by their positions.

Source: DICOM PS3.3 C.8.8.3 and C.8.8.3.2.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.radiotherapy.found import READER, Found
from bodytwin.importers.radiotherapy.header import DOSE, made, of_kind, referenced, silently, uid
from bodytwin.importers.source import sha256
from bodytwin.importers.volume import dicom
from bodytwin.importers.volume.dicom import refused_if_broken
from bodytwin.importers.volume.stack import Plane, Stack, stacked
from bodytwin.importers.volume.volume import require_size
from bodytwin.record import Dose, DoseKind, Image, Provenance, Summation
from bodytwin.record.dose import MODALITY

SAME_MM = 0.01
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
Array = NDArray[np.float64]


@silently
def read(files: bytes | Sequence[bytes], *, zone: tzinfo = UTC) -> Found[Dose]:
    """The dose in one file, or in several files of one frame each.

    Raises:
        UnreadableFileError: not whole, not in Gy, no grid, or a frame is lacking.

    """
    files = [files] if isinstance(files, bytes) else list(files)
    if not files:
        raise UnreadableFileError("No file was given; a dose is expected.")
    opened = [of_kind(data, DOSE) for data in files]
    datasets = [dataset for dataset, _ in opened]
    for dataset in datasets:
        _require_gray(dataset)
    _require_one(datasets)
    planes = [plane for dataset in datasets for plane in _planes(dataset)]
    stack = _stack(planes, datasets)
    first = datasets[0]
    image = Image(
        values=_filled(datasets, stack),
        affine=stack.affine,
        modality=MODALITY,
        instant=made(first, "Content", zone),
        provenance=Provenance(_source(files), "PixelData", READER),
    )
    dose = Dose(
        image=image,
        kind=_term(first, "DoseType", DoseKind),
        summation=_term(first, "DoseSummationType", Summation),
        frame_uid=uid(first, "FrameOfReferenceUID"),
        uid=uid(first, "SOPInstanceUID"),
        plan_uid=referenced(first, "ReferencedRTPlanSequence"),
        structures_uid=referenced(first, "ReferencedStructureSetSequence"),
        beams=_beams(first),
    )
    return Found(value=dose, remarks=tuple(sorted({r for _, said in opened for r in said})))


def _source(files: list[bytes]) -> str:
    if len(files) == 1:
        return sha256(files[0])
    return sha256("".join(sorted(map(sha256, files))).encode())


def _require_gray(dataset: Any) -> None:
    units = str(dataset.get("DoseUnits") or "").strip()
    if units == "RELATIVE":
        raise UnreadableFileError(
            "The dose is relative: a share of a dose that the file does not state. Export the "
            "dose in Gy."
        )
    if units != "GY":
        raise UnreadableFileError("The dose does not state that it is in Gy. Export it in Gy.")
    if "PixelData" not in dataset:
        raise UnreadableFileError(
            "The file holds no grid of dose, perhaps only histograms or points. Export the grid."
        )
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    if syntax not in dicom.PLAIN:
        raise UnreadableFileError("The dose is compressed. Write the file uncompressed first.")


def _require_one(datasets: list[Any]) -> None:
    """Raise unless several files are the single frames of one dose."""
    if len(datasets) == 1:
        return
    if any(dicom.frames_of(dataset) > 1 for dataset in datasets):
        raise UnreadableFileError("Several doses of many frames were given. Give one.")
    for name in ("PatientID", "FrameOfReferenceUID", "SeriesInstanceUID", "DoseSummationType",
                 "DoseType"):  # fmt: skip
        if len({str(d.get(name) or "") for d in datasets}) > 1:
            raise UnreadableFileError(
                "The files are of different doses. Give the frames of one dose."
            )


def _planes(dataset: Any) -> list[Plane]:
    """Where each frame lies, by (1)."""
    first = dicom.plane_of(dataset)
    frames = dicom.frames_of(dataset)
    offsets = _offsets(dataset, first, frames)
    normal = np.cross(first.along, first.down)
    return [replace(first, position_mm=first.position_mm + o * normal) for o in offsets]


def _offsets(dataset: Any, first: Plane, frames: int) -> Array:
    with refused_if_broken("The offsets of the frames are no numbers."):
        stated = dataset.get("GridFrameOffsetVector")
        given = np.atleast_1d(np.array([] if stated is None else stated, dtype=np.float64))
    if frames == 1 and not len(given):
        return np.zeros(1)
    if len(given) != frames or not np.isfinite(given).all():
        raise UnreadableFileError(
            f"The dose has {frames} frames and {len(given)} offsets of frames. Is it cut short?"
        )
    steps = np.diff(given)
    if not ((steps > 0).all() or (steps < 0).all()):
        raise UnreadableFileError("The offsets of the frames neither rise nor fall throughout.")
    if abs(given[0]) < SAME_MM:
        return given
    turned = np.concatenate([first.along, first.down])
    if abs(given[0] - first.position_mm[2]) < SAME_MM and np.allclose(turned, AXIAL, atol=1e-4):
        return given - given[0]
    raise UnreadableFileError(
        "The offsets of the frames start neither at 0 nor, with axial frames, at the coordinate "
        "of the first one: where the frames lie cannot be told."
    )


def _stack(planes: list[Plane], datasets: list[Any]) -> Stack:
    if len(planes) > 1:
        return stacked(planes)
    with refused_if_broken("The thickness of the frame is no number."):
        thickness = float(datasets[0].get("SliceThickness") or 0)
    if not (np.isfinite(thickness) and thickness > 0):
        raise UnreadableFileError(
            "The dose is one frame of unknown thickness, which is no volume. Give all frames."
        )
    return stacked(planes, step_mm=thickness)


def _filled(datasets: list[Any], stack: Stack) -> NDArray[np.float32]:
    """Doses (column, row, slice) in Gy."""
    shape = (int(datasets[0].Columns), int(datasets[0].Rows), stack.slices)
    require_size(shape, 4)
    values = np.empty(shape, dtype=np.float32)
    frames = (
        (frame, scale)
        for dataset in datasets
        for scale in (_scaling(dataset),)
        for frame in dicom.pixels(dataset)
    )
    for (frame, scale), at in zip(frames, stack.slice_of, strict=True):
        values[:, :, at] = (frame.astype(np.float64) * scale).T
    return values


def _scaling(dataset: Any) -> float:
    with refused_if_broken("The dose does not state how its numbers are scaled."):
        scale = float(dataset.DoseGridScaling)
        is_signed = int(dataset.PixelRepresentation) == 1
    if not (np.isfinite(scale) and scale > 0):
        raise UnreadableFileError(f"The scaling of a dose is above 0 and finite, got {scale}.")
    if is_signed and str(dataset.get("DoseType")) != DoseKind.ERROR:
        raise UnreadableFileError("The numbers of a dose have no sign; those of this file do.")
    return scale


def _term(dataset: Any, name: str, terms: Any) -> Any:
    stated = str(dataset.get(name) or "").strip()
    if stated not in set(terms):
        raise UnreadableFileError(f"The {name} of a dose is one of {', '.join(terms)}.")
    return terms(stated)


def _beams(dataset: Any) -> tuple[int, ...]:
    with refused_if_broken("The dose refers to its beams in a way that is not read."):
        return tuple(
            int(beam.ReferencedBeamNumber)
            for plan in dataset.get("ReferencedRTPlanSequence") or ()
            for group in plan.get("ReferencedFractionGroupSequence") or ()
            for beam in group.get("ReferencedBeamSequence") or ()
        )
