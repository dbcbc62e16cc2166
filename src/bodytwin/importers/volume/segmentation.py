"""A DICOM Segmentation as one image of labels: frames placed by position, segments by meaning.

Binary and fractional segments and label maps are read. A segment means what its label says in
the words of bodytwin ("healthy", "LV blood"), or what the caller says by its number. In a
fractional segmentation a voxel belongs to a segment from half of the largest share on. Slices
without a frame hold nothing of any segment.

Source: DICOM PS3.3 A.51 and C.8.20.
"""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.volume import dicom
from bodytwin.importers.volume.meaning import (
    PRECEDENCE,
    may_overlap,
    meaning_of,
    require_meanings,
)
from bodytwin.importers.volume.stack import Stack, stacked
from bodytwin.importers.volume.volume import Placed, require_size
from bodytwin.record import Instant


def read(
    data: bytes, *, labels: Mapping[int, str] | None, zone: tzinfo = UTC
) -> tuple[Placed, dict[int, str], Instant | None]:
    """The labels in a DICOM Segmentation, their meaning, and when the patient was imaged."""
    dataset = dicom.opened(data)
    frames = dicom.frames_of(dataset)
    meanings = _meanings(dataset, labels or {})
    planes = dicom.planes_of(dataset)
    stack = stacked(planes, step_mm=_step(dataset, planes))
    require_size((int(dataset.Columns), int(dataset.Rows), stack.slices), 4)
    pixels = dicom.pixels(dataset)
    if str(dataset.get("SegmentationType", "")) == "LABELMAP":
        values, remarks = _of_map(pixels, stack), ()
        strange = set(np.unique(values).tolist()) - {0, *meanings}
        if strange:
            raise UnreadableFileError(f"The pixels name segments that do not exist: {strange}.")
    else:
        numbers = _segments(dataset, frames, meanings)
        values, remarks = _of_segments(_members(dataset, pixels), numbers, meanings, stack)
    placed = Placed(values=values, affine=stack.affine, remarks=remarks)
    return placed, meanings, _imaged(dataset, zone)


def _meanings(dataset: Any, labels: Mapping[int, str]) -> dict[int, str]:
    with dicom.refused_if_broken("The file does not describe its segments."):
        found = {
            int(s.SegmentNumber): labels.get(
                int(s.SegmentNumber), meaning_of(str(s.get("SegmentLabel") or ""))
            )
            for s in dataset.SegmentSequence
        }
    if not found or not 0 <= min(found) <= max(found) <= 65_535:
        raise UnreadableFileError("The file has no segments, or numbers that are none.")
    return require_meanings({n: m for n, m in found.items() if n > 0})


def _step(dataset: Any, planes: list[Any]) -> float:
    """The distance of slices: as stated, else the smallest between two frames."""
    with dicom.refused_if_broken("The distance between the slices cannot be read."):
        measures = dicom.group(dataset, 0, "PixelMeasuresSequence")
        stated = measures.get("SpacingBetweenSlices") or 0
        normal = np.cross(planes[0].along, planes[0].down)
        heights = np.unique(np.round([p.position_mm @ normal for p in planes], 2))
        step = float(stated)
        if step <= 0 and len(heights) > 1:
            step = float(np.diff(heights).min())
        if step <= 0:
            step = float(measures.get("SliceThickness") or 0)
    if not (np.isfinite(step) and step > 0.01):
        raise UnreadableFileError("The file does not say how far its slices are apart.")
    return step


def _segments(dataset: Any, frames: int, meanings: Mapping[int, str]) -> list[int]:
    """The number of the segment that each frame shows."""
    with dicom.refused_if_broken("A frame does not say which segment it shows."):
        found = [
            int(dicom.group(dataset, k, "SegmentIdentificationSequence").ReferencedSegmentNumber)
            for k in range(frames)
        ]
    if not set(found) <= set(meanings):
        raise UnreadableFileError("A frame shows a segment that the file does not describe.")
    return found


def _members(dataset: Any, pixels: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each pixel of each frame belongs to its segment."""
    kind = str(dataset.get("SegmentationType", ""))
    if kind == "BINARY":
        return pixels != 0
    most = int(dataset.get("MaximumFractionalValue") or 0)
    if kind != "FRACTIONAL" or most < 1:
        raise UnreadableFileError("A segmentation is BINARY, FRACTIONAL or LABELMAP.")
    return 2 * pixels.astype(np.int64) >= most


def _of_map(pixels: NDArray[Any], stack: Stack) -> NDArray[Any]:
    frames, rows, columns = pixels.shape
    if len(set(stack.slice_of.tolist())) < frames:
        raise UnreadableFileError("Two frames of the label map lie at the same place.")
    values = np.zeros((columns, rows, stack.slices), dtype=np.uint16)
    for frame, at in zip(pixels, stack.slice_of, strict=True):
        values[:, :, at] = frame.T
    return values


def _of_segments(
    members: NDArray[np.bool_], numbers: list[int], meanings: Mapping[int, str], stack: Stack
) -> tuple[NDArray[np.uint16], tuple[str, ...]]:
    """Labels from frames of one segment each; of tissues over each other the worse one wins."""
    _, rows, columns = members.shape
    if len(set(zip(numbers, stack.slice_of.tolist(), strict=True))) < len(numbers):
        raise UnreadableFileError("Two frames show the same segment at the same place.")
    values = np.zeros((columns, rows, stack.slices), dtype=np.uint16)
    overlaid = 0
    for k in sorted(range(len(numbers)), key=lambda k: (_rank(meanings[numbers[k]]), k)):
        if not meanings[numbers[k]]:
            continue
        here, slab = members[k].T, values[:, :, stack.slice_of[k]]
        for before in np.unique(slab[here]).tolist():
            if before and not may_overlap(meanings[before], meanings[numbers[k]]):
                raise UnreadableFileError(
                    f"Segments {before} and {numbers[k]} overlap, and a voxel cannot be both."
                )
        overlaid += int((slab[here] != 0).sum())
        slab[here] = numbers[k]
    if not overlaid:
        return values, ()
    return values, (
        f"{overlaid} voxels are in several segments of the muscle; scar was taken before border "
        "zone, that before inflamed and that before healthy.",
    )


def _rank(meaning: str) -> int:
    return PRECEDENCE.index(meaning) if meaning in PRECEDENCE else -1


def _imaged(dataset: Any, zone: tzinfo) -> Instant | None:
    """The time of the study: that of the content is when the segments were drawn."""
    try:
        return dicom.instant_of(dataset, zone=zone, first="Study")
    except UnreadableFileError:
        return None
