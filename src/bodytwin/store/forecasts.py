"""Forecasts: registered before their outcome is known, and scored when it arrives."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select

from bodytwin.contract.case import Measurement, Target
from bodytwin.contract.forecast import Forecast
from bodytwin.errors import Refusal
from bodytwin.governance.entry import Kind
from bodytwin.governance.request import Action
from bodytwin.store import schema
from bodytwin.store.access import Access
from bodytwin.store.arrays import packed, unpacked
from bodytwin.store.home import Store
from bodytwin.store.log import register
from bodytwin.store.lookup import full_id
from bodytwin.store.sealed import get_file, insert, opened, put_file, sealed_row

NOISE_H = 1e-6


class Standing(StrEnum):
    """How much a forecast proves.

    PROSPECTIVE was registered before the moment it speaks of; UNSEEN before the
    store learned the outcome, of a moment that had passed; REPLAY when the
    outcome was in the store, and only kept from the twin.
    """

    PROSPECTIVE = "prospective"
    UNSEEN = "unseen"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registered:
    """A forecast as it was registered."""

    forecast: Forecast
    origin: datetime
    as_of: datetime
    standing: Standing
    registered_at: datetime

    def moment(self, target: int) -> datetime:
        """When the target is, or was, to be measured."""
        return self.origin + timedelta(hours=self.forecast.targets[target].time_h)


def register_forecast(
    store: Store,
    access: Access,
    forecast: Forecast,
    *,
    origin: datetime,
    as_of: datetime,
    known: Sequence[Measurement],
    registered_at: datetime,
    replay: bool = False,
) -> Registered:
    """Write a forecast into the log, before anybody sees it.

    `known` is every measurement of this patient that the store holds and the
    twin could see, the later ones included: where there is one after the time
    the forecast is made from, it is refused unless it is labelled a replay.
    """
    access.require(
        Action.FORECAST,
        twin=forecast.twin,
        version=forecast.version,
        outputs={t.quantity for t in forecast.targets},
    )
    standing = _standing(forecast, origin, known, registered_at, replay)
    registered = Registered(
        forecast=forecast,
        origin=origin,
        as_of=as_of,
        standing=standing,
        registered_at=registered_at,
    )
    t = schema.forecast
    with store.writing() as (connection, files):
        held = connection.execute(select(t).where(t.c.id == forecast.id)).first()
        if held is not None:
            return _registered(store, access, held)
        row = sealed_row(
            t,
            access.key,
            patient=access.patient,
            identity=forecast.id,
            said=_said(registered),
            recorded_at=registered_at,
            targets=len(forecast.targets),
            file=put_file(files, access.key, _draws(forecast), patient=access.patient),
        )
        insert(connection, t, row)
        register(connection, access, Kind.FORECAST, row, at=registered_at)
    return registered


def _standing(
    forecast: Forecast,
    origin: datetime,
    known: Sequence[Measurement],
    registered_at: datetime,
    replay: bool,
) -> Standing:
    first_h = min(t.time_h for t in forecast.targets)
    if first_h <= forecast.issued_h + NOISE_H:
        raise Refusal(
            "A forecast must be of a time after the newest data it is made from. "
            "Ask for a later time, or personalise as of an earlier one and label it a replay."
        )
    later = [m for m in known if m.time_h > forecast.issued_h + NOISE_H]
    if replay:
        return Standing.REPLAY
    if later:
        raise Refusal(
            f"The record already holds {len(later)} measurement(s) after the time this forecast "
            "is made from, so it cannot be registered as one. Personalise with all the data, or "
            "label it a replay."
        )
    if registered_at < origin + timedelta(hours=first_h):
        return Standing.PROSPECTIVE
    return Standing.UNSEEN


def _draws(f: Forecast) -> bytes:
    return packed(
        latent=f.latent,
        observable=f.observable,
        prior_observable=f.prior_observable,
        last_value=f.last_value,
    )


def _said(r: Registered) -> dict[str, Any]:
    f = r.forecast
    return {
        "twin": f.twin,
        "version": f.version,
        "variant": f.variant,
        "posteriors": f.posterior.split(),
        "plan": f.plan,
        "made_with": f.made_with,
        "origin": r.origin,
        "as_of": r.as_of,
        "issued_h": f.issued_h,
        "targets": [asdict(t) for t in f.targets],
        "remarks": list(f.remarks),
        "standing": r.standing.value,
        "seed": f.seed,
    }


def read_forecast(store: Store, access: Access, identity: str) -> Registered:
    """Find a forecast of the patient by its id or the first characters of it."""
    t = schema.forecast
    with store.reading() as connection:
        found = full_id(connection, t, identity, "forecast", patient=access.patient)
        row = connection.execute(select(t).where(t.c.id == found)).one()
    return _registered(store, access, row)


def forecasts(store: Store, access: Access, *, unscored: bool = False) -> tuple[Registered, ...]:
    """Registered forecasts of the patient in the order in which they were made.

    With `unscored`, only those of which at least one target has no score yet.
    """
    t, s = schema.forecast, schema.score
    query = (
        select(t, func.count(s.c.id).label("scored"))
        .outerjoin(s, s.c.forecast == t.c.id)
        .where(t.c.patient == access.patient)
        .group_by(*t.c)
        .order_by(t.c.recorded_at, t.c.id)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return tuple(
        _registered(store, access, r) for r in rows if not unscored or r.scored < r.targets
    )


def waiting(store: Store) -> tuple[str, ...]:
    """Patients of whom a registered forecast has no score yet."""
    t, s = schema.forecast, schema.score
    query = (
        select(t.c.patient)
        .outerjoin(s, s.c.forecast == t.c.id)
        .group_by(t.c.id, t.c.patient, t.c.targets)
        .having(func.count(s.c.id) < t.c.targets)
    )
    with store.reading() as connection:
        return tuple(sorted(set(connection.execute(query).scalars())))


def _registered(store: Store, access: Access, row: Any) -> Registered:
    said = opened(schema.forecast, access.key, row)
    arrays = unpacked(get_file(store.archive, access.key, row.file, patient=access.patient))
    forecast = Forecast(
        patient=row.patient,
        twin=said["twin"],
        version=said["version"],
        variant=said["variant"],
        plan=said["plan"],
        posterior=" ".join(said["posteriors"]),
        made_with=said["made_with"],
        issued_h=said["issued_h"],
        targets=tuple(Target(**t) for t in said["targets"]),
        latent=arrays["latent"],
        observable=arrays["observable"],
        prior_observable=arrays["prior_observable"],
        last_value=arrays["last_value"],
        remarks=tuple(said["remarks"]),
        seed=said["seed"],
    )
    return Registered(
        forecast=forecast,
        origin=datetime.fromisoformat(said["origin"]),
        as_of=datetime.fromisoformat(said["as_of"]),
        standing=Standing(said["standing"]),
        registered_at=row.recorded_at,
    )
