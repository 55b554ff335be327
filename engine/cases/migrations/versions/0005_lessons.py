"""Learning: what each closed case teaches, and what was imported or reset by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "lessons",
        sa.Column("case_id", sa.String(100), nullable=False),
        sa.Column("closed_at", instant, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_lessons"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_lessons_case_id", ondelete="CASCADE"),
    )
    op.create_table(
        "lesson_changes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lesson_changes"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("lesson_changes")
    op.drop_table("lessons")
