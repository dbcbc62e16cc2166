"""What each registered forecast was worth, once."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bodytwin.numerics.inference.problem import Censoring
from bodytwin.store import ledger, schema
from bodytwin.store.forecasts import Registered
from bodytwin.store.home import Store
from bodytwin.validity.score import About, Score


def keep_score(
    store: Store,
    forecast: Registered,
    target: int,
    score: Score,
    *,
    outcome: Mapping[str, Any],
    at: datetime,
) -> bool:
    """Keep the score of one target and enter it in the ledger; False where there is one already.

    `outcome` says where the outcome was read, when it was measured, and what was held against it.
    """
    t = schema.score
    with store.writing() as (connection, _):
        held = select(t.c.target).where(t.c.forecast == forecast.forecast.id, t.c.target == target)
        if connection.execute(held).first():
            return False
        row: dict[str, Any] = {
            "forecast": forecast.forecast.id,
            "target": target,
            "outcome": {"value": score.observed, **outcome},
            "score": asdict(score),
            "scored_at": at,
        }
        connection.execute(t.insert(), [row])
        ledger.append(
            connection, kind="score", subject=ledger.subject_of(row), row=row, recorded_at=at
        )
    return True


def scored_targets(store: Store, forecast: str) -> frozenset[int]:
    """Which targets of a forecast have a score."""
    t = schema.score
    with store.reading() as connection:
        query = select(t.c.target).where(t.c.forecast == forecast)
        return frozenset(connection.execute(query).scalars())


def scores(
    store: Store, *, twin: str | None = None, patient: str | None = None
) -> tuple[tuple[Score, str], ...]:
    """Every score with the standing of its forecast, in the order of scoring."""
    s, f = schema.score, schema.forecast
    query = (
        select(s.c.score, f.c.standing)
        .join(f, f.c.id == s.c.forecast)
        .order_by(s.c.scored_at, s.c.forecast, s.c.target)
    )
    if twin is not None:
        query = query.where(f.c.twin == twin)
    if patient is not None:
        query = query.where(f.c.patient == patient)
    with store.reading() as connection:
        return tuple((_score(said), standing) for said, standing in connection.execute(query))


def _score(said: dict[str, Any]) -> Score:
    held = dict(said)
    about, censoring = About(**held.pop("about")), Censoring(held.pop("censoring"))
    return Score(about=about, censoring=censoring, **held)
