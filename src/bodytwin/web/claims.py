"""What do the claims of a login say about somebody: role, organisation, patient, limits?

Read are a configured claim for the role and what SMART App Launch 2.2
(https://hl7.org/fhir/smart-app-launch/) defines: `fhirUser`, the `patient` of the
launch, and scopes such as `patient/*.rs`. Whatever cannot be understood in full
is refused; nothing is guessed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from bodytwin.governance.request import Actor, OrganisationKind, Role
from bodytwin.web.identity import Identity
from bodytwin.web.tokens import TokenError

ROLES: Mapping[str, Role] = MappingProxyType(
    {r.value: r for r in Role if r is not Role.LOCAL},
)
"""The person at this computer is never somebody who logs in from elsewhere."""
BY_RESOURCE = {
    "Patient": Role.PATIENT,
    "RelatedPerson": Role.PROXY,
    "Practitioner": Role.CLINICIAN,
    "PractitionerRole": Role.CLINICIAN,
}
OWN_DATA = frozenset({Role.PATIENT, Role.DEVICE})
"""Roles whose one patient is themselves, or who wears the device."""
_REFERENCE = re.compile(r"(?:(https?://[^\s?#]+)/)?([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})")
_IDENTITY = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_CLINICAL = re.compile(r"(patient|user|system)/([A-Za-z*]+)\.(\*|read|write|c?r?u?d?s?)(\?.*)?")
LONGEST_TEXT = 255


def same(patient: str) -> str | None:
    """The issuer's name of a patient, taken as ours."""
    return patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Under which names an issuer says what.

    Args:
        role: claim that holds the role.
        roles: what that claim may say, and what it means.
        organisation: claim that holds the organisation.
        organisation_kind: claim that holds what kind of organisation it is.
        purposes: claim that lists the purposes that the token was given for.
        pseudonym: our name for the issuer's patient; None where we have none.
    """

    role: str = "bodytwin_role"
    roles: Mapping[str, Role] = field(default_factory=lambda: ROLES)
    organisation: str = "organisation"
    organisation_kind: str = "organisation_kind"
    purposes: str = "purpose_of_use"
    pseudonym: Callable[[str], str | None] = same


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the clinical scopes of a token allow."""

    one_patient: bool
    reads_only: bool


def identity_of(said: Mapping[str, Any], names: Claims) -> Identity:
    """Who the claims are about, and their limits; TokenError where they do not say it in full."""
    user = _user(said)
    role = _role(said, names, user)
    scope = _scope(said)
    patient = _patient(said, role, user, names)
    if scope is not None and scope.one_patient and patient is None:
        raise TokenError("The token is for one patient, and does not say which.")
    own, wide = role in OWN_DATA, scope is not None and not scope.one_patient
    actor = Actor(
        id=f"{user[0]}/{user[1]}" if user else f"{said['iss']}#{said['sub']}",
        role=role,
        name=_text(said, "name"),
        organisation=_text(said, names.organisation),
        organisation_kind=_kind(said, names),
        person=patient if own else None,
    )
    return Identity(
        actor=actor,
        purposes=_purposes(said, names),
        only=None if wide and not own else patient,
        reads_only=scope is not None and scope.reads_only,
        until=float(said["exp"]),
    )


def _user(said: Mapping[str, Any]) -> tuple[str, str] | None:
    """Kind and id of the FHIR resource that stands for the user."""
    value = said.get("fhirUser")
    if value is None:
        return None
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[2] not in BY_RESOURCE:
        raise TokenError("The token says of its user what is not known here.")
    return found[2], found[3]


def _role(said: Mapping[str, Any], names: Claims, user: tuple[str, str] | None) -> Role:
    stated = said.get(names.role)
    by_user = BY_RESOURCE[user[0]] if user else None
    if stated is None and by_user is not None:
        return by_user
    role = names.roles.get(stated) if isinstance(stated, str) else None
    if role is None or role is Role.LOCAL:
        raise TokenError("The token does not say in which role its user asks.")
    if by_user in (Role.PATIENT, Role.PROXY) and role is not by_user:
        raise TokenError("The token says two different things about its user.")
    return role


def _scope(said: Mapping[str, Any]) -> Scope | None:
    """None where the token has no clinical scope: its claims then speak for themselves."""
    stated = said.get("scope", "")
    if not isinstance(stated, str):
        raise TokenError("The scope of the token cannot be read.")
    clinical = [s for s in stated.split() if s.split("/")[0] in ("patient", "user", "system")]
    if not clinical:
        return None
    found = [_CLINICAL.fullmatch(s) for s in clinical]
    whole = [f for f in found if f is not None and f[2] == "*" and not f[4]]
    readers = [f for f in whole if f[3] in ("*", "read") or {"r", "s"} <= set(f[3])]
    if not readers:
        raise TokenError("The scope of the token does not cover the reading of a whole record.")
    writers = [f for f in whole if f[3] in ("*", "write") or {"c", "u", "d"} <= set(f[3])]
    return Scope(
        one_patient=all(f[1] == "patient" for f in readers),
        reads_only=not writers,
    )


def _patient(
    said: Mapping[str, Any], role: Role, user: tuple[str, str] | None, names: Claims
) -> str | None:
    launch = said.get("patient")
    if launch is not None and not (isinstance(launch, str) and _IDENTITY.fullmatch(launch)):
        raise TokenError("The token names its patient in a way that cannot be read.")
    own = user[1] if user and user[0] == "Patient" else None
    if launch is not None and own is not None and launch != own:
        raise TokenError("The token is of one patient and for another.")
    found = launch if launch is not None else own
    if found is None:
        if role in OWN_DATA:
            raise TokenError("The token does not say which patient its user is.")
        return None
    known = names.pseudonym(found)
    if known is None:
        raise TokenError("The patient of the token is not known here.")
    return known


def _kind(said: Mapping[str, Any], names: Claims) -> OrganisationKind:
    stated = said.get(names.organisation_kind, "")
    try:
        return OrganisationKind(stated)
    except ValueError as error:
        raise TokenError("The token names a kind of organisation that is not known.") from error


def _purposes(said: Mapping[str, Any], names: Claims) -> frozenset[str] | None:
    stated = said.get(names.purposes)
    if stated is None:
        return None if names.purposes not in said else frozenset()
    listed = [stated] if isinstance(stated, str) else stated
    if not isinstance(listed, list):
        raise TokenError("The purposes of the token cannot be read.")
    codes = cast("list[object]", listed)
    if not all(isinstance(c, str) for c in codes):
        raise TokenError("The purposes of the token cannot be read.")
    return frozenset(str(c) for c in codes)


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise TokenError("The token describes its user in a way that cannot be read.")
    return value
