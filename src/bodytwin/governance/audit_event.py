"""An entry of the log as a FHIR R4 AuditEvent, for other systems to read.

Source: HL7 FHIR R4 (4.0.1), AuditEvent; types and subtypes of events of DICOM
PS3.16, context groups 400 and 401.
"""

from collections.abc import Mapping
from typing import Any

from bodytwin.governance.entry import Details, Entry, Kind, Outcome
from bodytwin.governance.purpose import KNOWN
from bodytwin.governance.request import Action

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
OBJECT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
ACCESSED = ("110110", "Patient Record")
TYPES: Mapping[Kind, tuple[str, str]] = {
    Kind.IMPORT: ("110107", "Import"),
    Kind.EXPORT: ("110106", "Export"),
    Kind.EMERGENCY: ("110113", "Security Alert"),
    Kind.RELEASE: ("110112", "Query"),
}
SUBTYPES: Mapping[Kind, tuple[str, str]] = {
    Kind.EMERGENCY: ("110127", "Emergency Override Started"),
}
CREATE, READ, UPDATE, DELETE, EXECUTE = "C", "R", "U", "D", "E"
DID: Mapping[Kind, str] = {
    Kind.IMPORT: CREATE,
    Kind.FORECAST: EXECUTE,
    Kind.SCORE: EXECUTE,
    Kind.CONSENT: UPDATE,
    Kind.EXPORT: READ,
    Kind.ERASURE: DELETE,
    Kind.EMERGENCY: EXECUTE,
    Kind.REVIEW: READ,
    Kind.RELEASE: READ,
}
ASKED: Mapping[str, str] = {
    Action.IMPORT: CREATE,
    Action.SEND: CREATE,
    Action.CONSENT: UPDATE,
    Action.ERASE: DELETE,
    Action.LIST: READ,
    Action.READ: READ,
    Action.WATCH: READ,
    Action.EXPORT: READ,
    Action.SHARE: READ,
    Action.AUDIT: READ,
    Action.REVIEW: READ,
}
"""What a decision was about; whatever is not here lets a twin compute."""
SUCCESS, FAILURE = "0", "4"
CLOSED = "The details can no longer be opened."


def audit_event(entry: Entry, details: Details | None) -> dict[str, Any]:
    """The resource; what only the patient's key opens is in it where it was opened."""
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": f"log-{entry.index}",
        "type": _coding(*TYPES.get(entry.kind, ACCESSED)),
        "subtype": _subtypes(entry),
        "action": DID.get(entry.kind) or ASKED.get(entry.action, EXECUTE),
        "recorded": entry.time.isoformat(),
        "outcome": FAILURE if entry.outcome == Outcome.REFUSED else SUCCESS,
        "outcomeDesc": _outcome(entry, details),
        "purposeOfEvent": _purposes(entry.purpose),
        "agent": _agents(entry),
        "source": {"observer": {"display": "bodytwin"}},
        "entity": _entities(entry, details),
    }
    return _without_empty(event)


def _coding(code: str, display: str) -> dict[str, str]:
    return {"system": DICOM, "code": code, "display": display}


def _subtypes(entry: Entry) -> list[dict[str, str]]:
    known = [_coding(*SUBTYPES[entry.kind])] if entry.kind in SUBTYPES else []
    return [*known, {"display": entry.action or entry.kind.value}]


def _outcome(entry: Entry, details: Details | None) -> str:
    said = f"{entry.outcome.value} ({entry.rule})." if entry.rule else f"{entry.outcome.value}."
    if details is None:
        return f"{said} {CLOSED}" if entry.sealed else said
    return " ".join((said, *details.reasons))


def _agents(entry: Entry) -> list[dict[str, Any]]:
    """Who asked, and the organisation for which they did."""
    asker: dict[str, Any] = {
        "role": [{"text": entry.role}] if entry.role else [],
        "who": {"identifier": {"value": entry.actor or "unknown"}},
        "requestor": True,
        "purposeOfUse": _purposes(entry.purpose),
    }
    agents = [_without_empty(asker)]
    if entry.organisation:
        who = {"identifier": {"value": entry.organisation}}
        agents.append({"type": {"text": "organisation"}, "who": who, "requestor": False})
    return agents


def _purposes(code: str) -> list[dict[str, Any]]:
    known = KNOWN.get(code)
    if known is None:
        return []
    return [{"coding": [{"system": known.system, "code": known.code, "display": known.display}]}]


def _entities(entry: Entry, details: Details | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if entry.patient:
        found.append(
            {
                "what": {"reference": f"Patient/{entry.patient}"},
                "type": {"system": ENTITY_TYPE, "code": "1", "display": "Person"},
                "role": {"system": OBJECT_ROLE, "code": "1", "display": "Patient"},
            }
        )
    if entry.subject:
        found.append({"what": {"identifier": {"value": entry.subject}}})
    said = _said(details) if details is not None else []
    return [*found, {"name": "what was computed", "detail": said}] if said else found


def _said(details: Details) -> list[dict[str, str]]:
    said = {
        "twin": details.twin,
        "version": details.version,
        "outputs": ", ".join(details.outputs),
        "data": details.data,
    }
    return [{"type": kind, "valueString": text} for kind, text in said.items() if text]


def _without_empty(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if value != []}
