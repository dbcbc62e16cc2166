"""An entry of the log as a FHIR R4 AuditEvent, for other systems to read.

Source: HL7 FHIR R4 (4.0.1), AuditEvent; event types of DICOM PS3.16 CID 400.
"""

from typing import Any

from bodytwin.governance.entry import Details, Entry, Kind, Outcome
from bodytwin.governance.purpose import KNOWN

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
ACCESSED = ("110110", "Patient Record")
TYPES: dict[Kind, tuple[str, str]] = {
    Kind.IMPORT: ("110107", "Import"),
    Kind.EXPORT: ("110106", "Export"),
    Kind.EMERGENCY: ("110127", "Emergency Override Started"),
    Kind.RELEASE: ("110112", "Query"),
}
DOES: dict[Kind, str] = {
    Kind.IMPORT: "C",
    Kind.FORECAST: "E",
    Kind.SCORE: "E",
    Kind.CONSENT: "U",
    Kind.ERASURE: "D",
    Kind.DECISION: "E",
}
DONE, REFUSED = "0", "4"


def audit_event(entry: Entry, details: Details | None) -> dict[str, Any]:
    """The resource; what only the patient's key opens is in it where it was opened."""
    code, words = TYPES.get(entry.kind, ACCESSED)
    agent: dict[str, Any] = {
        "role": [{"text": entry.role}],
        "who": {"identifier": {"value": entry.actor or "unknown"}},
        "requestor": True,
    }
    purpose = _purpose(entry.purpose)
    if purpose:
        agent["purposeOfUse"] = [purpose]
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": f"log-{entry.index}",
        "type": {"system": DICOM, "code": code, "display": words},
        "subtype": [{"display": entry.action or entry.kind.value}],
        "action": DOES.get(entry.kind, "R"),
        "recorded": entry.time.isoformat(),
        "outcome": REFUSED if entry.outcome == Outcome.REFUSED else DONE,
        "outcomeDesc": " ".join((entry.outcome.value, *(details.reasons if details else ()))),
        "agent": [agent],
        "source": {"observer": {"display": "bodytwin"}},
        "entity": _entities(entry, details),
    }
    if purpose:
        event["purposeOfEvent"] = [purpose]
    return {k: v for k, v in event.items() if v != []}


def _purpose(code: str) -> dict[str, Any] | None:
    known = KNOWN.get(code)
    if known is None:
        return None
    return {"coding": [{"system": known.system, "code": known.code, "display": known.display}]}


def _entities(entry: Entry, details: Details | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if entry.patient:
        found.append({"what": {"reference": f"Patient/{entry.patient}"}})
    if entry.subject:
        found.append({"what": {"identifier": {"value": entry.subject}}})
    if details is not None and (details.twin or details.data):
        said = {"twin": details.twin, "version": details.version, "data": details.data}
        found.append(
            {
                "name": "what was computed",
                "detail": [{"type": k, "valueString": v} for k, v in said.items() if v],
            }
        )
    return found
