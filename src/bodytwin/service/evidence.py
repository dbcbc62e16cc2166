"""Evidence: what is claimed of a model, and how it fared on the patients of this store."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bodytwin.contract.twin import Twin
from bodytwin.errors import ConsentError, NotFoundError
from bodytwin.governance.request import Action
from bodytwin.service.access import granted_many
from bodytwin.service.workspace import Workspace
from bodytwin.store.access import Access
from bodytwin.store.forecasts import Standing
from bodytwin.store.log import Audit, verify
from bodytwin.store.scores import judged, scores
from bodytwin.validity.claim import Evidence
from bodytwin.validity.score import Score
from bodytwin.validity.scorecard import ScoreCard, scorecard


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """Claims of each model asked for, and cards of the forecasts registered in this store.

    `cards` are of forecasts whose outcome nobody had; `replayed` of those that were labelled.
    """

    evidence: tuple[Evidence, ...]
    cards: tuple[ScoreCard, ...]
    replayed: tuple[ScoreCard, ...]
    log: Audit


def evidence(workspace: Workspace, *, twin: str, variant: str | None = None) -> Shown:
    """Everything that speaks for or against a twin, or one model of it."""
    found = workspace.twins.twin(twin)
    names = _variants(found, variant)
    held = [
        (score, standing)
        for access in _judged(workspace)
        for score, standing in scores(workspace.store, access, twin=found.name)
        if variant is None or variant in score.about.variant.split(" + ")
    ]
    return Shown(
        evidence=tuple(found.evidence(name) for name in names),
        cards=cards(s for s, standing in held if standing != Standing.REPLAY),
        replayed=cards(s for s, standing in held if standing == Standing.REPLAY),
        log=verify(workspace.store),
    )


def _judged(workspace: Workspace) -> tuple[Access, ...]:
    """Patients whose scores may be added up without noise; none for somebody who may not."""
    try:
        return granted_many(workspace, judged(workspace.store), Action.COHORT)
    except ConsentError:
        return ()


def cards(found: Iterable[Score]) -> tuple[ScoreCard, ...]:
    """One card for each twin, version, variant, quantity and unit among the scores."""
    groups: dict[tuple[str, ...], list[Score]] = {}
    for score in found:
        a = score.about
        groups.setdefault((a.twin, a.version, a.variant, a.quantity, a.unit), []).append(score)
    return tuple(
        scorecard(group, rng=np.random.default_rng(0)) for _, group in sorted(groups.items())
    )


def _variants(twin: Twin, variant: str | None) -> Sequence[str]:
    if variant is None:
        return list(twin.variants)
    if variant not in twin.variants:
        raise NotFoundError(
            f"The twin '{twin.name}' has no model '{variant}'. `bodytwin twins` lists them."
        )
    return [variant]
