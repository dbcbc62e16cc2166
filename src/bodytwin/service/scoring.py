"""Score: what registered forecasts were worth, once their outcomes have arrived."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bodytwin.contract.forecast_score import score_forecast
from bodytwin.errors import Refusal
from bodytwin.service.forecasting import measurements_now
from bodytwin.service.workspace import Workspace
from bodytwin.store.forecasts import Registered, forecasts
from bodytwin.store.records import read_record
from bodytwin.store.scores import keep_score, scored_targets
from bodytwin.validity.score import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One target of a registered forecast beside its outcome."""

    forecast: Registered
    target: int
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What was scored now, how many targets still wait, and what could not be read."""

    scored: tuple[Scored, ...]
    waiting: int
    failed: tuple[str, ...] = ()


def score(workspace: Workspace, *, patient: str | None = None) -> Scoring:
    """Score every registered forecast whose outcome has arrived and has not been scored."""
    done: list[Scored] = []
    failed: list[str] = []
    waiting = 0
    for registered in forecasts(workspace.store, patient=patient, unscored=True):
        try:
            found = _score_one(workspace, registered)
        except Refusal as refusal:
            failed.append(f"Forecast {registered.forecast.id[:12]}: {refusal}")
            found = []
        done += found
        had = len(scored_targets(workspace.store, registered.forecast.id))
        waiting += len(registered.forecast.targets) - had
    return Scoring(scored=tuple(done), waiting=waiting, failed=tuple(failed))


def _score_one(workspace: Workspace, registered: Registered) -> Sequence[Scored]:
    f = registered.forecast
    twin = workspace.twins.twin(f.twin)
    record = read_record(workspace.store, f.patient)
    variant = f.variant.split(" + ")[0]
    case = twin.observe(record, variant=variant, as_of=registered.as_of)
    case_hours = (case.origin - registered.origin).total_seconds() / 3600.0
    found: list[Scored] = []
    for m in measurements_now(twin, record, case):
        here = replace(m, time_h=m.time_h + case_hours)
        rng = np.random.default_rng(int(f.id[:15], 16))
        for score in score_forecast(f, [here], rng=rng):
            target = next(
                j
                for j, t in enumerate(f.targets)
                if (t.quantity, t.time_h) == (score.about.quantity, score.about.time_h)
            )
            if keep_score(
                workspace.store,
                registered,
                target,
                score,
                source=m.source,
                at=workspace.clock(),
            ):
                found.append(Scored(forecast=registered, target=target, score=score))
    return found
