"""Is this token genuine, and whose is it? The token of a person at their own computer.

The token of an organisation's login is read in `oidc`.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Protocol

from bodytwin.web.identity import Identity

LONGEST = 16_384
"""Characters of a token; longer ones are not looked at."""


class TokenError(Exception):
    """The token proves nothing; the message says why, and holds nothing of the token."""


class Verifier(Protocol):
    """Says whose token it is."""

    def __call__(self, token: str, *, peer: str) -> Identity:
        """Who shows the token; TokenError where it proves nothing.

        Args:
            token: as it was sent.
            peer: address of the other end of the connection.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalToken:
    """One secret for the one person at this computer; of no use from anywhere else."""

    secret: str = field(repr=False)
    identity: Identity

    @classmethod
    def new(cls, identity: Identity) -> "LocalToken":
        """A token of 256 random bits."""
        return cls(secret=secrets.token_urlsafe(32), identity=identity)

    def __call__(self, token: str, *, peer: str) -> Identity:
        """Whose token it is; TokenError unless it is the secret and comes from this computer."""
        same = hmac.compare_digest(token.encode("utf-8", "replace"), self.secret.encode())
        if not is_loopback(peer) or not same:
            raise TokenError("This is not the token that was printed when the server started.")
        return self.identity


def is_loopback(host: str) -> bool:
    """Whether an address is this computer itself.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("10.0.0.7"), is_loopback("")
    (True, True, False, False)
    """
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
