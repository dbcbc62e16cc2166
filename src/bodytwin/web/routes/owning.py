"""What the patient decides and sees: consent, log, emergencies, taking along, erasing."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from bodytwin.errors import InvalidInputError
from bodytwin.governance.choices import CHOICES, FIXED
from bodytwin.service import auditing, consenting, emergency, shapes
from bodytwin.service.erasing import erase
from bodytwin.service.taking import take_along
from bodytwin.service.times import optional
from bodytwin.web.app import current
from bodytwin.web.working import Working

router = APIRouter(prefix="/api/patients/{patient}")


class Chosen(BaseModel):
    """What the patient chose for each question: permit or deny."""

    choices: dict[str, str]
    until: str | None = None
    actor: str | None = None


class Reason(BaseModel):
    """Why an emergency is declared."""

    reason: str


class Review(BaseModel):
    """What a second person thought of it."""

    words: str


class Confirmed(BaseModel):
    """The word that was typed to confirm."""

    confirm: str


@router.get("/consents")
def consents(work: Working, patient: str) -> list[dict[str, Any]]:
    """What is on file."""
    return [shapes.consented(c) for c in consenting.consents(work, patient)]


@router.get("/consents/choices")
def choices(work: Working, patient: str) -> list[dict[str, Any]]:
    """The questions, and what the consents on file come to."""
    now = consenting.choices(work, patient)
    return [
        {
            "key": c.key,
            "question": c.question,
            "explains": c.explains,
            "value": c.answer if c.fixed else now.get(c.key, c.answer),
            "fixed": c.fixed or None,
        }
        for c in (*CHOICES, *FIXED)
    ]


@router.post("/consents")
def choose(work: Working, request: Request, patient: str, chosen: Chosen) -> dict[str, Any]:
    """Put choices on file."""
    made = consenting.choose(
        work, patient, chosen.choices, until=optional(chosen.until), family=chosen.actor or ""
    )
    current(request).hub.recheck(patient)
    return shapes.consented(made)


@router.delete("/consents/{consent}")
def revoke(work: Working, request: Request, patient: str, consent: str) -> dict[str, Any]:
    """Take a consent back; whoever watches live data is asked again at once."""
    taken = consenting.revoke(work, patient, consent)
    current(request).hub.recheck(patient)
    return shapes.consented(taken)


@router.get("/audit")
def audit(work: Working, patient: str, after: int = -1) -> dict[str, Any]:
    """Who looked and why, and whether the log is whole."""
    found = auditing.who_looked(work, patient, after=after)
    state = auditing.verify(work)
    return shapes.plain(
        {
            "entries": [shapes.told(t) for t in found],
            "next": None,
            "head": auditing.head(work),
            "verified": state.sound,
            "faults": state.faults,
        }
    )


@router.post("/export")
def export(work: Working, patient: str) -> Response:
    """Everything of the patient as one file."""
    return Response(
        take_along(work, patient),
        media_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="my-twin.zip"'},
    )


@router.post("/erase")
def forget(work: Working, request: Request, patient: str, word: Confirmed) -> dict[str, Any]:
    """Erase the patient."""
    if word.confirm != "erase":
        raise InvalidInputError("Type the word erase to confirm.")
    stale = erase(work, patient)
    current(request).hub.forget(patient)
    return {"erased": True, "stale": stale}


@router.post("/emergency")
def declare(work: Working, patient: str, why: Reason) -> dict[str, Any]:
    """Open the twin for care in an emergency."""
    return shapes.plain(emergency.declare(work, patient, reason=why.reason))


@router.post("/emergencies/{identity}/review")
def review(work: Working, patient: str, identity: str, said: Review) -> dict[str, Any]:
    """Review an emergency."""
    emergency.review(work, patient, identity, words=said.words)
    return {"reviewed": True}
