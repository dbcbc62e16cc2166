"""What each registered forecast was worth, once."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bodytwin.governance.entry import Kind
from bodytwin.numerics.inference.problem import Censoring
from bodytwin.store import schema
from bodytwin.store.access import Access
from bodytwin.store.forecasts import Registered
from bodytwin.store.home import Store
from bodytwin.store.log import register
from bodytwin.store.sealed import insert, opened, sealed_row
from bodytwin.validity.score import About, Score


def keep_score(
    store: Store,
    access: Access,
    forecast: Registered,
    target: int,
    score: Score,
    *,
    outcome: Mapping[str, Any],
    at: datetime,
) -> bool:
    """Keep the score of one target and enter it in the log; False where there is one already.

    `outcome` says where the outcome was read, when it was measured, and what was held against it.
    """
    t = schema.score
    identity = f"{forecast.forecast.id}#{target}"
    with store.writing() as (connection, _):
        if connection.execute(select(t.c.id).where(t.c.id == identity)).first():
            return False
        row = sealed_row(
            t,
            access.key,
            patient=access.patient,
            identity=identity,
            said={
                "standing": forecast.standing.value,
                "outcome": {"value": score.observed, **outcome},
                "score": asdict(score),
            },
            recorded_at=at,
            forecast=forecast.forecast.id,
            target=target,
        )
        insert(connection, t, row)
        register(connection, access, Kind.SCORE, row, at=at)
    return True


def scored_targets(store: Store, forecast: str) -> frozenset[int]:
    """Which targets of a forecast have a score."""
    t = schema.score
    with store.reading() as connection:
        query = select(t.c.target).where(t.c.forecast == forecast)
        return frozenset(connection.execute(query).scalars())


def judged(store: Store) -> tuple[str, ...]:
    """Patients of whom a forecast has been scored."""
    with store.reading() as connection:
        return tuple(sorted(set(connection.execute(select(schema.score.c.patient)).scalars())))


def scores(
    store: Store, access: Access, *, twin: str | None = None
) -> tuple[tuple[Score, str], ...]:
    """Every score of the patient with the standing of its forecast, in the order of scoring."""
    t = schema.score
    query = (
        select(t)
        .where(t.c.patient == access.patient)
        .order_by(t.c.recorded_at, t.c.forecast, t.c.target)
    )
    with store.reading() as connection:
        rows = [opened(t, access.key, row) for row in connection.execute(query)]
    found = [(_score(said["score"]), said["standing"]) for said in rows]
    return tuple((s, standing) for s, standing in found if twin in (None, s.about.twin))


def _score(said: dict[str, Any]) -> Score:
    held = dict(said)
    about, censoring = About(**held.pop("about")), Censoring(held.pop("censoring"))
    return Score(about=about, censoring=censoring, **held)
