"""Is a request one that can be decided at all?

Types are compared exactly: a text that merely behaves like a known one is none.
"""

from datetime import datetime

from bodytwin.governance.request import Action, Actor, OrganisationKind, Request, Role


def fault(request: object, now: object) -> str:
    """What is wrong with a request or its moment, in a sentence; empty where nothing is."""
    if not _moment(now):
        return "The time of the decision is missing or has no zone."
    if type(request) is not Request or type(request.actor) is not Actor:
        return "What was asked is not a request by somebody."
    if not _actor(request.actor):
        return (
            "Who asks is not stated in full: an id, a role and a kind of organisation are needed."
        )
    if type(request.action) is not Action:
        return "What is to be done is not one of the known actions."
    if type(request.patient) is not str or not request.patient:
        return "The request does not say whose twin it is about."
    return _data(request)


def _actor(actor: Actor) -> bool:
    texts = (actor.id, actor.name, actor.organisation)
    return (
        type(actor.role) is Role
        and type(actor.organisation_kind) is OrganisationKind
        and all(type(t) is str for t in texts)
        and bool(actor.id)
        and (actor.person is None or (type(actor.person) is str and actor.person != ""))
    )


def _data(r: Request) -> str:
    lists = (r.outputs, r.classes, r.codes, r.security_labels)
    if any(type(of) is not tuple or any(type(t) is not str or not t for t in of) for of in lists):
        return "The request describes its data by something else than codes."
    if type(r.twin) is not str or type(r.version) is not str:
        return "The twin and its version are not given as texts."
    bounds = [t for t in (r.data_from, r.data_to) if t is not None]
    if not all(_moment(t) for t in bounds) or bounds != sorted(bounds):
        return "The span of the data runs backwards, or its times have no zone."
    return ""


def _moment(value: object) -> bool:
    return type(value) is datetime and value.utcoffset() is not None
