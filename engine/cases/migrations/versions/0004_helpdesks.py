"""Helpdesks: webhooks that were seen, and what is to be sent back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "webhooks_seen",
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("until", instant),
        sa.PrimaryKeyConstraint("source", "key", name="pk_webhooks_seen"),
    )
    op.create_index("ix_webhooks_seen_until", "webhooks_seen", ["until"])
    op.create_table(
        "helpdesk_answers",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("ticket", sa.String(200), nullable=False),
        sa.Column("case_id", sa.String(100), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("request", sa.String(60), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created", instant, nullable=False),
        sa.Column("due", instant, nullable=False),
        sa.Column("outcome", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_helpdesk_answers"),
    )
    op.create_index("ix_helpdesk_answers_state_due", "helpdesk_answers", ["state", "due"])
    op.create_index("ix_helpdesk_answers_case_id", "helpdesk_answers", ["case_id"])


def downgrade() -> None:
    """Take back."""
    for table in ("helpdesk_answers", "webhooks_seen"):
        op.drop_table(table)
