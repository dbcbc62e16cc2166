"""The heart of a patient: its surface, and the long questions that are asked of it."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from bodytwin.governance.request import Action
from bodytwin.service import heart, shapes
from bodytwin.service.access import granted
from bodytwin.web.working import Begin, Working

router = APIRouter(prefix="/api/patients/{patient}/heart")
MOST_LESIONS = 40


class Lesion(BaseModel):
    """A lesion around vertices of the surface: one is a point, several are a line."""

    vertices: list[int] = Field(min_length=1, max_length=50)
    radius_mm: float = Field(ge=1.0, le=12.0)


class Drug(BaseModel):
    """A drug at a multiple of its usual free concentration."""

    name: str
    multiple: float = 1.0


class Asked(BaseModel):
    """What is done to the heart before it is asked."""

    lesions: list[Lesion] = Field(default_factory=list[Lesion], max_length=MOST_LESIONS)
    drug: Drug | None = None
    sites: list[str] = Field(default_factory=list[str])
    delays_ms: list[float] = Field(default_factory=list[float])
    draws: int = 1
    radius_mm: float = 5.0

    def plain(self) -> dict[str, Any]:
        """The same as the twin takes it."""
        return self.model_dump()


@router.get("")
def header(work: Working, patient: str) -> dict[str, Any]:
    """What the heart is, its sites, and which arrays there are."""
    return shapes.plain(heart.heart_of(work, patient))


@router.get("/arrays/{name}")
def array(work: Working, patient: str, name: str) -> Response:
    """One array of the heart, little-endian."""
    return Response(heart.heart_array(work, patient, name), media_type="application/octet-stream")


@router.post("/screen", status_code=202)
def screen(work: Working, begin: Begin, patient: str, asked: Asked) -> dict[str, str]:
    """Stimulate from every site."""
    return _begun(begin, work, patient, heart.screen, asked)


@router.post("/search", status_code=202)
def search(work: Working, begin: Begin, patient: str, asked: Asked) -> dict[str, str]:
    """Search for the smallest set of lesions."""
    return _begun(begin, work, patient, heart.search_ablation, asked)


@router.post("/learn", status_code=202)
def learn(work: Working, begin: Begin, patient: str, asked: Asked) -> dict[str, str]:
    """Train what answers within a second."""
    return _begun(begin, work, patient, heart.learn, asked)


@router.post("/explore")
def explore(work: Working, patient: str, asked: Asked) -> dict[str, Any]:
    """A rough answer within a second, or why there is none."""
    return shapes.plain(heart.explore(work, patient, asked.plain()))


@router.post("/pace", status_code=202)
def pace(work: Working, begin: Begin, patient: str, asked: Asked) -> dict[str, str]:
    """Activation of a sinus or paced beat."""
    return _begun(begin, work, patient, heart.pace, asked)


def _begun(
    begin: Begin, work: Working, patient: str, ask: heart.Question, asked: Asked
) -> dict[str, str]:
    def allowed() -> None:
        granted(work, patient, Action.READ, data="an answer that was waited for")

    made = asked.plain()
    job = begin(lambda p: shapes.plain(ask(work, patient, made, progress=p)), allowed=allowed)
    return {"job": job}
