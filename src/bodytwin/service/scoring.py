"""Score: what registered forecasts were worth, once their outcomes have arrived.

A forecast is judged by the body's response, not by guessing what the clinic
would do. Where the sample was taken at another time than foretold, or other
doses were given than planned, the posteriors registered then are asked again
for the time of sampling with the doses as given. They were fixed before the
outcome, so this still is a forecast; its basis is kept beside the score.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from bodytwin.contract.average import average_forecasts, model_weights
from bodytwin.contract.case import Measurement, Target
from bodytwin.contract.forecast import Forecast
from bodytwin.contract.forecast_score import SAME_TIME_H, score_forecast
from bodytwin.contract.foresee import forecast_unguarded
from bodytwin.contract.posterior import Posterior
from bodytwin.contract.twin import EventTwin, Twin
from bodytwin.errors import BodytwinError
from bodytwin.governance.request import Action
from bodytwin.record import Record
from bodytwin.service.access import granted_many
from bodytwin.service.forecasting import measurements_now
from bodytwin.service.personalising import revived
from bodytwin.service.workspace import Workspace
from bodytwin.store.access import Access
from bodytwin.store.forecasts import Registered, forecasts
from bodytwin.store.forecasts import waiting as outstanding
from bodytwin.store.posteriors import read_posterior
from bodytwin.store.records import read_record
from bodytwin.store.scores import keep_score, scored_targets
from bodytwin.validity.score import Score

NEAR = 0.25
"""How far from the time foretold a sample may be taken, as a share of how far ahead it was."""
SAME = 1e-3
"""Relative difference of medians below which the plan counts as carried out."""


class Basis(StrEnum):
    """What exactly was held against the outcome."""

    REGISTERED = "as registered"
    GIVEN = "at the time of sampling, doses as given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One target of a registered forecast beside its outcome."""

    forecast: Registered
    target: int
    score: Score
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What was scored now, how many targets still wait, and what could not be scored."""

    scored: tuple[Scored, ...]
    waiting: int
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Then:
    """A registered forecast with the posteriors that made it, and what is known now."""

    registered: Registered
    twin: Twin
    record: Record
    posteriors: tuple[Posterior, ...]


def score(workspace: Workspace, *, patient: str | None = None) -> Scoring:
    """Score every registered forecast whose outcome has arrived and has not been scored."""
    done: list[Scored] = []
    failed: list[str] = []
    waiting = 0
    whom = outstanding(workspace.store) if patient is None else (patient,)
    for access in granted_many(workspace, whom, Action.SCORE):
        for registered in forecasts(workspace.store, access, unscored=True):
            f = registered.forecast
            try:
                done += _score_one(workspace, access, registered)
            except BodytwinError as error:
                failed.append(f"Forecast {f.id[:12]} cannot be scored: {error}")
            waiting += len(f.targets) - len(scored_targets(workspace.store, f.id))
    return Scoring(scored=tuple(done), waiting=waiting, failed=tuple(failed))


def _score_one(workspace: Workspace, access: Access, registered: Registered) -> list[Scored]:
    then = _then(workspace, access, registered)
    seen = measurements_now(then.twin, then.record, then.posteriors[0].case)
    had = scored_targets(workspace.store, registered.forecast.id)
    found: list[Scored] = []
    for target, m in _outcomes(registered.forecast, seen, _events(then.twin)):
        if target in had:
            continue
        score, basis = _judged(then, target, m)
        where = {"source": m.source, "time_h": m.time_h, "basis": basis.value}
        if keep_score(
            workspace.store, access, registered, target, score, outcome=where, at=workspace.clock()
        ):
            found.append(Scored(forecast=registered, target=target, score=score, basis=basis))
    return found


def _then(workspace: Workspace, access: Access, registered: Registered) -> Then:
    f = registered.forecast
    twin = workspace.twins.twin(f.twin)
    kept = [read_posterior(workspace.store, access, identity) for identity in f.posterior.split()]
    return Then(
        registered=registered,
        twin=twin,
        record=read_record(workspace.store, access),
        posteriors=tuple(
            revived(k, twin, read_record(workspace.store, access, known_at=k.known_at))
            for k in kept
        ),
    )


def _events(twin: Twin) -> Collection[str]:
    return twin.events if isinstance(twin, EventTwin) else ()


def _outcomes(
    f: Forecast, seen: Sequence[Measurement], events: Collection[str]
) -> list[tuple[int, Measurement]]:
    """The measurement nearest to each target, each used once, none too far or too early.

    One of `events` may be as far as it likes.
    """
    pairs = sorted(
        (
            (abs(m.time_h - t.time_h), j, i)
            for j, t in enumerate(f.targets)
            for i, m in enumerate(seen)
            if m.quantity == t.quantity
            and m.time_h > f.issued_h
            and (
                m.quantity in events
                or abs(m.time_h - t.time_h) <= max(SAME_TIME_H, NEAR * (t.time_h - f.issued_h))
            )
        ),
    )
    targets: dict[int, Measurement] = {}
    used: set[int] = set()
    for _, j, i in pairs:
        if j not in targets and i not in used:
            targets[j] = seen[i]
            used.add(i)
    return sorted(targets.items())


def _judged(then: Then, target: int, m: Measurement) -> tuple[Score, Basis]:
    f = then.registered.forecast
    rng = np.random.default_rng(int(f.id[:15], 16))
    again = _asked_again(then, f, m)
    timely = abs(m.time_h - f.targets[target].time_h) <= SAME_TIME_H
    if (timely or m.quantity in _events(then.twin)) and _same(f, target, again):
        only = _one_target(f, target)
        (score,) = score_forecast(only, [replace(m, time_h=only.targets[0].time_h)], rng=rng)
        basis = Basis.REGISTERED
    else:
        (score,) = score_forecast(again, [m], rng=rng)
        basis = Basis.GIVEN
    return replace(score, about=replace(score.about, forecast=f.id)), basis


def _asked_again(then: Then, f: Forecast, m: Measurement) -> Forecast:
    """What the same posteriors say of the time of sampling, with the doses as given."""
    target = Target(quantity=m.quantity, time_h=m.time_h, unit=m.unit)
    said = [
        forecast_unguarded(
            then.twin,
            q,
            [target],
            plan=then.twin.recorded_plan(then.record, q.case),
            seed=f.seed,
        )
        for q in then.posteriors
    ]
    weights = model_weights(then.posteriors)
    return said[0] if len(said) == 1 else average_forecasts(said, weights)


def _same(f: Forecast, target: int, again: Forecast) -> bool:
    a, b = np.nanmedian(f.latent[:, target]), np.nanmedian(again.latent[:, 0])
    return bool(abs(a - b) <= SAME * abs(a))


def _one_target(f: Forecast, target: int) -> Forecast:
    only = [target]
    return replace(
        f,
        targets=(f.targets[target],),
        latent=f.latent[:, only],
        observable=f.observable[:, only],
        prior_observable=f.prior_observable[:, only],
        last_value=f.last_value[only],
    )
