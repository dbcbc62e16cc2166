"""Bring electroanatomic maps of a patient who is known."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bodytwin.errors import InvalidInputError
from bodytwin.governance.request import Action
from bodytwin.importers import electroanatomic
from bodytwin.importers.electroanatomic import Maps, Said
from bodytwin.importers.report import pseudonym
from bodytwin.record import Instant, Map, Provenance, Record, Rhythm
from bodytwin.service.access import asker
from bodytwin.service.imaging import file_bytes
from bodytwin.service.people import patient_called
from bodytwin.service.workspace import Workspace
from bodytwin.store.archive import sha256
from bodytwin.store.intake import Added, Reading, add_reading

RHYTHMS = tuple(r.value for r in Rhythm if r is not Rhythm.NOT_STATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a file of maps does not say of itself.

    `rhythm` is one of RHYTHMS, `taken` when the heart was mapped. `which` are maps of a file
    of several, from 1. Points are `turned` where their x and y run to the right and the front.
    `columns` says names and units of what was measured.
    """

    rhythm: str = ""
    taken: datetime | None = None
    which: tuple[int, ...] = ()
    turned: bool = False
    columns: Said = field(default_factory=Said)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapShown:
    """One map that was kept: where it stood in the file, how many points have a time, their span.

    `low_mm` and `high_mm` are the corners of the box around its points.
    """

    place: str
    rhythm: str
    points: int
    times: int
    span_ms: float
    low_mm: tuple[float, ...]
    high_mm: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtMaps:
    """What came of a file of maps: whose it is, the maps, what was held back, and remarks."""

    added: Added
    maps: tuple[MapShown, ...]
    held_back: tuple[Mapping[str, Any], ...]
    remarks: tuple[str, ...]


def bring_map(
    workspace: Workspace, patient: str, paths: Sequence[Path], said: Described
) -> BroughtMaps:
    """Keep the maps of a file, or of files that belong together, for a patient who is known.

    Raises:
        InvalidInputError: the rhythm, the time, a unit, or which map was not said.
        UnreadableFileError: not whole, or no map that is read.

    """
    known = patient_called(workspace, patient)
    data = [file_bytes(path) for path in paths]
    whole = data[0] if len(data) == 1 else b"".join(data)
    asked = replace(said.columns, instant=_instant(said.taken), rhythm=rhythm_of(said.rhythm))
    named = {path.name: body for path, body in zip(paths, data, strict=True)}
    found = electroanatomic.read(whole if len(data) == 1 else named, asked)
    maps = [_placed(m, sha256(whole), said) for m in _chosen(found, said.which)]
    held_back = [asdict(h) for h in found.held_back]
    reading = Reading(
        data=whole,
        kind="map",
        reader=maps[0].provenance.reader,
        settings=_settings(said, named),
        records=(Record(patient=pseudonym("called", patient), maps=tuple(maps)),),
        remarks=[{"words": words} for words in found.remarks],
        held_back=held_back,
        patient=known,
    )
    added = add_reading(
        workspace.store,
        reading,
        asker=asker(workspace, Action.IMPORT),
        recorded_at=workspace.clock(),
    )
    return BroughtMaps(
        added=added,
        maps=tuple(map(_shown, maps)),
        held_back=tuple(held_back),
        remarks=found.remarks,
    )


def columns_of(places: str, **named: Any) -> Said:
    """Names and units of columns, those of the place as people write them: "x,y,z"."""
    axes = tuple(part.strip() for part in places.split(","))
    if len(axes) != 3 or not all(axes):
        raise InvalidInputError(
            f"'{places[:30]}' does not name three columns. Write them as x,y,z."
        )
    return Said(places=axes, **named)


def rhythm_of(words: str) -> Rhythm:
    """The rhythm that was said; it is asked for since no file tells it."""
    if words not in RHYTHMS:
        raise InvalidInputError(
            "Say in which rhythm the heart was mapped, with --rhythm: "
            f"{', '.join(RHYTHMS)}. A file does not say it."
        )
    return Rhythm(words)


def _instant(taken: datetime | None) -> Instant:
    if taken is None:
        raise InvalidInputError("A map does not say when it was taken. Say it with --taken.")
    return Instant(taken)


def _chosen(found: Maps, which: Sequence[int]) -> list[Map]:
    """The maps that are asked for; the only one where there is one."""
    count = len(found.maps)
    if count == 0:
        raise InvalidInputError("The file holds no map with points or values.")
    numbers = which or ((1,) if count == 1 else ())
    if not numbers or not all(1 <= n <= count for n in numbers):
        listed = ", ".join(f"{n} ({len(m.points_mm)} points)" for n, m in enumerate(found.maps, 1))
        raise InvalidInputError(
            f"The file holds {count} map(s), in the order of their names: {listed}. Say with "
            "--which those of this rhythm."
        )
    return [found.maps[n - 1] for n in dict.fromkeys(numbers)]


def _placed(taken: Map, source: str, said: Described) -> Map:
    """The map in the axes of the patient, with the hash of the whole file."""
    turn = np.array([-1.0, -1.0, 1.0]) if said.turned else np.ones(3)
    return replace(
        taken,
        vertices_mm=taken.vertices_mm * turn,
        points_mm=taken.points_mm * turn,
        provenance=Provenance(source, taken.provenance.path, taken.provenance.reader),
    )


def _settings(said: Described, named: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "columns": {
            k: v for k, v in asdict(said.columns).items() if k not in ("instant", "rhythm")
        },
        "rhythm": said.rhythm,
        "taken": said.taken,
        "which": list(said.which),
        "turned": said.turned,
        "sizes": {name: len(body) for name, body in named.items()},
    }


def _shown(taken: Map) -> MapShown:
    times = taken.lat_ms[taken.measured("lat_ms")]
    low, high = taken.points_mm.min(axis=0), taken.points_mm.max(axis=0)
    return MapShown(
        place=taken.provenance.path,
        rhythm=taken.rhythm.value,
        points=len(taken.points_mm),
        times=len(times),
        span_ms=float(np.ptp(times)) if len(times) else 0.0,
        low_mm=tuple(round(float(v), 1) for v in low),
        high_mm=tuple(round(float(v), 1) for v in high),
    )
