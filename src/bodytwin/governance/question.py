"""What can be refused without looking at the patient?

What is answered here is the same for every patient, whether or not there is
such a one: its words give nothing away.
"""

from datetime import datetime

from bodytwin.governance.decision import Decision, Rule, refused
from bodytwin.governance.purpose import ABOVE_NEVER, KNOWN, NEVER, RESEARCH, TRAINING
from bodytwin.governance.request import Action, Request, Role
from bodytwin.governance.roles import ACTIONS, NEVER_FOR, PURPOSES
from bodytwin.governance.wellformed import fault

_FORBIDDEN = NEVER | ABOVE_NEVER
_ONLY_OVER_MANY = RESEARCH | TRAINING


def refused_at_once(request: Request, now: datetime) -> Decision | None:
    """The refusal, where the question alone demands one."""
    wrong = fault(request, now)
    if wrong:
        return refused(Rule.MALFORMED, wrong)
    if type(request.purpose) is not str or request.purpose not in KNOWN:
        return refused(
            Rule.UNKNOWN_PURPOSE,
            "The purpose is missing or is not one of the known codes, letter for letter.",
        )
    return _never(request) or _role(request) or _research(request)


def _never(request: Request) -> Decision | None:
    if request.purpose in _FORBIDDEN:
        return refused(
            Rule.NEVER_SET,
            "Twins are never used for this purpose: not for insurance, payment, marketing, "
            "employment, credit, law enforcement or immigration. No consent can change that.",
        )
    if request.actor.organisation_kind in NEVER_FOR:
        return refused(
            Rule.NEVER_SET,
            "Twins are never shown to insurers or employers, whatever purpose they give. "
            "No consent can change that.",
        )
    return None


def _role(request: Request) -> Decision | None:
    actor, action, role = request.actor, request.action, request.actor.role
    if action not in ACTIONS[role]:
        return refused(Rule.ROLE, f"Nobody in the role of {role.value} may {_verb(action)}.")
    if request.purpose not in PURPOSES[role]:
        return refused(Rule.ROLE, f"This is no purpose for somebody in the role of {role.value}.")
    if role is Role.PATIENT and actor.person != request.patient:
        return refused(Rule.ROLE, "Patients see their own twin. To act for somebody else, ask as "
                       "their representative.")  # fmt: skip
    return None


def _research(request: Request) -> Decision | None:
    if request.purpose in _ONLY_OVER_MANY and request.action is not Action.COHORT:
        return refused(
            Rule.RESEARCH,
            "Research and training of models never look at one person's twin. They may compute "
            "over many, of which only figures about the whole leave.",
        )
    return None


def _verb(action: Action) -> str:
    return _VERBS.get(action, f"{action.value} a patient's twin")


_VERBS = {
    Action.LIST: "see which patients there are",
    Action.IMPORT: "bring in data",
    Action.SCORE: "score forecasts",
    Action.SEND: "deliver live data",
    Action.COHORT: "compute over many records",
    Action.EXPORT: "take a record away",
    Action.SHARE: "hand out a copy",
    Action.AUDIT: "see who has looked",
    Action.CONSENT: "see or change consents",
    Action.ERASE: "erase a patient",
    Action.REVIEW: "review emergencies",
}
