"""Subject 1 of the theophylline study as a FHIR R4 Bundle.

Writes `theophylline_subject_1.fhir.json` beside `theophylline.csv`, from which every number
comes. The study gives times after the dose only, so the dose is set at 2000-01-01T00:00Z.
"""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TABLE = HERE / "theophylline.csv"
BUNDLE = HERE / "theophylline_subject_1.fhir.json"
ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
SUBJECT = "urn:uuid:00000000-0000-4000-8000-000000000001"
UCUM = "http://unitsofmeasure.org"


def quantity(text: str, unit: str) -> dict[str, Any]:
    """A FHIR Quantity."""
    return {"value": float(text), "unit": unit, "system": UCUM, "code": unit}


def concept(system: str, code: str, display: str) -> dict[str, Any]:
    """A FHIR CodeableConcept with one code."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def at(time_h: str) -> str:
    """The FHIR dateTime so many hours after the dose."""
    return (ORIGIN + timedelta(hours=float(time_h))).isoformat().replace("+00:00", "Z")


def observation(code: str, display: str, value: dict[str, Any], time_h: str) -> dict[str, Any]:
    """A final measurement."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": concept("http://loinc.org", code, display),
        "subject": {"reference": SUBJECT},
        "effectiveDateTime": at(time_h),
        "valueQuantity": value,
    }


def dose(amount_mg: str) -> dict[str, Any]:
    """The dose swallowed at time 0."""
    return {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": concept(
            "http://www.nlm.nih.gov/research/umls/rxnorm", "10438", "theophylline"
        ),
        "subject": {"reference": SUBJECT},
        "effectiveDateTime": at("0"),
        "dosage": {
            "route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]},
            "dose": quantity(amount_mg, "mg"),
        },
    }


def bundle(rows: list[dict[str, str]]) -> dict[str, Any]:
    """The rows of one subject as a Bundle."""
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:bodytwin:example:theophylline", "value": "1"}],
        "gender": "unknown",
    }
    weight = quantity(rows[0]["WT"], "kg")
    levels = [
        observation(
            "4049-3",
            "Theophylline [Mass/volume] in Serum or Plasma",
            quantity(row["DV"], "mg/L"),
            row["TIME"],
        )
        for row in rows
        if row["EVID"] == "0"
    ]
    amounts = [f"{float(row['AMT']):.3f}" for row in rows if row["EVID"] != "0"]
    resources = [
        patient,
        observation("29463-7", "Body weight", weight, "0"),
        *(dose(amount) for amount in amounts),
        *levels,
    ]
    urls = [SUBJECT, *(f"{SUBJECT[:-3]}{n:03}" for n in range(2, len(resources) + 1))]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": url, "resource": resource}
            for url, resource in zip(urls, resources, strict=True)
        ],
    }


def main() -> None:
    """Write the Bundle."""
    with TABLE.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["ID"] == "1"]
    BUNDLE.write_text(json.dumps(bundle(rows), indent=2) + "\n")
    print(f"{BUNDLE.name}: {len(rows)} rows of the study")


if __name__ == "__main__":
    main()
