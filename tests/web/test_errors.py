import pytest

from tests.web.conftest import CHANGE, FAULTS, NAME


@pytest.mark.parametrize(
    ("what", "status", "kind"),
    [
        ("consent", 403, "Ruled"),
        ("missing", 403, "MissingDataError"),
        ("absent", 404, "NotFoundError"),
        ("invalid", 400, "InvalidInputError"),
        ("store", 503, "StoreError"),
        ("numerical", 500, "NumericalError"),
        ("fault", 500, "Fault"),
    ],
)
def test_every_fault_has_its_status_and_the_one_shape(client, what, status, kind):
    found = client.get(f"/api/patients/{NAME}/{what}")
    assert found.status_code == status
    assert set(found.json()) == {"error"}
    said = found.json()["error"]
    assert said["kind"] == kind
    assert set(said) <= {"kind", "message", "reasons", "rule"}
    assert said["message"]
    assert isinstance(said["reasons"], list)


def test_a_refusal_says_its_reasons_and_its_rule(client):
    said = client.get("/api/patients/p/consent").json()["error"]
    assert said["reasons"] == ["The patient has said no.", "Ask them."]
    assert said["rule"] == "consent-deny"


@pytest.mark.parametrize("what", sorted(FAULTS))
def test_no_answer_and_no_line_names_the_patient(site, client, what):
    found = client.get(f"/api/patients/{NAME}/{what}?q={NAME}")
    assert NAME not in found.text
    assert NAME not in str(found.headers)
    assert NAME not in site.out.getvalue()


def test_hidden_absent_and_unknown_are_the_same_bytes(client):
    paths = ["/api/patients/p/absent", "/api/patients/p/hidden", "/api/no/such/route", "/nothing"]
    found = [client.get(p) for p in paths]
    assert {f.status_code for f in found} == {404}
    assert len({f.content for f in found}) == 1
    kept = {frozenset((k, v) for k, v in f.headers.items()) for f in found[:3]}
    assert len(kept) == 1


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"count": NAME}, "count"),
        ({}, "count is missing"),
        ({"count": 1, "words": {NAME: NAME}}, "words"),
        ({"count": 1, "words": [NAME]}, "words"),
        ([NAME], "as it should be"),
        (NAME, "as it should be"),
        (None, ""),
    ],
    ids=str,
)
def test_a_malformed_request_is_told_where_and_not_what(client, body, part):
    found = client.post("/api/patients/p/compare", json=body, headers=CHANGE)
    assert found.status_code == 400
    said = found.json()["error"]
    assert said["kind"] == "InvalidInputError"
    assert part in " ".join(said["reasons"])
    assert NAME not in found.text


@pytest.mark.parametrize(
    "data",
    [b"{", b'{"count": Rosalind-p-77}', b"\xff\xfe", b"[" * 100_000, b'{"count": 1e999}', b""],
)
def test_what_is_not_json_is_refused_and_not_repeated(client, data):
    headers = CHANGE | {"Content-Type": "application/json"}
    found = client.post("/api/patients/p/compare", content=data, headers=headers)
    assert found.status_code == 400
    assert found.json()["error"]["kind"] == "InvalidInputError"
    assert NAME not in found.text


def test_an_address_that_does_not_do_that_says_so(client):
    found = client.put("/api/patients/p/compare", json={}, headers=CHANGE)
    assert found.status_code == 405
    assert found.json()["error"]["kind"] == "NotAllowed"


def test_a_field_of_another_name_is_told_without_its_name(client):
    found = client.post("/api/session", json={"token": "x", "rosalind": 1}, headers=CHANGE)
    assert found.json()["error"]["reasons"] == ["… holds something that is not known."]


def test_names_that_are_not_ours_are_not_repeated(client):
    found = client.post(f"/api/quick?{NAME}=1", headers=CHANGE)
    assert found.status_code == 200
    typed = client.post(
        "/api/patients/p/compare", json={"count": 1, "words": 3, NAME: 1}, headers=CHANGE
    )
    assert typed.json()["error"]["reasons"] == ["words is not as it should be (string_type)."]
