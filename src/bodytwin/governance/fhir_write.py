"""How is a consent written as a FHIR R4 Consent?"""

from collections.abc import Sequence
from typing import Any

from bodytwin.governance import fhir_moment
from bodytwin.governance.consent import (
    Coding,
    Consent,
    DataReference,
    Provision,
    Recipient,
)
from bodytwin.governance.fhir_provision import PARTICIPATION, RECIPIENTS, ROLE
from bodytwin.governance.purpose import KNOWN

SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
NOT_UNDERSTOOD = "https://bodytwin.org/fhir/not-understood"

Json = dict[str, Any]


def write(consent: Consent) -> Json:
    """The resource; `fhir_consent.read` makes the same consent of it again."""
    patient = consent.patient
    rule = {
        "coding": [{"system": ACT_CODE, "code": consent.base}] if consent.base else [],
        "text": consent.basis,
    }
    said: Json = {
        "resourceType": "Consent",
        "id": consent.id,
        "meta": _given({"versionId": consent.version}),
        "extension": [
            {"url": NOT_UNDERSTOOD, "valueString": note} for note in consent.not_understood
        ],
        "status": consent.status.value,
        "scope": {"coding": [{"system": SCOPE, "code": consent.scope}]},
        "category": [_concept(c) for c in consent.categories],
        "patient": _reference(patient if "/" in patient or ":" in patient else f"Patient/{patient}")
        if patient
        else {},
        "dateTime": fhir_moment.text(consent.given_at) if consent.given_at else "",
        "performer": [_reference(p) for p in consent.performers],
        "organization": [_reference(o) for o in consent.organisations],
        "sourceReference": _reference(consent.source) if consent.source else {},
        "policy": [{"uri": uri} for uri in consent.policies],
        "policyRule": _given(rule),
        "provision": _provision(consent.root),
    }
    return _given(said)


def _provision(p: Provision) -> Json:
    return _given(
        {
            "type": p.kind.value,
            "period": fhir_moment.written(p.period) if p.period else {},
            "actor": [_actor(a) for a in p.actors],
            "securityLabel": _codings(p.security_labels),
            "purpose": [{"system": KNOWN[c].system, "code": c} for c in p.purposes],
            "class": _codings(p.classes),
            "code": [_concept(c) for c in p.codes],
            "dataPeriod": fhir_moment.written(p.data_period) if p.data_period else {},
            "data": [_data(d) for d in p.data],
            "provision": [_provision(exception) for exception in p.provisions],
        }
    )


def _actor(who: Recipient) -> Json:
    system = PARTICIPATION if who.role in RECIPIENTS else ROLE
    return {
        "role": {"coding": [{"system": system, "code": who.role}]},
        "reference": _given({"reference": who.reference, "display": who.display}),
    }


def _data(data: DataReference) -> Json:
    return {"meaning": data.meaning.value, "reference": _reference(data.reference)}


def _codings(codings: Sequence[Coding]) -> list[Json]:
    return [_given({"system": c.system, "code": c.code, "display": c.display}) for c in codings]


def _concept(code: Coding) -> Json:
    return {"coding": _codings([code])}


def _reference(to: str) -> Json:
    return {"reference": to}


def _given(said: Json) -> Json:
    return {name: value for name, value in said.items() if value not in ("", [], {})}
