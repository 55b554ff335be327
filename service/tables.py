"""The tables of the service: API keys, requests that were carried out already, batch jobs."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from ..engine.cases.tables import METADATA, Utc

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("scopes", String(200), nullable=False),  # separated by spaces
    Column("rate", Integer, nullable=False),  # requests a minute, 0 without limit
    Column("hash", String(64), nullable=False),
    Column("previous_hash", String(64)),
    Column("previous_until", Utc),
    Column("created", Utc, nullable=False),
    Column("expires", Utc),
    Column("revoked", Utc),
)

REQUESTS_DONE = Table(
    "requests_done",
    METADATA,
    Column("owner", String(20), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("target", String(100), nullable=False),  # what it made or changed: a case, a job
    Column("revision", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Index(None, "at"),
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("owner", String(20), nullable=False),
    Column("status", String(20), nullable=False),  # waiting, running, finished, cancelled
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("steps", Boolean, nullable=False),
    Column("created", Utc, nullable=False),
    Column("finished", Utc),
    # Who works on it, until when: a process that died is replaced after that.
    Column("leased_until", Utc),
    Column("lease", String(20)),
    Index(None, "status", "created"),
)

INCIDENTS = Table(
    "job_incidents",
    METADATA,
    Column("job_id", String(20), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("incident", Text, nullable=False),  # redacted
    Column("result", Text),
)
