"""API keys, requests that were carried out already, and batch jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("rate", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("previous_hash", sa.String(64)),
        sa.Column("previous_until", instant),
        sa.Column("created", instant, nullable=False),
        sa.Column("expires", instant),
        sa.Column("revoked", instant),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_table(
        "requests_done",
        sa.Column("owner", sa.String(20), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name="pk_requests_done"),
    )
    op.create_index("ix_requests_done_at", "requests_done", ["at"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("owner", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("steps", sa.Boolean, nullable=False),
        sa.Column("created", instant, nullable=False),
        sa.Column("finished", instant),
        sa.Column("leased_until", instant),
        sa.Column("lease", sa.String(20)),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_status_created", "jobs", ["status", "created"])
    op.create_table(
        "job_incidents",
        sa.Column("job_id", sa.String(20), nullable=False),
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        sa.PrimaryKeyConstraint("job_id", "position", name="pk_job_incidents"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_incidents_job_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Take back."""
    for table in ("job_incidents", "jobs", "requests_done", "api_keys"):
        op.drop_table(table)
