"""Fields over an organ: what they are, and their numbers as bytes."""

from typing import Any

from fastapi import APIRouter, Response

from bodytwin.errors import NotFoundError
from bodytwin.service import shapes
from bodytwin.service.looking import WIRE, field_header, field_of, fields_of, on_wire
from bodytwin.web.working import Working

router = APIRouter(prefix="/api/patients/{patient}/fields")


@router.get("")
def every(work: Working, patient: str) -> list[dict[str, Any]]:
    """Every field of the patient, newest first."""
    return [shapes.plain(field_header(f)) for f in fields_of(work, patient)]


@router.get("/{field}")
def one(work: Working, patient: str, field: str) -> dict[str, Any]:
    """What one field is."""
    return shapes.plain(field_header(field_of(work, patient, field)))


@router.get("/{field}/{array}")
def numbers(work: Working, patient: str, field: str, array: str) -> Response:
    """One array of a field, little-endian, in C order."""
    arrays = field_of(work, patient, field).field.arrays
    if array not in arrays or array not in WIRE:
        raise NotFoundError("The field has no such array.")
    return Response(on_wire(array, arrays[array]), media_type="application/octet-stream")
