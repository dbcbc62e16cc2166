"""The made-up patient, those who ask, and the consents of `consents/`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bodytwin.governance import fhir_consent
from bodytwin.governance.decide import Emergency, Relation
from bodytwin.governance.request import Action, Actor, OrganisationKind, Request, Role

PATIENT = "ex-patient"
NOW = datetime(2024, 3, 1, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

RAW = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "consents").glob("*.json"))
}
CONSENTS = {name: fhir_consent.read(said) for name, said in RAW.items()}

WHO = {
    "patient": {"id": "u1", "role": "patient", "person": PATIENT},
    "other patient": {"id": "u2", "role": "patient", "person": "ex-twin-brother"},
    "mother": {"id": "RelatedPerson/ex-mother", "role": "proxy"},
    "sister": {"id": "RelatedPerson/ex-sister", "role": "proxy"},
    "doctor": {
        "id": "Practitioner/ex-practitioner",
        "role": "clinician",
        "organisation": "Organization/ex-organization",
        "kind": "provider",
    },
    "other doctor": {
        "id": "Practitioner/ex-other",
        "role": "clinician",
        "organisation": "Organization/ex-elsewhere",
        "kind": "provider",
    },
    "researcher": {
        "id": "Practitioner/ex-researcher",
        "role": "researcher",
        "organisation": "Organization/ex-org-researcher",
        "kind": "research",
    },
    "custodian": {"id": "u7", "role": "custodian"},
    "local": {"id": "local", "role": "local"},
    "sensor": {"id": "Device/ex-monitor", "role": "device", "person": PATIENT},
    "other sensor": {"id": "Device/ex-other", "role": "device"},
    "insurer's doctor": {"id": "Practitioner/ex-p", "role": "clinician", "kind": "payer"},
    "works doctor": {"id": "Practitioner/ex-w", "role": "clinician", "kind": "employer"},
}


def actor(name: str) -> Actor:
    w = WHO[name]
    return Actor(
        id=w["id"],
        role=Role(w["role"]),
        organisation=w.get("organisation", ""),
        organisation_kind=OrganisationKind(w.get("kind", "")),
        person=w.get("person"),
    )


ACTORS = {name: actor(name) for name in WHO}

MOTHER = {
    "person": "RelatedPerson/ex-mother",
    "scope": ["list", "read", "forecast", "consent"],
    "since": datetime(2020, 1, 1, tzinfo=UTC),
    "until": datetime(2025, 1, 1, tzinfo=UTC),
}
RELATION = Relation(
    person=MOTHER["person"],
    patient=PATIENT,
    scope=frozenset(Action(a) for a in MOTHER["scope"]),
    since=MOTHER["since"],
    until=MOTHER["until"],
)
DECLARED = {
    "actor": "Practitioner/ex-practitioner",
    "reason": "Unconscious, no other history to be had.",
    "since": NOW - HOUR / 2,
    "until": NOW + HOUR / 2,
}
EMERGENCY = Emergency(patient=PATIENT, **DECLARED)


def ask(
    who: str = "doctor",
    action: Action = Action.FORECAST,
    purpose: object = "TREATDS",
    patient: str = PATIENT,
    **more: object,
) -> Request:
    return Request(
        actor=ACTORS[who],
        action=action,
        purpose=purpose,
        patient=patient,
        **more,  # pyright: ignore[reportArgumentType]
    )
