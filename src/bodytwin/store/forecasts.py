"""Forecasts: registered before their outcome is known, and scored when it arrives."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from bodytwin.contract.case import Measurement, Target
from bodytwin.contract.forecast import Forecast
from bodytwin.errors import Refusal
from bodytwin.store import ledger, schema
from bodytwin.store.arrays import packed, unpacked
from bodytwin.store.home import Store
from bodytwin.store.lookup import full_id

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
    forecast: Forecast,
    *,
    origin: datetime,
    as_of: datetime,
    known: Sequence[Measurement],
    registered_at: datetime,
    replay: bool = False,
) -> Registered:
    """Write a forecast into the ledger, before anybody sees it.

    `known` is every measurement of this patient that the store holds and the
    twin could see, the later ones included: where there is one after the time
    the forecast is made from, it is refused unless it is labelled a replay.
    """
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
        if connection.execute(select(t.c.id).where(t.c.id == forecast.id)).first():
            held = connection.execute(select(t).where(t.c.id == forecast.id)).one()
            return _registered(held, unpacked(store.archive.get(held.draws)))
        row = _row(registered, files.put(_draws(forecast)))
        connection.execute(t.insert(), [row])
        ledger.append(
            connection, kind="forecast", subject=forecast.id, row=row, recorded_at=registered_at
        )
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


def _row(r: Registered, draws: str) -> dict[str, Any]:
    f = r.forecast
    return {
        "id": f.id,
        "patient": f.patient,
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
        "registered_at": r.registered_at,
        "draws": draws,
    }


def read_forecast(store: Store, identity: str) -> Registered:
    """Find a forecast by its id or the first characters of it."""
    t = schema.forecast
    with store.reading() as connection:
        found = full_id(connection, t.c.id, identity, "forecast")
        row = connection.execute(select(t).where(t.c.id == found)).one()
    return _registered(row, unpacked(store.archive.get(row.draws)))


def forecasts(
    store: Store, *, patient: str | None = None, unscored: bool = False
) -> tuple[Registered, ...]:
    """Registered forecasts in the order in which they were made.

    With `unscored`, only those of which at least one target has no score yet.
    """
    t, s = schema.forecast, schema.score
    query = select(t).order_by(t.c.registered_at, t.c.id)
    if patient is not None:
        query = query.where(t.c.patient == patient)
    with store.reading() as connection:
        rows = connection.execute(query).all()
        scored = connection.execute(select(s.c.forecast, s.c.target)).all()
    done: dict[str, int] = {}
    for forecast, _ in scored:
        done[forecast] = done.get(forecast, 0) + 1
    wanted = [r for r in rows if not unscored or done.get(r.id, 0) < len(r.targets)]
    return tuple(_registered(r, unpacked(store.archive.get(r.draws))) for r in wanted)


def _registered(row: Any, arrays: Mapping[str, Any]) -> Registered:
    forecast = Forecast(
        patient=row.patient,
        twin=row.twin,
        version=row.version,
        variant=row.variant,
        plan=row.plan,
        posterior=" ".join(row.posteriors),
        made_with=row.made_with,
        issued_h=row.issued_h,
        targets=tuple(Target(**t) for t in row.targets),
        latent=arrays["latent"],
        observable=arrays["observable"],
        prior_observable=arrays["prior_observable"],
        last_value=arrays["last_value"],
        remarks=tuple(row.remarks),
        seed=row.seed,
    )
    return Registered(
        forecast=forecast,
        origin=row.origin,
        as_of=row.as_of,
        standing=Standing(row.standing),
        registered_at=row.registered_at,
    )
