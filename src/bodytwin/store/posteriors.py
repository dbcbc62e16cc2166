"""Posteriors: every draw kept, so that what was believed can be read again bit for bit."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from bodytwin.contract.parameter import Parameter, Prior, Transform
from bodytwin.contract.posterior import Fit, MethodRecord, Posterior
from bodytwin.governance.request import Action
from bodytwin.store import schema
from bodytwin.store.access import Access
from bodytwin.store.arrays import packed, unpacked
from bodytwin.store.home import Store
from bodytwin.store.lookup import full_id
from bodytwin.store.sealed import get_file, insert, opened, put_file, sealed_row


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
    access: Access,
    posterior: Posterior,
    *,
    known_at: datetime,
    made_at: datetime,
    software: Mapping[str, str],
) -> str:
    """Keep a posterior, and return its id. One that is kept already stays as it is."""
    case, t = posterior.case, schema.posterior
    access.require(Action.PERSONALISE, twin=case.twin, version=case.version)
    said = {
        "twin": case.twin,
        "version": case.version,
        "variant": case.variant,
        "case_digest": case.digest,
        "origin": case.origin,
        "as_of": case.as_of,
        "known_at": known_at,
        "seed": posterior.seed,
        "parent": posterior.parent,
        "prior": {
            "parameters": [asdict(p) for p in posterior.prior.parameters],
            "correlation": posterior.prior.correlation.tolist(),
        },
        "method": {**asdict(posterior.method), "diagnostics": {**posterior.method.diagnostics}},
        "fit": asdict(posterior.fit),
        "software": dict(software),
    }
    draws = packed(values=posterior.values)
    with store.writing() as (connection, files):
        if connection.execute(select(t.c.id).where(t.c.id == posterior.id)).first():
            return posterior.id
        row = sealed_row(
            t,
            access.key,
            patient=access.patient,
            identity=posterior.id,
            said=said,
            recorded_at=made_at,
            file=put_file(files, access.key, draws, patient=access.patient),
        )
        insert(connection, t, row)
    return posterior.id


def read_posterior(store: Store, access: Access, identity: str) -> KeptPosterior:
    """Find a posterior of the patient by its id or the first characters of it."""
    t = schema.posterior
    with store.reading() as connection:
        found = full_id(connection, t, identity, "posterior", patient=access.patient)
        row = connection.execute(select(t).where(t.c.id == found)).one()
    return _kept(store, access, row, opened(t, access.key, row))


def posteriors_of(
    store: Store, access: Access, *, twin: str | None = None
) -> tuple[KeptPosterior, ...]:
    """Posteriors of one patient, newest first."""
    return tuple(
        _kept(store, access, row, said)
        for said, row in _newest_first(store, access)
        if twin in (None, said["twin"])
    )


def latest_posterior(
    store: Store, access: Access, *, twin: str, variant: str
) -> KeptPosterior | None:
    """The last posterior that was made of this patient with this variant."""
    for said, row in _newest_first(store, access):
        if (said["twin"], said["variant"]) == (twin, variant):
            return _kept(store, access, row, said)
    return None


def _newest_first(store: Store, access: Access) -> Iterator[tuple[dict[str, Any], Any]]:
    t = schema.posterior
    query = select(t).where(t.c.patient == access.patient).order_by(t.c.recorded_at.desc(), t.c.id)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        yield opened(t, access.key, row), row


def _kept(store: Store, access: Access, row: Any, said: dict[str, Any]) -> KeptPosterior:
    held = dict(said)
    prior, method, fit = held.pop("prior"), held.pop("method"), held.pop("fit")
    parameters = tuple(
        Parameter(transform=Transform(p.pop("transform")), **p) for p in prior["parameters"]
    )
    correlation = np.array(prior["correlation"], dtype=np.float64)
    times = {k: datetime.fromisoformat(held.pop(k)) for k in ("origin", "as_of", "known_at")}
    draws = get_file(store.archive, access.key, row.file, patient=access.patient)
    return KeptPosterior(
        id=row.id,
        patient=row.patient,
        made_at=row.recorded_at,
        prior=Prior(parameters=parameters, correlation=correlation),
        method=MethodRecord(**method),
        fit=Fit(residuals=tuple(fit.pop("residuals")), **fit),
        values=unpacked(draws)["values"],
        **times,
        **held,
    )
