"""Images of a patient, sealed under their key."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "image",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("patient", sa.Text, sa.ForeignKey("patient.patient"), nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
    )
    op.create_index("ix_image_patient", "image", ["patient"])
