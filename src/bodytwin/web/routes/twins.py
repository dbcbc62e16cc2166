"""The installed twins, and what speaks for and against them."""

from typing import Any

from fastapi import APIRouter

from bodytwin.service import shapes
from bodytwin.service.catalogue import twins
from bodytwin.service.evidence import evidence
from bodytwin.web.working import Working

router = APIRouter(prefix="/api/twins")


@router.get("")
def every(work: Working) -> dict[str, Any]:
    """Every twin with its models."""
    return twins(work)


@router.get("/{twin}/evidence")
def shown(work: Working, twin: str, variant: str | None = None) -> dict[str, Any]:
    """Claims, cases, and how the forecasts of this store fared."""
    return shapes.shown(evidence(work, twin=twin, variant=variant))
