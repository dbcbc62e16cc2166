"""What can be done, in words: wait, cerclage, pessary, vaginal progesterone, bed rest."""

from dataclasses import dataclass

from bodytwin.contract.plan import Plan
from bodytwin.errors import InvalidPlanError, UnsupportedClaimError
from bodytwin.twins.pregnancy.model.findings import Findings
from bodytwin.twins.pregnancy.model.trials import Intervention, applied, heard

WORDS = {kind.value.replace("_", " "): kind for kind in Intervention}
SYNTAX = f"Write {', '.join(repr(w) for w in WORDS)}."
LATEST_WK = 2
"""How many weeks after the visit a trial may still be taken to speak of her."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Begun now, as in the trials of it."""

    kind: Intervention


PregnancyPlan = Plan[Begin]


def words_of(kind: Intervention) -> str:
    """As people write it."""
    return kind.value.replace("_", " ")


def from_text(text: str) -> Begin:
    """What `text` says; InvalidPlanError with the syntax where it says nothing known."""
    said = " ".join(text.lower().replace("_", " ").split())
    said = "watchful waiting" if said == "nothing" else said
    if said == "progesterone":
        said = "vaginal progesterone"
    if said not in WORDS:
        raise InvalidPlanError(f"'{text.strip()[:40]}' is not understood. {SYNTAX}")
    return Begin(kind=WORDS[said])


def chosen(plan: PregnancyPlan | None) -> Intervention:
    """What a plan begins; watchful waiting where nothing."""
    kinds = [part.kind for part in plan.interventions] if plan else []
    if len(kinds) > 1:
        raise InvalidPlanError("No trial of two interventions together was read: give one.")
    return kinds[0] if kinds else Intervention.WATCHFUL_WAITING


def require_heard(kind: Intervention, found: Findings, now_wk: float) -> None:
    """Raise InvalidPlanError, with what the trials say, where none can be applied to her."""
    if kind is Intervention.WATCHFUL_WAITING:
        return
    if int(now_wk) > found.week + LATEST_WK:
        raise InvalidPlanError(
            f"The last visit that a trial can be asked for was in week {found.week}, it is now "
            f"week {int(now_wk)}: measure the cervix again."
        )
    try:
        applied(found, kind)
    except UnsupportedClaimError as error:
        said = heard(kind, found).words()
        raise InvalidPlanError(
            f"{words_of(kind).capitalize()} cannot be tried on this twin. {said}"
        ) from error
