"""Compare: plans side by side on the same draws, models averaged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bodytwin.contract.average import average_options
from bodytwin.contract.compare import judged, options
from bodytwin.contract.comparison import Comparison
from bodytwin.contract.plan import Plan
from bodytwin.contract.twin import Utility, WeighingTwin
from bodytwin.errors import InvalidInputError, InvalidPlanError
from bodytwin.governance.request import Action
from bodytwin.service.access import fresh, granted
from bodytwin.service.personalising import Personalised
from bodytwin.service.words import plan_of, proposals
from bodytwin.service.workspace import Workspace
from bodytwin.store.comparisons import keep_comparison


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """A comparison and the id under which it is kept; `proposed` where the twin chose the plans."""

    id: str
    comparison: Comparison
    proposed: bool


def compare(
    workspace: Workspace,
    personalised: Personalised,
    *,
    plans: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Compared:
    """Try each plan, in the words of the twin; with none, every plan that the twin proposes.

    `weights` are what the user holds of each outcome, where the twin lets them weigh.
    """
    p = personalised
    per_model: list[Sequence[Plan[Any]]] = [
        [_plan(p, i, text) for text in plans] if plans else proposals(p.twin, q.case)
        for i, q in enumerate(p.posteriors)
    ]
    shared = _shared_names(per_model)
    wish = _wish(p, weights)
    access = granted(
        workspace,
        p.first.case.patient,
        Action.COMPARE,
        twin=p.twin.name,
        version=p.twin.version,
        outputs=tuple(shared),
        data=f"the record up to {p.first.case.as_of:%Y-%m-%d %H:%M}",
    )
    found = [
        options(p.twin, q, [by_name[name] for name in shared], wish)
        for q, by_name in zip(p.posteriors, map(_by_name, per_model), strict=True)
    ]
    mixed = found[0] if len(found) == 1 else average_options(found, p.weights)
    comparison = judged(
        mixed,
        may_rank=all(p.twin.evidence(q.case.variant).may_rank for q in p.posteriors),
        words=wish.words,
        posteriors=p.posteriors,
        remarks=tuple(dict.fromkeys(a for q in p.posteriors for a in q.case.assumed)),
        seed=seed,
    )
    identity = keep_comparison(
        workspace.store,
        fresh(workspace, access),
        comparison,
        said={"ranking": comparison.ranking},
        made_at=workspace.clock(),
    )
    return Compared(id=identity, comparison=comparison, proposed=not plans)


def _wish(p: Personalised, weights: Mapping[str, float] | None) -> Utility:
    if not weights:
        return p.twin.utility(p.first.case)
    if not isinstance(p.twin, WeighingTwin):
        raise InvalidInputError(f"The outcomes of the twin '{p.twin.name}' cannot be weighed.")
    return p.twin.weighed(p.first.case, weights)


def _plan(p: Personalised, model: int, text: str) -> Plan[Any]:
    found = plan_of(p.twin, p.record, p.posteriors[model].case, text)
    assert found is not None
    return replace(found, name=text.strip())


def _by_name(plans: Sequence[Plan[Any]]) -> dict[str, Plan[Any]]:
    return {plan.name: plan for plan in plans}


def _shared_names(per_model: Sequence[Sequence[Plan[Any]]]) -> list[str]:
    """Names of the plans that every model can try, in the order of the first."""
    first = [plan.name for plan in per_model[0]]
    if len(set(first)) != len(first):
        raise InvalidPlanError("Give each plan once.")
    others = [set(_by_name(plans)) for plans in per_model[1:]]
    shared = [name for name in first if all(name in known for known in others)]
    if not shared:
        raise InvalidPlanError("The twin proposes no plan here. Give plans with --plan.")
    return shared
