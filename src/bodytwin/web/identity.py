"""Who is behind a request, and how far does what they showed reach?"""

from collections.abc import Mapping
from dataclasses import dataclass

from bodytwin.errors import ConsentError, NotFoundError
from bodytwin.governance.purpose import within
from bodytwin.governance.request import Actor
from bodytwin.governance.roles import BREAK_GLASS

COMPUTES = frozenset({"personalise", "forecast", "compare", "score"})
"""Ends of routes that change nothing a patient holds: they compute what may be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An actor, and the limits of their token.

    Args:
        actor: who asks.
        purposes: the only purposes that the token was given for; None is no limit.
        only: the one patient that the token was given for; None is no limit.
        reads_only: the token lets nothing be changed.
        until: unix seconds at which the token ends; None is never.
    """

    actor: Actor
    purposes: frozenset[str] | None = None
    only: str | None = None
    reads_only: bool = False
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One request's asker. `purpose` is as it was stated, known or not; None where it was not.

    `owner` is a name of the session or token that gives nothing away, by which jobs belong to it.
    """

    identity: Identity
    purpose: str | None
    owner: str
    by_session: bool = True

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.identity.actor


def require_purpose(identity: Identity, purpose: str | None) -> None:
    """ConsentError unless the token was given for the purpose that is asked with.

    Breaking the glass must be named by the token itself: a wider purpose does not hold it.
    """
    if identity.purposes is None:
        return
    allowed = (
        purpose in identity.purposes
        if purpose == BREAK_GLASS
        else purpose is not None and any(within(purpose, p) for p in identity.purposes)
    )
    if not allowed:
        raise ConsentError(
            "Your login was not given for the purpose that you state. State one that it was "
            "given for, or log in anew."
        )


def require_reach(identity: Identity, *, path: Mapping[str, object], route: str) -> None:
    """NotFoundError for another patient than the token's; ConsentError for a change by a reader.

    Args:
        identity: who asks.
        path: values of the parts of the route.
        route: template of the route where the request changes something, else empty.
    """
    patient = path.get("patient")
    if identity.only is not None and patient is not None and patient != identity.only:
        raise NotFoundError("No such patient, or none that you may see.")
    changes = bool(route) and route.rsplit("/", 1)[-1] not in COMPUTES
    if identity.reads_only and changes and not route.startswith("/api/jobs/"):
        raise ConsentError("Your login lets you read, and change nothing.")
