"""The tables, as the newest migration leaves them.

A fact (observation, treatment, covariate) is addressed by the hash of what it
says, so the same fact from two files is one row with two links. Rows are only
ever added: what was known at a past moment is what had been recorded by then.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

from bodytwin.store.columns import Json, Moment

REVISION = "0001"
"""The newest migration; `migrations/versions` holds one file for each."""

metadata = MetaData()

source = Table(
    "source",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("imported_at", Moment, nullable=False),
)

reading = Table(
    "reading",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, ForeignKey("source.sha256"), nullable=False),
    Column("reader", Text, nullable=False),
    Column("settings", Json, nullable=False),
    Column("remarks", Json, nullable=False),
    Column("held_back", Json, nullable=False),
    Column("recorded_at", Moment, nullable=False),
)

patient = Table(
    "patient",
    metadata,
    Column("patient", Text, primary_key=True),
    Column("recorded_at", Moment, nullable=False),
)

demographics = Table(
    "demographics",
    metadata,
    Column("id", Text, primary_key=True),
    Column("patient", Text, ForeignKey("patient.patient"), nullable=False, index=True),
    Column("sex", Text, nullable=False),
    Column("birth_date", Text),
    Column("source", Text, ForeignKey("source.sha256"), nullable=False),
    Column("recorded_at", Moment, nullable=False),
)

fact = Table(
    "fact",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("patient", Text, ForeignKey("patient.patient"), nullable=False),
    Column("system", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("display", Text, nullable=False),
    Column("instant", Moment, nullable=False),
    Column("precision", Text, nullable=False),
    Column("zone_assumed", Boolean, nullable=False),
    Column("value", Float, nullable=False),
    Column("unit", Text, nullable=False),
    Column("comparator", Text),
    Column("text", Text, nullable=False),
    Column("amended", Boolean, nullable=False),
    Column("treatment", Json),
    Column("recorded_at", Moment, nullable=False),
    Index("fact_of_patient", "patient", "kind", "instant"),
)

link = Table(
    "link",
    metadata,
    Column("fact", Text, ForeignKey("fact.id"), primary_key=True),
    Column("source", Text, ForeignKey("source.sha256"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("reader", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
)

posterior = Table(
    "posterior",
    metadata,
    Column("id", Text, primary_key=True),
    Column("patient", Text, ForeignKey("patient.patient"), nullable=False, index=True),
    Column("twin", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("variant", Text, nullable=False),
    Column("case_digest", Text, nullable=False),
    Column("origin", Moment, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("parent", Text),
    Column("prior", Json, nullable=False),
    Column("method", Json, nullable=False),
    Column("fit", Json, nullable=False),
    Column("software", Json, nullable=False),
    Column("draws", Text, nullable=False),
)

forecast = Table(
    "forecast",
    metadata,
    Column("id", Text, primary_key=True),
    Column("patient", Text, ForeignKey("patient.patient"), nullable=False, index=True),
    Column("twin", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("variant", Text, nullable=False),
    Column("posteriors", Json, nullable=False),
    Column("plan", Text, nullable=False),
    Column("made_with", Text, nullable=False),
    Column("origin", Moment, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("issued_h", Float, nullable=False),
    Column("targets", Json, nullable=False),
    Column("remarks", Json, nullable=False),
    Column("standing", Text, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("registered_at", Moment, nullable=False),
    Column("draws", Text, nullable=False),
)

score = Table(
    "score",
    metadata,
    Column("forecast", Text, ForeignKey("forecast.id"), primary_key=True),
    Column("target", Integer, primary_key=True),
    Column("outcome", Json, nullable=False),
    Column("score", Json, nullable=False),
    Column("scored_at", Moment, nullable=False),
)

comparison = Table(
    "comparison",
    metadata,
    Column("id", Text, primary_key=True),
    Column("patient", Text, ForeignKey("patient.patient"), nullable=False, index=True),
    Column("posteriors", Json, nullable=False),
    Column("said", Json, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("draws", Text, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("previous", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False, unique=True),
)
