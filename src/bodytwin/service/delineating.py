"""Bring a course of radiotherapy: a folder of DICOM or OpenKBP, or a case of matRad."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bodytwin.errors import InvalidInputError, MissingDataError, UnreadableFileError
from bodytwin.governance.request import Action
from bodytwin.importers.radiotherapy import (
    Found,
    delineate,
    read_course,
    read_matrad,
    read_openkbp,
)
from bodytwin.importers.report import pseudonym
from bodytwin.record import (
    Code,
    Covariate,
    Delineated,
    Demographics,
    Instant,
    Provenance,
    Quantity,
    Record,
    Route,
    Treatment,
)
from bodytwin.record.code import LOCAL
from bodytwin.service.access import asker, granted, leave_by_default
from bodytwin.service.looking import keep_field
from bodytwin.service.people import patient_called
from bodytwin.service.workspace import Workspace
from bodytwin.store.archive import sha256
from bodytwin.store.fields import Field
from bodytwin.store.intake import Added, Reading, add_reading
from bodytwin.store.records import read_record

OPENKBP, MATRAD = "ct.csv", ".mat"
SHOWN_FROM_GY, DELIVERED_SD = 1.0, 0.035
TUMOUR, FRACTION = "tumour", "radiotherapy_fraction"
"""Local codes: of a tumour that a twin has a variant for, and of one fraction in Gy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What the files of a course do not say of themselves.

    `taken` is when the patient was imaged, where no file says it; `prescribed_gy` is by region;
    `tumour` names a variant of a twin. `spacing_mm` is about that of the voxels.
    """

    taken: datetime | None = None
    fractions: int | None = None
    prescribed_gy: Mapping[str, float] = field(default_factory=dict[str, float])
    tumour: str = ""
    spacing_mm: float = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionShown:
    """One region that was kept."""

    name: str
    volume_ml: float
    prescribed_gy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtCourse:
    """What came of the files: whose they are, regions, the dose, what was held back, remarks."""

    added: Added
    spacing_mm: tuple[float, float, float]
    regions: tuple[RegionShown, ...]
    fractions: int | None
    greatest_dose_gy: float | None
    tumour: str
    held_back: tuple[Mapping[str, Any], ...]
    remarks: tuple[str, ...]


def prescriptions_of(written: Sequence[str]) -> dict[str, float]:
    """Prescribed doses as people write them: "PTV70=70"."""
    found: dict[str, float] = {}
    for text in written:
        name, equals, dose = text.rpartition("=")
        number = re.fullmatch(r"(\d+(?:\.\d+)?)(?: ?Gy)?", dose.strip())
        if not equals or not name.strip() or number is None:
            raise InvalidInputError(
                f"'{text[:30]}' prescribes nothing. Write a region and its dose, as PTV70=70."
            )
        found[name.strip()] = float(number[1])
    return found


def bring_course(
    workspace: Workspace, patient: str, path: Path, said: Described, *, new: bool = False
) -> BroughtCourse:
    """Keep a course for a patient who is known, or for one who is `new` and called so.

    Raises:
        InvalidInputError: what is needed was not said, or contradicts the files.
        UnreadableFileError: not whole, or files that are not read.

    """
    known = None if new else patient_called(workspace, patient)
    _require_known_tumour(workspace, said.tumour)
    files = _files(path)
    found = read_files(path, files, said)
    value = _as_said(found.value, said)
    whole = b"".join(files[name] for name in sorted(files))
    provenance = Provenance(sha256(whole), "tumour", value.image.provenance.reader)
    tumour = _tumour(said.tumour, value.instant, provenance) if said.tumour else ()
    reading = Reading(
        data=whole,
        kind="course",
        reader=value.image.provenance.reader,
        settings={
            "sizes": {name: len(files[name]) for name in sorted(files)},
            "spacing_mm": said.spacing_mm,
            "fractions": said.fractions,
            "prescribed_gy": dict(said.prescribed_gy),
            "tumour": said.tumour,
        },
        records=(
            Record(
                patient=pseudonym("called", patient),
                demographics=Demographics(name=patient if new else ""),
                delineated=(value,),
                covariates=tumour,
            ),
        ),
        remarks=[{"words": words} for words in found.remarks],
        held_back=(held := [asdict(h) for h in found.held_back]),
        patient=known,
    )
    added = _kept(workspace, reading)
    if value.dose is not None:
        keep_field(workspace, added.patients[0], dose_field(value, "Dose as planned"))
    return BroughtCourse(
        added=added,
        spacing_mm=value.image.spacing_mm,
        regions=tuple(
            RegionShown(
                name=name,
                volume_ml=round(value.volume_ml(name), 2),
                prescribed_gy=value.prescribed_gy.get(name),
            )
            for name in value.masks
        ),
        fractions=value.fractions,
        greatest_dose_gy=None if value.dose is None else float(value.dose.dose_gy.max()),
        tumour=said.tumour,
        held_back=tuple(held),
        remarks=found.remarks,
    )


def read_files(path: Path, files: Mapping[str, bytes], said: Described) -> Found[Delineated]:
    """The course in some files, by what they are."""
    if path.suffix.lower() == MATRAD:
        return read_matrad(next(iter(files.values())), instant=_instant(said))
    if OPENKBP in files:
        return read_openkbp(files, instant=_instant(said), fractions=said.fractions)
    course = read_course(list(files.values()))
    made = delineate(course.value, spacing_mm=said.spacing_mm)
    return Found(
        value=made.value,
        held_back=(*course.held_back, *made.held_back),
        remarks=(*course.remarks, *made.remarks),
    )


def dose_field(value: Delineated, title: str) -> Field:
    """The dose as a field to look at, where it is above 1 Gy."""
    assert value.dose is not None
    dose = value.dose.dose_gy
    high = dose >= SHOWN_FROM_GY
    if not high.any():
        raise MissingDataError("The dose is below 1 Gy everywhere. Is it in Gy, of the course?")
    edges = [np.flatnonzero(high.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    box = tuple(slice(e[0], e[-1] + 1) for e in edges)
    shown = np.where(high, dose, np.nan)[box].astype(np.float32).T
    first = value.image.affine @ [*(float(e[0]) for e in edges), 1.0]
    x, y, z = value.image.spacing_mm
    return Field(
        title=title,
        kind="voxels",
        quantity="dose",
        unit="Gy",
        arrays={"values": shown, "sd": DELIVERED_SD * shown},
        based_on=f"a delineated image with SHA-256 {value.content_address[:12]}",
        uncertainty_words="3.5 % of the dose, one standard deviation of what is delivered "
        "(Mijnheer et al. 1987)",
        spacing_mm=(z, y, x),
        origin_mm=(float(first[2]), float(first[1]), float(first[0])),
        source_words="brought with the course",
    )


def record_fractions(workspace: Workspace, patient: str, count: int, *, first: datetime) -> Added:
    """Note that fractions of the plan were given, on five days a week from `first`.

    Raises:
        MissingDataError: no plan with a prescription and a number of fractions.
        InvalidInputError: more than the plan has.

    """
    who = patient_called(workspace, patient)
    access = granted(workspace, who, Action.READ, data="the prescription")
    record = read_record(workspace.store, access)
    plans = [d for d in record.delineated if d.prescribed_gy and d.fractions]
    if not plans:
        raise MissingDataError("The record holds no prescription with a number of fractions.")
    plan = plans[-1]
    assert plan.fractions is not None
    already = [t for t in record.treatments if (t.code.system, t.code.code) == (LOCAL, FRACTION)]
    if count < 1 or len(already) + count > plan.fractions:
        raise InvalidInputError(
            f"The plan has {plan.fractions} fractions, of which {len(already)} were given; "
            f"{count} more cannot have been."
        )
    each = max(plan.prescribed_gy.values()) / plan.fractions
    days = weekdays(first, count)
    data = json.dumps({"fractions": [d.isoformat() for d in days], "dose_gy": each}).encode()
    given = tuple(
        Treatment(
            code=Code(LOCAL, FRACTION),
            amount=Quantity(each, "Gy"),
            route=Route.OTHER,
            instant=Instant(day),
            provenance=Provenance(sha256(data), f"fraction {k + 1}", "fractions/1"),
        )
        for k, day in enumerate(days)
    )
    reading = Reading(
        data=data,
        kind="fractions",
        reader="fractions/1",
        settings={},
        records=(Record(patient=pseudonym("called", who), treatments=given),),
        patient=who,
    )
    return _kept(workspace, reading)


def weekdays(first: datetime, count: int) -> list[datetime]:
    """So many days from the first on, Saturdays and Sundays left out."""
    found: list[datetime] = []
    day = first
    while len(found) < count:
        if day.weekday() < 5:
            found.append(day)
        day += timedelta(days=1)
    return found


def _files(path: Path) -> dict[str, bytes]:
    try:
        if path.is_dir():
            found = {p.name: p.read_bytes() for p in sorted(path.iterdir()) if p.is_file()}
        else:
            found = {path.name: path.read_bytes()}
    except OSError as error:
        raise UnreadableFileError(f"The files cannot be read: {error.strerror}.") from error
    if not found:
        raise UnreadableFileError("The folder holds no file.")
    return found


def _as_said(value: Delineated, said: Described) -> Delineated:
    """The course with what was said of it; what contradicts the files is refused."""
    strange = set(said.prescribed_gy) - set(value.masks)
    if strange:
        raise InvalidInputError(
            f"A dose is prescribed to '{min(strange)[:30]}', which is no region. There are: "
            f"{', '.join(value.masks)}."
        )
    if said.fractions is not None and value.fractions not in (None, said.fractions):
        raise InvalidInputError(
            f"The files say {value.fractions} fractions, {said.fractions} were said."
        )
    fractions = said.fractions or value.fractions
    dose = None if value.dose is None else replace(value.dose, fractions=fractions)
    prescribed = {**value.prescribed_gy, **said.prescribed_gy}
    return replace(value, dose=dose, fractions=fractions, prescribed_gy=prescribed)


def _instant(said: Described) -> Instant:
    if said.taken is None:
        raise InvalidInputError(
            "The files do not say when the image was taken. Say it with --taken."
        )
    return Instant(said.taken)


def _tumour(name: str, instant: Instant, provenance: Provenance) -> tuple[Covariate, ...]:
    return (
        Covariate(
            code=Code(LOCAL, f"{TUMOUR}:{name}"),
            quantity=Quantity(1.0, "1"),
            instant=instant,
            provenance=provenance,
        ),
    )


def _require_known_tumour(workspace: Workspace, name: str) -> None:
    twins = workspace.twins
    known = [
        variant for t in twins.names if t not in twins.broken for variant in twins.twin(t).variants
    ]
    if name and name not in known:
        raise InvalidInputError(
            f"No model is of a tumour called '{name[:30]}'. `bodytwin twins` lists every model."
        )


def _kept(workspace: Workspace, reading: Reading) -> Added:
    return add_reading(
        workspace.store,
        reading,
        asker=asker(workspace, Action.IMPORT),
        recorded_at=(at := workspace.clock()),
        by_default=lambda who: leave_by_default(workspace, who, at),
    )
