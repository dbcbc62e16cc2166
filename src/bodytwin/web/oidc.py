"""The login of an organisation: is its token meant for us, valid now, and whose?

OpenID Connect Core 1.0 and RFC 9068: issuer and audience exactly ours, times
within their limits, signature by a published key of the issuer.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from bodytwin.web import signed
from bodytwin.web.claims import Claims, identity_of
from bodytwin.web.identity import Identity
from bodytwin.web.tokens import TokenError

Keys = Mapping[str, Any]
KEEP_S = 600.0
"""Seconds for which fetched keys are used before they are fetched again."""
AGAIN_S = 30.0
"""Least seconds between two fetches because of a key that is not known."""
ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
LONGEST_LIFE_S = 86_400.0
UNREACHABLE = "The keys of the issuer cannot be fetched now."


@dataclass(kw_only=True)
class OidcVerifier:
    """Reads the tokens of one issuer.

    Args:
        issuer: exactly as in the tokens.
        audience: our name with the issuer.
        jwks: the issuer's key set (RFC 7517), or a function that fetches it.
        algorithms: accepted methods; only those by public key can be given.
        leeway_s: by how much clocks may differ.
        claims: under which names the issuer says who somebody is.
        clock: unix seconds.
    """

    issuer: str
    audience: str
    jwks: Keys | Callable[[], Keys]
    algorithms: Sequence[str] = ALGORITHMS
    leeway_s: float = 30.0
    claims: Claims = field(default_factory=Claims)
    clock: Callable[[], float] = time.time
    _fetched: Keys | None = field(default=None, init=False, repr=False)
    _fetched_at: float = field(default=float("-inf"), init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse to be made with a method that a public key would break."""
        if not self.issuer or not self.audience or not set(self.algorithms) <= set(ALGORITHMS):
            raise ValueError(
                f"An issuer, an audience and algorithms out of {', '.join(ALGORITHMS)} are needed."
            )

    def __call__(self, token: str, *, peer: str) -> Identity:  # noqa: ARG002
        """Whose token it is; TokenError where it is not genuine, not ours or not valid now."""
        algorithm, name = signed.header(token, self.algorithms)
        said = signed.claims(token, self._key(name, algorithm), algorithm)
        self._check(said)
        return identity_of(said, self.claims)

    def _check(self, said: Mapping[str, Any]) -> None:
        if said.get("iss") != self.issuer:
            raise TokenError("The token is of another issuer.")
        if self.audience not in _audiences(said):
            raise TokenError("The token is not meant for this server.")
        subject = said.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise TokenError("The token does not say whose it is.")
        now = self.clock()
        begun, end = _moment(said, "iat"), _moment(said, "exp")
        if now >= end + self.leeway_s:
            raise TokenError("The token has expired. Log in again.")
        if begun > now + self.leeway_s or end <= begun or end - begun > LONGEST_LIFE_S:
            raise TokenError("The times of the token cannot be right.")
        if "nbf" in said and _moment(said, "nbf") > now + self.leeway_s:
            raise TokenError("The token is not valid yet.")

    def _key(self, name: str, algorithm: str) -> Any:
        found = signed.key_named(self._keys(known=True), name, algorithm)
        if found is None and callable(self.jwks):
            found = signed.key_named(self._keys(known=False), name, algorithm)
        if found is None:
            raise TokenError("The token is signed by a key that the issuer does not publish.")
        return found

    def _keys(self, *, known: bool) -> Keys:
        """The key set; `known` False asks for a newer one, as after a change of keys."""
        if not callable(self.jwks):
            return self.jwks
        with self._lock:
            age = self.clock() - self._fetched_at
            if age > (KEEP_S if known and self._fetched is not None else AGAIN_S):
                self._fetched, self._fetched_at = None, self.clock()
                self._fetched = self._fetch(self.jwks)
            if self._fetched is None:
                raise TokenError(UNREACHABLE)
            return self._fetched

    def _fetch(self, fetch: Callable[[], Keys]) -> Keys:
        try:
            return fetch()
        except Exception as error:
            raise TokenError(UNREACHABLE) from error


def _audiences(said: Mapping[str, Any]) -> list[object]:
    stated = said.get("aud")
    return cast("list[object]", stated) if isinstance(stated, list) else [stated]


def _moment(said: Mapping[str, Any], name: str) -> float:
    value = said.get(name)
    if type(value) not in (int, float) or not 0 <= cast("float", value) < 1e11:
        raise TokenError("The times of the token cannot be read.")
    return float(cast("float", value))
