from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import text

from bodytwin.contract.case import ErrorModel, Measurement, Target
from bodytwin.contract.forecast import Forecast
from bodytwin.errors import InvalidInputError, NotFoundError, Refusal, StoreError
from bodytwin.store import (
    Standing,
    add_reading,
    audit,
    forecasts,
    read_forecast,
    register_forecast,
)


@pytest.fixture
def said():
    draws = np.random.default_rng(0).normal(20, 3, (500, 1))
    return Forecast(
        patient="p1",
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
def register(store, made):
    add_reading(store, made.reading(b"a", made.level(0, 10.0)), recorded_at=made.start)

    def now(forecast, *, hour=12.0, known=(), replay=False):
        return register_forecast(
            store,
            forecast,
            origin=made.start,
            as_of=made.at(10).moment,
            known=known,
            registered_at=made.at(hour).moment,
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


def test_a_forecast_comes_back_bit_for_bit(store, register, said):
    register(said)
    back = read_forecast(store, said.id[:10])
    assert back.forecast.id == said.id
    assert back.forecast.observable.tobytes() == said.observable.tobytes()
    assert back.forecast.last_value.tobytes() == said.last_value.tobytes()


def test_a_forecast_of_a_time_still_to_come_is_prospective(register, said):
    assert register(said, hour=12).standing is Standing.PROSPECTIVE


def test_a_forecast_of_a_past_time_nobody_has_measured_is_unseen(register, said):
    assert register(said, hour=100).standing is Standing.UNSEEN


def test_a_forecast_is_refused_once_its_outcome_is_known(store, register, said):
    with pytest.raises(Refusal, match="already holds 1 measurement"):
        register(said, known=[measured(5.0), measured(24.0)])
    assert forecasts(store) == ()
    assert audit(store).entries == 0


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
    assert audit(store).entries == 1


def test_an_untouched_ledger_is_sound(store, register, said):
    for seed in range(4):
        register(replace(said, seed=seed), hour=12 + seed)
    found = audit(store)
    assert found.sound
    assert found.entries == 4


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE forecast SET registered_at = '2020-01-01T00:00:00.000000+00:00'",
        "UPDATE forecast SET standing = 'prospective'",
        "UPDATE forecast SET plan = 'another'",
        "UPDATE ledger SET recorded_at = '2020-01-01T00:00:00.000000+00:00' WHERE sequence = 2",
        "UPDATE ledger SET content = 'x' WHERE sequence = 1",
        "DELETE FROM ledger WHERE sequence = 2",
        "DELETE FROM ledger WHERE sequence = 3",
        "DELETE FROM forecast WHERE seed = 1",
    ],
)
def test_every_edit_of_the_ledger_or_of_what_it_names_is_found(store, register, said, edit):
    for seed in range(3):
        register(replace(said, seed=seed), hour=200 + seed)
    with store.writing() as (connection, _):
        connection.execute(text(edit))
    assert not audit(store).sound


def test_draws_changed_on_disk_are_found(store, register, said):
    register(said)
    for path in store.archive.folder.rglob("*"):
        if path.is_file() and path.stat().st_size > 1000:
            path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert any("changed on disk" in fault for fault in audit(store).faults)


def test_an_id_is_found_by_how_it_begins_and_must_be_long_enough(store, register, said):
    register(said)
    with pytest.raises(InvalidInputError):
        read_forecast(store, said.id[:3])
    with pytest.raises(NotFoundError):
        read_forecast(store, "0" * 12)
