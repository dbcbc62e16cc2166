"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ledger",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False, unique=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "patient",
        sa.Column("patient", sa.Text, primary_key=True),
        sa.Column("recorded_at", sa.Text, nullable=False),
    )
    op.create_table(
        "source",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("imported_at", sa.Text, nullable=False),
    )
    op.create_table(
        "comparison",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("patient", sa.Text, sa.ForeignKey("patient.patient"), nullable=False, index=True),
        sa.Column("posteriors", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("draws", sa.Text, nullable=False),
    )
    op.create_table(
        "demographics",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("patient", sa.Text, sa.ForeignKey("patient.patient"), nullable=False, index=True),
        sa.Column("sex", sa.Text, nullable=False),
        sa.Column("birth_date", sa.Text),
        sa.Column("source", sa.Text, sa.ForeignKey("source.sha256"), nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
    )
    op.create_table(
        "fact",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("patient", sa.Text, sa.ForeignKey("patient.patient"), nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("display", sa.Text, nullable=False),
        sa.Column("instant", sa.Text, nullable=False),
        sa.Column("precision", sa.Text, nullable=False),
        sa.Column("zone_assumed", sa.Boolean, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("comparator", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("amended", sa.Boolean, nullable=False),
        sa.Column("treatment", sa.Text),
        sa.Column("recorded_at", sa.Text, nullable=False),
    )
    op.create_index("fact_of_patient", "fact", ["patient", "kind", "instant"])
    op.create_table(
        "forecast",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("patient", sa.Text, sa.ForeignKey("patient.patient"), nullable=False, index=True),
        sa.Column("twin", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("variant", sa.Text, nullable=False),
        sa.Column("posteriors", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("made_with", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("as_of", sa.Text, nullable=False),
        sa.Column("issued_h", sa.Float, nullable=False),
        sa.Column("targets", sa.Text, nullable=False),
        sa.Column("remarks", sa.Text, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("registered_at", sa.Text, nullable=False),
        sa.Column("draws", sa.Text, nullable=False),
    )
    op.create_table(
        "posterior",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("patient", sa.Text, sa.ForeignKey("patient.patient"), nullable=False, index=True),
        sa.Column("twin", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("variant", sa.Text, nullable=False),
        sa.Column("case_digest", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("as_of", sa.Text, nullable=False),
        sa.Column("known_at", sa.Text, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("prior", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("fit", sa.Text, nullable=False),
        sa.Column("software", sa.Text, nullable=False),
        sa.Column("draws", sa.Text, nullable=False),
    )
    op.create_table(
        "reading",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, sa.ForeignKey("source.sha256"), nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("remarks", sa.Text, nullable=False),
        sa.Column("held_back", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
    )
    op.create_table(
        "link",
        sa.Column("fact", sa.Text, sa.ForeignKey("fact.id"), primary_key=True),
        sa.Column("source", sa.Text, sa.ForeignKey("source.sha256"), primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
    )
    op.create_table(
        "score",
        sa.Column("forecast", sa.Text, sa.ForeignKey("forecast.id"), primary_key=True),
        sa.Column("target", sa.Integer, primary_key=True),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("score", sa.Text, nullable=False),
        sa.Column("scored_at", sa.Text, nullable=False),
    )
