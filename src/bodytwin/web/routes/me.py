"""Who is asking, and which purposes they may state."""

from typing import Any

from fastapi import APIRouter

from bodytwin.governance.entry import ROLES
from bodytwin.governance.request import Role
from bodytwin.governance.words import PURPOSE_WORDS
from bodytwin.service.workspace import software
from bodytwin.web.working import Working

router = APIRouter(prefix="/api")
DISCLAIMER = "Research software, not a medical device."
SHORT = {
    "TREATDS": "care",
    "TREAT": "treatment",
    "PATRQT": "my own view",
    "HQUALIMP": "quality of care",
    "BTG": "an emergency",
    "FAMRQT": "my family",
    "HRESCH": "research",
    "CLINTRCH": "a clinical trial",
    "HCOMPL": "review",
}
OFFERED: dict[Role, tuple[str, ...]] = {
    Role.LOCAL: ("TREATDS", "PATRQT", "HQUALIMP"),
    Role.PATIENT: ("PATRQT",),
    Role.PROXY: ("FAMRQT", "PATRQT"),
    Role.CLINICIAN: ("TREATDS", "TREAT", "BTG", "HQUALIMP"),
    Role.RESEARCHER: ("HRESCH", "CLINTRCH"),
    Role.CUSTODIAN: ("PATRQT", "HCOMPL"),
}


@router.get("/me")
def me(work: Working) -> dict[str, Any]:
    """The person who is logged in."""
    actor = work.actor
    purposes = OFFERED.get(actor.role, ())
    return {
        "actor": {
            "id": actor.id,
            "name": actor.name,
            "role": actor.role.value,
            "role_words": ROLES.get(actor.role.value, ""),
            "organisation": actor.organisation,
        },
        "purposes": [
            {"code": c, "words": SHORT.get(c) or PURPOSE_WORDS.get(c, c)} for c in purposes
        ],
        "purpose": work.purpose or (purposes[0] if purposes else ""),
        "local": actor.role is Role.LOCAL,
        "version": software()["bodytwin"],
        "disclaimer": DISCLAIMER,
        "patient": actor.person,
    }
