"""The first tables that are kept: everything of a patient sealed under their key."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = None

OF_PATIENT = {
    "demographics": (),
    "source": (("file", sa.Text),),
    "reading": (("source", sa.Text),),
    "tally": (),
    "fact": (),
    "link": (("fact", sa.Text), ("source", sa.Text)),
    "posterior": (("file", sa.Text),),
    "forecast": (("targets", sa.Integer), ("file", sa.Text)),
    "comparison": (("file", sa.Text),),
    "field": (("file", sa.Text),),
}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "patient",
        sa.Column("patient", sa.Text, primary_key=True),
        sa.Column("alias", sa.Text, nullable=False, unique=True),
        sa.Column("called", sa.Text),
        sa.Column("recorded_at", sa.Text, nullable=False),
    )
    op.create_index("ix_patient_called", "patient", ["called"])
    for name, columns in OF_PATIENT.items():
        _of_patient(name, *(sa.Column(c, kind, nullable=False) for c, kind in columns))
    _of_patient(
        "score",
        sa.Column("forecast", sa.Text, sa.ForeignKey("forecast.id"), nullable=False),
        sa.Column("target", sa.Integer, nullable=False),
    )
    op.create_index("ix_score_forecast", "score", ["forecast"])
    _of_policy()
    _of_cohorts()
    _of_log()


def _of_patient(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("patient", sa.Text, sa.ForeignKey("patient.patient"), nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        *columns,
    )
    op.create_index(f"ix_{name}_patient", name, ["patient"])


def _of_policy() -> None:
    op.create_table(
        "consent",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("patient", sa.Text, sa.ForeignKey("patient.patient"), nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_consent_id", "consent", ["id"])
    op.create_index("ix_consent_patient", "consent", ["patient"])
    op.create_table(
        "relation",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("patient", sa.Text, sa.ForeignKey("patient.patient"), nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_relation_patient", "relation", ["patient"])
    op.create_table(
        "emergency",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("patient", sa.Text, sa.ForeignKey("patient.patient"), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.Column("reviewed_at", sa.Text),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_emergency_patient", "emergency", ["patient"])
    op.create_index("ix_emergency_actor", "emergency", ["actor"])


def _of_cohorts() -> None:
    op.create_table(
        "cohort",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("stale_at", sa.Text),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "member",
        sa.Column("cohort", sa.Text, sa.ForeignKey("cohort.id"), primary_key=True),
        sa.Column("patient", sa.Text, primary_key=True),
    )


def _of_log() -> None:
    op.create_table(
        "log",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("permit", sa.Text),
    )
    op.create_index("ix_log_permit", "log", ["permit"])
    op.create_table(
        "about",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("patient", sa.Text, primary_key=True),
    )
    op.create_index("about_patient", "about", ["patient", "number"])
    op.create_table(
        "frontier",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("hashes", sa.Text, nullable=False),
        sa.Column("newest", sa.Text),
    )
    op.create_table(
        "permit",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("spent", sa.Boolean, nullable=False),
    )
