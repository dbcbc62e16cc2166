"""A made-up woman with breast cancer: two sizes, counts of one cycle, doses of docetaxel."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bodytwin.record import (
    LOINC,
    Code,
    Covariate,
    Demographics,
    Instant,
    Observation,
    Provenance,
    Quantity,
    Record,
    Route,
    Sex,
    Treatment,
)
from bodytwin.record.code import LOCAL

START = datetime(2024, 3, 1, 9, tzinfo=UTC)
MADE = Provenance("0" * 64, "made up", "test")


def at(day):
    return Instant(START + timedelta(days=day))


def count(day, value, unit="10*9/L"):
    return Observation(
        code=Code(LOINC, "751-8"), quantity=Quantity(value, unit), instant=at(day), provenance=MADE
    )


def size(day, value):
    return Observation(
        code=Code(LOINC, "33728-7"), quantity=Quantity(value, "mm"), instant=at(day),
        provenance=MADE,
    )  # fmt: skip


def dose(day, amount, drug="docetaxel", unit="mg", hours=1.0):
    return Treatment(
        code=Code(LOCAL, drug), amount=Quantity(amount, unit), route=Route.INTRAVENOUS,
        instant=at(day), provenance=MADE, duration_h=hours,
    )  # fmt: skip


def holds(name, value, unit, day=-7):
    return Covariate(
        code=Code(LOCAL, name), quantity=Quantity(value, unit), instant=at(day), provenance=MADE
    )


def record_of(observations=(), treatments=(), covariates=None, **more):
    body = (holds("height_cm", 165.0, "cm"), holds("weight_kg", 68.0, "kg"))
    return Record(
        patient="p",
        demographics=Demographics(
            sex=more.get("sex", Sex.FEMALE), birth_date=more.get("born", date(1962, 5, 1))
        ),
        observations=tuple(sorted(observations, key=lambda o: o.instant.moment)),
        treatments=tuple(treatments),
        covariates=body if covariates is None else tuple(covariates),
    )


COUNTS = (count(-3, 4.4), count(7, 0.6), count(10, 0.9), count(14, 2.6), count(21, 4.0))
SIZES = (size(-3, 64.0), size(42, 55.0))


@pytest.fixture
def treated():
    return record_of((*COUNTS, *SIZES), (dose(0, 130.0), dose(21, 130.0)))


@pytest.fixture
def untreated():
    return record_of((count(-3, 4.4), size(-3, 64.0)))
