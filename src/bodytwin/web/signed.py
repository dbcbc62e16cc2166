"""Was this JSON Web Token (RFC 7515, 7519) signed by a key that the issuer publishes?

Only a signature by a public key of the issuer's set, found by its name, counts.
The header of a token is what an attacker writes, so nothing that it brings
along or points at (`jwk`, `jku`, `x5c`, `x5u`) is used: such a token is refused.
Not for: what the claims mean, which `claims` answers.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from bodytwin.web.tokens import LONGEST, TokenError

KEY_OF = {
    "RS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}
"""Kind and curve of the key that an algorithm must have: no key is used with another one."""
KEYS: dict[str, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
TYPES = (None, "JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt")
UNUSED = frozenset({"jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "enc"})
LEAST_RSA_BITS = 2048
_NAME = re.compile(r"[A-Za-z0-9_=+:~-][A-Za-z0-9._=+:~-]{0,199}")
_PART = re.compile(r"[A-Za-z0-9_-]+")


class _Methods(jws.JWSRegistry):
    """Methods by name, without the warning that EdDSA has a newer name (RFC 9864).

    The warning is about a name that leaves the curve open; here the key settles the curve.
    """

    def get_alg(self, name: str) -> Any:
        if self.allowed is None or name not in self.allowed:
            raise UnsupportedAlgorithmError("The method is not the one of the key.")
        return self.algorithms[name]


def header(token: str, algorithms: Sequence[str]) -> tuple[str, str]:
    """Algorithm and name of the key that a token claims; TokenError where it may not be used."""
    if len(token) > LONGEST:
        raise TokenError("The token is too long.")
    parts = token.split(".")
    if len(parts) != 3 or not all(_PART.fullmatch(p) for p in parts):
        raise TokenError("The token is not a signed JSON Web Token.")
    stated = _object(_bytes(parts[0]))
    if UNUSED & stated.keys():
        raise TokenError("The token brings a key or a demand of its own, which is not used.")
    if stated.get("typ") not in TYPES:
        raise TokenError("The token is of another type.")
    algorithm, name = stated.get("alg"), stated.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm not in KEY_OF:
        raise TokenError("The token is not signed by a method that is accepted here.")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or ".." in name:
        raise TokenError("The token does not name its key.")
    return algorithm, name


def key_named(keys: Mapping[str, Any], name: str, algorithm: str) -> RSAKey | ECKey | OKPKey | None:
    """The public key of that name, fit for that algorithm; None where there is none."""
    kind, curve = KEY_OF[algorithm]
    listed = keys.get("keys")
    found = [
        cast("dict[str, Any]", k)
        for k in (cast("list[object]", listed) if isinstance(listed, list) else [])
        if isinstance(k, dict) and cast("dict[str, Any]", k).get("kid") == name
    ]
    if len(found) != 1 or not _fits(found[0], kind, curve, algorithm):
        return None
    try:
        return KEYS[kind].import_key(found[0])
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def claims(token: str, key: RSAKey | ECKey | OKPKey, algorithm: str) -> dict[str, Any]:
    """What the token says, once its signature holds; TokenError where it does not."""
    try:
        signed = jws.deserialize_compact(
            token, KeySet([key]), registry=_Methods(algorithms=[algorithm])
        )
    except (JoseError, ValueError, TypeError) as error:
        raise TokenError("The signature of the token does not hold.") from error
    return _object(signed.payload or b"")


def _fits(key: Mapping[str, Any], kind: str, curve: str | None, algorithm: str) -> bool:
    operations = key.get("key_ops", ["verify"])
    return (
        key.get("kty") == kind
        and (curve is None or key.get("crv") == curve)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and isinstance(operations, list)
        and "verify" in operations
        and "d" not in key
        and _is_strong(key)
    )


def _is_strong(key: Mapping[str, Any]) -> bool:
    """Whether the modulus of an RSA key is long enough; the other kinds have one length."""
    if key.get("kty") != "RSA":
        return True
    modulus = key.get("n")
    if not isinstance(modulus, str) or not _PART.fullmatch(modulus):
        return False
    return int.from_bytes(_bytes(modulus)).bit_length() >= LEAST_RSA_BITS


def _bytes(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError) as error:
        raise TokenError("The token is not a signed JSON Web Token.") from error


def _object(data: bytes) -> dict[str, Any]:
    """A JSON object in which no name is given twice."""
    try:
        found = json.loads(data, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise TokenError("The token is not a signed JSON Web Token.") from error
    if not isinstance(found, dict):
        raise TokenError("The token is not a signed JSON Web Token.")
    return cast("dict[str, Any]", found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _no_number(_: str) -> None:
    raise ValueError("not a number")
