"""Bring a file."""

import base64
import binascii
from pathlib import PurePath
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Request
from starlette.concurrency import run_in_threadpool

from bodytwin.errors import ConsentError, InvalidInputError
from bodytwin.service import shapes
from bodytwin.service.importing import FHIR, TABLES, import_fhir, import_table
from bodytwin.service.taking import take_in
from bodytwin.service.workspace import Workspace
from bodytwin.web.session import Asker
from bodytwin.web.working import Working

router = APIRouter(prefix="/api")


class File(msgspec.Struct):
    """A table with its mapping beside, as they were chosen or dropped together."""

    name: str
    data_base64: str
    mapping_base64: str | None = None
    zone: str | None = None


@router.post("/import")
async def bring(
    work: Working,
    asking: Asker,
    request: Request,
    name: str = "",
    zone: str | None = None,
    _: Annotated[bytes | None, Body(media_type="application/octet-stream")] = None,
) -> dict[str, Any]:
    """Import one file, whole or not at all: its bytes, or JSON with a table and its mapping."""
    if asking.identity.only is not None:
        raise ConsentError("Your login is for one patient, and a file may hold others.")
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            file = msgspec.json.decode(body, type=File)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InvalidInputError("The file did not arrive whole. Send it again.") from error
        mapping = _decoded(file.mapping_base64) if file.mapping_base64 else None
        given = (file.name, _decoded(file.data_base64), mapping, file.zone)
    else:
        given = (name, body, None, zone)
    return await run_in_threadpool(_bring, work, *given)


def _bring(
    work: Workspace, name: str, data: bytes, mapping: bytes | None, zone: str | None
) -> dict[str, Any]:
    ending = PurePath(name).suffix.lower()
    if ending == ".zip":
        return {"files": [], "patient": take_in(work, data)}
    if ending in FHIR:
        return {"files": [shapes.took(import_fhir(work, data, zone=zone))]}
    if ending not in TABLES:
        raise InvalidInputError(
            "Only FHIR R4 (.json, .ndjson), tables (.csv, .tsv, .parquet) and twins that were "
            "taken along (.zip) are read."
        )
    if mapping is None:
        raise InvalidInputError(
            "A table has no units, so it needs a mapping: choose its .toml together with it."
        )
    return {"files": [shapes.took(import_table(work, data, mapping=mapping))]}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInputError("The file did not arrive whole. Send it again.") from error
