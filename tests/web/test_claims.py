import pytest

from bodytwin.errors import ConsentError, NotFoundError
from bodytwin.governance.request import OrganisationKind, Role
from bodytwin.web.claims import Claims
from bodytwin.web.identity import require_purpose, require_reach
from bodytwin.web.oidc import OidcVerifier
from bodytwin.web.tokens import TokenError
from tests.web import logins

OWN = {"bodytwin_role": None, "fhirUser": "Patient/p-1", "scope": "openid patient/*.rs"}


def identity(claims=None, **changes):
    check = OidcVerifier(
        issuer=logins.ISSUER,
        audience=logins.AUDIENCE,
        jwks=logins.public(logins.RSA),
        claims=claims or Claims(),
        clock=lambda: logins.NOW,
    )
    return check(logins.token(logins.said(**changes)), peer="198.51.100.7")


def test_a_patient_by_smart_sees_only_themselves_and_changes_nothing():
    found = identity(**OWN, patient="p-1")
    assert (found.actor.role, found.actor.person, found.actor.id) == (
        Role.PATIENT,
        "p-1",
        "Patient/p-1",
    )
    assert (found.only, found.reads_only) == ("p-1", True)


@pytest.mark.parametrize("scope", ["patient/*.read", "launch patient/*.cruds", "patient/*.*"])
def test_scopes_of_both_versions_of_smart_are_read(scope):
    assert identity(**(OWN | {"scope": scope})).only == "p-1"


@pytest.mark.parametrize(
    "scope",
    ["patient/Observation.rs", "patient/*.r", "patient/*.c", "patient/*.rs?category=laboratory",
     "patient/*.sr", "patient/*.", "patient/", ["patient/*.rs"]],
)  # fmt: skip
def test_a_scope_that_covers_less_than_the_record_is_refused(scope):
    with pytest.raises(TokenError):
        identity(**(OWN | {"scope": scope}))


def test_a_patient_is_one_and_the_same_in_user_and_launch():
    with pytest.raises(TokenError, match="for another"):
        identity(**OWN, patient="p-2")
    with pytest.raises(TokenError, match="which patient"):
        identity(bodytwin_role="patient")
    with pytest.raises(TokenError, match="two different"):
        identity(bodytwin_role="clinician", fhirUser="Patient/p-1")


@pytest.mark.parametrize(
    "user", ["Organization/1", "Patient/../../x", "Patient/", "javascript:Patient/1", 7, ["x"]]
)
def test_a_user_who_is_not_a_person_is_refused(user):
    with pytest.raises(TokenError):
        identity(bodytwin_role=None, fhirUser=user)


def test_a_clinician_launched_with_one_patient_sees_no_other():
    found = identity(fhirUser="https://ehr.example/fhir/Practitioner/d-9",
                     scope="launch patient/*.rs", patient="p-1")  # fmt: skip
    assert (found.actor.role, found.actor.id) == (Role.CLINICIAN, "Practitioner/d-9")
    assert (found.actor.person, found.only) == (None, "p-1")
    with pytest.raises(TokenError, match="which"):
        identity(fhirUser="Practitioner/d-9", scope="patient/*.rs")


def test_a_clinician_with_leave_for_all_keeps_it_when_launched_with_one():
    assert identity(fhirUser="Practitioner/d-9", scope="user/*.rs", patient="p-1").only is None


def test_a_representative_is_not_the_patient():
    found = identity(**(OWN | {"fhirUser": "RelatedPerson/r-2"}), patient="p-1")
    assert (found.actor.role, found.actor.person, found.only) == (Role.PROXY, None, "p-1")


def test_the_pseudonym_of_the_patient_is_ours():
    ours = Claims(pseudonym={"p-1": "twin-8"}.get)
    assert identity(ours, **OWN).actor.person == "twin-8"
    with pytest.raises(TokenError, match="not known here"):
        identity(ours, **(OWN | {"fhirUser": "Patient/p-2"}))


def test_an_insurer_is_known_as_one_whatever_their_role():
    assert identity(organisation_kind="payer").actor.organisation_kind is OrganisationKind.PAYER


def test_roles_are_read_from_the_claim_that_was_configured():
    ours = Claims(role="groups", roles={"ward": Role.CLINICIAN, "root": Role.LOCAL})
    assert identity(ours, groups="ward").actor.role is Role.CLINICIAN
    for stated in ("root", "clinician", "Ward"):
        with pytest.raises(TokenError, match="role"):
            identity(ours, groups=stated)


def test_a_token_for_some_purposes_is_good_for_no_other():
    found = identity(purpose_of_use=["TREAT"])
    require_purpose(found, "TREATDS")
    for other in ("HRESCH", "HOPERAT", "PATRQT", "treatds", "", None, "BTG"):
        with pytest.raises(ConsentError):
            require_purpose(found, other)
    require_purpose(identity(purpose_of_use="BTG"), "BTG")
    with pytest.raises(ConsentError):
        require_purpose(identity(purpose_of_use=[]), "TREATDS")
    require_purpose(identity(), "HRESCH")


def test_a_token_for_one_patient_finds_no_other():
    found = identity(**OWN)
    require_reach(found, path={"patient": "p-1"}, route="")
    require_reach(found, path={}, route="")
    with pytest.raises(NotFoundError):
        require_reach(found, path={"patient": "p-2"}, route="")


def test_a_token_that_reads_may_compute_and_change_nothing():
    found, path = identity(**OWN), {"patient": "p-1"}
    require_reach(found, path=path, route="/api/patients/{patient}/compare")
    for change in ("erase", "consents", "consents/{consent}", "export", "emergency"):
        with pytest.raises(ConsentError):
            require_reach(found, path=path, route=f"/api/patients/{{patient}}/{change}")
    with pytest.raises(ConsentError):
        require_reach(found, path={}, route="/api/import")
