"""The tables of cases. Later tables (keys, jobs, outbox) join the same `METADATA`, each with a migration of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """An instant, always UTC. SQLite keeps no time zone, so that it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """A time without zone counts as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


CASES = Table(
    "cases",
    METADATA,
    Column("id", String(100), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("created", Utc, nullable=False),
    Column("updated", Utc, nullable=False),
    # The number of entries, and what follows from them: so that lists need not read the entries.
    Column("revision", Integer, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("closed_at", Utc),
    Column("cause", String(100)),
    Index(None, "updated", "id"),
    Index(None, "closed", "updated", "id"),
)

ENTRIES = Table(
    "entries",
    METADATA,
    Column("case_id", String(100), ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("kind", String(20), nullable=False),
    # `text` is what a search looks at: the pasted text itself, or the words of another entry; `body` the rest, as JSON.
    Column("text", Text, nullable=False),
    Column("body", Text, nullable=False),
)
