"""Comparisons as they were shown: the figures, and the draws they came from."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from bodytwin.contract.comparison import Comparison
from bodytwin.contract.digest import digest
from bodytwin.store import schema
from bodytwin.store.arrays import packed
from bodytwin.store.home import Store


def keep_comparison(
    store: Store, comparison: Comparison, *, said: dict[str, Any], made_at: datetime
) -> str:
    """Keep a comparison and the summary that was shown; returns its id."""
    arrays = {
        f"{i}.{name}": outcome.draws
        for i, option in enumerate(comparison.options)
        for name, outcome in option.outcomes.items()
    } | {f"{i}": option.utility for i, option in enumerate(comparison.options)}
    identity = digest(comparison.posteriors, [o.plan for o in comparison.options], arrays)
    t = schema.comparison
    with store.writing() as (connection, files):
        if not connection.execute(select(t.c.id).where(t.c.id == identity)).first():
            row = {
                "id": identity,
                "patient": comparison.patient,
                "posteriors": list(comparison.posteriors),
                "said": said,
                "made_at": made_at,
                "draws": files.put(packed(**arrays)),
            }
            connection.execute(t.insert(), [row])
    return identity
