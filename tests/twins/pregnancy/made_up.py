"""Women who do not exist: what was noted on which day of gestation."""

from datetime import UTC, datetime, timedelta

from bodytwin.record import Code, Instant, Observation, Provenance, Quantity, Record
from bodytwin.record.code import LOCAL
from bodytwin.twins.pregnancy import TWIN

START = datetime(2024, 1, 8, 9, tzinfo=UTC)
MADE = Provenance("0" * 64, "made up", "test")
VARIANT = "published_statistics"
DATED = {"gestational_age": 84}
AT_TERM = DATED | {"births": 1, "preterm_births": 0, "fetuses": 1}
EARLY_ONCE = DATED | {"births": 1, "preterm_births": 1, "earliest_birth": 30, "fetuses": 1}
UNITS = {
    "gestational_age": "d", "cervical_length": "mm", "fetal_fibronectin": "ng/mL",
    "earliest_birth": "wk", "gestation_at_birth": "wk",
}  # fmt: skip


def noted(name, value, day, unit=None):
    return Observation(
        code=Code(LOCAL, name),
        quantity=Quantity(float(value), unit or UNITS.get(name, "1")),
        instant=Instant(START + timedelta(days=day)),
        provenance=MADE,
    )


def record_of(visits):
    rows = [noted(name, value, day) for day, said in visits.items() for name, value in said.items()]
    return Record(patient="p", observations=tuple(rows))


def case_of(visits, until_day=None):
    as_of = None if until_day is None else START + timedelta(days=until_day)
    return TWIN.observe(record_of(visits), variant=VARIANT, as_of=as_of)
