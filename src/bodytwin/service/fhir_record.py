"""The record as FHIR R4: each fact with its Provenance, and what was allowed and who looked."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bodytwin.record import Covariate, Demographics, Observation, Treatment
from bodytwin.store.records import Known
from bodytwin.store.rows import quantity_of

Resource = dict[str, Any]
PSEUDONYM = "https://bodytwin.org/pseudonym"
UCUM = "http://unitsofmeasure.org"
ROUTES = {
    "intravenous": ("47625008", "Intravenous route"),
    "oral": ("26643006", "Oral route"),
    "subcutaneous": ("34206005", "Subcutaneous route"),
    "intramuscular": ("78421000", "Intramuscular route"),
}
SNOMED = "http://snomed.info/sct"


def bundle(
    patient: str,
    person: Demographics,
    facts: Sequence[Known],
    *,
    consents: Sequence[Resource],
    audit: Sequence[Resource],
) -> Resource:
    """A collection of everything; what an amendment replaced is not in it."""
    held = [(f"f{n}", k) for n, k in enumerate(facts) if not k.superseded]
    resources = [
        _patient(patient, person),
        *(_fact(patient, name, k) for name, k in held),
        *(_provenance(name, k) for name, k in held),
        *consents,
        *audit,
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"urn:bodytwin:{r['resourceType']}:{r.get('id', n)}", "resource": r}
            for n, r in enumerate(resources)
        ],
    }


def _patient(patient: str, person: Demographics) -> Resource:
    found: Resource = {
        "resourceType": "Patient",
        "id": patient,
        "identifier": [{"system": PSEUDONYM, "value": patient}],
        "gender": person.sex.value,
    }
    if person.name:
        found["name"] = [{"text": person.name}]
    if person.birth_date:
        found["birthDate"] = person.birth_date.isoformat()
    return found


def _fact(patient: str, name: str, known: Known) -> Resource:
    fact = known.fact
    code: Resource = {"code": fact.code.code}
    if fact.code.system:
        code["system"] = fact.code.system
    if fact.code.display:
        code["display"] = fact.code.display
    quantity = quantity_of(fact)
    amount: Resource = {"value": quantity.value, "unit": quantity.unit}
    amount |= {"system": UCUM, "code": quantity.unit}
    if quantity.comparator:
        amount["comparator"] = quantity.comparator.value
    shared: Resource = {"id": name, "subject": {"reference": f"Patient/{patient}"}}
    when = fact.instant.moment.isoformat()
    if isinstance(fact, Treatment):
        return _administration(fact, shared, code, amount, when)
    return {
        "resourceType": "Observation",
        "status": "amended" if isinstance(fact, Observation) and fact.amended else "final",
        **({"category": [{"text": "covariate"}]} if isinstance(fact, Covariate) else {}),
        "code": {"coding": [code]},
        "effectiveDateTime": when,
        "valueQuantity": amount,
        **shared,
    }


def _administration(
    fact: Treatment, shared: Resource, code: Resource, amount: Resource, when: str
) -> Resource:
    dosage: Resource = {"dose": amount}
    if fact.route.value in ROUTES:
        route, words = ROUTES[fact.route.value]
        dosage["route"] = {"coding": [{"system": SNOMED, "code": route, "display": words}]}
    effective: Resource = {"effectiveDateTime": when}
    if fact.duration_h:
        end = (fact.instant.moment + timedelta(hours=fact.duration_h)).isoformat()
        effective = {"effectivePeriod": {"start": when, "end": end}}
    return {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": {"coding": [code]},
        **effective,
        "dosage": dosage,
        **shared,
    }


def _provenance(name: str, known: Known) -> Resource:
    kind = (
        "MedicationAdministration" if isinstance(known.fact, Treatment) else "Observation"
    )  # fmt: skip
    return {
        "resourceType": "Provenance",
        "id": f"p{name}",
        "target": [{"reference": f"{kind}/{name}"}],
        "recorded": known.recorded_at.isoformat(),
        "agent": [{"who": {"display": f"bodytwin, reader {known.sources[0].reader}"}}],
        "entity": [
            {
                "role": "source",
                "what": {
                    "identifier": {"system": "urn:ietf:rfc:6920", "value": f"{p.source_sha256}"},
                    "display": p.path,
                },
            }
            for p in known.sources
        ],
    }
