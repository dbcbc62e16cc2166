"""What the page shows of one patient besides answers: overview, originals, fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.governance.request import Action
from bodytwin.importers import fhir, table
from bodytwin.service.access import granted
from bodytwin.service.choice import subjects
from bodytwin.service.heart import TWIN as HEART
from bodytwin.service.people import original_of
from bodytwin.service.workspace import Workspace
from bodytwin.store import emergencies, fields
from bodytwin.store.fields import Field, KeptField
from bodytwin.store.posteriors import posteriors_of
from bodytwin.store.records import read_demographics, read_record

WIRE = {"vertices": "<f4", "triangles": "<u4", "values": "<f4", "sd": "<f4"}
"""How the arrays of a field travel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The piece of an original that a fact was read from."""

    kind: str
    reader: str
    imported_at: datetime
    text: str


def overview(workspace: Workspace, patient: str) -> dict[str, Any]:
    """Who it is, which twins concern them, what has been made, and which emergencies there were."""
    access = granted(workspace, patient, Action.READ, data="an overview")
    store = workspace.store
    person = read_demographics(store, access)
    record = read_record(store, access)
    return {
        "patient": patient,
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth_date,
        "subjects": [_subject(s.twin, s.subject, s.variants) for s in subjects(workspace, record)],
        "latest": [
            {"posterior": q.id, "twin": q.twin, "variant": q.variant, "made_at": q.made_at}
            for q in posteriors_of(store, access)
        ],
        "hearts": [
            {"twin": s.twin.name, "title": s.subject}
            for s in subjects(workspace, record)
            if s.twin.name == HEART
        ],
        "fields": [field_header(f) for f in fields.fields(store, access)],
        "emergencies": [
            {
                "id": d.id,
                "actor": d.name,
                "reason": d.reason,
                "at": d.at,
                "until": d.until,
                "reviewed": d.reviewed_at is not None,
            }
            for d in emergencies.declared(store, patient)
        ],
    }


def _subject(twin: Any, subject: str, variants: Sequence[str]) -> dict[str, Any]:
    return {
        "twin": twin.name,
        "subject": subject,
        "question": twin.context.question,
        "variants": [
            {
                "name": v,
                "title": twin.variants[v].title,
                "source": twin.variants[v].source,
                "level": twin.evidence(v).level.name,
                "may_rank": twin.evidence(v).may_rank,
            }
            for v in variants
        ],
    }


def excerpt(workspace: Workspace, patient: str, sha256: str, path: str) -> Excerpt:
    """What stands at a path of an original, as text."""
    found = original_of(workspace, patient, sha256)
    read = fhir.excerpt if found.kind == "fhir" else table.excerpt
    return Excerpt(
        kind=found.kind,
        reader=found.readings[-1]["reader"] if found.readings else "",
        imported_at=found.imported_at,
        text=read(found.data, path),
    )


def keep_field(workspace: Workspace, patient: str, made: Field) -> str:
    """Keep a field over an organ of the patient; returns its id."""
    access = granted(workspace, patient, Action.IMPORT, data=f"a field of {made.quantity}")
    return fields.keep_field(workspace.store, access, made, made_at=workspace.clock())


def fields_of(workspace: Workspace, patient: str) -> tuple[KeptField, ...]:
    """Every field of the patient, newest first."""
    access = granted(workspace, patient, Action.READ, data="fields over organs")
    return fields.fields(workspace.store, access)


def field_of(workspace: Workspace, patient: str, identity: str) -> KeptField:
    """One field of the patient."""
    access = granted(workspace, patient, Action.READ, data="a field over an organ")
    return fields.read_field(workspace.store, access, identity)


def field_header(kept: KeptField) -> dict[str, Any]:
    """What a field is, without its numbers."""
    f = kept.field
    header: dict[str, Any] = {
        "id": kept.id,
        "title": f.title,
        "kind": f.kind,
        "quantity": f.quantity,
        "unit": f.unit,
        "source_words": f.source_words,
        "based_on": f.based_on,
        "uncertainty_words": f.uncertainty_words,
        "made_at": kept.made_at,
        "times": f.times or None,
        "time_unit": f.time_unit,
        "range": f.range,
        "length_unit": "mm",
        "arrays": {
            name: {"dtype": "uint32" if WIRE[name] == "<u4" else "float32", "shape": a.shape}
            for name, a in f.arrays.items()
        },
    }
    if f.kind == "voxels":
        header |= {
            "spacing_mm": f.spacing_mm,
            "origin_mm": f.origin_mm,
            "shape": f.arrays["values"].shape[-3:],
        }
    return header


def on_wire(name: str, array: NDArray[Any]) -> bytes:
    """The bytes of one array, little-endian, in C order."""
    return np.ascontiguousarray(array, dtype=WIRE[name]).tobytes()
