"""Cases and their entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "cases",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("created", instant, nullable=False),
        sa.Column("updated", instant, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("closed_at", instant),
        sa.Column("cause", sa.String(100)),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
    )
    op.create_index("ix_cases_updated_id", "cases", ["updated", "id"])
    op.create_index("ix_cases_closed_updated_id", "cases", ["closed", "updated", "id"])
    op.create_table(
        "entries",
        sa.Column("case_id", sa.String(100), nullable=False),
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "position", name="pk_entries"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_entries_case_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("entries")
    op.drop_table("cases")
