"""Bring an image of the heart: a segmentation, or surfaces, which become one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bodytwin.contract.study import DrawingTwin
from bodytwin.errors import InvalidInputError, NotFoundError, UnreadableFileError
from bodytwin.governance.request import Action
from bodytwin.importers import mesh, volume
from bodytwin.importers.mesh.ventricles import PARTS, READER, labelled, parts_of
from bodytwin.importers.report import pseudonym
from bodytwin.record import Demographics, Image, Instant, Provenance, Record
from bodytwin.service.access import asker, leave_by_default
from bodytwin.service.people import patient_called
from bodytwin.service.workspace import Workspace
from bodytwin.store.archive import sha256
from bodytwin.store.intake import Added, Reading, add_reading

NUMBER = r"\d+(?:\.\d+)?"
SURFACES = {".ply", ".vtk", ".vtp"}
SPACING_MM = 1.0
"""Of the segmentation that is made of surfaces."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """What a file of an image does not say of itself.

    `labels` gives numbers a meaning (docs/how-to/heart-images.md); `taken` is when the
    patient was imaged. Surfaces have a `length_unit`, and are `turned` where their x
    and y run as in NIfTI, to the right and the front. `scar` is one placed by size and
    position in a heart that has none, for studies and teaching. `enhancement` are the files of
    an image in which scar is bright, from whose `thresholds` it is told.
    """

    labels: Mapping[int, str] | None = None
    taken: datetime | None = None
    length_unit: str = ""
    turned: bool = False
    scar: str = ""
    enhancement: tuple[Path, ...] = ()
    thresholds: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What came of an image: whose it is, its shape, volumes by label, and remarks."""

    added: Added
    labels: Mapping[int, str]
    volumes_ml: Mapping[str, float]
    spacing_mm: tuple[float, float, float]
    remarks: tuple[str, ...]


def labels_of(written: Sequence[str]) -> dict[int, str] | None:
    """Labels as people write them: "3=scar"; None where none are given."""
    found: dict[int, str] = {}
    for text in written:
        number, equals, meaning = text.partition("=")
        if not equals or not number.strip().isdigit():
            raise InvalidInputError(
                f"'{text[:30]}' is no label. Write a number and its meaning, such as 3=scar."
            )
        found[int(number)] = meaning.strip()
    return found or None


def bring_image(
    workspace: Workspace,
    patient: str,
    paths: Sequence[Path],
    said: Described,
    *,
    new: bool = False,
) -> Brought:
    """Keep an image for a patient who is known, or for one who is `new` and called so.

    Raises:
        InvalidInputError: what is needed was not said.
        UnreadableFileError: not whole, or no image that is read.

    """
    known = None if new else patient_called(workspace, patient)
    data = [file_bytes(path) for path in paths]
    image, remarks = read_image(workspace, paths, data, said)
    identity = pseudonym("called", patient)
    record = Record(
        patient=identity,
        demographics=Demographics(name=patient if new else ""),
        images=(image,),
    )
    reading = Reading(
        data=data[0] if len(data) == 1 else b"".join(data),
        kind="image",
        reader=image.provenance.reader,
        settings={
            "labels": {str(k): v for k, v in (image.labels or {}).items()},
            "scar": said.scar,
            "thresholds": said.thresholds,
        },
        records=(record,),
        remarks=[{"words": words} for words in remarks],
        patient=known,
    )
    added = add_reading(
        workspace.store,
        reading,
        asker=asker(workspace, Action.IMPORT),
        recorded_at=(at := workspace.clock()),
        by_default=lambda who: leave_by_default(workspace, who, at),
    )
    each = float(abs(np.linalg.det(image.affine[:3, :3]))) / 1000.0
    return Brought(
        added=added,
        labels=image.labels or {},
        volumes_ml={
            name: round(float((image.values == number).sum()) * each, 1)
            for number, name in (image.labels or {}).items()
        },
        spacing_mm=image.spacing_mm,
        remarks=remarks,
    )


def read_image(
    workspace: Workspace, paths: Sequence[Path], data: Sequence[bytes], said: Described
) -> tuple[Image, tuple[str, ...]]:
    """The image in some files, and remarks on how it was read."""
    if all(path.suffix.lower() in SURFACES for path in paths):
        image, remarks = _of_surfaces(paths, data, said)
    else:
        instant = Instant(said.taken) if said.taken else None
        asked = volume.Said(labels=said.labels, instant=instant)
        found = volume.read(data[0], asked) if len(data) == 1 else volume.read_series(data, asked)
        image, remarks = found.image, found.remarks
    if said.enhancement:
        image, words = _enhanced(image, said)
        remarks = (*remarks, words)
    if not said.scar:
        return image, remarks
    image, words = _drawn(workspace, image, said.scar)
    return image, (*remarks, words)


def _enhanced(image: Image, said: Described) -> tuple[Image, str]:
    data = [file_bytes(path) for path in said.enhancement]
    asked = volume.Said(modality="MR", instant=image.instant)
    found = volume.read(data[0], asked) if len(data) == 1 else volume.read_series(data, asked)
    return volume.by_intensity(image, found.image, rule_of(said.thresholds))


def rule_of(words: str) -> volume.SharesOfMaximum | volume.DeviationsOfRemote:
    """Thresholds as people write them: "35 50 % of maximum", or "2 3 sd of 120 18"."""
    of_maximum = re.fullmatch(rf"({NUMBER}) ({NUMBER}) ?% of maximum", words.strip())
    if of_maximum:
        border, core = (float(v) / 100.0 for v in of_maximum.groups())
        return volume.SharesOfMaximum(border=border, core=core)
    of_remote = re.fullmatch(rf"({NUMBER}) ({NUMBER}) sd of ({NUMBER}) ({NUMBER})", words.strip())
    if of_remote:
        border, core, mean, sd = map(float, of_remote.groups())
        return volume.DeviationsOfRemote(border=border, core=core, mean=mean, sd=sd)
    raise InvalidInputError(
        "Say at which intensities border zone and scar begin: '35 50 % of maximum', or "
        "'2 3 sd of 120 18' with mean and sd of remote muscle as measured."
    )


def _of_surfaces(
    paths: Sequence[Path], data: Sequence[bytes], said: Described
) -> tuple[Image, tuple[str, ...]]:
    if said.taken is None:
        raise InvalidInputError("A surface does not say when it was imaged. Say it with --taken.")
    found = [mesh.read(content, length_unit=said.length_unit or None) for content in data]
    parts = parts_of(found[0]) if len(found) == 1 else _parts(paths, found)
    made = labelled(parts, spacing_mm=SPACING_MM)
    turn = np.diag([-1.0, -1.0, 1.0, 1.0]) if said.turned else np.eye(4)
    source = sha256(b"".join(data))
    image = Image(
        values=made.values,
        affine=turn @ made.affine,
        modality="SEG",
        labels=made.labels,
        instant=Instant(said.taken),
        provenance=Provenance(source, "surfaces", READER),
    )
    return image, (f"Made of surfaces, on voxels of {SPACING_MM:g} mm.",)


def _parts(paths: Sequence[Path], found: Sequence[Any]) -> dict[str, Any]:
    """Which of the surfaces is which, by the end of its name."""
    parts: dict[str, Any] = {}
    for path, surface in zip(paths, found, strict=True):
        name = next((part for part in PARTS if path.stem.endswith(part)), None)
        if name is None:
            raise InvalidInputError(
                f"Which surface is it? The name of a file ends in {', '.join(PARTS)}."
            )
        parts[name] = surface
    return parts


def _drawn(workspace: Workspace, image: Image, words: str) -> tuple[Image, str]:
    """The image with what some twin can draw into it."""
    twins = workspace.twins
    for name in twins.names:
        twin = None if name in twins.broken else twins.twin(name)
        if isinstance(twin, DrawingTwin):
            return twin.drawn_into(image, words)
    raise NotFoundError("No installed twin can place a scar in an image.")


def file_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises UnreadableFileError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"The file cannot be read: {error.strerror}.") from error
