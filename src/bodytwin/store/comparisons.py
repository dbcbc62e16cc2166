"""Comparisons as they were shown: the figures, and the draws they came from."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from bodytwin.contract.comparison import Comparison
from bodytwin.contract.digest import digest
from bodytwin.governance.request import Action
from bodytwin.store import schema
from bodytwin.store.access import Access
from bodytwin.store.arrays import packed
from bodytwin.store.home import Store
from bodytwin.store.sealed import insert, put_file, sealed_row


def keep_comparison(
    store: Store, access: Access, comparison: Comparison, *, said: dict[str, Any], made_at: datetime
) -> str:
    """Keep a comparison and the summary that was shown; returns its id."""
    access.require(
        Action.COMPARE,
        twin=comparison.twin,
        version=comparison.version,
        outputs=[option.plan for option in comparison.options],
    )
    arrays = {
        f"{i}.{name}": outcome.draws
        for i, option in enumerate(comparison.options)
        for name, outcome in option.outcomes.items()
    } | {f"{i}": option.utility for i, option in enumerate(comparison.options)}
    identity = digest(comparison.posteriors, [o.plan for o in comparison.options], arrays)
    t = schema.comparison
    with store.writing() as (connection, files):
        if not connection.execute(select(t.c.id).where(t.c.id == identity)).first():
            row = sealed_row(
                t,
                access.key,
                patient=access.patient,
                identity=identity,
                said={"posteriors": list(comparison.posteriors), **said},
                recorded_at=made_at,
                file=put_file(files, access.key, packed(**arrays), patient=access.patient),
            )
            insert(connection, t, row)
    return identity
