"""Ask for the patient's leave: every use case starts here, whoever calls it."""

from collections.abc import Sequence
from datetime import datetime

from bodytwin.errors import ConsentError, NotFoundError
from bodytwin.governance.choices import local_consent
from bodytwin.governance.consent import Consent
from bodytwin.governance.decision import Obligation
from bodytwin.governance.request import Action, Request, Role
from bodytwin.service.workspace import Workspace
from bodytwin.store import gate
from bodytwin.store.access import Access
from bodytwin.store.gate import NO_SUCH, Asker

USUAL = {
    Action.COHORT: "HQUALIMP",
    Action.SCORE: "HQUALIMP",
    Action.EXPORT: "PATRQT",
    Action.SHARE: "PATRQT",
    Action.AUDIT: "PATRQT",
    Action.CONSENT: "PATRQT",
    Action.ERASE: "PATRQT",
    Action.REVIEW: "HCOMPL",
}
"""What an action is usually for; everything else is for care."""
CARE = "TREATDS"


def asker(workspace: Workspace, action: Action) -> Asker:
    """Who asks, for the purpose they named, or the usual one of a person on their own machine."""
    purpose = workspace.purpose
    if purpose is None and workspace.actor.role is Role.LOCAL:
        purpose = USUAL.get(action, CARE)
    return Asker(actor=workspace.actor, purpose=purpose)


def request(
    workspace: Workspace,
    patient: str,
    action: Action,
    *,
    twin: str = "",
    version: str = "",
    outputs: Sequence[str] = (),
) -> Request:
    """The question that the gate is asked."""
    return asker(workspace, action).request(
        action, patient, twin=twin, version=version, outputs=tuple(outputs)
    )


def granted(
    workspace: Workspace,
    patient: str,
    action: Action,
    *,
    twin: str = "",
    version: str = "",
    outputs: Sequence[str] = (),
    data: str = "",
) -> Access:
    """The key to one patient for one action; ConsentError or NotFoundError where it is refused."""
    asked = request(workspace, patient, action, twin=twin, version=version, outputs=outputs)
    permit = gate.ask(workspace.store, asked, at=workspace.clock(), data=data)
    return gate.release(workspace.store, permit, at=workspace.clock())


def granted_many(
    workspace: Workspace, patients: Sequence[str], action: Action
) -> tuple[Access, ...]:
    """The keys to those of the patients who allow it, under one permit.

    Raises ConsentError where what leaves would need noise: that is for `researching`.
    """
    if not patients:
        return ()
    permit, decisions = gate.ask_cohort(
        workspace.store,
        asker(workspace, action),
        action=action,
        patients=patients,
        at=workspace.clock(),
    )
    if permit is None:
        return ()
    if any(Obligation.PRIVACY_BUDGET in d.obligations for d in decisions.values()):
        raise ConsentError(
            "Figures over these patients leave with noise only, at the cost of a budget. "
            "Ask for them with `bodytwin research`."
        )
    return gate.release_all(workspace.store, permit, at=workspace.clock())


def fresh(workspace: Workspace, access: Access) -> Access:
    """The same access, asked for again where its permit has run out meanwhile.

    So that leave taken back during a long computation keeps its result from
    being kept or shown.
    """
    p = access.permit
    if workspace.clock() < p.expires_at:
        return access
    return granted(
        workspace,
        access.patient,
        Action(p.action),
        twin=p.twin,
        version=p.version,
        outputs=p.outputs,
    )


def known_by_name(workspace: Workspace, patient: str) -> bool:
    """Whether the asker may know that there is such a patient."""
    asked = request(workspace, patient, Action.LIST)
    return gate.may(workspace.store, asked, at=workspace.clock()).permit


def no_such_patient() -> NotFoundError:
    """What is said of a patient who is not there, or is hidden."""
    return NotFoundError(NO_SUCH)


def leave_by_default(workspace: Workspace, patient: str, at: datetime) -> Consent | None:
    """On a person's own machine, leave to use what they brought, until somebody says otherwise."""
    if workspace.actor.role is not Role.LOCAL:
        return None
    return local_consent(patient, id=f"local-{patient}", given_at=at)
