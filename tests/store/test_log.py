import json
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from bodytwin.contract.case import ErrorModel, Measurement, Target
from bodytwin.contract.forecast import Forecast
from bodytwin.errors import (
    ConsentError,
    InvalidInputError,
    NotFoundError,
    Refusal,
    StoreError,
)
from bodytwin.governance.merkle import Frontier
from bodytwin.governance.request import Action
from bodytwin.store import (
    Standing,
    forecasts,
    gate,
    open_store,
    read_forecast,
    register_forecast,
    verify,
)
from bodytwin.store.log import head

OUTPUTS = ("concentration",)


@pytest.fixture
def said(house, made):
    house.bring(made.reading(b"a", made.level(0, 10.0)))
    draws = np.random.default_rng(0).normal(20, 3, (500, 1))
    return Forecast(
        patient=house.patient,
        twin="dosing",
        version="1",
        variant="made_up_2024",
        plan="nothing more is given",
        posterior="abc",
        made_with="laplace",
        issued_h=10.0,
        targets=(Target(quantity="concentration", time_h=24.0, unit="mg/L"),),
        latent=draws,
        observable=draws + 1,
        prior_observable=draws + 2,
        last_value=np.array([np.nan]),
        remarks=(),
        seed=0,
    )


@pytest.fixture
def register(store, house, made):
    def now(forecast, *, hour=12.0, known=(), replay=False):
        at = made.at(hour).moment
        return register_forecast(
            store,
            house.open(
                Action.FORECAST,
                at=at,
                twin=forecast.twin,
                version=forecast.version,
                outputs=OUTPUTS,
            ),
            forecast,
            origin=made.start,
            as_of=made.at(10).moment,
            known=known,
            registered_at=at,
            replay=replay,
        )

    return now


def measured(time_h):
    return Measurement(
        quantity="concentration",
        time_h=time_h,
        value=18.0,
        unit="mg/L",
        error=ErrorModel(additive_sd=1.0),
    )


def test_a_forecast_comes_back_bit_for_bit(store, house, made, register, said):
    register(said)
    back = read_forecast(store, house.open(at=made.at(13).moment), said.id[:10])
    assert back.forecast.id == said.id
    assert back.forecast.observable.tobytes() == said.observable.tobytes()
    assert back.forecast.last_value.tobytes() == said.last_value.tobytes()


def test_a_forecast_of_a_time_still_to_come_is_prospective(register, said):
    assert register(said, hour=12).standing is Standing.PROSPECTIVE


def test_a_forecast_of_a_past_time_nobody_has_measured_is_unseen(register, said):
    assert register(said, hour=100).standing is Standing.UNSEEN


def test_a_forecast_is_refused_once_its_outcome_is_known(store, house, made, register, said):
    with pytest.raises(Refusal, match="already holds 1 measurement"):
        register(said, known=[measured(5.0), measured(24.0)])
    assert forecasts(store, house.open(at=made.at(13).moment)) == ()
    assert registered(store) == 0


def test_a_known_outcome_may_be_forecast_as_a_replay(register, said):
    assert register(said, known=[measured(24.0)], replay=True).standing is Standing.REPLAY


def test_a_forecast_of_the_past_of_its_own_data_is_refused(register, said):
    early = replace(said, targets=(replace(said.targets[0], time_h=10.0),))
    with pytest.raises(Refusal, match="after the newest data"):
        register(early, replay=True)


def test_nothing_can_be_registered_before_the_newest_entry(register, said):
    register(said, hour=12)
    with pytest.raises(StoreError, match="clock"):
        register(replace(said, seed=1), hour=11)


def test_registering_the_same_forecast_again_keeps_the_first_date(register, said, store):
    first = register(said, hour=12)
    again = register(said, hour=30)
    assert again.registered_at == first.registered_at
    assert registered(store) == 1


def test_an_untouched_log_is_sound(store, register, said):
    for seed in range(4):
        register(replace(said, seed=seed), hour=12 + seed)
    assert verify(store).faults == ()
    assert registered(store) == 4


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE forecast SET recorded_at = '2020-01-01T00:00:00.000000+00:00'",
        "UPDATE forecast SET targets = 2",
        "UPDATE forecast SET file = 'another'",
        "UPDATE log SET entry = replace(entry, 'local', 'other') WHERE number = 3",
        "UPDATE log SET permit = 'x' WHERE number = 1",
        "DELETE FROM log WHERE number = 3",
        "DELETE FROM log WHERE number = (SELECT max(number) FROM log)",
        "DELETE FROM forecast",
        "DELETE FROM about WHERE number = 2",
        "UPDATE about SET patient = 'somebody' WHERE number = 2",
        "UPDATE frontier SET size = size - 1",
    ],
)
def test_every_edit_of_the_log_or_of_what_it_names_is_found(store, register, said, edit):
    for seed in range(3):
        register(replace(said, seed=seed), hour=200 + seed)
    with store.writing() as (connection, _):
        connection.execute(text(edit))
    assert not verify(store).sound


def test_two_entries_that_change_places_are_found(store, register, said):
    register(said)
    with store.writing() as (connection, _):
        for old, new in ((1, -1), (2, 1), (-1, 2)):
            connection.execute(text(f"UPDATE log SET number = {new} WHERE number = {old}"))
    assert not verify(store).sound


def test_a_log_cut_short_with_all_its_traces_is_found_against_a_head_held_elsewhere(
    store, register, said
):
    register(said)
    held = head(store, at=said_at(store))
    shorten(store)
    assert verify(store).sound
    assert any("cut short" in fault for fault in verify(store, held=held).faults)


def test_a_log_written_anew_is_found_against_a_head_held_elsewhere(store, register, said):
    register(said)
    held = head(store, at=said_at(store))
    with store.writing() as (connection, _):
        rows = list(connection.execute(text("SELECT entry FROM log ORDER BY number")).scalars())
    rewrite(store, [rows[0], *rows[1:-1], rows[-1].replace("registered", "made-up")])
    assert any("rewritten" in fault for fault in verify(store, held=held).faults)


def test_a_head_of_another_store_proves_nothing(store, register, said, tmp_path):
    register(said)
    other = open_store(tmp_path / "other")
    forged = head(other, at=said_at(store))
    other.close()
    assert any("not signed" in fault for fault in verify(store, held=forged).faults)


def said_at(store):
    with store.reading() as connection:
        return datetime.fromisoformat(
            connection.execute(text("SELECT newest FROM frontier")).scalar()
        )


def shorten(store):
    """Take off the last two entries and everything that would betray it within the store."""
    with store.writing() as (connection, _):
        rows = list(connection.execute(text("SELECT entry FROM log ORDER BY number")).scalars())
    rewrite(store, rows[:-2])
    with store.writing() as (connection, _):
        connection.execute(text("DELETE FROM forecast"))


def rewrite(store, rows):
    frontier = Frontier()
    for row in rows:
        frontier = frontier.append(row.encode())
    hashes = json.dumps([h.hex() for h in frontier.hashes])
    with store.writing() as (connection, _):
        connection.execute(text("DELETE FROM about WHERE number >= :n"), {"n": len(rows)})
        connection.execute(text("DELETE FROM log WHERE number >= :n"), {"n": len(rows)})
        for number, row in enumerate(rows):
            connection.execute(
                text("UPDATE log SET entry = :e WHERE number = :n"), {"e": row, "n": number}
            )
        connection.execute(
            text("UPDATE frontier SET size = :s, hashes = :h"), {"s": len(rows), "h": hashes}
        )


def registered(store):
    with store.reading() as connection:
        rows = connection.execute(text("SELECT entry FROM log")).scalars()
        return sum('"kind":"forecast"' in row for row in rows)


def test_draws_changed_on_disk_are_found(store, register, said):
    register(said)
    for path in store.archive.folder.rglob("*"):
        if path.is_file() and path.stat().st_size > 1000:
            path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert any("draws" in fault for fault in verify(store).faults)


def test_an_id_is_found_by_how_it_begins_and_must_be_long_enough(
    store, house, made, register, said
):
    register(said)
    access = house.open(at=made.at(13).moment)
    with pytest.raises(InvalidInputError):
        read_forecast(store, access, said.id[:3])
    with pytest.raises(NotFoundError):
        read_forecast(store, access, "0" * 12)


@pytest.mark.parametrize(
    "wider",
    [
        {"action": Action.READ, "twin": "", "version": "", "outputs": ()},
        {"action": Action.PERSONALISE, "twin": "dosing", "version": "1", "outputs": OUTPUTS},
        {"action": Action.FORECAST, "twin": "dosing", "version": "2", "outputs": OUTPUTS},
        {"action": Action.FORECAST, "twin": "rhythm", "version": "1", "outputs": OUTPUTS},
        {"action": Action.FORECAST, "twin": "dosing", "version": "1", "outputs": ("response",)},
    ],
)
def test_a_forecast_is_not_registered_with_a_permit_for_something_else(
    store, house, made, said, wider
):
    at = made.at(12).moment
    access = house.open(at=at, **wider)
    with pytest.raises(ConsentError, match="something else"):
        register_forecast(
            store,
            access,
            said,
            origin=made.start,
            as_of=made.at(10).moment,
            known=(),
            registered_at=at,
        )


def test_a_permit_is_good_for_one_use_one_store_and_one_minute(store, house, made, said, tmp_path):
    at = made.at(12).moment
    permit = house.permit(at=at)
    with pytest.raises(ConsentError, match="run out"):
        gate.release(store, permit, at=at + timedelta(seconds=60))
    other = open_store(tmp_path / "other")
    with pytest.raises(ConsentError, match="not one of this store"):
        gate.release(other, permit, at=at)
    other.close()
    assert gate.release(store, permit, at=at).patient == house.patient
    with pytest.raises(ConsentError, match="used before"):
        gate.release(store, permit, at=at)
