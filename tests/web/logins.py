"""An issuer of tokens, made in the test."""

import base64
import hmac
import json
import warnings
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

ISSUER = "https://login.example/realm"
AUDIENCE = "bodytwin"
NOW = 1_800_000_000.0

RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"}, private=True)
EC = ECKey.generate_key("P-256", {"kid": "ec-1"}, private=True)
ED = OKPKey.generate_key("Ed25519", {"kid": "ed-1"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "rsa-1"}, private=True)
with warnings.catch_warnings(action="ignore"):
    WEAK = RSAKey.generate_key(1024, {"kid": "weak"}, private=True)
BY_ALGORITHM = {"RS256": RSA, "ES256": EC, "EdDSA": ED, "Ed25519": ED}


def public(*keys: Any) -> dict[str, Any]:
    return {"keys": [k.as_dict(private=False) for k in keys]}


def said(**changes: Any) -> dict[str, Any]:
    """Claims of a clinician; a change to None takes the claim away."""
    usual = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "u-17",
        "iat": NOW - 10,
        "exp": NOW + 600,
        "bodytwin_role": "clinician",
        "name": "A. Careful",
        "organisation": "Organization/ward-3",
        "organisation_kind": "provider",
    }
    return {k: v for k, v in (usual | changes).items() if v is not None}


def part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(
    claims: Any = None, *, key: Any = RSA, alg: str = "RS256", header: dict[str, Any] | None = None
) -> str:
    """A token signed with `key`; `header` adds to what it says of itself."""
    stated = {"alg": alg, "kid": key.kid, "typ": "JWT"} | (header or {})
    stated = {k: v for k, v in stated.items() if v is not None}
    signed = f"{part(stated)}.{part(said() if claims is None else claims)}"
    return f"{signed}.{part(signature(signed.encode(), key, alg))}"


def signature(data: bytes, key: Any, alg: str) -> bytes:
    """Made below the checks of the library, so that a test can sign what is not allowed."""
    if alg == "none":
        return b""
    if alg == "HS256":
        return hmac.digest(key.secret, data, "sha256")
    return jws.JWSRegistry.algorithms[alg].sign(data, key)


@dataclass(frozen=True)
class Secret:
    secret: bytes
    kid: str
