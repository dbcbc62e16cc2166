"""What does a FHIR R4 Consent say, and how is a consent written as one?

    consent = read(resource)          resource == write(consent) for the subset

Kept: id, meta.versionId, status, scope, category, patient, dateTime, performer,
organization, sourceReference, policy.uri, policyRule and the provisions. Left
out as changing nothing: the rest of meta, text, language, identifier, a
scanned paper, and how it was verified. Whatever else is there is not understood.

Source: FHIR R4 (4.0.1), resource Consent. Not for: R5, whose Consent has another shape.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bodytwin.errors import InvalidInputError
from bodytwin.governance import fhir_moment
from bodytwin.governance.consent import Consent, Day, Provision, Status
from bodytwin.governance.fhir_provision import (
    coding,
    concept,
    reference,
    several,
    string,
    unknown_keys,
)
from bodytwin.governance.fhir_provision import read as provision
from bodytwin.governance.fhir_write import ACT_CODE, NOT_UNDERSTOOD, SCOPE, write

__all__ = ["read", "write"]

SCOPES = ("patient-privacy", "research")
"""Scopes that are about the use of data; treatment and advance directives are not."""
MOST_NOTES = 50
_PATH = "Consent"
_UNDERSTOOD = frozenset(
    {
        "resourceType", "id", "meta", "text", "language", "identifier", "status", "scope",
        "category", "patient", "dateTime", "performer", "organization", "sourceAttachment",
        "sourceReference", "policy", "policyRule", "verification", "provision", "extension",
    }
)  # fmt: skip


def read(resource: Mapping[str, Any]) -> Consent:
    """The consent that a resource holds; InvalidInputError where it holds none.

    Nothing in a Consent makes this fail: what is not understood is named in
    `not_understood`, and the consent then permits nothing.
    """
    if not isinstance(resource, Mapping) or resource.get("resourceType") != "Consent":  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidInputError("This is no FHIR Consent: its resourceType says something else.")
    notes = _carried(resource)
    unknown_keys(resource, _UNDERSTOOD, _PATH, notes)
    _verified(resource, notes)
    base, basis = _policy_rule(resource, notes)
    said = Consent(
        id=_id(resource, notes),
        patient=_one(resource, "patient", _patient, notes),
        version=_version(resource, notes),
        status=_status(resource, notes),
        scope=_scope(resource, notes),
        categories=tuple(
            c for found in several(resource, "category", concept, _PATH, notes) for c in found
        ),
        basis=basis,
        base=base,
        policies=several(resource, "policy", _uri, _PATH, notes),
        source=_one(resource, "sourceReference", reference, notes),
        given_at=_given_at(resource, notes),
        performers=several(resource, "performer", reference, _PATH, notes),
        organisations=several(resource, "organization", reference, _PATH, notes),
        root=_root(resource, base, notes),
    )
    return said if not notes else _with_notes(said, notes)


def _with_notes(said: Consent, notes: list[str]) -> Consent:
    kept = list(dict.fromkeys(notes))
    if len(kept) > MOST_NOTES:
        kept = [*kept[: MOST_NOTES - 1], "and more"]
    return replace(said, base="", not_understood=tuple(kept))


def _carried(resource: Mapping[str, Any]) -> list[str]:
    """Notes made when the consent was read first, kept by `write` as an extension."""
    found: list[str] = []
    items = resource.get("extension", [])
    for item in items if isinstance(items, list) and items else [{}] * ("extension" in resource):
        ours = isinstance(item, dict) and item.get("url") == NOT_UNDERSTOOD
        note = item.get("valueString") if ours else None
        found.append(note if type(note) is str and note else f"{_PATH}.extension")
    return found


def _id(resource: Mapping[str, Any], notes: list[str]) -> str:
    """The id; where there is none, one made of what the resource says."""
    given = _one(resource, "id", string, notes)
    if given:
        return given
    said = json.dumps(dict(resource), sort_keys=True, default=repr)
    return "sha256-" + hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _one(resource: Mapping[str, Any], name: str, of: Any, notes: list[str]) -> str:
    try:
        return of(resource[name]) if name in resource else ""
    except InvalidInputError:
        notes.append(f"{_PATH}.{name}")
        return ""


def _version(resource: Mapping[str, Any], notes: list[str]) -> str:
    meta = resource.get("meta", {})
    if not isinstance(meta, dict):
        notes.append(f"{_PATH}.meta")
        return ""
    return _one(meta, "versionId", string, notes)


def _status(resource: Mapping[str, Any], notes: list[str]) -> Status:
    """An unknown status is taken for active, so that what is refused stays refused."""
    if resource.get("status") in list(Status):
        return Status(resource["status"])
    notes.append(f"{_PATH}.status")
    return Status.ACTIVE


def _scope(resource: Mapping[str, Any], notes: list[str]) -> str:
    try:
        found = [c.code for c in concept(resource.get("scope")) if c.system == SCOPE]
    except InvalidInputError:
        found = []
    if len(found) == 1 and found[0] in SCOPES:
        return found[0]
    notes.append(f"{_PATH}.scope")
    return "patient-privacy"


def _policy_rule(resource: Mapping[str, Any], notes: list[str]) -> tuple[str, str]:
    """The base rule and the words of the basis."""
    rule = resource.get("policyRule", {})
    path = f"{_PATH}.policyRule"
    if not isinstance(rule, dict) or ("policyRule" in resource and not rule):
        notes.append(path)
        return "", ""
    unknown_keys(rule, frozenset({"coding", "text"}), path, notes)
    codings = several(rule, "coding", coding, path, notes)
    bases = [c.code for c in codings if c.system == ACT_CODE and c.code in ("OPTIN", "OPTOUT")]
    if len(bases) != len(codings) or len(bases) > 1:
        notes.append(f"{path}.coding")
        bases = []
    return "".join(bases), _one(rule, "text", string, notes)


def _patient(said: object) -> str:
    """The id within Patient/id; any other reference whole."""
    found = reference(said)
    alone = found.removeprefix("Patient/")
    return found if "/" in alone or ":" in alone else alone


def _uri(said: object) -> str:
    if not isinstance(said, dict) or not said.keys() <= {"uri", "authority"}:
        raise InvalidInputError("A policy was expected.")
    return string(said.get("uri"))


def _verified(resource: Mapping[str, Any], notes: list[str]) -> None:
    """A verification that failed, or that says nothing, is not passed over."""
    for item in several(resource, "verification", lambda said: said, _PATH, notes):
        if not isinstance(item, dict) or item.get("verified") is not True:
            notes.append(f"{_PATH}.verification")


def _given_at(resource: Mapping[str, Any], notes: list[str]) -> Day | None:
    try:
        return fhir_moment.day(resource["dateTime"]) if "dateTime" in resource else None
    except InvalidInputError:
        notes.append(f"{_PATH}.dateTime")
        return None


def _root(resource: Mapping[str, Any], base: str, notes: list[str]) -> Provision:
    """The provision; opting out says enough without one, what is permitted must be said."""
    said = resource.get("provision", {} if base == "OPTOUT" else None)
    return provision(said, f"{_PATH}.provision", notes, base=base)
