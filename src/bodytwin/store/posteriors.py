"""Posteriors: every draw kept, so that what was believed can be read again bit for bit."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from bodytwin.contract.parameter import Parameter, Prior, Transform
from bodytwin.contract.posterior import Fit, MethodRecord, Posterior
from bodytwin.store import schema
from bodytwin.store.arrays import packed, unpacked
from bodytwin.store.home import Store
from bodytwin.store.lookup import full_id


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptPosterior:
    """A posterior as it was kept; its case is seen anew in the record known at `known_at`."""

    id: str
    patient: str
    twin: str
    version: str
    variant: str
    case_digest: str
    origin: datetime
    as_of: datetime
    known_at: datetime
    made_at: datetime
    seed: int
    parent: str | None
    prior: Prior
    method: MethodRecord
    fit: Fit
    software: Mapping[str, str]
    values: NDArray[np.float64]


def keep_posterior(
    store: Store,
    posterior: Posterior,
    *,
    known_at: datetime,
    made_at: datetime,
    software: Mapping[str, str],
) -> str:
    """Keep a posterior, and return its id. One that is kept already stays as it is."""
    case, t = posterior.case, schema.posterior
    with store.writing() as (connection, files):
        if connection.execute(select(t.c.id).where(t.c.id == posterior.id)).first():
            return posterior.id
        row = {
            "id": posterior.id,
            "patient": case.patient,
            "twin": case.twin,
            "version": case.version,
            "variant": case.variant,
            "case_digest": case.digest,
            "origin": case.origin,
            "as_of": case.as_of,
            "known_at": known_at,
            "made_at": made_at,
            "seed": posterior.seed,
            "parent": posterior.parent,
            "prior": {
                "parameters": [asdict(p) for p in posterior.prior.parameters],
                "correlation": posterior.prior.correlation.tolist(),
            },
            "method": {**asdict(posterior.method), "diagnostics": {**posterior.method.diagnostics}},
            "fit": asdict(posterior.fit),
            "software": dict(software),
            "draws": files.put(packed(values=posterior.values)),
        }
        connection.execute(t.insert(), [row])
    return posterior.id


def read_posterior(store: Store, identity: str) -> KeptPosterior:
    """Find a posterior by its id or the first characters of it."""
    t = schema.posterior
    with store.reading() as connection:
        found = full_id(connection, t.c.id, identity, "posterior")
        row = connection.execute(select(t).where(t.c.id == found)).mappings().one()
    return _kept(row, unpacked(store.archive.get(row["draws"]))["values"])


def posteriors_of(store: Store, patient: str, *, twin: str | None = None) -> tuple[str, ...]:
    """Ids of the posteriors of one patient, newest first."""
    t = schema.posterior
    query = select(t.c.id).where(t.c.patient == patient).order_by(t.c.made_at.desc(), t.c.id)
    if twin is not None:
        query = query.where(t.c.twin == twin)
    with store.reading() as connection:
        return tuple(connection.execute(query).scalars())


def latest_posterior(
    store: Store, patient: str, *, twin: str, variant: str
) -> KeptPosterior | None:
    """The last posterior that was made of this patient with this variant."""
    t = schema.posterior
    query = (
        select(t.c.id)
        .where(t.c.patient == patient, t.c.twin == twin, t.c.variant == variant)
        .order_by(t.c.made_at.desc(), t.c.id)
    )
    with store.reading() as connection:
        found = connection.execute(query).scalars().first()
    return None if found is None else read_posterior(store, found)


def _kept(row: Mapping[Any, Any], values: NDArray[np.float64]) -> KeptPosterior:
    held: dict[str, Any] = dict(row)
    held.pop("draws")
    prior, method, fit = held.pop("prior"), held.pop("method"), held.pop("fit")
    parameters = tuple(
        Parameter(transform=Transform(p.pop("transform")), **p) for p in prior["parameters"]
    )
    correlation = np.array(prior["correlation"], dtype=np.float64)
    return KeptPosterior(
        prior=Prior(parameters=parameters, correlation=correlation),
        method=MethodRecord(**method),
        fit=Fit(residuals=tuple(fit.pop("residuals")), **fit),
        values=values,
        **held,
    )
