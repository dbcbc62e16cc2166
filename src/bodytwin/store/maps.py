"""Electroanatomic maps as rows of the table and sealed files, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bodytwin.record import Instant, Map, Precision, Provenance, Rhythm
from bodytwin.record.electroanatomic import MEASURED, PLACED
from bodytwin.store.arrays import squeezed, unpacked


def said_by_map(taken: Map) -> dict[str, Any]:
    """What a row says of a map; its numbers go beside, in a file."""
    return {
        "address": taken.content_address,
        "name": taken.name,
        "rhythm": taken.rhythm.value,
        "reference": taken.reference,
        "annotation": taken.annotation,
        "instant": taken.instant.moment,
        "precision": taken.instant.precision.value,
        "zone_assumed": taken.instant.zone_assumed,
        "path": taken.provenance.path,
        "reader": taken.provenance.reader,
        "sha256": taken.provenance.source_sha256,
    }


def bytes_of_map(taken: Map) -> bytes:
    """The numbers of a map."""
    return squeezed(**{name: getattr(taken, name) for name in (*PLACED, *MEASURED)})


def map_of(said: Mapping[str, Any], data: bytes) -> Map:
    """The map that was kept."""
    held = unpacked(data)
    return Map(
        **{name: held[name] for name in (*PLACED, *MEASURED)},
        name=said["name"],
        rhythm=Rhythm(said["rhythm"]),
        reference=said["reference"],
        annotation=said["annotation"],
        instant=Instant(
            datetime.fromisoformat(said["instant"]),
            Precision(said["precision"]),
            said["zone_assumed"],
        ),
        provenance=Provenance(said["sha256"], said["path"], said["reader"]),
    )
