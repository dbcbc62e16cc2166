"""The tables, as the newest migration leaves them.

Whatever tells something of a patient lies in a `sealed` column, under the key
of that patient: what remains readable is that a patient is here, when something
was recorded, and how rows hang together. A fact is addressed by a keyed hash of
what it says, so the same fact from two files is one row with two links. Rows
are only ever added, until a patient is erased: what was known at a past moment
is what had been recorded by then.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from bodytwin.store.columns import Moment

REVISION = "0005"
"""The newest migration; `migrations/versions` holds one file for each."""

metadata = MetaData()


def _of_patient(name: str, *columns: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Text, primary_key=True),
        Column("patient", Text, ForeignKey("patient.patient"), nullable=False, index=True),
        Column("recorded_at", Moment, nullable=False),
        Column("sealed", LargeBinary, nullable=False),
        *columns,
    )


patient = Table(
    "patient",
    metadata,
    Column("patient", Text, primary_key=True),
    Column("alias", Text, nullable=False, unique=True),
    Column("called", Text, index=True),
    Column("recorded_at", Moment, nullable=False),
)

demographics = _of_patient("demographics")
source = _of_patient("source", Column("file", Text, nullable=False))
reading = _of_patient("reading", Column("source", Text, nullable=False))
tally = _of_patient("tally")
fact = _of_patient("fact")
link = _of_patient(
    "link",
    Column("fact", Text, nullable=False),
    Column("source", Text, nullable=False),
)
posterior = _of_patient("posterior", Column("file", Text, nullable=False))
forecast = _of_patient(
    "forecast",
    Column("targets", Integer, nullable=False),
    Column("file", Text, nullable=False),
)
score = _of_patient(
    "score",
    Column("forecast", Text, ForeignKey("forecast.id"), nullable=False, index=True),
    Column("target", Integer, nullable=False),
)
comparison = _of_patient("comparison", Column("file", Text, nullable=False))
field = _of_patient("field", Column("file", Text, nullable=False))
image = _of_patient(
    "image",
    Column("source", Text, nullable=False),
    Column("file", Text, nullable=False),
)
heart_map = _of_patient(
    "heart_map",
    Column("source", Text, nullable=False),
    Column("file", Text, nullable=False),
)
delineated = _of_patient(
    "delineated",
    Column("source", Text, nullable=False),
    Column("file", Text, nullable=False),
)

PATIENT_TABLES = (
    score,
    forecast,
    posterior,
    comparison,
    field,
    image,
    heart_map,
    delineated,
    link,
    fact,
    tally,
    reading,
    source,
    demographics,
)
"""Everything of a patient under their key, in an order in which it can be removed."""

consent = Table(
    "consent",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, index=True),
    Column("patient", Text, ForeignKey("patient.patient"), nullable=False, index=True),
    Column("recorded_at", Moment, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

relation = Table(
    "relation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("patient", Text, ForeignKey("patient.patient"), nullable=False, index=True),
    Column("recorded_at", Moment, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

emergency = Table(
    "emergency",
    metadata,
    Column("id", Text, primary_key=True),
    Column("patient", Text, ForeignKey("patient.patient"), nullable=False, index=True),
    Column("actor", Text, nullable=False, index=True),
    Column("recorded_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("reviewed_at", Moment),
    Column("sealed", LargeBinary, nullable=False),
)

cohort = Table(
    "cohort",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("stale_at", Moment),
    Column("sealed", LargeBinary, nullable=False),
)

member = Table(
    "member",
    metadata,
    Column("cohort", Text, ForeignKey("cohort.id"), primary_key=True),
    Column("patient", Text, primary_key=True),
)

log = Table(
    "log",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", Text, nullable=False),
    Column("permit", Text, index=True),
)

about = Table(
    "about",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("patient", Text, primary_key=True),
    Index("about_patient", "patient", "number"),
)

frontier = Table(
    "frontier",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("hashes", Text, nullable=False),
    Column("newest", Moment),
)

permit = Table(
    "permit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("spent", Boolean, nullable=False),
)
