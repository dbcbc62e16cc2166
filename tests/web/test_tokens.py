import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.governance.request import Actor, OrganisationKind, Role
from bodytwin.web.identity import Identity
from bodytwin.web.oidc import OidcVerifier
from bodytwin.web.tokens import LocalToken, TokenError
from tests.web import logins
from tests.web.logins import AUDIENCE, BY_ALGORITHM, EC, ED, ISSUER, NOW, OTHER, RSA, WEAK

ME = Identity(actor=Actor(id="local", role=Role.LOCAL))
PEER = "198.51.100.7"


def verifier(**changes):
    usual = {
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks": logins.public(RSA, EC, ED, WEAK),
        "clock": lambda: NOW,
    }
    return OidcVerifier(**(usual | changes))


def refused(token, **changes):
    with pytest.raises(TokenError) as caught:
        verifier(**changes)(token, peer=PEER)
    return str(caught.value)


def test_the_local_token_opens_from_this_computer_only():
    token = LocalToken.new(ME)
    assert token(token.secret, peer="127.0.0.1") == ME
    assert token(token.secret, peer="::1") == ME
    for peer in ("10.0.0.7", "", "localhost.evil.example", "127.0.0.1.evil.example"):
        with pytest.raises(TokenError):
            token(token.secret, peer=peer)


def test_local_tokens_are_long_differ_and_are_never_printed():
    one, other = LocalToken.new(ME), LocalToken.new(ME)
    assert one.secret != other.secret
    assert len(one.secret) >= 43
    assert one.secret not in repr(one)


@pytest.mark.parametrize("wrong", ["", "x", "ü" * 40, "\ud800", None])
def test_anything_but_the_local_token_is_refused(wrong):
    token = LocalToken.new(ME)
    guess = token.secret[:-1] if wrong is None else wrong
    with pytest.raises(TokenError):
        token(guess, peer="127.0.0.1")


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA", "Ed25519"])
def test_a_genuine_token_says_who_it_is(alg):
    found = verifier()(logins.token(key=BY_ALGORITHM[alg], alg=alg), peer=PEER)
    assert found.actor == Actor(
        id=f"{ISSUER}#u-17",
        role=Role.CLINICIAN,
        name="A. Careful",
        organisation="Organization/ward-3",
        organisation_kind=OrganisationKind.PROVIDER,
    )
    assert (found.purposes, found.only, found.until) == (None, None, NOW + 600)


def test_a_token_without_signature_is_refused():
    refused(logins.token(alg="none"))
    refused(logins.token(alg="none").rstrip("."))
    refused(logins.token(alg="RS256", header={"alg": "nOnE"}))
    genuine = logins.token()
    refused(genuine.rsplit(".", 1)[0] + ".")


@pytest.mark.parametrize("form", ["pem", "der", "jwk"])
def test_the_public_key_as_a_shared_secret_is_refused(form):
    public = {
        "pem": RSA.as_pem(private=False),
        "der": RSA.as_der(private=False),
        "jwk": json.dumps(RSA.as_dict(private=False)).encode(),
    }[form]
    forged = logins.token(key=logins.Secret(public, "rsa-1"), alg="HS256")
    assert "method" in refused(forged)


def test_a_shared_secret_in_the_key_set_is_never_used():
    secret = logins.Secret(b"x" * 32, "shared")
    keys = {"keys": [{"kty": "oct", "k": logins.part(secret.secret), "kid": "shared"}]}
    assert "method" in refused(logins.token(key=secret, alg="HS256"), jwks=keys)
    with pytest.raises(ValueError, match="algorithms"):
        verifier(algorithms=("RS256", "HS256"))
    with pytest.raises(ValueError, match="algorithms"):
        verifier(algorithms=("none",))


def test_a_token_of_another_key_with_the_same_name_is_refused():
    assert "signature" in refused(logins.token(key=OTHER))


def test_a_key_is_not_used_with_another_method_than_its_own():
    forged = logins.token(key=EC, alg="ES256", header={"kid": "rsa-1"})
    assert "key" in refused(forged)
    marked = logins.public(RSA)
    marked["keys"][0]["use"] = "enc"
    assert "key" in refused(logins.token(), jwks=marked)
    twice = {"keys": logins.public(RSA)["keys"] * 2}
    assert "key" in refused(logins.token(), jwks=twice)


def test_a_key_that_is_too_short_is_refused():
    assert "key" in refused(logins.token(key=WEAK))


@pytest.mark.parametrize(
    "name",
    [None, "", "no-such", "../../dev/null", "..", "a/b", "a\\b", "/etc/keys", "%2e%2e", "a\x00b",
     "' OR 1=1 --", 7, ["rsa-1"], "x" * 300],
)  # fmt: skip
def test_a_token_names_a_published_key_by_a_plain_name(name):
    assert "key" in refused(logins.token(header={"kid": name}))


@pytest.mark.parametrize("name", ["../rsa", "a/b", "..", "a b", "rsa\n"])
def test_a_name_with_a_path_in_it_is_refused_even_where_it_is_published(name):
    keys = {"keys": [RSA.as_dict(private=False) | {"kid": name}]}
    assert "name" in refused(logins.token(header={"kid": name}), jwks=keys)


@pytest.mark.parametrize(
    "brought",
    [
        {"jwk": OTHER.as_dict(private=False)},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/certificate"},
        {"x5c": ["AAAA"]},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"zip": "DEF"},
    ],
    ids=lambda b: next(iter(b)),
)
def test_a_token_that_brings_a_key_or_a_demand_is_refused(brought):
    assert "of its own" in refused(logins.token(header=brought))
    assert "of its own" in refused(logins.token(key=OTHER, header=brought))


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://login.example/realm/"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"iss": [ISSUER]},
        {"aud": "another"},
        {"aud": ["another", "Bodytwin"]},
        {"aud": None},
        {"aud": {"bodytwin": 1}},
        {"sub": None},
        {"sub": ""},
        {"sub": 17},
        {"iat": NOW - 600, "exp": NOW - 31},
        {"exp": NOW - 20},
        {"exp": None},
        {"exp": str(NOW + 600)},
        {"exp": True},
        {"exp": 1e300},
        {"exp": -1},
        {"exp": NOW + 10 * 86_400},
        {"iat": NOW + 31},
        {"iat": None},
        {"iat": "yesterday"},
        {"nbf": NOW + 31},
        {"nbf": "soon"},
        {"bodytwin_role": None},
        {"bodytwin_role": "local"},
        {"bodytwin_role": "LOCAL"},
        {"bodytwin_role": "admin"},
        {"bodytwin_role": ["clinician"]},
        {"organisation_kind": "charity"},
        {"organisation_kind": ["provider"]},
        {"name": {"first": "A"}},
        {"organisation": "x" * 300},
        {"purpose_of_use": 7},
        {"purpose_of_use": ["TREAT", 7]},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(wrong):
    refused(logins.token(logins.said(**wrong)))


def test_clocks_may_differ_by_the_leeway_and_no_more():
    late = logins.token(logins.said(iat=NOW - 600, exp=NOW - 29))
    assert verifier()(late, peer=PEER).actor.role is Role.CLINICIAN
    assert "expired" in refused(late, leeway_s=5.0)


@pytest.mark.parametrize("typ", ["JOSE", "logout+jwt", "dpop+jwt", 7])
def test_a_token_of_another_type_is_refused(typ):
    assert "type" in refused(logins.token(header={"typ": typ}))


def test_every_altered_part_breaks_the_signature():
    head, body, mark = logins.token().split(".")
    other = logins.part(logins.said(bodytwin_role="custodian"))
    assert "signature" in refused(f"{head}.{other}.{mark}")
    assert "signature" in refused(f"{head}.{body}.{mark[:-4]}AAAA")


def test_a_name_given_twice_is_refused():
    double = b'{"alg":"RS256","kid":"rsa-1","kid":"rsa-1"}'
    _, body, mark = logins.token().split(".")
    assert "JSON" in refused(f"{logins.part(double)}.{body}.{mark}")
    claims = json.dumps(logins.said())[:-1] + ',"bodytwin_role":"custodian"}'
    assert "JSON" in refused(logins.token(claims.encode()))


@given(st.one_of(st.text(), st.binary().map(lambda b: f"{logins.part(b)}.{logins.part(b)}.AA")))
def test_whatever_is_no_token_is_refused_and_not_repeated(text):
    message = refused(text)
    assert len(text) < 12 or text not in message


def test_a_long_token_is_not_looked_at():
    assert "long" in refused("a" * 20_000 + ".b.c")


def test_a_changed_key_is_fetched_but_not_at_every_strange_token():
    asked = []
    now = [NOW]

    def fetch():
        asked.append(now[0])
        return logins.public(RSA) if len(asked) < 3 else logins.public(RSA, EC)

    check = verifier(jwks=fetch, clock=lambda: now[0])
    check(logins.token(), peer=PEER)
    new = logins.token(key=EC, alg="ES256")
    for _ in range(20):
        with pytest.raises(TokenError, match="does not publish"):
            check(new, peer=PEER)
    assert len(asked) == 1
    now[0] += 31
    with pytest.raises(TokenError, match="does not publish"):
        check(new, peer=PEER)
    now[0] += 31
    assert check(new, peer=PEER).actor.role is Role.CLINICIAN
    assert len(asked) == 3


def test_without_the_keys_of_the_issuer_nobody_comes_in():
    asked = []

    def fetch():
        asked.append(1)
        raise OSError("no route to host 10.1.2.3")

    check = verifier(jwks=fetch)
    for _ in range(5):
        with pytest.raises(TokenError) as caught:
            check(logins.token(), peer=PEER)
        assert "10.1.2.3" not in str(caught.value)
    assert len(asked) == 1
    assert "key" in refused(logins.token(), jwks={})
    assert "key" in refused(logins.token(), jwks={"keys": "rsa-1"})
