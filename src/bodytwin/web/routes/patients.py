"""Patients, and what is known of one."""

from typing import Any

from fastapi import APIRouter, Request, Response

from bodytwin.service import shapes
from bodytwin.service.looking import excerpt, overview
from bodytwin.service.people import everyone, original_of, timeline
from bodytwin.service.times import optional
from bodytwin.web.app import current
from bodytwin.web.session import Asker
from bodytwin.web.working import Working

router = APIRouter(prefix="/api/patients")
PAGE = 200


@router.get("")
def patients(work: Working, asking: Asker, after: str = "", limit: int = PAGE) -> dict[str, Any]:
    """Those whom the asker may see, a page at a time; of a token for one, that one."""
    only = asking.identity.only
    found = [s for s in everyone(work) if only in (None, s.patient)]
    start = next((i + 1 for i, s in enumerate(found) if s.patient == after), 0)
    shown = found[start : start + max(1, min(limit, PAGE))]
    more = start + len(shown) < len(found)
    return {
        "patients": shapes.plain(shown),
        "next": shown[-1].patient if more and shown else None,
    }


@router.get("/{patient}")
def one(work: Working, request: Request, patient: str) -> dict[str, Any]:
    """Who it is, what a twin could say, and whether a monitor sends."""
    live = current(request).hub.is_live(patient)
    return shapes.plain({**overview(work, patient), "live": live})


@router.get("/{patient}/timeline")
def known(
    work: Working,
    patient: str,
    as_of: str | None = None,
    known_at: str | None = None,
) -> dict[str, Any]:
    """Everything that is known, now or at a past moment."""
    return shapes.known(timeline(work, patient, as_of=optional(as_of), known_at=optional(known_at)))


@router.get("/{patient}/sources/{sha256}")
def source(work: Working, patient: str, sha256: str) -> Response:
    """A file as it was imported."""
    found = original_of(work, patient, sha256)
    ending = "json" if found.kind == "fhir" else "csv"
    return Response(
        found.data,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{sha256[:16]}.{ending}"'},
    )


@router.get("/{patient}/sources/{sha256}/excerpt")
def piece(work: Working, patient: str, sha256: str, path: str) -> dict[str, Any]:
    """The piece of a file that a fact was read from."""
    return shapes.plain(excerpt(work, patient, sha256, path))
