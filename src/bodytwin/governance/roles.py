"""What may somebody in a role ever do, and for which purposes, before any consent is looked at?

A consent can take away from these tables, and adds nothing to them.
"""

from collections.abc import Mapping

from bodytwin.governance.purpose import EMERGENCY, RESEARCH, TRAINING, subtree
from bodytwin.governance.request import Action, OrganisationKind, Role

OWN = frozenset(
    {
        Action.LIST,
        Action.READ,
        Action.PERSONALISE,
        Action.FORECAST,
        Action.COMPARE,
        Action.SCORE,
        Action.REPORT,
        Action.WATCH,
        Action.EXPORT,
        Action.SHARE,
        Action.AUDIT,
        Action.CONSENT,
        Action.ERASE,
    }
)
"""What patients may do with their own twin, and representatives as far as they represent."""
CARE = frozenset(
    {
        Action.LIST,
        Action.READ,
        Action.PERSONALISE,
        Action.FORECAST,
        Action.COMPARE,
        Action.SCORE,
        Action.REPORT,
        Action.WATCH,
    }
)
DUTIES = frozenset({Action.LIST, Action.CONSENT, Action.ERASE, Action.REVIEW, Action.AUDIT})
"""What whoever runs the store must be able to do, so that a patient's wish can be carried out."""
IN_EMERGENCY = frozenset(
    {
        Action.READ,
        Action.PERSONALISE,
        Action.FORECAST,
        Action.COMPARE,
        Action.REPORT,
        Action.WATCH,
    }
)

ACTIONS: Mapping[Role, frozenset[Action]] = {
    Role.PATIENT: OWN,
    Role.PROXY: OWN,
    Role.CLINICIAN: CARE | {Action.IMPORT, Action.COHORT, Action.EXPORT},
    Role.RESEARCHER: frozenset({Action.COHORT}),
    Role.CUSTODIAN: DUTIES | {Action.IMPORT},
    Role.LOCAL: frozenset(Action),
    Role.DEVICE: frozenset({Action.SEND}),
}

BY_CONSENT: Mapping[Role, frozenset[Action]] = {
    **ACTIONS,
    Role.PROXY: CARE,
    Role.CUSTODIAN: frozenset(),
}
"""What of it a consent alone may permit: a family member looks, and only a representative acts."""

_TREATMENT, _OPERATIONS, _REQUESTED = subtree("TREAT"), subtree("HOPERAT"), subtree("PATRQT")
_PUBLIC_HEALTH = subtree("PUBHLTH")
BREAK_GLASS = "BTG"

PURPOSES: Mapping[Role, frozenset[str]] = {
    Role.PATIENT: frozenset({"PATRQT"}),
    Role.PROXY: frozenset({"PATRQT", "FAMRQT", "PWATRNY"}),
    Role.CLINICIAN: _TREATMENT | _OPERATIONS | _PUBLIC_HEALTH | RESEARCH,
    Role.RESEARCHER: RESEARCH | TRAINING,
    Role.CUSTODIAN: (_TREATMENT | _OPERATIONS | _PUBLIC_HEALTH | {"PATRQT"}) - {BREAK_GLASS},
    Role.LOCAL: (_TREATMENT | _OPERATIONS | _PUBLIC_HEALTH | _REQUESTED | RESEARCH) - {BREAK_GLASS},
    Role.DEVICE: (_TREATMENT | _OPERATIONS | _PUBLIC_HEALTH | _REQUESTED) - {BREAK_GLASS},
}

NAMES_EMERGENCY = EMERGENCY - {"ERTREAT"}
"""A refusal that names one of these holds in an emergency as well."""
NEVER_FOR = frozenset({OrganisationKind.PAYER, OrganisationKind.EMPLOYER})
"""Organisations for which nothing is done, whatever the purpose they give."""
